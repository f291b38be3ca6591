#pragma once

#include <string_view>

// Words before a full stop that may not end a sentence. `language` is a BCP 47 tag; an empty one, "multi"
// and one without a table stand for all languages together. Words are given in lower case.
namespace atlas::conversation {

enum class Abbreviation {
    none,
    inside,         // "Dr.", "e.g.": more of the same sentence follows
    before_number,  // "No. 5", "Jan. 5": an abbreviation only there
    may_end,        // "Inc.", "etc.": ends the sentence when the next word is one that begins sentences
};

Abbreviation abbreviation(std::string_view word, std::string_view language);

// "The", "We", "Das": words that begin a new sentence more likely than they stand in a name.
bool begins_sentence(std::string_view word, std::string_view language);

// Languages that write "5." for "fifth".
bool writes_ordinals_with_stop(std::string_view language);
bool is_month_after_ordinal(std::string_view word);

}  // namespace atlas::conversation
