#include "atlas/conversation/spoken_weight.hpp"

#include "../text/characters.hpp"
#include "../text/markdown.hpp"
#include "atlas/conversation/speakable.hpp"
#include "word_sounds.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace atlas::conversation {
namespace {

// Microseconds, fitted to four voices; tests/tools/ledger_error_test.cpp measures what comes of them.
constexpr double per_vowel = 95'000;
constexpr double per_consonant = 70'000;
constexpr double before_break = 110'000;     // the last word before a pause is drawn out
constexpr double per_wide_letter = 180'000;  // Chinese and Japanese
constexpr double per_other_letter = 75'000;  // alphabets whose vowels are not told apart here

// ---- how long

struct Reading {
    Sounds sounds;
    double other = 0;  // microseconds
};

Reading read(std::string_view word) {
    Reading reading;
    std::string latin;
    for (std::size_t at = 0; at < word.size();) {
        const Character next = decode(word, at);
        at += next.length;
        if (next.code < 0x80) {
            latin += static_cast<char>(next.code);
        } else if (next.code >= 0xC0 && next.code <= 0x24F) {
            latin += 'e';  // an accent sits on a vowel, mostly
        } else if (is_wide(next.code) || (next.code >= 0xAC00 && next.code <= 0xD7A3)) {  // Hangul
            reading.other += per_wide_letter;
        } else if (next.code == U'€' || next.code == U'£') {
            latin += '$';
        } else if (is_word(next.code)) {
            reading.other += per_other_letter;
        }
    }
    reading.sounds = word_sounds(latin);
    return reading;
}

AudioTime usual_time(std::string_view written, bool drawn_out) {
    const Reading reading = read(speakable(written.substr(0, written.find("]("))));
    const double time =
        per_vowel * reading.sounds.vowels + per_consonant * reading.sounds.consonants + reading.other;
    if (time <= 0) return {};
    return AudioTime(static_cast<AudioTime::rep>(time + (drawn_out ? before_break : 0)));
}

// ---- breaks

template <std::size_t count>
bool ends_in(std::string_view word, const std::array<std::string_view, count>& endings) {
    return std::any_of(endings.begin(), endings.end(),
                       [word](std::string_view ending) { return word.ends_with(ending); });
}

constexpr auto closers =
    std::to_array<std::string_view>({"\"", "'", ")", "]", "”", "’", "*", "_", "`", "」"});
constexpr auto full_stops = std::to_array<std::string_view>({"!", "?", "…", "。", "！", "？", "｡", "؟", "।"});
constexpr auto commas =
    std::to_array<std::string_view>({",", ";", ":", "—", "–", "-", "，", "、", "；", "：", "،", "؛"});

std::string_view without_closers(std::string_view word) {
    for (std::size_t before = word.size() + 1; word.size() < before;) {
        before = word.size();
        for (const std::string_view closer : closers) {
            if (word.ends_with(closer)) word.remove_suffix(closer.size());
        }
    }
    return word;
}

// "p.m." and "Dr.", "Mrs.": rather part of the sentence than its end.
bool is_abbreviation(std::string_view word) {
    word.remove_suffix(1);
    const bool has_vowel = word.find_first_of("aeiouyAEIOUY0123456789") != std::string_view::npos;
    return word.find('.') != std::string_view::npos || (!has_vowel && word.size() < 4);
}

Break break_between(std::string_view word, std::string_view rest) {
    const auto next = rest.find_first_not_of(" \t\r");
    if (next == std::string_view::npos || rest[next] == '\n') return Break::sentence;
    const bool link = word.find("](") != std::string_view::npos;
    const bool bracket = (word.ends_with(')') && !link) || rest[next] == '(';
    word = without_closers(word);
    if (ends_in(word, full_stops) || word.ends_with("..")) return Break::sentence;
    if (word.ends_with('.') && !is_abbreviation(word)) return Break::sentence;
    return bracket || ends_in(word, commas) ? Break::clause : Break::none;
}

// ---- cutting

class Cutter {
public:
    explicit Cutter(std::string_view text) : text_(text) {}

    std::vector<SpokenWord> cut() {
        for (std::size_t at = skip_blanks(text_, 0); at < text_.size(); at = skip_blanks(text_, at)) {
            const std::size_t end = word_end(at);
            push(at, end);
            at = end;
        }
        return std::move(words_);
    }

private:
    // Behind a block of code, of which little is read; else at the next blank, or before or behind a
    // character that stands for itself.
    std::size_t word_end(std::size_t begin) const {
        const bool starts_line = begin == 0 || text_[begin - 1] == '\n';
        const std::size_t code = starts_line ? code_block_length(text_.substr(begin)) : 0;
        if (code > 0) return text_.find_last_not_of(" \t\r\n", begin + code - 1) + 1;
        bool sounds = false;
        bool alone = false;
        std::size_t at = begin;
        while (at < text_.size() && blank_length(text_, at) == 0) {
            const Character next = decode(text_, at);
            const bool no_blanks = is_wide(next.code) || is_thai(next.code);
            if (is_word(next.code) && !continues_grapheme(text_, at)) {
                if (alone || (sounds && no_blanks)) break;
                sounds = true;
                alone = no_blanks;
            }
            at += next.length;
        }
        return at;
    }

    void push(std::size_t begin, std::size_t end) {
        const std::string_view word = text_.substr(begin, end - begin);
        const Break after = break_between(word, text_.substr(end));
        words_.push_back({end, usual_time(word, after != Break::none), after});
        // "word - word": the mark alone is not read, the pause comes before it.
        const std::size_t count = words_.size();
        if (words_.back().usual == AudioTime::zero() && count > 1) {
            words_[count - 2].after = std::max(words_[count - 2].after, after);
        }
    }

    std::string_view text_;
    std::vector<SpokenWord> words_;
};

}  // namespace

std::vector<SpokenWord> spoken_words(std::string_view text) { return Cutter(text).cut(); }

}  // namespace atlas::conversation
