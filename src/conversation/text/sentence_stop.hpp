#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace atlas::conversation {

// What a text is part of, as far as it decides where its sentences end.
struct TextContext {
    std::string_view language = {};  // see abbreviations.hpp
    bool at_line_start = true;       // is the text's start the start of a line?
    char32_t before = 0;             // the last character before the text that is no blank; 0: none
    bool text_is_final = false;      // nothing will follow
};

// Does the full stop at `stop`, behind which more is written at `next`, end a sentence? "Dr.", "J.", "e.g.",
// "No. 5" and the "1." of a list do not. Nothing when the word at `next` decides and is not complete.
std::optional<bool> full_stop_ends(std::string_view text, std::size_t stop, std::size_t next,
                                   const TextContext& context);

}  // namespace atlas::conversation
