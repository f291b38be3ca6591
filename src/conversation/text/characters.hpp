#pragma once

#include <cstddef>
#include <string>
#include <string_view>

// What this folder needs to know of Unicode: small tables instead of a library, exact for the scripts that
// the services speak, close for the rest. Pure functions; text is UTF-8 and may be broken.
namespace atlas::conversation {

struct Character {
    char32_t code = 0;
    std::size_t length = 0;  // bytes
};

constexpr char32_t broken_character = 0xFFFD;

// The character at `at`, which must be inside; a broken sequence counts as one byte without meaning.
Character decode(std::string_view text, std::size_t at);
// The character that ends before `end`, which must not be 0.
Character decode_before(std::string_view text, std::size_t end);
// Is the character at `at` only the first bytes of one, so that more text may complete it?
bool is_cut_off(std::string_view text, std::size_t at);
void append_character(std::string& text, char32_t code);

// Bytes of the blank at `at`: space, tab, line end, U+3000; 0 when there is none. A no-break space is none.
std::size_t blank_length(std::string_view text, std::size_t at);
std::size_t skip_blanks(std::string_view text, std::size_t at);
bool is_blank(std::string_view text);  // nothing but space, tab and line end

bool is_digit(char32_t code);
bool is_word(char32_t code);  // a letter or digit of any script: something a voice can say
bool is_lower(char32_t code);
bool is_upper(char32_t code);
char32_t fold(char32_t code);  // lower case, for Latin, Greek, Cyrillic, Armenian and full-width letters
bool is_wide(char32_t code);   // Chinese and Japanese, written without blanks
bool is_thai(char32_t code);   // Thai and Lao, whose blanks stand between clauses
bool is_pictogram(char32_t code);
bool is_invisible(char32_t code);  // direction marks, joiners, soft hyphen: neither sound nor blank

// Does the character at `at` belong to the one before it, as accents, vowel signs and parts of an emoji do?
bool continues_grapheme(std::string_view text, std::size_t at);

}  // namespace atlas::conversation
