#include "atlas/conversation/transcript.hpp"

#include <algorithm>
#include <utility>

namespace atlas::conversation {
namespace {

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view blank = " \t\r\n";
    const auto first = text.find_first_not_of(blank);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(blank) - first + 1);
}

}  // namespace

void Transcript::add_caller(std::string_view text) { add(Message::Role::caller, std::string(trimmed(text))); }

void Transcript::add_assistant(std::string_view heard) {
    add(Message::Role::assistant, std::string(trimmed(heard)));
}

void Transcript::add_interrupted_assistant(std::string_view heard) {
    const auto text = trimmed(heard);
    if (!text.empty()) add(Message::Role::assistant, std::string(text) + "—");
}

void Transcript::add(Message::Role role, std::string text) {
    if (text.empty()) return;
    bytes_ += text.size();
    messages_.push_back({role, std::move(text)});

    std::size_t surplus = 0;
    while (bytes_ > max_bytes_ && surplus + 1 < messages_.size()) bytes_ -= messages_[surplus++].text.size();
    // What is left must begin with the caller: a reply to nothing would puzzle the model.
    while (surplus > 0 && surplus + 1 < messages_.size() &&
           messages_[surplus].role == Message::Role::assistant) {
        bytes_ -= messages_[surplus++].text.size();
    }
    dropped_ += surplus;
    messages_.erase(messages_.begin(), messages_.begin() + static_cast<std::ptrdiff_t>(surplus));
}

}  // namespace atlas::conversation
