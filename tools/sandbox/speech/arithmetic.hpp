#pragma once

#include "sandbox/speech/plain_words.hpp"

#include <optional>
#include <string>

namespace atlas::sandbox::speech {

// "what is twelve times seven" -> "Twelve times seven is eighty four."; nothing when it is no such question.
// The text is needed beside its words for signs: "12 * 7".
std::optional<std::string> calculate(const std::string& text);

}  // namespace atlas::sandbox::speech
