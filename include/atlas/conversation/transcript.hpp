#pragma once

#include "atlas/conversation/events.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace atlas::conversation {

struct ToolResult {
    std::string id;
    std::string content;
    bool is_error = false;
    bool operator==(const ToolResult&) const = default;
};

struct Message {
    enum class Role { caller, assistant };
    Role role = Role::caller;
    std::string text{};
    std::vector<ToolCall> calls{};      // of the assistant, after its text
    std::vector<ToolResult> results{};  // of the caller's side, before its text: one for each call before
    bool operator==(const Message&) const = default;
};

// A rough count, on the high side for English: what budgets are made of.
std::int64_t estimate_tokens(std::string_view text);
std::int64_t estimate_tokens(const std::vector<Message>& messages);

// The messages so far, as the language model shall remember them: what the caller said, what the caller
// heard, and which tools answered what; never more. Bounded in tokens: at the beginning of a turn the oldest
// part gives way to a summary, or goes. It goes in large steps, because every change at the front costs the
// whole prompt cache.
class Transcript {
public:
    explicit Transcript(std::int64_t max_tokens) : max_tokens_(max_tokens) {}

    void add_caller(std::string_view text);
    void add_note(std::string_view text);  // from the app: known, but said by nobody
    void add_assistant(std::string_view heard, std::vector<ToolCall> calls = {},
                       std::vector<ToolResult> results = {});
    // The reply was cut: keeps what was heard and marks the place with a dash. Nothing heard, nothing kept.
    void add_interrupted_assistant(std::string_view heard);
    // An answer that came after its reply was over. False: no such call is remembered.
    bool set_result(std::string_view call, std::string_view content, bool is_error);

    const std::vector<Message>& messages() const { return messages_; }
    std::int64_t tokens() const { return tokens_; }

    // Over three quarters of the budget: the older half, for a summary; empty: not yet.
    std::vector<Message> to_summarize() const;
    // Takes the place of the messages that to_summarize() gave last. Ignored when they are gone already.
    void set_summary(std::string_view text, std::size_t messages);
    // Over the budget: the oldest messages go until half of it is free. To be called between turns only.
    void trim();
    std::size_t dropped() const { return dropped_; }

private:
    void add(Message message);
    void drop_first(std::size_t count);
    std::size_t older_part(std::int64_t tokens_to_leave) const;

    std::int64_t max_tokens_;
    std::int64_t tokens_ = 0;
    std::size_t dropped_ = 0;
    std::vector<Message> messages_;
};

}  // namespace atlas::conversation
