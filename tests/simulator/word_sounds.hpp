#pragma once

#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

// Sound in which every word can be told from every other: the samples of one spoken word all have one size,
// which no other word of the scenario has. Whoever gets the samples knows exactly which words arrived, and
// how much of each.
namespace atlas::sim {

using Random = std::mt19937_64;

constexpr int blocks_per_second = 100;  // all sound is made of blocks of 10 ms

struct SoundPiece {
    int code = 0;  // of a word or a noise; 0: silence
    int blocks = 0;
};

struct SpokenWord {
    std::string text;  // as it was said, with its punctuation; empty: a noise
    int blocks = 0;
    int silence_before = 0, silence_behind = 0;  // blocks, as the voice spoke it: parts of the sound
};

// How a voice speaks.
struct Voice {
    int word_blocks = 8;  // a word takes this and, for each letter,
    double letter_blocks = 5.5;
    double variation = 0.25;  // of a word's length
    int comma_blocks = 20;
    int stop_blocks = 42;
    int leading_blocks = 6;
    int trailing_blocks = 12;
};

// All words that were spoken in a scenario.
class WordSounds {
public:
    int add(std::string text, int blocks);
    const SpokenWord& word(int code) const { return words_.at(static_cast<std::size_t>(code - 1)); }

    // The text as this voice would speak it.
    std::vector<SoundPiece> speak(std::string_view text, const Voice& voice, Random& random);

    static void append(std::vector<std::int16_t>& samples, const SoundPiece& piece, int rate);
    static int code_of(std::int16_t sample);  // 0: silence

private:
    std::vector<SpokenWord> words_;
};

// Words as they are compared: lower case, letters and digits only.
std::vector<std::string> plain_words(std::string_view text);
std::string plain(std::string_view text);  // the same, with blanks between
std::string plain_word(std::string_view word);

}  // namespace atlas::sim
