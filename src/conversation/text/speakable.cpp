#include "atlas/conversation/speakable.hpp"

#include "characters.hpp"
#include "markdown.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace atlas::conversation {
namespace {

constexpr auto npos = std::string_view::npos;

constexpr auto code_words = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"en", "Code block."},
    {"de", "Codeblock."},
    {"fr", "Bloc de code."},
    {"es", "Bloque de código."},
    {"it", "Blocco di codice."},
    {"pt", "Bloco de código."},
    {"nl", "Codeblok."},
    {"ja", "コードです。"},
    {"zh", "代码块。"},
    {"hi", "कोड।"},
    {"ar", "مقطع برمجي."},
    {"ru", "Блок кода."},
});

std::string_view words_for_code(std::string_view language) {
    const auto tag = language.substr(0, language.find_first_of("-_"));
    const auto* found = std::find_if(code_words.begin(), code_words.end(),
                                     [tag](const auto& row) { return row.first == tag; });
    return found == code_words.end() ? code_words.front().second : found->second;
}

// Punctuation that stands directly behind a word.
bool clings(char32_t code) {
    return std::u32string_view(U".,!?;:…؟،").find(code) != std::u32string_view::npos;
}

bool is_mark(char c) {
    return static_cast<unsigned char>(c) > 0x20 && static_cast<unsigned char>(c) < 0x7F &&
           !is_word(static_cast<unsigned char>(c));
}

// Reads one piece of text, once.
class Reader {
public:
    Reader(std::string_view text, std::string_view language) : text_(text), language_(language) {}

    std::string read() {
        begin_line(0);
        while (at_ < text_.size()) step();
        if (ends_like_sentence_) end_sentence();
        trim();
        return spoken_ ? std::move(out_) : std::string();
    }

private:
    void begin_line(std::size_t at) {
        at_ = at;
        while (const std::size_t code = code_block_length(text_.substr(at_))) {
            end_sentence();
            blank();
            put(words_for_code(language_));
            blank();
            at_ = std::min(at_ + code + 1, text_.size());
        }
        const LineStart start = line_start(text_.substr(at_));
        at_ += start.length;
        ends_like_sentence_ = start.is_item;
    }

    void step() {
        const char c = text_[at_];
        if (c == '\n') return end_line();
        if (const std::size_t length = blank_length(text_, at_)) return blank(), skip(length);
        if (const std::size_t end = address_end(text_, at_); end > at_) {
            put(host_of(text_.substr(at_, end - at_)));
            at_ = end;
            return;
        }
        if (c == '[' || (c == '!' && text_.substr(at_ + 1).starts_with('['))) return link(c == '[' ? 0 : 1);
        if (c == '<') return tag();
        if (c == '&') return entity();
        if (c == '|') return bar();
        if (c == '\\' && at_ + 1 < text_.size() && is_mark(text_[at_ + 1])) {
            put(text_.substr(at_ + 1, 1));
            return skip(2);
        }
        if (is_markup(c)) return skip(1);
        character();
    }

    void skip(std::size_t length) { at_ = std::min(at_ + length, text_.size()); }

    // Stars, ticks and underscores round words; "2 * 3" and "file_name" keep theirs.
    bool is_markup(char c) const {
        const auto blank_at = [&](std::size_t at) {
            return at >= text_.size() || blank_length(text_, at) != 0;
        };
        const bool open_before = at_ == 0 || blank_length(text_, at_ - 1) != 0;
        if (c == '`' || c == '~') return true;
        if (c == '*') return !(at_ > 0 && open_before && at_ + 1 < text_.size() && blank_at(at_ + 1));
        if (c != '_') return false;
        const bool word_before = !open_before && is_word(decode_before(text_, at_).code);
        const bool word_behind = at_ + 1 < text_.size() && is_word(decode(text_, at_ + 1).code);
        return !(word_before && word_behind);
    }

    void character() {
        const auto [code, length] = decode(text_, at_);
        if (code == 0x200C || code == 0x200D) {  // in Persian and Indian words they are part of the spelling
            if (at_ > 0 && is_word(decode_before(text_, at_).code)) out_ += text_.substr(at_, length);
        } else if (is_pictogram(code) || code < 0x20 || code == 0x7F) {
            picture_ = true;
            blank();
        } else if (!is_invisible(code)) {
            if (picture_ && clings(code)) trim();
            if (picture_ && is_upper(code)) end_sentence(), blank();  // "Done 🎉 What else?"
            put(text_.substr(at_, length));
        }
        at_ += length;
    }

