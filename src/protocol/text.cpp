#include "text.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdio>

namespace atlas::protocol {
namespace {

constexpr std::size_t quoted_chars = 40;
constexpr std::string_view ellipsis = "…";
constexpr std::size_t replacement_bytes = 3;  // U+FFFD, for a byte that is not UTF-8

bool is_continuation(char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U; }

// The smallest and largest second byte after a lead byte: this rules out overlong forms, surrogates and what
// lies beyond U+10FFFF (RFC 3629, 4).
bool may_follow(unsigned char lead, unsigned char second) {
    if (lead == 0xE0) return second >= 0xA0;
    if (lead == 0xED) return second < 0xA0;
    if (lead == 0xF0) return second >= 0x90;
    if (lead == 0xF4) return second < 0x90;
    return true;
}

// The length of the character at the front, 0 when the bytes there are not UTF-8.
std::size_t char_length(std::string_view text) {
    const auto lead = static_cast<unsigned char>(text.front());
    if (lead < 0x80) return 1;
    std::size_t length = 0;
    if (lead >= 0xC2 && lead < 0xE0) length = 2;
    if (lead >= 0xE0 && lead < 0xF0) length = 3;
    if (lead >= 0xF0 && lead < 0xF5) length = 4;
    if (length == 0 || length > text.size()) return 0;
    for (std::size_t i = 1; i < length; ++i) {
        if (!is_continuation(text[i])) return 0;
    }
    return may_follow(lead, static_cast<unsigned char>(text[1])) ? length : 0;
}

std::string escape(char byte) {
    char buffer[8];
    std::snprintf(buffer, sizeof buffer, "\\x%02X", static_cast<unsigned>(static_cast<unsigned char>(byte)));
    return buffer;
}

bool is_c1_control(std::string_view character) {
    return character.size() == 2 && character[0] == '\xC2' && static_cast<unsigned char>(character[1]) < 0xA0;
}

// Line separators and the marks that turn the direction of text: U+2028 to U+202E, U+2066 to U+2069.
bool is_layout_control(std::string_view character) {
    if (character.size() != 3 || character[0] != '\xE2') return false;
    const auto second = static_cast<unsigned char>(character[1]);
    const auto third = static_cast<unsigned char>(character[2]);
    return (second == 0x80 && third >= 0xA8 && third <= 0xAE) ||
           (second == 0x81 && third >= 0xA6 && third <= 0xA9);
}

void append_escaped(std::string& out, std::string_view character) {
    const char first = character.front();
    if (first == '"' || first == '\\') {
        out += '\\';
        out += first;
    } else if (first == '\n') {
        out += "\\n";
    } else if (first == '\t') {
        out += "\\t";
    } else if (static_cast<unsigned char>(first) < 0x20 || first == '\x7F' || is_c1_control(character) ||
               is_layout_control(character)) {
        for (const char byte : character) out += escape(byte);
    } else {
        out += character;
    }
}

// What one character takes inside a JSON string.
std::size_t json_size(std::string_view character) {
    const auto first = static_cast<unsigned char>(character.front());
    if (first == '"' || first == '\\') return 2;
    return first < 0x20 ? 6 : character.size();  // \u001f
}

}  // namespace

std::size_t count_chars(std::string_view utf8) {
    std::size_t count = 0;
    for (const char byte : utf8) count += is_continuation(byte) ? 0 : 1;
    return count;
}

std::string quote(std::string_view text) {
    std::string out = "\"";
    for (std::size_t shown = 0; shown < quoted_chars && !text.empty(); ++shown) {
        const std::size_t length = char_length(text);
        if (length == 0) {
            out += escape(text.front());
            text.remove_prefix(1);
        } else {
            append_escaped(out, text.substr(0, length));
            text.remove_prefix(length);
        }
    }
    if (!text.empty()) out += ellipsis;
    return out + '"';
}

std::string fit_json(std::string_view text, std::size_t max_bytes) {
    std::size_t size = 0;
    std::size_t end = 0;  // where to cut, should the text turn out to be too long
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t length = char_length(text.substr(at));
        size += length == 0 ? replacement_bytes : json_size(text.substr(at, length));
        if (size > max_bytes) return std::string(text.substr(0, end)) + std::string(ellipsis);
        at += std::max<std::size_t>(length, 1);
        if (size + ellipsis.size() <= max_bytes) end = at;
    }
    return std::string(text);
}

}  // namespace atlas::protocol
