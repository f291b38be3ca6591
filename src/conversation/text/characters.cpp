#include "characters.hpp"

#include <algorithm>
#include <array>
#include <iterator>

namespace atlas::conversation {
namespace {

struct Range {
    char32_t first;
    char32_t last;
};

template <std::size_t size>
bool within(char32_t code, const std::array<Range, size>& ranges) {
    const auto after = std::upper_bound(ranges.begin(), ranges.end(), code,
                                        [](char32_t c, const Range& range) { return c < range.first; });
    return after != ranges.begin() && code <= std::prev(after)->last;
}

// Marks that are written on or after a letter. The Indic blocks are taken by their common layout.
constexpr auto combining = std::to_array<Range>({
    {0x0300, 0x036F},   {0x0483, 0x0489},   {0x0591, 0x05BD},   {0x05BF, 0x05BF}, {0x05C1, 0x05C2},
    {0x05C4, 0x05C5},   {0x0610, 0x061A},   {0x064B, 0x065F},   {0x0670, 0x0670}, {0x06D6, 0x06DC},
    {0x06DF, 0x06E4},   {0x06E7, 0x06E8},   {0x06EA, 0x06ED},   {0x0900, 0x0903}, {0x093A, 0x093C},
    {0x093E, 0x094F},   {0x0951, 0x0957},   {0x0962, 0x0963},   {0x0981, 0x0983}, {0x09BC, 0x09BC},
    {0x09BE, 0x09CD},   {0x0A01, 0x0A03},   {0x0A3C, 0x0A51},   {0x0A81, 0x0A83}, {0x0ABC, 0x0ABC},
    {0x0ABE, 0x0ACD},   {0x0B01, 0x0B03},   {0x0B3C, 0x0B3C},   {0x0B3E, 0x0B57}, {0x0B82, 0x0B82},
    {0x0BBE, 0x0BCD},   {0x0C00, 0x0C04},   {0x0C3E, 0x0C56},   {0x0C81, 0x0C83}, {0x0CBC, 0x0CBC},
    {0x0CBE, 0x0CD6},   {0x0D00, 0x0D03},   {0x0D3E, 0x0D4D},   {0x0E31, 0x0E31}, {0x0E33, 0x0E3A},
    {0x0E47, 0x0E4E},   {0x0EB1, 0x0EB1},   {0x0EB3, 0x0EBC},   {0x0EC8, 0x0ECD}, {0x102B, 0x103E},
    {0x1160, 0x11FF},   {0x17B4, 0x17D3},   {0x1AB0, 0x1AFF},   {0x1DC0, 0x1DFF}, {0x200C, 0x200D},
    {0x20D0, 0x20FF},   {0x302A, 0x302F},   {0x3099, 0x309A},   {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F},
    {0x1F3FB, 0x1F3FF}, {0xE0020, 0xE007F}, {0xE0100, 0xE01EF},
});

// Everything from U+00A1 on that is punctuation, a symbol, a blank or a control.
constexpr auto wordless = std::to_array<Range>({
    {0x00A0, 0x00A9},   {0x00AB, 0x00B1}, {0x00B4, 0x00B4}, {0x00B6, 0x00B8}, {0x00BB, 0x00BB},
    {0x00BF, 0x00BF},   {0x00D7, 0x00D7}, {0x00F7, 0x00F7}, {0x02C2, 0x02DF}, {0x0300, 0x036F},
    {0x037E, 0x037E},   {0x0387, 0x0387}, {0x055A, 0x055F}, {0x0589, 0x058A}, {0x05BE, 0x05BE},
    {0x05C0, 0x05C0},   {0x05C3, 0x05C3}, {0x05F3, 0x05F4}, {0x0600, 0x060F}, {0x061B, 0x061F},
    {0x066A, 0x066D},   {0x06D4, 0x06D4}, {0x0964, 0x0965}, {0x0970, 0x0970}, {0x0E2F, 0x0E2F},
    {0x0E3F, 0x0E3F},   {0x0E4F, 0x0E4F}, {0x0E5A, 0x0E5B}, {0x104A, 0x104F}, {0x1361, 0x1368},
    {0x17D4, 0x17DA},   {0x1AB0, 0x1AFF}, {0x2000, 0x206F}, {0x207A, 0x207E}, {0x208A, 0x208E},
    {0x20A0, 0x20FF},   {0x2190, 0x245F}, {0x2500, 0x2BFF}, {0x2E00, 0x2E7F}, {0x3000, 0x3004},
    {0x3008, 0x3020},   {0x3030, 0x3030}, {0x303D, 0x303F}, {0x309B, 0x309C}, {0x30A0, 0x30A0},
    {0x30FB, 0x30FB},   {0xE000, 0xF8FF}, {0xFD3E, 0xFD3F}, {0xFE00, 0xFE6F}, {0xFEFF, 0xFF0F},
    {0xFF1A, 0xFF20},   {0xFF3B, 0xFF40}, {0xFF5B, 0xFF65}, {0xFFE0, 0xFFFF}, {0x1F000, 0x1FAFF},
    {0xE0000, 0xE01EF},
});

constexpr auto cased = std::to_array<Range>({
    {0x0041, 0x005A},
    {0x0061, 0x007A},
    {0x00C0, 0x00D6},
    {0x00D8, 0x00F6},
    {0x00F8, 0x024F},
    {0x0370, 0x0373},
    {0x0376, 0x0377},
    {0x037B, 0x037D},
    {0x0386, 0x0386},
    {0x0388, 0x03FF},
    {0x0400, 0x0481},
    {0x048A, 0x052F},
    {0x0531, 0x0556},
    {0x0561, 0x0587},
    {0x1E00, 0x1EFF},
    {0xFF21, 0xFF3A},
    {0xFF41, 0xFF5A},
});

constexpr auto pictograms = std::to_array<Range>({
    {0x203C, 0x203C},
    {0x2049, 0x2049},
    {0x20E3, 0x20E3},
    {0x2190, 0x21FF},
    {0x2300, 0x23FF},
    {0x24C2, 0x24C2},
    {0x25A0, 0x27BF},
    {0x2B00, 0x2BFF},
    {0x3030, 0x3030},
    {0x303D, 0x303D},
    {0x3297, 0x3297},
    {0x3299, 0x3299},
    {0xFE00, 0xFE0F},
    {0xFFFD, 0xFFFD},
    {0x1F000, 0x1FAFF},
    {0xE0020, 0xE007F},
});

unsigned byte(std::string_view text, std::size_t at) { return static_cast<unsigned char>(text[at]); }

// Bytes that a sequence with this first byte has; 0 when none begins so.
std::size_t announced_length(unsigned lead) {
    if (lead < 0x80) return 1;
    if (lead >= 0xC2 && lead <= 0xDF) return 2;
    if (lead >= 0xE0 && lead <= 0xEF) return 3;
    return lead >= 0xF0 && lead <= 0xF4 ? 4 : 0;
}

bool is_regional(char32_t code) { return code >= 0x1F1E6 && code <= 0x1F1FF; }

// The sign that takes a consonant's vowel and binds it to the next consonant.
bool is_virama(char32_t code) { return code >= 0x0900 && code <= 0x0D7F && (code & 0x7F) == 0x4D; }

}  // namespace

Character decode(std::string_view text, std::size_t at) {
    const unsigned lead = byte(text, at);
    const std::size_t length = announced_length(lead);
    if (length == 1) return {lead, 1};
    if (length == 0 || at + length > text.size()) return {broken_character, 1};
    char32_t code = lead & (0xFFU >> (length + 1));
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(text, at + i) & 0xC0U) != 0x80U) return {broken_character, 1};
        code = (code << 6U) | (byte(text, at + i) & 0x3FU);
    }
    return {code, length};
}

