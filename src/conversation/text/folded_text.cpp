#include "folded_text.hpp"

#include "characters.hpp"

#include <algorithm>
#include <array>
#include <numeric>

namespace atlas::conversation {
namespace {

bool is_unspaced(char32_t code) { return is_wide(code) || is_thai(code); }
bool is_apostrophe(char32_t code) { return code == '\'' || code == 0x2019 || code == 0x02BC; }
bool is_vowel_sign(char32_t code) { return (code >= 0x064B && code <= 0x0652) || code == 0x0640; }
bool is_decimal_mark(char32_t code) { return code == '.' || code == ':'; }

char32_t fold_letter(char32_t code) {
    if (code == 0x0622 || code == 0x0623 || code == 0x0625) return 0x0627;  // the forms of alef
    if (code == 0x0649) return 0x064A;
    return fold(code);
}

// "hmmm" and "mmm" are "hm" and "m"; "see" stays as it is.
void shorten_drawn_out(std::u32string& word) {
    std::u32string shorter;
    for (std::size_t at = 0; at < word.size();) {
        const std::size_t end = std::min(word.find_first_not_of(word[at], at), word.size());
        const bool drawn_out = !is_digit(word[at]) && word[at] < 0x0530 && end - at > 2;
        shorter.append(drawn_out ? 1 : end - at, word[at]);
        at = end;
    }
    word = std::move(shorter);
}

class Folder {
public:
    FoldedText fold_all(std::string_view text) {
        for (std::size_t at = 0; at < text.size();) {
            const Character c = decode(text, at);
            const char32_t next = at + c.length < text.size() ? decode(text, at + c.length).code : 0;
            take(c.code, next, continues_grapheme(text, at));
            at += c.length;
        }
        end_word();
        return std::move(folded_);
    }

private:
    void take(char32_t code, char32_t next, bool continues) {
        if (is_apostrophe(code) || is_invisible(code) || is_vowel_sign(code)) return;
        const bool in_number = !word_.empty() && is_digit(word_.back()) && is_digit(next);
        if (in_number && code == ',') return;
        if (is_word(code) || (in_number && is_decimal_mark(code)) || (continues && !word_.empty())) {
            if (!continues && (is_unspaced(code) || (!word_.empty() && is_unspaced(word_.front()))))
                end_word();
            word_.push_back(fold_letter(code));
        } else {
            end_word();
        }
    }

    void end_word() {
        if (word_.empty()) return;
        shorten_drawn_out(word_);
        const bool joined =
            !folded_.words.empty() && is_unspaced(folded_.words.back().front()) && is_unspaced(word_.front());
        if (!folded_.words.empty() && !joined) folded_.line.push_back(' ');
        for (const char32_t code : word_) append_character(folded_.line, code);
        folded_.weight += weight_of(word_);
        folded_.words.push_back(std::move(word_));
        word_.clear();
    }

    FoldedText folded_;
    std::u32string word_;
};

// Letters to add, drop or change to make one word the other; more than 2 is not counted exactly.
std::size_t edit_distance(const std::u32string& a, const std::u32string& b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < a.size(); ++i) {
        std::size_t diagonal = row[0]++;
        for (std::size_t j = 0; j < b.size(); ++j) {
            const std::size_t change = diagonal + (a[i] == b[j] ? 0U : 1U);
            diagonal = row[j + 1];
            row[j + 1] = std::min({change, row[j] + 1, row[j + 1] + 1});
        }
    }
    return row.back();
}

}  // namespace

FoldedText fold_text(std::string_view text) { return Folder().fold_all(text); }

std::size_t weight_of(const std::u32string& word) {
    if (word.empty()) return 0;
    return is_wide(word.front()) ? one_word / 2 : is_thai(word.front()) ? one_word / 4 : one_word;
}

bool sounds_alike(const std::u32string& heard, const std::u32string& spoken) {
    if (heard == spoken) return true;
    const auto [shorter, longer] = std::minmax({heard.size(), spoken.size()});
    const std::size_t allowed = shorter < 4 ? 0 : shorter < 9 ? 1 : 2;
    if (allowed == 0 || longer - shorter > allowed) return false;
    if (std::any_of(heard.begin(), heard.end(), is_digit)) return false;
    return edit_distance(heard, spoken) <= allowed;
}

}  // namespace atlas::conversation
