#include "gap_judgement.hpp"

#include "characters.hpp"
#include "marks.hpp"

#include <algorithm>

namespace atlas::conversation {
namespace {

constexpr int most_openers = 8;  // quotes, brackets and stars before a word; more are no such thing

// Only blanks between the start of its line and `at`.
bool begins_line(std::string_view text, std::size_t at) {
    while (at > 0 && text[at - 1] != '\n' && blank_length(text, at - 1) != 0) --at;
    return at == 0 || text[at - 1] == '\n';
}

// Where the marks before `end` end, without the quotes, brackets and pictures behind them.
struct Tail {
    std::size_t end = 0;
    bool pictogram = false;
};

Tail strip(std::string_view text, std::size_t end) {
    Tail tail{end};
    while (tail.end > 0) {
        const Character before = decode_before(text, tail.end);
        const bool picture = is_pictogram(before.code) || before.code == 0x200D;
        const bool blank = blank_length(text, tail.end - before.length) != 0 && before.code != '\n';
        if (!picture && !is_closer(before.code) && !(tail.pictogram && blank)) break;
        tail.pictogram = tail.pictogram || picture;
        tail.end -= before.length;
    }
    return tail;
}

bool ends_thai_sentence(std::string_view text) {
    return text.ends_with("ครับ") || text.ends_with("ค่ะ") || text.ends_with("คะ");
}

// Judges one gap of one text.
class Judge {
public:
    Judge(std::string_view text, const Gap& gap, const TextContext& context)
        : text_(text), gap_(gap), context_(context), next_(decode(text, gap.end).code) {}

    // A line ends what was said, unless its sentence goes on in the next one.
    std::optional<Strength> line() const {
        const auto blanks = text_.substr(gap_.begin, gap_.end - gap_.begin);
        if (std::count(blanks.begin(), blanks.end(), '\n') > 1) return Strength::sentence;
        const auto letter = first_letter();
        if (!letter) return std::nullopt;
        const std::size_t end = strip(text_, gap_.begin).end;
        const bool marked = end > 0 && ends_sentence(decode_before(text_, end).code);
        return is_lower(*letter) && !marked ? Strength::clause : Strength::sentence;
    }

    std::optional<Strength> blanks() const {
        if (gap_.in_brackets || is_pictogram(next_)) return Strength::word;
        const Tail tail = strip(text_, gap_.begin);
        if (begins_line(text_, tail.end)) return Strength::word;
        const Character last = decode_before(text_, tail.end);
        if (ends_sentence(last.code)) return sentence(tail.end);
        if (ends_clause(last.code)) return clause(tail.end - last.length);
        if (tail.pictogram && is_upper(next_)) return Strength::sentence;
        if (is_thai(last.code) && is_thai(next_))
            return ends_thai_sentence(text_.substr(0, tail.end)) ? Strength::sentence : Strength::clause;
        return is_digit(last.code) && is_digit(next_) ? Strength::digits : Strength::word;
    }

private:
    // `mark` is where the comma, colon or dash stands. Dashes need a blank before them and are no bullets.
    Strength clause(std::size_t mark) const {
        std::size_t before = mark;
        if (const char32_t code = decode(text_, mark).code; is_dash(code)) {
            while (before > 0 && is_dash(decode_before(text_, before).code))
                before -= decode_before(text_, before).length;
            const bool spaced = before > 0 && blank_length(text_, before - 1) != 0;
            if (begins_line(text_, before) || (!spaced && code != U'—')) return Strength::word;
            while (before > 0 && blank_length(text_, before - 1) != 0) --before;
        }
        const bool after_digit = before > 0 && is_digit(decode_before(text_, before).code);
        if (after_digit && is_digit(next_)) return Strength::word;  // "January 5, 2025", "5 - 3"
        return gap_.in_quotes ? Strength::word : Strength::clause;
    }

    std::optional<Strength> sentence(std::size_t marks_end) const {
        const auto letter = first_letter();
        if (!letter) return std::nullopt;
        std::size_t begin = marks_end;
        std::size_t dots = 0;
        bool decisive = false;  // another mark than full stops
        while (begin > 0) {
            const Character c = decode_before(text_, begin);
            if (!ends_sentence(c.code)) break;
            dots += c.code == '.' ? 1U : c.code == U'…' ? 2U : 0U;
            decisive = decisive || (c.code != '.' && c.code != U'…');
            begin -= c.length;
        }
        const bool goes_on = is_lower(*letter);
        if (decisive) {  // "Really?" she said.
            const bool quoted = marks_end < gap_.begin;
            return goes_on && quoted ? Strength::word : Strength::sentence;
        }
        if (goes_on) return Strength::word;
        if (dots > 1) return Strength::sentence;
        const auto ends = full_stop_ends(text_, begin, gap_.end, context_);
        if (!ends) return std::nullopt;
        return *ends ? Strength::sentence : Strength::word;
    }

    // The first letter behind the gap and the quotes and brackets there; nothing when it is still to come.
    std::optional<char32_t> first_letter() const {
        std::size_t at = gap_.end;
        for (int openers = 0; openers < most_openers; ++openers) {
            if (at >= text_.size() || is_cut_off(text_, at)) {
                if (context_.text_is_final) break;
                return std::nullopt;
            }
            const Character c = decode(text_, at);
            if (!is_opener(c.code)) return c.code;
            at += c.length;
        }
        return U'\0';
    }

    std::string_view text_;
    const Gap& gap_;
    const TextContext& context_;
    char32_t next_;
};

}  // namespace

std::optional<Strength> judge_gap(std::string_view text, const Gap& gap, const TextContext& context) {
    const Judge judge(text, gap, context);
    const auto blanks = text.substr(gap.begin, gap.end - gap.begin);
    return blanks.find('\n') == std::string_view::npos ? judge.blanks() : judge.line();
}

}  // namespace atlas::conversation
