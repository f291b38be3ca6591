#pragma once

#include <string>
#include <string_view>

namespace atlas::conversation {

// What a voice shall read of a piece of model text: Markdown marks, emoji and the long tail of web addresses
// are left out, list items end like sentences, white space is folded. Empty when nothing of it can be spoken
// (blanks, marks, emoji only): such text must never reach a synthesiser.
std::string speakable(std::string_view text);

}  // namespace atlas::conversation
