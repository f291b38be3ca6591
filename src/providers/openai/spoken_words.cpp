#include "atlas/providers/openai/spoken_words.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <span>
#include <utility>
#include <vector>

namespace atlas::providers::openai {

namespace {

using Word = std::string_view;

constexpr Word number_mark = "#";

constexpr std::array number_words = std::to_array<Word>(
    {"zero",        "oh",         "one",        "two",        "three",      "four",      "five",
     "six",         "seven",      "eight",      "nine",       "ten",        "eleven",    "twelve",
     "thirteen",    "fourteen",   "fifteen",    "sixteen",    "seventeen",  "eighteen",  "nineteen",
     "twenty",      "thirty",     "forty",      "fifty",      "sixty",      "seventy",   "eighty",
     "ninety",      "hundred",    "thousand",   "million",    "billion",    "first",     "second",
     "third",       "fourth",     "fifth",      "sixth",      "seventh",    "eighth",    "ninth",
     "tenth",       "eleventh",   "twelfth",    "thirteenth", "fourteenth", "fifteenth", "sixteenth",
     "seventeenth", "eighteenth", "nineteenth", "twentieth",  "thirtieth",  "fortieth",  "fiftieth",
     "sixtieth",    "seventieth", "eightieth",  "ninetieth",  "hundredth",  "thousandth"});

// Belong to a number when they stand beside one.
constexpr std::array beside_numbers = std::to_array<Word>(
    {"dollar", "dollars", "cent",    "cents",  "euro", "euros", "pound", "pounds", "percent", "point", "and",
     "minus",  "degree",  "degrees", "oclock", "a",    "st",    "nd",    "rd",     "th",      "s"});

constexpr std::array abbreviations = std::to_array<std::pair<Word, Word>>(
    {{"dr", "doctor"}, {"mr", "mister"}, {"mrs", "missus"}, {"vs", "versus"}, {"etc", "etcetera"}});

constexpr std::array symbols = std::to_array<std::pair<Word, Word>>({{"$", "dollars"},
                                                                     {"€", "euros"},
                                                                     {"£", "pounds"},
                                                                     {"%", "percent"},
                                                                     {"°", "degrees"},
                                                                     {"&", "and"},
                                                                     {"+", "plus"},
                                                                     {"=", "equals"},
                                                                     {"@", "at"}});

bool contains(std::span<const Word> words, Word word) {
    return std::find(words.begin(), words.end(), word) != words.end();
}

Word translated(std::span<const std::pair<Word, Word>> table, Word word) {
    const auto entry =
        std::find_if(table.begin(), table.end(), [word](const auto& pair) { return pair.first == word; });
    return entry == table.end() ? Word() : entry->second;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::size_t bytes_of_character(std::string_view text) {
    std::size_t bytes = 1;
    while (bytes < text.size() && (static_cast<unsigned char>(text[bytes]) & 0xC0u) == 0x80u) ++bytes;
    return bytes;
}

// U+2000–U+206F and U+3000–U+303F, without the letters between; ¡ ¿ « » and the non-breaking space.
bool is_punctuation(std::string_view character) {
    constexpr std::array latin = std::to_array<Word>({"¡", "¿", "«", "»", "·", "\xC2\xA0"});
    if (character.size() == 2) return contains(latin, character);
    if (character.size() != 3) return false;
    return character.starts_with("\xE2\x80") || character.starts_with("\xE2\x81") ||
           character.starts_with("\xE3\x80") || character.starts_with("\xEF\xBC\x8C");
}

// Lower case for Latin-1, Greek and Cyrillic capitals whose small letter is a fixed step away in UTF-8.
void append_folded(std::string& word, std::string_view character) {
    word.append(character);
    if (character.size() != 2) return;
    const auto lead = static_cast<unsigned char>(character[0]);
    const auto tail = static_cast<unsigned char>(character[1]);
    const bool latin = lead == 0xC3 && tail >= 0x80 && tail <= 0x9E && tail != 0x97;
    const bool low_half =
        (lead == 0xCE && tail >= 0x91 && tail <= 0x9F) || (lead == 0xD0 && tail >= 0x90 && tail <= 0x9F);
    const bool high_half =
        (lead == 0xCE && tail >= 0xA0 && tail <= 0xA9) || (lead == 0xD0 && tail >= 0xA0 && tail <= 0xAF);
    if (latin || low_half) word.back() = static_cast<char>(tail + 0x20);
    if (!high_half) return;
    word[word.size() - 2] = static_cast<char>(lead + 1);
    word.back() = static_cast<char>(tail - 0x20);
}

class Splitter {
public:
    std::vector<std::string> split(std::string_view text) {
        while (!text.empty()) {
            const std::size_t bytes = bytes_of_character(text);
            take(text.substr(0, bytes));
            text.remove_prefix(bytes);
        }
        end_word();
        return std::move(words_);
    }

private:
    void take(std::string_view character) {
        const char first = character.front();
        if (character == "'" || character == "’") return;  // don't, dont
        if (const Word name = translated(symbols, character); !name.empty()) {
            end_word();
            words_.emplace_back(name);
        } else if (character.size() == 1 && std::isalnum(static_cast<unsigned char>(first)) == 0) {
            end_word();
        } else if (character.size() > 1) {
            if (is_punctuation(character)) return end_word();
            append_folded(word_, character);
        } else {
            // "3pm" is two words
            if (!word_.empty() && is_digit(word_.back()) != is_digit(first)) end_word();
            word_.push_back(static_cast<char>(std::tolower(static_cast<unsigned char>(first))));
        }
    }

    void end_word() {
        if (word_.empty()) return;
        const Word longer = translated(abbreviations, word_);
        words_.emplace_back(longer.empty() ? Word(word_) : longer);
        word_.clear();
    }

    std::string word_;
    std::vector<std::string> words_;
};

bool is_number(const std::string& word) { return is_digit(word.front()) || contains(number_words, word); }

// One past the run of number words and their companions that begins at `at`; `at` itself when none does.
std::size_t end_of_number(const std::vector<std::string>& words, std::size_t at) {
    std::size_t end = at;
    bool has_number = false;
    for (std::size_t i = at; i < words.size(); ++i) {
        const bool number = is_number(words[i]);
        if (!number && !contains(beside_numbers, words[i])) break;
        has_number = has_number || number;
        // "and" and "a" join numbers, they do not end one.
        if (number || (has_number && words[i] != "and" && words[i] != "a")) end = i + 1;
    }
    return has_number ? end : at;
}

}  // namespace

std::string bare_words(std::string_view text) {
    const std::vector<std::string> words = Splitter().split(text);
    std::string bare;
    for (std::size_t at = 0; at < words.size();) {
        const std::size_t end = end_of_number(words, at);
        bare += end > at ? Word(number_mark) : Word(words[at]);
        at = end > at ? end : at + 1;
    }
    return bare;
}

bool same_words(std::string_view asked, std::string_view spoken) {
    return bare_words(asked) == bare_words(spoken);
}

}  // namespace atlas::providers::openai
