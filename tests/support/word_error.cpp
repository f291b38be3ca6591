#include "support/word_error.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <utility>

namespace atlas::test {

namespace {

using Words = std::vector<std::string>;

Words split(std::string_view text) {
    Words words(1);
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (std::isalnum(byte) || byte >= 0x80 || c == '\'') {
            words.back().push_back(static_cast<char>(std::tolower(byte)));
        } else if (c != ',' || words.back().empty() ||
                   !std::isdigit(static_cast<unsigned char>(words.back().back()))) {
            words.emplace_back();  // a comma inside digits only groups them; elsewhere a space follows it
        }
    }
    std::erase_if(words, [](const std::string& word) { return word.empty(); });
    return words;
}

Words written_out(const Words& words) {
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 9> endings{
        {{"won't", "will not"},
         {"can't", "can not"},
         {"cannot", "can not"},
         {"n't", " not"},
         {"'re", " are"},
         {"'m", " am"},
         {"'ll", " will"},
         {"'ve", " have"},
         {"'d", " would"}}};
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 4> titles{
        {{"mr", "mister"}, {"mrs", "misses"}, {"dr", "doctor"}, {"ok", "okay"}}};
    Words result;
    for (std::string word : words) {
        for (const auto& [from, to] : titles) {
            if (word == from) word = to;
        }
        for (const auto& [from, to] : endings) {
            if (!word.ends_with(from)) continue;
            word.replace(word.size() - from.size(), from.size(), to);
            break;
        }
        for (std::string& part : split(word)) result.push_back(std::move(part));
    }
    return result;
}

std::optional<long> value_of(std::string_view word) {
    static constexpr std::array<std::string_view, 20> units{
        "zero",     "one",     "two",     "three",     "four",     "five",    "six",
        "seven",    "eight",   "nine",    "ten",       "eleven",   "twelve",  "thirteen",
        "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"};
    static constexpr std::array<std::string_view, 8> tens{"twenty", "thirty",  "forty",  "fifty",
                                                          "sixty",  "seventy", "eighty", "ninety"};
    const auto unit = std::find(units.begin(), units.end(), word);
    if (unit != units.end()) return unit - units.begin();
    const auto ten = std::find(tens.begin(), tens.end(), word);
    if (ten != tens.end()) return 10 * (ten - tens.begin() + 2);
    return std::nullopt;
}

// Reads one number from `at` on and moves `at` behind it.
long read_number(const Words& words, std::size_t& at) {
    long total = 0;
    long part = *value_of(words[at++]);
    while (at < words.size()) {
        const auto value = value_of(words[at]);
        const bool follows_scale = part > 0 ? part % 100 == 0 : total > 0;
        const bool follows_tens = part % 100 >= 20 && part % 10 == 0 && value < 10;
        if (value && *value > 0 && (follows_scale || follows_tens)) {
            part += *value;
        } else if (words[at] == "hundred") {
            part *= 100;
        } else if (words[at] == "thousand") {
            total += part * 1000;
            part = 0;
        } else {
            break;
        }
        ++at;
    }
    return total + part;
}

}  // namespace

std::vector<std::string> normalized_words(std::string_view text) {
    const Words words = written_out(split(text));
    Words result;
    for (std::size_t at = 0; at < words.size();) {
        std::string word = words[at];
        if (value_of(word)) {
            word = std::to_string(read_number(words, at));
        } else {
            ++at;
        }
        const bool digits =
            std::all_of(word.begin(), word.end(), [](unsigned char c) { return std::isdigit(c); });
        if (!digits) {
            result.push_back(std::move(word));
            continue;
        }
        for (const char digit : word) result.emplace_back(1, digit);
    }
    return result;
}

WordErrors& WordErrors::operator+=(const WordErrors& other) {
    errors += other.errors;
    words += other.words;
    return *this;
}

// Levenshtein's distance over words.
WordErrors word_errors(std::string_view said, std::string_view recognized) {
    const Words reference = normalized_words(said);
    const Words heard = normalized_words(recognized);
    std::vector<int> row(heard.size() + 1);
    for (std::size_t j = 0; j < row.size(); ++j) row[j] = static_cast<int>(j);
    for (std::size_t i = 1; i <= reference.size(); ++i) {
        int diagonal = std::exchange(row[0], static_cast<int>(i));
        for (std::size_t j = 1; j < row.size(); ++j) {
            const int changed = diagonal + (reference[i - 1] == heard[j - 1] ? 0 : 1);
            diagonal = row[j];
            row[j] = std::min({changed, row[j] + 1, row[j - 1] + 1});
        }
    }
    return {row.back(), static_cast<int>(reference.size())};
}

}  // namespace atlas::test
