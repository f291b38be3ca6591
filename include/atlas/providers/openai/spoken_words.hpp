#pragma once

#include <string>
#include <string_view>

namespace atlas::providers::openai {

// What remains of a text when everything is gone that a good reader may change: case, punctuation, spaces,
// and how numbers and a few abbreviations are written. Every run of number words or digits ("42",
// "forty-two", "$42", "forty-two dollars") becomes one '#'. Number words are English.
std::string bare_words(std::string_view text);

// Whether a transcript says what was asked for. A model that speaks sometimes answers, or words it anew
// (claude_openai_tts §B.9).
bool same_words(std::string_view asked, std::string_view spoken);

}  // namespace atlas::providers::openai
