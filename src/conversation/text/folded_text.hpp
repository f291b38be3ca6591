#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace atlas::conversation {

// A text with everything taken away that recognisers and writers do differently: case, punctuation,
// apostrophes, drawn-out letters ("yeahhh"), Arabic vowel signs. Chinese, Japanese and Thai are written
// without blanks, so that each of their characters stands for a word.
struct FoldedText {
    std::vector<std::u32string> words;
    std::string line;        // the words, with a blank between where the script has them
    std::size_t weight = 0;  // what the words weigh together
};

FoldedText fold_text(std::string_view text);

// How much a word counts: four for a written word, two for a Chinese character, one for a Thai one.
constexpr std::size_t one_word = 4;
std::size_t weight_of(const std::u32string& word);

// Is `heard` what a recogniser may have made of `spoken`?
bool sounds_alike(const std::u32string& heard, const std::u32string& spoken);

}  // namespace atlas::conversation
