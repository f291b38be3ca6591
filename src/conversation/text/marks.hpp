#pragma once

#include <string_view>

// Punctuation of the scripts that the services speak, by what it does to a sentence.
namespace atlas::conversation {

inline bool one_of(char32_t code, std::u32string_view marks) {
    return marks.find(code) != std::u32string_view::npos;
}

inline bool ends_sentence(char32_t code) { return one_of(code, U".!?…。！？｡؟۔।॥։።។။"); }
inline bool ends_clause(char32_t code) { return one_of(code, U",;:،؛，、；：–—-"); }
inline bool is_dash(char32_t code) { return one_of(code, U"-–—"); }
// Marks that need no blank behind them.
inline bool is_unspaced_mark(char32_t code) { return one_of(code, U"。！？｡।॥။，、；："); }

// Quotes, brackets and Markdown that stand round what they mark. Some quotes do both, by language.
inline bool is_opener(char32_t code) { return one_of(code, U"\"'([*_`“‘„‚«‹»¿¡「『（"); }
inline bool is_closer(char32_t code) { return one_of(code, U"\"')]”’“»«›‹」』）】》〉*_~`"); }

}  // namespace atlas::conversation
