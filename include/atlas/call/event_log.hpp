#pragma once

#include "atlas/conversation/commands.hpp"
#include "atlas/conversation/conversation_settings.hpp"
#include "atlas/conversation/events.hpp"

#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace atlas::call {

// Records one call as its conversation saw it: every event with its time and the commands it led to, a JSON
// object a line, so that replay() can repeat it bit for bit. The first line holds the version, the call's id,
// the time of the start and the settings. It holds what was said: a file of it is for its owner only.
//
//   {"version":1,"call":"call_1","start_ns":3600000000000,"settings":{"language":"en",…}}
//   {"at_ns":0,"event":{"CallStarted":{}},"commands":[{"AdaptPatience":{"pause":1200,"factor":1.0}},…]}
//
// Durations are counted in the unit of their type; `at_ns` is since the start, other times are nanoseconds of
// the clock that `start_ns` is of. A question to the model leaves out the messages at its front that are the
// same as in the question before. Owned by the call. Bounded: after `max_bytes` it says so in a last line and
// stops.
class EventLog {
public:
    using Sink = std::function<bool(std::string_view)>;  // takes whole lines; false: no more can be written
    static constexpr std::size_t max_bytes = 64U << 20U;

    EventLog(Sink sink, std::string_view call, conversation::TimePoint start,
             const conversation::ConversationSettings& settings, std::size_t limit = max_bytes);
    ~EventLog();

    // False: it has stopped, and problem() tells why.
    bool add(const conversation::Event& event, conversation::TimePoint now,
             std::span<const conversation::Command> commands);
    const std::string& problem() const { return problem_; }

private:
    class Memory;
    bool write(std::string line);

    Sink sink_;
    std::unique_ptr<Memory> memory_;  // of what need not be written again
    conversation::TimePoint start_;
    std::size_t left_;
    std::string problem_;
};

// Into a new file `folder`/`call`.jsonl. Nothing, and the problem in words, when it cannot be made.
std::unique_ptr<EventLog> open_event_log(const std::filesystem::path& folder, const std::string& call,
                                         conversation::TimePoint start,
                                         const conversation::ConversationSettings& settings,
                                         std::string& problem);

}  // namespace atlas::call
