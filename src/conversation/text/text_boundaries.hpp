#pragma once

#include "gap_judgement.hpp"

#include <cstddef>
#include <optional>
#include <string_view>

namespace atlas::conversation {

struct Boundary {
    std::size_t at = 0;  // bytes from the start; the blanks between stand before it
    Strength strength = Strength::word;
};

// Finds the places where a text may be cut, one after the other, from its start. What stands behind a place
// is part of the judgement ("$29." may become "$29.95"), so a place is given only when everything that
// decides about it is there: a longer text with the same beginning gives the same places. Each look-ahead is
// bounded, except into a block of code, which has no places inside. Borrows `text` and `language`.
class BoundaryScanner {
public:
    BoundaryScanner(std::string_view text, const TextContext& context);

    // The next place; nothing when there is none, or more text must come first.
    std::optional<Boundary> next();
    // All places up to here have been given.
    std::size_t decided() const { return at_; }

private:
    std::optional<Boundary> step();
    std::optional<Boundary> code_block();
    std::optional<Boundary> gap();
    std::optional<Boundary> unspaced_mark();
    void skip_whole();
    void follow_brackets(char32_t code);
    std::optional<bool> code_begins(std::size_t at) const;
    bool inside(std::size_t opened) const;
    bool unknown(std::size_t at) const;  // is the character at `at` still to come?
    std::nullopt_t wait();

    std::string_view text_;
    TextContext context_;
    std::size_t at_ = 0;
    bool waiting_ = false;
    bool line_start_;
    std::size_t brackets_ = 0;                      // how many are open
    std::size_t bracket_ = std::string_view::npos;  // where the outermost of them stands
    std::size_t quote_ = std::string_view::npos;    // where the open quotation mark stands
};

// Bytes of the web address or Markdown link that the text begins with, as far as it is there; 0 when it
// begins with none. Such a thing is read by its name only, so that it may be longer than other pieces.
std::size_t address_length(std::string_view text);

}  // namespace atlas::conversation
