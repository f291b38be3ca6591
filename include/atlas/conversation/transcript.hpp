#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace atlas::conversation {

struct Message {
    enum class Role { caller, assistant };
    Role role = Role::caller;
    std::string text;
    bool operator==(const Message&) const = default;
};

// The messages so far, as the language model shall remember them: what the caller said and what the caller
// heard, never more. Bounded: when it grows over the limit the oldest messages go.
class Transcript {
public:
    explicit Transcript(std::size_t max_bytes) : max_bytes_(max_bytes) {}

    void add_caller(std::string_view text);
    void add_assistant(std::string_view heard);
    // The reply was cut: keeps what was heard and marks the place with a dash. Nothing heard, nothing kept.
    void add_interrupted_assistant(std::string_view heard);

    const std::vector<Message>& messages() const { return messages_; }
    std::size_t dropped() const { return dropped_; }  // messages that went because of the limit

private:
    void add(Message::Role role, std::string text);

    std::size_t max_bytes_;
    std::size_t bytes_ = 0;
    std::size_t dropped_ = 0;
    std::vector<Message> messages_;
};

}  // namespace atlas::conversation
