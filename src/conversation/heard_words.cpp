#include "atlas/conversation/heard_words.hpp"

#include "atlas/conversation/backchannels.hpp"
#include "atlas/conversation/speakable.hpp"
#include "text/characters.hpp"
#include "text/folded_text.hpp"
#include "text/marks.hpp"

#include <algorithm>
#include <array>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

namespace atlas::conversation {
namespace {

constexpr int most_backchannels = 3;
constexpr std::size_t long_word = 7;    // letters
constexpr std::size_t surely_echo = 6;  // words, of which one may be misheard though another is a stop word

bool is_question_mark(char32_t code) { return one_of(code, U"?？؟⁇⁈⁉\u037E"); }

// The text up to its last letter, question mark or full stop: without the blanks, quotes, brackets, marks and
// emoji behind it.
std::string_view without_closers(std::string_view text) {
    while (!text.empty()) {
        const Character last = decode_before(text, text.size());
        const bool behind = blank_length(text, text.size() - last.length) != 0 || is_pictogram(last.code) ||
                            is_invisible(last.code) || is_closer(last.code) ||
                            one_of(last.code, U"!！\u00A0");
        if (!behind || is_question_mark(last.code)) break;
        text.remove_suffix(last.length);
    }
    return text;
}

bool has_question_mark_at_end(std::string_view text) {
    const auto asked = without_closers(text);
    return !asked.empty() && is_question_mark(decode_before(asked, asked.size()).code);
}

// What recognisers write for what is no speech: "[noise]", "(laughs)", "<unk>".
std::string without_noise(std::string_view text) {
    constexpr auto brackets = std::to_array<std::pair<char, char>>({{'[', ']'}, {'(', ')'}, {'<', '>'}});
    std::string rest;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const auto* open = std::find_if(brackets.begin(), brackets.end(),
                                        [c = text[at]](const auto& pair) { return pair.first == c; });
        const std::size_t end = open == brackets.end() ? std::string_view::npos : text.find(open->second, at);
        rest.push_back(end == std::string_view::npos ? text[at] : ' ');
        if (end != std::string_view::npos) at = end;
    }
    return rest;
}

// What up to three listener words in a row mean together; none when there is more than such words.
ListenerWord listening(std::string_view line, std::string_view language) {
    auto strongest = ListenerWord::none;
    bool assents = false;
    for (int count = 0; count < most_backchannels && !line.empty(); ++count) {
        const FoundWord found = listener_word(line, language);
        if (found.kind == ListenerWord::none) return ListenerWord::none;
        assents = assents || found.kind == ListenerWord::assent;
        strongest = std::max(strongest, found.kind);
        line.remove_prefix(found.length);
        if (line.starts_with(' ')) line.remove_prefix(1);
    }
    if (!line.empty()) return ListenerWord::none;
    return assents ? ListenerWord::assent : strongest;
}

// The least weight of words to add, drop or change that makes `heard` a part of `spoken`.
template <typename Alike>
std::size_t distance(const FoldedText& heard, const FoldedText& spoken, const Alike& alike) {
    std::vector<std::size_t> row(spoken.words.size() + 1, 0);  // a part may begin anywhere
    for (const auto& word : heard.words) {
        const std::size_t weight = weight_of(word);
        std::size_t diagonal = std::exchange(row[0], row[0] + weight);
        for (std::size_t j = 0; j < spoken.words.size(); ++j) {
            const std::size_t change = diagonal + (alike(word, spoken.words[j]) ? 0U : weight);
            diagonal = row[j + 1];
            row[j + 1] = std::min({change, diagonal + weight, row[j] + weight_of(spoken.words[j])});
        }
    }
    return *std::min_element(row.begin(), row.end());  // and end anywhere
}

bool holds_question_mark(std::string_view text) {
    for (std::size_t at = 0; at < text.size(); at += decode(text, at).length) {
        if (is_question_mark(decode(text, at).code)) return true;
    }
    return false;
}

bool is_echo(const FoldedText& heard, bool asks, bool stops, const HearingContext& context) {
    const std::size_t words = heard.weight / one_word;
    const bool one_long_word = heard.words.size() == 1 && heard.words.front().size() >= long_word;
    const std::size_t least = context.after_question ? 4 : stops ? 3 : 2;
    if (words < least && (least > 2 || !one_long_word)) return false;
    const std::string read = speakable(context.playing, context.language);
    if (asks && words <= 2 && !holds_question_mark(read)) return false;
    const FoldedText spoken = fold_text(read);
    if (heard.weight * 4 > spoken.weight * 5) return false;
    if (stops && (words < surely_echo || holds_stop_word(heard.line, context.language, spoken.line)))
        return distance(heard, spoken, std::equal_to<>()) == 0;
    return distance(heard, spoken, sounds_alike) * 5 <= heard.weight;
}

// A single word that is being played, too.
bool may_become_echo(const FoldedText& heard, const HearingContext& context) {
    if (heard.words.size() != 1) return false;
    const FoldedText spoken = fold_text(speakable(context.playing, context.language));
    return std::find(spoken.words.begin(), spoken.words.end(), heard.words.front()) != spoken.words.end();
}

}  // namespace

