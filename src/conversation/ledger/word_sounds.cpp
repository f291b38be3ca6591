#include "word_sounds.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>

namespace atlas::conversation {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || is_upper(c); }
char lower(char c) { return is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c; }
bool is_vowel(char c) { return std::string_view("aeiouy").find(lower(c)) != std::string_view::npos; }

// ---- letters

bool is_spelled_out(std::string_view letters) {  // "USB", "HR"
    return letters.size() <= 4 && letters.size() > 1 && std::all_of(letters.begin(), letters.end(), is_upper);
}

// "e", "ed" and "es" at the end of a word are mostly silent: "time", "closed", "takes".
bool ends_silently(std::string_view letters) {
    if (letters.size() < 3) return false;
    const char last = lower(letters.back());
    const char before = lower(letters[letters.size() - 2]);
    const char third = lower(letters[letters.size() - 3]);
    if (last == 'e') return !is_vowel(before) && !(before == 'l' && !is_vowel(third));
    if (letters.size() < 4 || before != 'e' || is_vowel(third)) return false;
    if (last == 'd') return third != 't' && third != 'd';
    return last == 's' && std::string_view("sxzcgh").find(third) == std::string_view::npos;
}

// "th" and "ss" are one sound, "x" is two.
double consonant(char before, char c) {
    if (c == before || (c == 'h' && std::string_view("tscpgwk").find(before) != std::string_view::npos))
        return 0;
    return c == 'x' ? 2 : 1;
}

Sounds of_letters(std::string_view letters) {
    if (letters.size() == 1)
        return {lower(letters[0]) == 'w' ? 3.0 : 1.0, lower(letters[0]) == 'i' ? 0.0 : 1.0};
    if (is_spelled_out(letters))
        return {static_cast<double>(letters.size()), static_cast<double>(letters.size())};
    Sounds sounds;
    char before = '\0';
    for (const char c : letters) {
        if (!is_vowel(c)) {
            sounds.consonants += consonant(before, lower(c));
        } else if (!is_vowel(before)) {
            sounds.vowels += 1;
        }
        before = lower(c);
    }
    if (sounds.vowels == 0) return {2, 4};  // "Dr", "Mrs", "hmm"
    if (sounds.vowels > 1 && ends_silently(letters)) sounds.vowels -= 1;
    return sounds;
}

// ---- digits: counted in syllables

constexpr double consonants_per_syllable = 1.6;

constexpr std::array<int, 20> below_twenty = {2, 1, 1, 1, 1, 1, 1, 2, 1, 1, 1, 3, 1, 2, 2, 2, 2, 3, 2, 2};
constexpr std::array<int, 10> tens = {0, 1, 2, 2, 2, 2, 2, 3, 2, 2};

int below_hundred(int number) {
    if (number < 20) return below_twenty[static_cast<std::size_t>(number)];
    const int ones = number % 10;
    return tens[static_cast<std::size_t>(number / 10)] +
           (ones > 0 ? below_twenty[static_cast<std::size_t>(ones)] : 0);
}

int below_thousand(int number) {
    if (number < 100) return below_hundred(number);
    const int rest = number % 100;
    return below_hundred(number / 100) + 2 + (rest > 0 ? below_hundred(rest) : 0);
}

int one_by_one(std::string_view digits) {
    int sum = 0;
    for (const char c : digits) sum += below_twenty[static_cast<std::size_t>(c - '0')];
    return sum;
}

bool looks_like_year(int number) { return number >= 1100 && number < 2100 && number / 10 != 200; }

// A whole number; one with a leading zero or very long is read digit by digit.
int of_number(std::string_view digits, bool may_be_year) {
    if ((digits.size() > 1 && digits[0] == '0') || digits.size() > 9) return one_by_one(digits);
    int number = 0;
    for (const char c : digits) number = number * 10 + (c - '0');
    if (may_be_year && digits.size() == 4 && looks_like_year(number)) {
        return below_hundred(number / 100) + (number % 100 > 0 ? below_hundred(number % 100) : 2);
    }
    if (number < 1000) return below_thousand(number);
    int sum = 0;
    if (number >= 1'000'000) sum += below_thousand(number / 1'000'000) + 2;
    if (number / 1000 % 1000 > 0) sum += below_thousand(number / 1000 % 1000) + 2;
    return sum + (number % 1000 > 0 ? below_thousand(number % 1000) : 0);
}

std::size_t run_of(std::string_view text, bool (*belongs)(char)) {
    const auto end = std::find_if_not(text.begin(), text.end(), belongs);
    return static_cast<std::size_t>(end - text.begin());
}

// One word, read from left to right.
class Word {
public:
    explicit Word(std::string_view text) : text_(text) {}

    Sounds read() {
        while (at_ < text_.size()) {
            const char c = text_[at_];
            if (is_letter(c)) {
                letters();
            } else if (is_digit(c)) {
                number();
            } else {
                sign(c);
            }
        }
        return {sounds_.vowels + read_out_, sounds_.consonants + read_out_ * consonants_per_syllable};
    }

private:
    char peek(std::size_t ahead) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }

    std::string_view take(bool (*belongs)(char)) {
        const std::string_view run = text_.substr(at_, run_of(text_.substr(at_), belongs));
        at_ += run.size();
        return run;
    }

    void letters() {
        const std::string_view run = take(is_letter);
        if (after_digit_ && run.size() == 2) return;  // "14th" is as long as "14"
        Sounds sounds = of_letters(run);
        if (peek(0) == '\'' && is_letter(peek(1))) {  // "it's", "don't": no syllable of their own
            ++at_;
            take(is_letter);
            sounds.consonants += 1;
        }
        sounds_.vowels += sounds.vowels;
        sounds_.consonants += sounds.consonants;
    }

    void number() {
        std::string digits(take(is_digit));
        while (peek(0) == ',' && run_of(text_.substr(at_ + 1), is_digit) == 3) {
            ++at_;
            digits += take(is_digit);
        }
        const bool in_code = peek(0) == '-' && is_digit(peek(1));  // "555-0142"
        read_out_ += in_code ? one_by_one(digits) : of_number(digits, !money_);
        after_digit_ = true;
        if (peek(0) == '.' && is_digit(peek(1))) fraction();
    }

    // ".95" is read digit by digit, or as cents.
    void fraction() {
        ++at_;
        const std::string_view digits = take(is_digit);
        read_out_ += money_ ? 2 + of_number(digits, false) : 1 + one_by_one(digits);
    }

    void sign(char c) {
        const bool after_word = at_ > 1 && is_letter(text_[at_ - 1]) && is_letter(text_[at_ - 2]);
        ++at_;
        money_ = money_ || c == '$';
        if (std::string_view("$%=<>").find(c) != std::string_view::npos) read_out_ += 2;
        if (std::string_view("+&@").find(c) != std::string_view::npos) read_out_ += 1;
        if (c == '.' && after_word && is_letter(peek(0))) read_out_ += 1;  // the "dot" of an address
    }

    std::string_view text_;
    std::size_t at_ = 0;
    Sounds sounds_;
    double read_out_ = 0;  // syllables of numbers and signs
    bool after_digit_ = false;
    bool money_ = false;
};

}  // namespace

Sounds word_sounds(std::string_view word) { return Word(word).read(); }

}  // namespace atlas::conversation
