#include "sandbox/speech/speakable_text.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>
#include <utility>

namespace atlas::sandbox::speech {

namespace {

struct CodePoint {
    std::uint32_t value = 0;
    std::size_t size = 1;  // bytes read
};

// Bytes that are not UTF-8 count as one unknown character each.
CodePoint first_of(std::string_view text) {
    const auto lead = static_cast<unsigned char>(text[0]);
    if (lead < 0x80) return {lead, 1};
    const std::size_t size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
    if (size == 1 || size > text.size()) return {0, 1};
    std::uint32_t value = lead & (0xffU >> (size + 1));
    for (std::size_t i = 1; i < size; ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        if ((byte & 0xc0) != 0x80) return {0, 1};
        value = value << 6 | (byte & 0x3fU);
    }
    return {value, size};
}

std::string_view plain(std::uint32_t code_point) {
    static constexpr std::array<std::pair<std::uint32_t, std::string_view>, 12> marks{{{0x2018, "'"},
                                                                                       {0x2019, "'"},
                                                                                       {0x201c, "\""},
                                                                                       {0x201d, "\""},
                                                                                       {0x2013, ", "},
                                                                                       {0x2014, ", "},
                                                                                       {0x2026, ", "},
                                                                                       {0x20ac, " euros "},
                                                                                       {0xa3, " pounds "},
                                                                                       {0xb0, " degrees "},
                                                                                       {0xd7, " times "},
                                                                                       {0xdf, "ss"}}};
    for (const auto& [mark, text] : marks) {
        if (mark == code_point) return text;
    }
    // U+00C0 … U+00FF: Latin letters with accents.
    static constexpr std::string_view letters =
        "AAAAAAACEEEEIIIIDNOOOOO OUUUUYTsaaaaaaaceeeeiiiidnooooo ouuuuyty";
    if (code_point >= 0xc0 && code_point <= 0xff) return letters.substr(code_point - 0xc0, 1);
    return " ";
}

bool has_sound(std::string_view text) {
    return std::any_of(text.begin(), text.end(), [](unsigned char c) { return std::isalnum(c) != 0; });
}

constexpr std::size_t longest = 200;  // characters: about 12 s, analysed in 0.1 s

// Where the first piece of `text` ends.
std::size_t piece_end(std::string_view text) {
    const std::size_t limit = std::min(text.size(), longest);
    for (std::size_t i = 0; i < limit; ++i) {
        const bool ends = text[i] == '.' || text[i] == '!' || text[i] == '?';
        if (ends && (i + 1 == text.size() || text[i + 1] == ' ')) return i + 1;
    }
    if (text.size() <= longest) return text.size();
    for (const char* separators : {",;:", " "}) {
        const std::size_t cut = text.substr(0, longest).find_last_of(separators);
        if (cut != std::string_view::npos && cut > 0) return cut + 1;
    }
    return longest;
}

}  // namespace

std::string speakable(std::string_view utf8) {
    std::string text;
    while (!utf8.empty()) {
        const CodePoint next = first_of(utf8);
        if (next.value >= 0x80 || next.value == 0) {
            text += plain(next.value);
        } else {
            const char c = static_cast<char>(next.value);
            const bool silent =
                c < ' ' || c == 0x7f || std::string_view("*_`#<>{}[]|~^\\").find(c) != std::string_view::npos;
            text += silent ? ' ' : c;
        }
        utf8.remove_prefix(next.size);
    }
    return text;
}

std::vector<std::string> sentences(std::string_view text) {
    std::vector<std::string> pieces;
    std::string held;  // "Dr." and other short pieces go with what follows
    while (!text.empty()) {
        const std::size_t end = piece_end(text);
        held += text.substr(0, end);
        text.remove_prefix(end);
        const bool abbreviation = held.size() < 5 && held.ends_with('.') && !text.empty();
        if (abbreviation || !has_sound(held)) continue;
        pieces.push_back(std::exchange(held, {}));
    }
    if (has_sound(held)) pieces.push_back(std::move(held));
    return pieces;
}

}  // namespace atlas::sandbox::speech
