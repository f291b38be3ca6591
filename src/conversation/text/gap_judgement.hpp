#pragma once

#include "sentence_stop.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace atlas::conversation {

// How good a place to cut is, from bad to good.
enum class Strength : std::uint8_t {
    digits,    // a blank inside a number: "555 0199"
    word,      // between two words
    clause,    // behind a comma and its like
    sentence,  // behind a sentence, a line or a list item
    block,     // before a block of code
    code,      // behind a block of code
};

// Blanks inside a text, neither at its start nor at its end.
struct Gap {
    std::size_t begin = 0;  // where the blanks begin
    std::size_t end = 0;    // the character behind them
    bool in_brackets = false;
    bool in_quotes = false;
};

// How good a place the gap is, by what stands before and behind it; nothing when more text must come first.
std::optional<Strength> judge_gap(std::string_view text, const Gap& gap, const TextContext& context);

}  // namespace atlas::conversation
