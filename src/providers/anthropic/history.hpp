#pragma once

#include "atlas/providers/language_model.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

// What was said, in the shape the Messages API accepts. Pure. Its rules: claude_openai_tts §A.4, §A.7.
namespace atlas::providers::anthropic {

// One message of the request; roles alternate. Merged messages stay texts of their own, so that a message
// that only grew still begins with the bytes the prompt cache knows.
struct HistoryTurn {
    ModelMessage::Role role = ModelMessage::Role::user;
    std::vector<ModelToolResult> results;  // one for each call of the turn before, in the order of the calls
    std::vector<std::string> texts;        // none is blank or ends in white space
    std::vector<ModelToolCall> calls;      // ids are unique in the whole history
    std::size_t last_source = 0;           // the last message of the request that went into it
};

// Alternating turns, the first of them the user's. Empty when there is nothing to say.
std::vector<HistoryTurn> repaired(const std::vector<ModelMessage>& messages);

// A text that is only white space is refused: "text content blocks must contain non-whitespace text".
std::string_view without_trailing_space(std::string_view text);

// Letters, digits, _ and -: what ids and names of tools are made of.
bool is_identifier(std::string_view text, std::size_t max_bytes);

}  // namespace atlas::providers::anthropic
