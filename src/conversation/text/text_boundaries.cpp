#include "text_boundaries.hpp"

#include "characters.hpp"
#include "marks.hpp"

#include <algorithm>

namespace atlas::conversation {
namespace {

constexpr std::size_t npos = std::string_view::npos;

// How far ahead a judgement looks, in bytes.
constexpr std::size_t longest_gap = 64;
constexpr std::size_t longest_marks = 64;    // "?!?!"
constexpr std::size_t longest_info = 64;     // behind ```
constexpr std::size_t longest_quote = 160;   // a bracket or quote open for longer was never meant as one
constexpr std::size_t longest_inline = 256;  // `code`, [the words of a link]
constexpr std::size_t longest_address = 2048;

bool is_plain_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

bool is_digit_before(std::string_view text, std::size_t end) {
    return end > 0 && is_digit(decode_before(text, end).code);
}

std::size_t gap_end(std::string_view text, std::size_t at) {
    const std::size_t limit = at + longest_gap;
    while (at < limit && blank_length(text, at) != 0) at += blank_length(text, at);
    return at;
}

}  // namespace

BoundaryScanner::BoundaryScanner(std::string_view text, const TextContext& context)
    : text_(text), context_(context), line_start_(context.at_line_start) {}

std::optional<Boundary> BoundaryScanner::next() {
    while (!waiting_ && at_ < text_.size()) {
        const auto boundary = step();
        if (boundary && !continues_grapheme(text_, boundary->at)) return boundary;
    }
    return std::nullopt;
}

std::nullopt_t BoundaryScanner::wait() {
    waiting_ = true;
    return std::nullopt;
}

bool BoundaryScanner::unknown(std::size_t at) const {
    return !context_.text_is_final && (at >= text_.size() || is_cut_off(text_, at));
}

bool BoundaryScanner::inside(std::size_t opened) const {
    return opened != npos && at_ - opened <= longest_quote;
}

std::optional<Boundary> BoundaryScanner::step() {
    if (blank_length(text_, at_) != 0) return gap();
    if (unknown(at_)) return wait();
    if (line_start_) {
        const auto code = code_begins(at_);
        if (!code) return wait();
        if (*code) return code_block();
        line_start_ = false;
    }
    const std::size_t begin = at_;
    while (at_ < text_.size() && is_plain_letter(text_[at_])) ++at_;
    if (at_ > begin) return std::nullopt;
    const Character c = decode(text_, at_);
    if (c.code == '`' || c.code == '[') {
        skip_whole();
        return std::nullopt;
    }
    if (is_unspaced_mark(c.code) || one_of(c.code, U",;:!?.…—")) return unspaced_mark();
    follow_brackets(c.code);
    at_ += c.length;
    return std::nullopt;
}

// Is the text at `at`, the start of a line, the first line of a block of code? "```ls```" is not.
std::optional<bool> BoundaryScanner::code_begins(std::size_t at) const {
    if (at >= text_.size() || (text_[at] != '`' && text_[at] != '~')) return false;
    for (std::size_t i = at + 1; i < at + 3; ++i) {
        if (unknown(i)) return std::nullopt;
        if (i >= text_.size() || text_[i] != text_[at]) return false;
    }
    const auto info = text_.substr(at + 3, longest_info);
    const std::size_t end = info.find_first_not_of(text_[at]);
    const std::size_t stop = end == npos ? npos : info.find_first_of("`\n", end);
    if (stop != npos) return info[stop] == '\n';
    if (info.size() < longest_info && !context_.text_is_final) return std::nullopt;
    return true;
}

std::optional<Boundary> BoundaryScanner::code_block() {
    const char mark = text_[at_];
    const std::size_t count = std::min(text_.find_first_not_of(mark, at_), text_.size()) - at_;
    for (std::size_t line = text_.find('\n', at_); line != npos; line = text_.find('\n', line)) {
        line = std::min(text_.find_first_not_of(" \t", line + 1), text_.size());
        const std::size_t marks = std::min(text_.find_first_not_of(mark, line), text_.size());
        if (marks - line < count) continue;
        const std::size_t end = std::min(text_.find_first_not_of(" \t\r", marks), text_.size());
        if (unknown(end)) return wait();
        if (end < text_.size() && text_[end] != '\n') continue;
        const std::size_t behind = gap_end(text_, end);
        if (unknown(behind)) return wait();
        return Boundary{at_ = behind, Strength::code};
    }
    if (!context_.text_is_final) return wait();
    return Boundary{at_ = text_.size(), Strength::code};
}

// Over `code` and [links](address), inside which nothing is cut.
void BoundaryScanner::skip_whole() {
    const bool code = text_[at_] == '`';
    const std::size_t count = code ? std::min(text_.find_first_not_of('`', at_), text_.size()) - at_ : 1;
    const std::string_view mark = code ? text_.substr(at_, count) : "]";
    const auto line = text_.substr(at_ + count, longest_inline);
    const std::size_t length = line.find('\n');
    std::size_t end = line.find(mark);
    const bool open_ended = length == npos && line.size() < longest_inline && !context_.text_is_final;
    if (end == npos && open_ended) return static_cast<void>(wait());
    const bool closed = end != npos && end < length;
    end += at_ + 2 * count;
    if (closed && code) {
        at_ = end;
    } else if (closed && unknown(end)) {
        wait();
    } else if (closed && end < text_.size() && text_[end] == '(') {
        const auto address = text_.substr(end, longest_address);
        const std::size_t last = address.find_first_of(")\n");
        if (last == npos && address.size() < longest_address && !context_.text_is_final) {
            wait();
        } else {
            at_ = last != npos && address[last] == ')' ? end + last + 1 : end;
        }
    } else {
        if (!code) follow_brackets('[');
        at_ += count;
    }
}

void BoundaryScanner::follow_brackets(char32_t code) {
    if (brackets_ > 0 && !inside(bracket_)) brackets_ = 0;
    const bool smiley = at_ > 0 && one_of(decode_before(text_, at_).code, U":;-=");
    if (one_of(code, U"([（") && !smiley) {
        if (brackets_++ == 0) bracket_ = at_;
    } else if (one_of(code, U")]）") && brackets_ > 0) {
        --brackets_;
    } else if (one_of(code, U"「『")) {
        quote_ = at_;
    } else if (one_of(code, U"」』")) {
        quote_ = npos;
    } else if (one_of(code, U"\"“”„«»")) {
        const bool inches = code == '"' && quote_ == npos && is_digit_before(text_, at_);
        if (!inches) quote_ = inside(quote_) ? npos : at_;
    }
}

// A mark with no blank behind it: a place in scripts that write none, and behind a dash.
std::optional<Boundary> BoundaryScanner::unspaced_mark() {
    const std::size_t mark = at_;
    bool sentence = false;
    bool unspaced = false;
    char32_t last = 0;
    std::size_t end = at_;
    while (end < mark + longest_marks) {
        if (unknown(end)) return wait();
        if (end >= text_.size()) break;
        const Character c = decode(text_, end);
        const bool closer = end > mark && is_closer(c.code) && c.code != '`' && c.code != '[';
        if (!closer && !ends_sentence(c.code) && !ends_clause(c.code)) break;
        sentence = sentence || ends_sentence(c.code);
        unspaced = unspaced || is_unspaced_mark(c.code);
        if (!closer) last = c.code;
        end += c.length;
    }
    if (unknown(end)) return wait();
    while (at_ < end) {
        const Character c = decode(text_, at_);
        follow_brackets(c.code);
        at_ += c.length;
    }
    if (end >= text_.size() || blank_length(text_, end) != 0) return std::nullopt;
    const char32_t next = decode(text_, end).code;
    const char32_t before = mark > 0 ? decode_before(text_, mark).code : 0;
    const bool dash = last == U'—' && is_word(before) && is_word(next);
    const bool between_wide = is_wide(before) && is_wide(next);
    if (!(unspaced || dash || between_wide) || is_pictogram(next)) return std::nullopt;
    if (is_digit(before) && is_digit(next)) return std::nullopt;
    if (brackets_ > 0 && inside(bracket_)) return Boundary{end, Strength::word};
    if (sentence) return Boundary{end, Strength::sentence};
    return Boundary{end, inside(quote_) ? Strength::word : Strength::clause};
}

// One or more blanks, judged by what stands before and behind them. Behind a line a block of code may begin.
std::optional<Boundary> BoundaryScanner::gap() {
    const bool in_brackets = brackets_ > 0 && inside(bracket_);
    const Gap gap{at_, gap_end(text_, at_), in_brackets, inside(quote_)};
    if (unknown(gap.end)) return wait();
    const bool newline = text_.substr(gap.begin, gap.end - gap.begin).find('\n') != npos;
    const auto code = newline || line_start_ ? code_begins(gap.end) : false;
    if (!code) return wait();
    const bool between = gap.begin > 0 && gap.end < text_.size();
    std::optional<Strength> strength = Strength::block;
    if (between && !*code) strength = judge_gap(text_, gap, context_);
    if (!strength) return wait();
    at_ = gap.end;
    if (newline) {
        line_start_ = true;
        brackets_ = 0;
        quote_ = npos;
    }
    if (!between) return std::nullopt;
    return Boundary{gap.end, *strength};
}

std::size_t address_length(std::string_view text) {
    std::size_t begin = 0;
    while (begin < text.size() && std::string_view("(<\"*_").find(text[begin]) != npos) ++begin;
    const auto rest = text.substr(begin);
    if (rest.starts_with('[')) {
        const std::size_t middle = rest.find("](");
        return middle == npos ? 0 : begin + std::min(rest.find(')', middle), rest.size() - 1) + 1;
    }
    for (const std::string_view scheme : {"https://", "http://", "www."}) {
        if (!rest.starts_with(scheme)) continue;
        return begin + std::min(rest.find_first_of(" \t\r\n"), rest.size());
    }
    return 0;
}

}  // namespace atlas::conversation
