#include "sandbox/speech/spoken_numbers.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

namespace atlas::sandbox::speech {

namespace {

constexpr std::array<std::string_view, 20> small{"zero",    "one",     "two",       "three",    "four",
                                                 "five",    "six",     "seven",     "eight",    "nine",
                                                 "ten",     "eleven",  "twelve",    "thirteen", "fourteen",
                                                 "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"};
constexpr std::array<std::string_view, 10> tens{"",      "",      "twenty",  "thirty", "forty",
                                                "fifty", "sixty", "seventy", "eighty", "ninety"};
struct Scale {
    std::int64_t value;
    std::string_view name;
};
constexpr std::array<Scale, 4> scales{
    {{1'000'000'000, "billion"}, {1'000'000, "million"}, {1000, "thousand"}, {100, "hundred"}}};

std::string below_hundred(std::int64_t number) {
    if (number < 20) return std::string(small[static_cast<std::size_t>(number)]);
    std::string text(tens[static_cast<std::size_t>(number / 10)]);
    if (number % 10 != 0) text += ' ' + std::string(small[static_cast<std::size_t>(number % 10)]);
    return text;
}

std::optional<std::int64_t> small_value(std::string_view word) {
    const auto unit = std::find(small.begin(), small.end(), word);
    if (unit != small.end()) return unit - small.begin();
    const auto ten = std::find(tens.begin() + 2, tens.end(), word);
    if (ten != tens.end()) return (ten - tens.begin()) * 10;
    return std::nullopt;
}

std::optional<double> digits_value(std::string_view word) {
    double value = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
    if (error != std::errc() || end != word.data() + word.size() || !(value < 1e12)) return std::nullopt;
    return value;
}

std::optional<std::int64_t> scale_value(std::string_view word) {
    for (const Scale& scale : scales) {
        if (scale.name == word) return scale.value;
    }
    return std::nullopt;
}

// Reads "two hundred and five thousand" from `at` on.
FoundNumber read_words(const Words& words, std::size_t at) {
    double total = 0;
    double part = 0;
    std::size_t end = at;
    std::int64_t last = 1000;  // "twenty five", but not "two three"
    for (std::size_t i = at; i < words.size(); ++i) {
        if (words[i] == "and" && i > at && i + 1 < words.size() && scale_value(words[i - 1]) &&
            small_value(words[i + 1])) {
            continue;
        }
        if (const auto value = small_value(words[i])) {
            if (last < 20 || (last < 100 && *value >= 10)) break;
            part += static_cast<double>(*value);
            last = *value;
        } else if (const auto scale = scale_value(words[i]); scale && (i > at)) {
            part *= static_cast<double>(*scale);
            if (*scale > 100) {
                total += part;
                part = 0;
            }
            last = 1000;
        } else {
            break;
        }
        end = i + 1;
    }
    return {total + part, at, end - at};
}

}  // namespace

std::string say_number(std::int64_t number) {
    if (number < 0) return "minus " + say_number(-number);
    if (number < 100) return below_hundred(number);
    if (number >= 1'000'000'000'000) return std::to_string(number);
    for (const Scale& scale : scales) {
        if (number < scale.value) continue;
        std::string text = say_number(number / scale.value) + ' ' + std::string(scale.name);
        const std::int64_t rest = number % scale.value;
        if (rest == 0) return text;
        return text + (rest < 100 ? " and " : " ") + say_number(rest);
    }
    return {};
}

std::string say_ordinal(int number) {
    static constexpr std::array<std::string_view, 20> ordinals{
        "zeroth",     "first",     "second",    "third",       "fourth",     "fifth",     "sixth",
        "seventh",    "eighth",    "ninth",     "tenth",       "eleventh",   "twelfth",   "thirteenth",
        "fourteenth", "fifteenth", "sixteenth", "seventeenth", "eighteenth", "nineteenth"};
    if (number < 20) return std::string(ordinals[static_cast<std::size_t>(std::max(0, number))]);
    const std::string ten(tens[static_cast<std::size_t>(number / 10 % 10)]);
    if (number % 10 == 0) return ten.substr(0, ten.size() - 1) + "ieth";
    return ten + ' ' + std::string(ordinals[static_cast<std::size_t>(number % 10)]);
}

std::optional<FoundNumber> find_number(const Words& words, std::size_t from) {
    for (std::size_t i = from; i < words.size(); ++i) {
        if (const auto value = digits_value(words[i])) return FoundNumber{*value, i, 1};
        if (small_value(words[i])) return read_words(words, i);
    }
    return std::nullopt;
}

}  // namespace atlas::sandbox::speech