Character decode_before(std::string_view text, std::size_t end) {
    std::size_t begin = end - 1;
    while (begin > 0 && end - begin < 4 && (byte(text, begin) & 0xC0U) == 0x80U) --begin;
    const Character character = decode(text, begin);
    return begin + character.length == end ? character : Character{broken_character, 1};
}

bool is_cut_off(std::string_view text, std::size_t at) {
    const std::size_t length = announced_length(byte(text, at));
    if (length == 0 || at + length <= text.size()) return false;
    for (std::size_t i = at + 1; i < text.size(); ++i) {
        if ((byte(text, i) & 0xC0U) != 0x80U) return false;
    }
    return true;
}

void append_character(std::string& text, char32_t code) {
    const auto put = [&](char32_t bits) { text.push_back(static_cast<char>(bits)); };
    if (code < 0x80) return put(code);
    if (code < 0x800) {
        put(0xC0U | (code >> 6U));
    } else {
        if (code < 0x10000) {
            put(0xE0U | (code >> 12U));
        } else {
            put(0xF0U | (code >> 18U));
            put(0x80U | ((code >> 12U) & 0x3FU));
        }
        put(0x80U | ((code >> 6U) & 0x3FU));
    }
    put(0x80U | (code & 0x3FU));
}

std::size_t blank_length(std::string_view text, std::size_t at) {
    if (at >= text.size()) return 0;
    const char c = text[at];
    if (c == ' ' || c == '\n' || c == '\t' || c == '\r') return 1;
    return c == '\xE3' && text.substr(at, 3) == "\xE3\x80\x80" ? 3 : 0;
}