    void link(std::size_t before) {
        const Link found = link_at(text_, at_ + before);
        if (found.end == 0) {
            put(text_.substr(at_, 1));
            return skip(1);
        }
        const auto rest = std::exchange(text_, text_.substr(0, at_ + before + 1 + found.words.size()));
        at_ += before + 1;
        while (at_ < text_.size()) step();
        text_ = rest;
        at_ = found.end;
    }

    void tag() {
        const std::size_t tag = tag_length(text_, at_);
        const auto inside = text_.substr(at_ + 1, std::min(text_.find('>', at_), text_.size()) - at_ - 1);
        const bool plain = inside.find_first_of(" \t\n") == npos;
        if (tag > 0) {
            blank();
            skip(tag);
        } else if (plain && address_end(inside, 0) > 0) {
            put(host_of(inside));
            skip(inside.size() + 2);
        } else if (plain && inside.find('@') != npos) {
            put(inside);
            skip(inside.size() + 2);
        } else {
            put(text_.substr(at_, 1));
            skip(1);
        }
    }

    void entity() {
        constexpr auto entities =
            std::to_array<std::pair<std::string_view, std::string_view>>({{"&amp;", "&"},
                                                                          {"&lt;", "<"},
                                                                          {"&gt;", ">"},
                                                                          {"&quot;", "\""},
                                                                          {"&#39;", "'"},
                                                                          {"&nbsp;", " "}});
        for (const auto& [name, meaning] : entities) {
            if (!text_.substr(at_).starts_with(name)) continue;
            meaning == " " ? blank() : put(meaning);
            return skip(name.size());
        }
        put(text_.substr(at_, 1));
        skip(1);
    }

    // Between two cells there is a short pause.
    void bar() {
        trim();
        const auto rest = text_.substr(at_ + 1, text_.find('\n', at_) - at_ - 1);
        const bool more = rest.find_first_not_of(" \t\r|") != npos;
        if (more && in_word()) out_.push_back(',');
        blank();
        skip(1);
    }

    void put(std::string_view piece) {
        for (std::size_t at = 0; at < piece.size();) {
            const auto [code, length] = decode(piece, at);
            spoken_ = spoken_ || is_word(code);
            at += length;
        }
        out_ += piece;
        picture_ = false;
    }

    void blank() {
        if (!out_.empty() && out_.back() != ' ') out_.push_back(' ');
    }

    void trim() {
        while (!out_.empty() && out_.back() == ' ') out_.pop_back();
    }

    // Does what was read so far end without a mark?
    bool in_word() const {
        std::size_t end = out_.size();
        while (end > 0 && std::string_view("\"')").find(out_[end - 1]) != npos) --end;
        const char32_t last = end == 0 ? U'.' : decode_before(out_, end).code;
        return is_word(last) || std::u32string_view(U"%€£$°’”»").find(last) != std::u32string_view::npos;
    }

    void end_sentence() {
        trim();
        if (out_.empty() || !in_word()) return;
        const char32_t last = decode_before(out_, out_.size()).code;
        const bool indian = last >= 0x0900 && last <= 0x097F;
        out_ += is_wide(last) ? "。" : indian ? "।" : ".";
    }

    // A line is heard as a sentence, unless its sentence goes on in the next one.
    void end_line() {
        const std::size_t next = skip_blanks(text_, at_);
        const bool paragraph = std::count(text_.begin() + static_cast<std::ptrdiff_t>(at_),
                                          text_.begin() + static_cast<std::ptrdiff_t>(next), '\n') > 1;
        const bool goes_on = next < text_.size() && is_lower(decode(text_, next).code);
        if (ends_like_sentence_ || paragraph || !goes_on) end_sentence();
        blank();
        begin_line(at_ + 1);
    }

    std::string_view text_;
    std::string_view language_;
    std::size_t at_ = 0;
    std::string out_;
    bool spoken_ = false;              // something in out_ has a sound
    bool picture_ = false;             // out_ ends where a picture stood
    bool ends_like_sentence_ = false;  // the line does
};

}  // namespace

std::string speakable(std::string_view text, std::string_view language) {
    const auto last = text.find_last_not_of(" \t\r\n");
    if (last == npos) return {};
    return Reader(text.substr(0, last + 1), language).read();
}

}  // namespace atlas::conversation
