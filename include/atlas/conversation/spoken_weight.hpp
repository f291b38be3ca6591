#pragma once

#include "atlas/conversation/events.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace atlas::conversation {

// What a voice is likely to do behind a word: nothing, a short pause (comma), a long one (full stop).
enum class Break : std::uint8_t { none, clause, sentence };

// One word of a text that is read aloud; in scripts that put no blanks between words, one character.
struct SpokenWord {
    std::size_t end = 0;  // where it ends in the text, in bytes; blanks behind it are not part of it
    AudioTime usual{};    // about how long a voice needs for it; zero for what is not read ("-", an emoji)
    Break after = Break::none;
};

// The words of a text as a model wrote it, Markdown and all. The time of each is a guess by its syllables
// and letters: good for proportions, and within some tenths for the pace of an unknown voice.
std::vector<SpokenWord> spoken_words(std::string_view text);

}  // namespace atlas::conversation
