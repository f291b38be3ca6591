#include "atlas/conversation/sentence_chunker.hpp"

#include <algorithm>
#include <array>

namespace atlas::conversation {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_letter(char c) { return is_upper(c) || (c >= 'a' && c <= 'z'); }

// Marks that end a sentence in scripts that put no blank behind them.
constexpr std::array<std::string_view, 4> wide_enders = {"。", "！", "？", "｡"};
constexpr std::array<std::string_view, 3> wide_clause_marks = {"，", "、", "；"};
constexpr std::array<std::string_view, 5> closers = {"\"", "'", ")", "”", "’"};

// Words before a full stop that does not end a sentence.
constexpr std::array<std::string_view, 28> abbreviations = {
    "mr",   "mrs", "ms",  "dr",  "prof", "st", "vs", "etc", "e.g", "i.e", "jr",  "sr",  "no",  "approx",
    "dept", "est", "inc", "ltd", "co",   "mt", "ft", "gen", "col", "sgt", "rev", "hon", "fig", "al"};

template <std::size_t size>
std::size_t match(std::string_view text, std::size_t at, const std::array<std::string_view, size>& marks) {
    for (const auto mark : marks) {
        if (text.substr(at, mark.size()) == mark) return mark.size();
    }
    return 0;
}

std::size_t skip_closers(std::string_view text, std::size_t at) {
    while (const std::size_t length = match(text, at, closers)) at += length;
    return at;
}

std::size_t skip_blanks(std::string_view text, std::size_t at) {
    while (at < text.size() && is_blank(text[at])) ++at;
    return at;
}

std::string word_before(std::string_view text, std::size_t stop) {
    std::size_t begin = stop;
    while (begin > 0 && (is_letter(text[begin - 1]) || text[begin - 1] == '.')) --begin;
    std::string word(text.substr(begin, stop - begin));
    for (char& c : word) c = is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c;
    return word;
}

// "Dr.", "e.g.", "J." and "1." at the start of a line are followed by more of the same sentence.
bool stop_inside_sentence(std::string_view text, std::size_t stop) {
    const std::string word = word_before(text, stop);
    if (word.size() == 1) return word != "i";
    if (std::find(abbreviations.begin(), abbreviations.end(), word) != abbreviations.end()) return true;
    std::size_t begin = stop;
    while (begin > 0 && is_digit(text[begin - 1])) --begin;
    return begin < stop && (begin == 0 || text[begin - 1] == '\n');
}

}  // namespace

std::optional<std::string> SentenceChunker::next() {
    const auto end = cut();
    if (!end) return std::nullopt;
    std::string piece = pending_.substr(0, *end);
    pending_.erase(0, *end);
    if (piece.find_first_not_of(" \t\r\n") != std::string::npos) first_ = false;
    return piece;
}

std::optional<std::size_t> SentenceChunker::cut() const {
    if (pending_.empty()) return std::nullopt;
    const std::size_t least = first_ ? settings_.first_clause_min : settings_.sentence_min;
    auto end = sentence_end(least);
    if (first_) {
        const auto clause = clause_end();
        if (clause && (!end || *clause < *end)) end = clause;
    }
    if (end && *end <= settings_.chunk_max) return end;
    if (pending_.size() > settings_.chunk_max) return forced_cut();
    if (finished_) return pending_.size();
    return std::nullopt;
}

// The end of the first sentence that makes a piece of at least `least` bytes, its blanks included. A mark at
// the very end of what is known decides nothing yet: "$29." may become "$29.95".
std::optional<std::size_t> SentenceChunker::sentence_end(std::size_t least) const {
    for (std::size_t at = 0; at < pending_.size(); ++at) {
        if (const std::size_t wide = match(pending_, at, wide_enders)) {
            const std::size_t end = skip_closers(pending_, at + wide);
            if (end < pending_.size() || finished_) return skip_blanks(pending_, end);
            return std::nullopt;
        }
        const char c = pending_[at];
        if (c == '\n' && at + 1 >= least) return skip_blanks(pending_, at);
        const bool ellipsis = pending_.compare(at, 3, "…") == 0;
        if (c != '.' && c != '!' && c != '?' && !ellipsis) continue;
        std::size_t after = at + (ellipsis ? 3 : 1);
        while (after < pending_.size() &&
               (pending_[after] == '.' || pending_[after] == '!' || pending_[after] == '?')) {
            ++after;
        }
        const bool dots = ellipsis || (c == '.' && after - at > 1);
        after = skip_closers(pending_, after);
        const std::size_t following = skip_blanks(pending_, after);
        at = after - 1;
        if (following == after || following >= pending_.size()) continue;  // no blank, or nothing behind it
        if (c == '.' && !dots && stop_inside_sentence(pending_, at)) continue;
        const char next = pending_[following];
        if (next >= 'a' && next <= 'z' && (c == '.' || dots)) continue;  // "a.m. tomorrow", "well... yes"
        if (following >= least) return following;
    }
    return std::nullopt;
}

std::optional<std::size_t> SentenceChunker::clause_end() const {
    for (std::size_t at = 0; at < pending_.size(); ++at) {
        if (const std::size_t wide = match(pending_, at, wide_clause_marks)) {
            if (at + wide >= settings_.first_clause_min) return at + wide;
            continue;
        }
        const bool dash = pending_.compare(at, 3, "—") == 0;
        const char c = pending_[at];
        if (c != ',' && c != ';' && c != ':' && !dash) continue;
        const std::size_t after = at + (dash ? 3 : 1);
        if (after >= pending_.size() || !is_blank(pending_[after])) continue;  // "1,000", "10:30"
        const std::size_t following = skip_blanks(pending_, after);
        if (following < pending_.size() && following >= settings_.first_clause_min) return following;
    }
    return std::nullopt;
}

// The last clause mark, else the last blank, else the last whole character before the limit.
std::size_t SentenceChunker::forced_cut() const {
    const std::string_view head = std::string_view(pending_).substr(0, settings_.chunk_max);
    for (const std::string_view marks : {std::string_view(",;:"), std::string_view(" \n\t")}) {
        const auto at = head.find_last_of(marks);
        if (at != std::string_view::npos && at > settings_.chunk_max / 3)
            return skip_blanks(pending_, at + 1);
    }
    std::size_t end = settings_.chunk_max;
    while (end > 1 && (static_cast<unsigned char>(pending_[end]) & 0xC0) == 0x80) --end;
    return end;
}

}  // namespace atlas::conversation
