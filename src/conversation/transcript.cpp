#include "atlas/conversation/transcript.hpp"

#include <algorithm>
#include <utility>

namespace atlas::conversation {
namespace {

constexpr std::int64_t tokens_around_a_message = 6;

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view blank = " \t\r\n";
    const auto first = text.find_first_not_of(blank);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(blank) - first + 1);
}

std::int64_t tokens_of(const Message& message) {
    std::int64_t tokens = tokens_around_a_message + estimate_tokens(message.text);
    for (const auto& call : message.calls)
        tokens += tokens_around_a_message + estimate_tokens(call.name) + estimate_tokens(call.arguments);
    for (const auto& result : message.results)
        tokens += tokens_around_a_message + estimate_tokens(result.content);
    return tokens;
}

}  // namespace

// About 3.5 letters of Latin text a token, one character of most other scripts.
std::int64_t estimate_tokens(std::string_view text) {
    std::int64_t ascii = 0;
    std::int64_t others = 0;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x80) ++ascii;
        if (byte >= 0xC0) ++others;
    }
    return (ascii * 2 + 6) / 7 + others;
}

std::int64_t estimate_tokens(const std::vector<Message>& messages) {
    std::int64_t tokens = 0;
    for (const auto& message : messages) tokens += tokens_of(message);
    return tokens;
}

void Transcript::add_caller(std::string_view text) {
    if (!trimmed(text).empty()) add({Message::Role::caller, std::string(trimmed(text))});
}

void Transcript::add_note(std::string_view text) {
    if (trimmed(text).empty()) return;
    add({Message::Role::caller,
         "[From the app, not said by the caller: " + std::string(trimmed(text)) + "]"});
}

void Transcript::add_assistant(std::string_view heard, std::vector<ToolCall> calls,
                               std::vector<ToolResult> results) {
    if (trimmed(heard).empty() && calls.empty()) return;
    add({Message::Role::assistant, std::string(trimmed(heard)), std::move(calls)});
    if (!results.empty()) add({Message::Role::caller, {}, {}, std::move(results)});
}

void Transcript::add_interrupted_assistant(std::string_view heard) {
    const auto text = trimmed(heard);
    if (!text.empty()) add({Message::Role::assistant, std::string(text) + "—"});
}

bool Transcript::set_result(std::string_view call, std::string_view content, bool is_error) {
    for (auto message = messages_.rbegin(); message != messages_.rend(); ++message) {
        for (auto& result : message->results) {
            if (result.id != call) continue;
            tokens_ += estimate_tokens(content) - estimate_tokens(result.content);
            result.content = content;
            result.is_error = is_error;
            return true;
        }
    }
    return false;
}

void Transcript::add(Message message) {
    tokens_ += tokens_of(message);
    messages_.push_back(std::move(message));
}

// So many messages at the front that at most `tokens_to_leave` are left behind them, or the last turn if that
// is larger. What is left begins with words of the caller: a reply to nothing, or a result without its call,
// would puzzle the model.
std::size_t Transcript::older_part(std::int64_t tokens_to_leave) const {
    const auto begins_a_turn = [this](std::size_t at) {
        return messages_[at].role == Message::Role::caller && messages_[at].results.empty();
    };
    std::size_t older = 0;
    std::int64_t left = tokens_;
    while (older + 1 < messages_.size() && left > tokens_to_leave) left -= tokens_of(messages_[older++]);
    std::size_t next = older;
    while (next > 0 && next < messages_.size() && !begins_a_turn(next)) ++next;
    if (next < messages_.size()) return next;
    while (older > 0 && !begins_a_turn(older)) left += tokens_of(messages_[--older]);
    return left <= max_tokens_ ? older : messages_.size();
}

std::vector<Message> Transcript::to_summarize() const {
    if (tokens_ * 4 <= max_tokens_ * 3) return {};
    const auto older = static_cast<std::ptrdiff_t>(older_part(max_tokens_ / 3));
    return {messages_.begin(), messages_.begin() + older};
}

void Transcript::set_summary(std::string_view text, std::size_t messages) {
    if (messages == 0 || messages > messages_.size()) return;
    drop_first(messages);
    Message summary{Message::Role::caller, "[Summary of the call so far, not said by the caller: " +
                                               std::string(trimmed(text)) + "]"};
    tokens_ += tokens_of(summary);
    messages_.insert(messages_.begin(), std::move(summary));
}

void Transcript::trim() {
    if (tokens_ > max_tokens_) drop_first(older_part(max_tokens_ / 2));
}

void Transcript::drop_first(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) tokens_ -= tokens_of(messages_[i]);
    dropped_ += count;
    messages_.erase(messages_.begin(), messages_.begin() + static_cast<std::ptrdiff_t>(count));
}

}  // namespace atlas::conversation
