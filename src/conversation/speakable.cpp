#include "atlas/conversation/speakable.hpp"

#include <array>
#include <cstdint>
#include <utility>

namespace atlas::conversation {
namespace {

// The code point at `at` and its length in bytes; a broken sequence counts as one byte without meaning.
std::pair<std::uint32_t, std::size_t> decode(std::string_view text, std::size_t at) {
    const auto byte = [&](std::size_t i) {
        return static_cast<std::uint32_t>(static_cast<unsigned char>(text[i]));
    };
    const std::uint32_t lead = byte(at);
    if (lead < 0x80) return {lead, 1};
    const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 0;
    if (length == 0 || at + length > text.size()) return {0xFFFD, 1};
    std::uint32_t code = lead & (0xFFU >> (length + 1));
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(at + i) & 0xC0U) != 0x80U) return {0xFFFD, 1};
        code = (code << 6U) | (byte(at + i) & 0x3FU);
    }
    return {code, length};
}

bool is_pictogram(std::uint32_t code) {
    return (code >= 0x1F000 && code <= 0x1FAFF) || (code >= 0x2600 && code <= 0x27BF) || code == 0x200D ||
           (code >= 0xFE00 && code <= 0xFE0F) || (code >= 0x2190 && code <= 0x21FF) || code == 0x20E3 ||
           (code >= 0x2B00 && code <= 0x2BFF) || (code >= 0xE0020 && code <= 0xE007F) || code == 0xFFFD;
}

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

// Where a web address starting at `at` ends; `at` itself when there is none.
std::size_t address_end(std::string_view text, std::size_t at) {
    for (const std::string_view scheme : {"https://", "http://", "www."}) {
        if (text.substr(at, scheme.size()) != scheme) continue;
        std::size_t end = at + scheme.size();
        while (end < text.size() && !is_blank(text[end]) &&
               std::string_view(")>]").find(text[end]) == std::string_view::npos) {
            ++end;
        }
        while (end > at && (text[end - 1] == '.' || text[end - 1] == ',' || text[end - 1] == '?')) --end;
        return end;
    }
    return at;
}

// "https://www.example.com/a/b?c" is read as "example.com".
std::string_view host_of(std::string_view address) {
    if (const auto scheme = address.find("://"); scheme != std::string_view::npos)
        address.remove_prefix(scheme + 3);
    if (address.starts_with("www.")) address.remove_prefix(4);
    return address.substr(0, address.find_first_of("/?#:"));
}

// Marks at the start of a line: headings, quotes, bullets. Returns how many bytes they take.
std::size_t line_marks(std::string_view line) {
    std::size_t at = 0;
    while (at < line.size() && (line[at] == ' ' || line[at] == '\t')) ++at;
    const std::size_t begin = at;
    while (at < line.size() && (line[at] == '#' || line[at] == '>')) ++at;
    if (at > begin) return at;
    const bool bullet = at + 1 < line.size() && (line[at] == '-' || line[at] == '*' || line[at] == '+') &&
                        line[at + 1] == ' ';
    return bullet ? at + 2 : begin;
}

class Reader {
public:
    std::string read(std::string_view text) {
        std::size_t at = line_marks(text);
        while (at < text.size()) at = step(text, at);
        while (!out_.empty() && out_.back() == ' ') out_.pop_back();
        return spoken_ ? std::move(out_) : std::string();
    }

private:
    std::size_t step(std::string_view text, std::size_t at) {
        const char c = text[at];
        if (c == '\n') {
            end_line();
            return at + 1 + line_marks(text.substr(at + 1));
        }
        if (is_blank(c)) return blank(), at + 1;
        if (const std::size_t end = address_end(text, at); end > at) {
            put(host_of(text.substr(at, end - at)));
            return end;
        }
        if (c == '[') return link(text, at);
        if (c == '|') return blank(), at + 1;
        if (c == '*' || c == '`' || c == '~') return at + 1;
        if (c == '_' &&
            (at == 0 || is_blank(text[at - 1]) || at + 1 == text.size() || is_blank(text[at + 1]))) {
            return at + 1;
        }
        const auto [code, length] = decode(text, at);
        if (is_pictogram(code)) return blank(), at + length;
        put(text.substr(at, length));
        return at + length;
    }

    // [words](address) is read as its words.
    std::size_t link(std::string_view text, std::size_t at) {
        const auto middle = text.find("](", at);
        const auto end = middle == std::string_view::npos ? middle : text.find(')', middle);
        if (end == std::string_view::npos || text.find('\n', at) < end) {
            put(text.substr(at, 1));
            return at + 1;
        }
        for (std::size_t inner = at + 1; inner < middle;) inner = step(text, inner);
        return end + 1;
    }

    void put(std::string_view piece) {
        for (const char c : piece) {
            const bool ascii = static_cast<unsigned char>(c) < 0x80;
            spoken_ = spoken_ || (ascii ? (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z')
                                        : letter(piece));
            out_.push_back(c);
        }
    }

    static bool letter(std::string_view character) {
        const auto code = decode(character, 0).first;
        return !(code >= 0x2000 && code <= 0x206F) && !(code >= 0x3000 && code <= 0x303F) &&
               !(code >= 0xFF00 && code <= 0xFF0F) && !(code >= 0x00A0 && code <= 0x00BF);
    }

    void blank() {
        if (!out_.empty() && out_.back() != ' ') out_.push_back(' ');
    }

    // A list item or heading is heard as a sentence.
    void end_line() {
        while (!out_.empty() && out_.back() == ' ') out_.pop_back();
        const bool in_word = !out_.empty() && static_cast<unsigned char>(out_.back()) < 0x80 &&
                             std::string_view(".,;:!?").find(out_.back()) == std::string_view::npos;
        if (in_word) out_.push_back('.');
        blank();
    }

    std::string out_;
    bool spoken_ = false;
};

}  // namespace

std::string speakable(std::string_view text) {
    const auto last = text.find_last_not_of(" \t\r\n");
    if (last == std::string_view::npos) return {};
    return Reader().read(text.substr(0, last + 1));
}

}  // namespace atlas::conversation
