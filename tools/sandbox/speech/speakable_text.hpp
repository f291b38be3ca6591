#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace atlas::sandbox::speech {

// What a plain ASCII voice can read: typographic marks become plain ones, accents go, what has no sound
// (emoji, Markdown stars, control characters) becomes a space.
std::string speakable(std::string_view utf8);

// Pieces to be spoken one after the other: sentences, and long sentences cut at commas or spaces, so that
// the first sound never waits for a long analysis. None is empty or without letters and digits.
std::vector<std::string> sentences(std::string_view text);

}  // namespace atlas::sandbox::speech