Hearing judge(std::string_view text, const HearingContext& context) {
    const std::string said = without_noise(text);
    const FoldedText heard = fold_text(said);
    if (heard.words.empty()) return Hearing::nothing;
    const bool asks = has_question_mark_at_end(said);
    if (holds_stop_word(heard.line, context.language))
        return is_echo(heard, asks, true, context) ? Hearing::echo : Hearing::words;

    const auto kind = listening(heard.line, context.language);
    const bool answers = context.after_question && kind != ListenerWord::sound;
    if (kind != ListenerWord::none && !answers && (!asks || kind == ListenerWord::wonder))
        return Hearing::backchannel;
    if (is_echo(heard, asks, false, context)) return Hearing::echo;
    if (context.growing && !context.after_question &&
        (may_become_echo(heard, context) || begins_listener_word(heard.line, context.language)))
        return Hearing::nothing;
    const bool enough = heard.weight >= context.min_words * one_word || context.after_question;
    return enough || context.min_words <= 1 ? Hearing::words : Hearing::nothing;
}

bool ends_with_question(std::string_view heard) {
    const auto asked = without_closers(heard);
    if (has_question_mark_at_end(asked)) return true;
    const auto words = asked.ends_with("。") ? asked.substr(0, asked.size() - 3) : asked;
    return words.ends_with("か") || words.ends_with("吗") || words.ends_with("嗎");
}

namespace {

// The text without what makes no difference, for comparing.
std::u32string essence(std::string_view text) {
    constexpr std::u32string_view signs = U"$€£¥₹%+=&@#°";
    std::u32string kept;
    bool gap = false;  // something was left out since the last character kept
    for (std::size_t at = 0; at < text.size();) {
        const Character c = decode(text, at);
        at += c.length;
        const char32_t next = at < text.size() ? decode(text, at).code : 0;
        const bool after_digit = !kept.empty() && is_digit(kept.back()) && !gap;
        const bool in_number = is_digit(next) && (after_digit || c.code == '-') &&
                               std::u32string_view(U".,:/-").find(c.code) != std::u32string_view::npos;
        if (is_question_mark(c.code)) {
            if (kept.empty() || kept.back() != '?') kept.push_back('?');
        } else if (is_word(c.code) || in_number || signs.find(c.code) != std::u32string_view::npos ||
                   (c.code >= 0x0300 && c.code <= 0x036F)) {
            if (gap && is_digit(c.code) && !kept.empty() && is_digit(kept.back())) kept.push_back(' ');
            kept.push_back(fold(c.code));
        } else {
            gap = true;
            continue;
        }
        gap = false;
    }
    return kept;
}

}  // namespace

bool same_words(std::string_view a, std::string_view b) { return essence(a) == essence(b); }

}  // namespace atlas::conversation
