#include "sentence_stop.hpp"

#include "abbreviations.hpp"
#include "characters.hpp"
#include "marks.hpp"

#include <algorithm>
#include <string>

namespace atlas::conversation {
namespace {

constexpr std::size_t longest_word = 24;  // bytes; a longer one is no abbreviation and begins no sentence

// The word that ends before `stop`, in lower case, with the full stops inside it: "e.g", "u.s".
std::string word_before(std::string_view text, std::size_t stop) {
    std::size_t begin = stop;
    while (begin > 0 && stop - begin <= longest_word) {
        const Character before = decode_before(text, begin);
        if (!is_word(before.code) && before.code != '.' && before.code != '-') break;
        begin -= before.length;
    }
    std::string word;
    while (begin < stop) {
        const Character c = decode(text, begin);
        append_character(word, fold(c.code));
        begin += c.length;
    }
    return word;
}

// The word behind `at`, in lower case; nothing when it may go on in text to come.
std::optional<std::string> word_behind(std::string_view text, std::size_t at, bool text_is_final) {
    std::string word;
    const std::size_t limit = at + 2 * longest_word;
    while (word.size() <= longest_word && at < limit) {
        if (at >= text.size() || is_cut_off(text, at)) {
            if (text_is_final) return word;
            return std::nullopt;
        }
        const Character c = decode(text, at);
        const bool apostrophe = c.code == '\'' || c.code == 0x2019;
        if (is_word(c.code) || (apostrophe && !word.empty())) {
            append_character(word, apostrophe ? U'\'' : fold(c.code));
        } else if (!word.empty() || !is_opener(c.code)) {
            break;
        }
        at += c.length;
    }
    return word;
}

// "2." where a list item can begin: at the start of a line or behind a sentence; "1." also behind a colon.
bool numbers_an_item(std::string_view text, std::size_t begin, std::size_t stop, const TextContext& context) {
    std::size_t end = begin;
    while (end > 0 && blank_length(text, end - 1) != 0) {
        if (text[--end] == '\n') return true;
    }
    if (end == 0 && (begin > 0 || context.at_line_start)) return true;
    const char32_t before = end == 0 ? context.before : decode_before(text, end).code;
    const bool first = text.substr(begin, stop - begin) == "1";
    const std::u32string_view marks = first ? U".!?…。！？:：;" : U".!?…。！？";
    return before == 0 || marks.find(before) != std::u32string_view::npos;
}

// "U.S", "a.m": single letters with full stops between.
bool is_acronym(std::string_view word) {
    std::size_t run = 0;
    for (const char c : word) {
        run = c == '.' ? 0 : run + 1;
        if (run > 2 || static_cast<unsigned char>(c) >= 0xE0 || c == '-') return false;
    }
    return word.find('.') != std::string_view::npos;
}

bool is_initial(std::string_view word) {
    if (word.empty() || word == "i") return false;
    const Character c = decode(word, 0);
    return c.length == word.size() && (is_lower(c.code) || is_upper(c.code));
}

std::optional<bool> number_ends(std::string_view text, std::size_t stop, std::size_t next, std::size_t begin,
                                const TextContext& context) {
    if (stop - begin > 2) return true;
    if (numbers_an_item(text, begin, stop, context) || writes_ordinals_with_stop(context.language))
        return false;
    const auto word = word_behind(text, next, context.text_is_final);
    if (!word) return std::nullopt;
    return !is_month_after_ordinal(*word);
}

}  // namespace

std::optional<bool> full_stop_ends(std::string_view text, std::size_t stop, std::size_t next,
                                   const TextContext& context) {
    std::size_t digits = stop;
    while (digits > 0 && text[digits - 1] >= '0' && text[digits - 1] <= '9') --digits;
    if (digits < stop) return number_ends(text, stop, next, digits, context);

    const std::string word = word_before(text, stop);
    auto kind = abbreviation(word, context.language);
    if (kind == Abbreviation::none && (is_initial(word) || is_acronym(word))) kind = Abbreviation::may_end;
    if (kind == Abbreviation::none) return true;
    if (kind == Abbreviation::inside) return false;
    if (kind == Abbreviation::before_number) return !is_digit(decode(text, next).code);
    const auto behind = word_behind(text, next, context.text_is_final);
    if (!behind) return std::nullopt;
    return begins_sentence(*behind, context.language);
}

}  // namespace atlas::conversation
