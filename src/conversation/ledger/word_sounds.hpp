#pragma once

#include <string_view>

namespace atlas::conversation {

struct Sounds {
    double vowels = 0;  // one a syllable
    double consonants = 0;
};

// About what a voice makes of one word without blanks, in ASCII: words by English spelling; numbers, money,
// times and signs as they are read out, so that "$29.95" is longer than "banana". Nothing for mere marks.
Sounds word_sounds(std::string_view word);

}  // namespace atlas::conversation
