#pragma once

#include "atlas/conversation/conversation_settings.hpp"
#include "atlas/conversation/transcript.hpp"
#include "atlas/conversation/turn_record.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace atlas::conversation {

// The tools that one answer of the model calls together. Every call gets a result, whatever happens: the
// app's, or one that says why there is none. Owned by the reply.
class ToolRound {
public:
    struct Entry {
        ToolCall call;
        bool effect = true;
        Duration timeout{};
        std::string filler{};
        bool started = false;  // the app was asked
        TimePoint since{};
        TimePoint deadline{};
        std::optional<ToolResult> result{};
        std::string outcome = "running";
        std::chrono::milliseconds took{};
    };

    Entry& add(Entry entry) { return entries_.emplace_back(std::move(entry)); }
    bool empty() const { return entries_.empty(); }
    bool complete() const;  // every call has its result
    std::vector<Entry>& entries() { return entries_; }
    const std::vector<Entry>& entries() const { return entries_; }

    void start(Entry& entry, TimePoint now);
    // False: no call with this id is waiting.
    bool answer(std::string_view call, std::string content, bool is_error, const char* outcome,
                TimePoint now);
    std::optional<TimePoint> deadline() const;  // of the call that is due first

    std::vector<ToolCall> calls() const;
    std::vector<ToolResult> results() const;  // one for each call, "still running" for those that wait
    void record(std::vector<ToolRecord>& records) const;

private:
    std::vector<Entry> entries_;
};

}  // namespace atlas::conversation