bool is_blank(std::string_view text) { return text.find_first_not_of(" \t\r\n") == std::string_view::npos; }

std::size_t skip_blanks(std::string_view text, std::size_t at) {
    while (const std::size_t length = blank_length(text, at)) at += length;
    return at;
}

bool is_digit(char32_t code) {
    return (code >= '0' && code <= '9') || (code >= 0x0660 && code <= 0x0669) ||
           (code >= 0x06F0 && code <= 0x06F9) || (code >= 0x0966 && code <= 0x096F) ||
           (code >= 0x0E50 && code <= 0x0E59) || (code >= 0xFF10 && code <= 0xFF19);
}

bool is_word(char32_t code) {
    if (code < 0x80) return is_digit(code) || ((code | 0x20U) >= 'a' && (code | 0x20U) <= 'z');
    return code >= 0xA0 && !within(code, wordless);
}

bool is_upper(char32_t code) {
    if (code < 0x80) return code >= 'A' && code <= 'Z';
    return code != 0x017F && code != 0x03C2 && fold(code) != code;
}

bool is_lower(char32_t code) {
    if (code < 0x80) return code >= 'a' && code <= 'z';
    return within(code, cased) && !is_upper(code);
}

char32_t fold(char32_t code) {
    const auto in = [code](char32_t first, char32_t last) { return code >= first && code <= last; };
    if (code < 0x80) return in('A', 'Z') ? code + 0x20 : code;
    if (in(0xC0, 0xDE)) return code == 0xD7 ? code : code + 0x20;
    if (code == 0x0130) return 'i';
    if (in(0x0100, 0x0137) || in(0x014A, 0x0177) || in(0x0460, 0x0481) || in(0x048A, 0x04BF) ||
        in(0x04D0, 0x052F) || in(0x1E00, 0x1E95) || in(0x1EA0, 0x1EFF)) {
        return code | 1U;
    }
    if (in(0x0139, 0x0148) || in(0x0179, 0x017E) || in(0x04C1, 0x04CE))
        return (code & 1U) != 0 ? code + 1 : code;
    if (code == 0x0178) return 0xFF;
    if (code == 0x017F) return 's';
    if (code == 0x0386) return 0x03AC;
    if (in(0x0388, 0x038A)) return code + 0x25;
    if (code == 0x038C) return 0x03CC;
    if (in(0x038E, 0x038F)) return code + 0x3F;
    if (in(0x0391, 0x03AB)) return code + 0x20;
    if (code == 0x03C2) return 0x03C3;
    if (in(0x0400, 0x040F)) return code + 0x50;
    if (in(0x0410, 0x042F)) return code + 0x20;
    if (in(0x0531, 0x0556)) return code + 0x30;
    return in(0xFF21, 0xFF3A) ? code + 0x20 : code;
}

bool is_wide(char32_t code) {
    return (code >= 0x3005 && code <= 0x3007) || (code >= 0x3040 && code <= 0x30FF) ||
           (code >= 0x3400 && code <= 0x9FFF) || (code >= 0xF900 && code <= 0xFAFF) ||
           (code >= 0x20000 && code <= 0x3FFFF);
}

bool is_thai(char32_t code) { return code >= 0x0E00 && code <= 0x0EFF; }

bool is_pictogram(char32_t code) { return within(code, pictograms); }

bool is_invisible(char32_t code) {
    return code == 0x00AD || code == 0x061C || (code >= 0x200B && code <= 0x200F) ||
           (code >= 0x202A && code <= 0x202E) || (code >= 0x2060 && code <= 0x2069) || code == 0xFEFF;
}

bool continues_grapheme(std::string_view text, std::size_t at) {
    if (at == 0 || at >= text.size()) return false;
    const char32_t code = decode(text, at).code;
    if (within(code, combining)) return true;
    const char32_t before = decode_before(text, at).code;
    if (before == 0x200D) return is_pictogram(code) || code >= 0x0900;
    if (is_virama(before)) return code >= 0x0900 && code <= 0x0D7F;
    if (!is_regional(code)) return false;
    std::size_t flags = 0;
    for (std::size_t end = at; end > 0; ++flags) {
        const Character letter = decode_before(text, end);
        if (!is_regional(letter.code)) break;
        end -= letter.length;
    }
    return flags % 2 == 1;
}

}  // namespace atlas::conversation
