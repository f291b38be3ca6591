#pragma once

#include "sandbox/speech/engine.hpp"
#include "sandbox/speech/plain_words.hpp"

#include <cstdint>
#include <ctime>
#include <string>
#include <string_view>
#include <vector>

namespace atlas::sandbox::speech {

// What the caller said last, and what the conversation so far tells about it.
struct Question {
    std::string text;
    Words words;
    bool first = false;      // nothing was said before
    std::string last_reply;  // empty when there was none
    std::string caller;      // the name the caller gave; empty when unknown
    std::string own_name;    // from the system prompt, "You are Ada, …"; else "Atlas"
    std::tm now{};           // local time
    std::uint64_t pick = 0;  // for choices: the same conversation gives the same one
};

Question read_question(const std::string& system, const std::vector<ChatMessage>& messages, std::tm now,
                       std::uint64_t seed);

// The name in "my name is Ada", "call me Ada", "I'm Ada", "this is Ada": with a capital; empty when there is
// none.
std::string name_given_in(std::string_view text);

}  // namespace atlas::sandbox::speech
