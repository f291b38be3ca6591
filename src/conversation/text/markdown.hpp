#pragma once

#include <cstddef>
#include <string_view>

// The little Markdown that models write, as far as a voice must know it. Pure functions.
namespace atlas::conversation {

// What a line is, by what stands at its start.
struct LineStart {
    std::size_t length = 0;  // bytes of marks and blanks that are not read; all of a rule ("---")
    bool is_item = false;    // a heading, list item or table row: read like a sentence
};

// `line` may be followed by more lines.
LineStart line_start(std::string_view line);

// Bytes of the block of code that `text`, the start of a line, begins with: up to and with the line of its
// closing marks, or everything when it has none. 0 when it begins with none.
std::size_t code_block_length(std::string_view text);

// Where a web address starting at `at` ends; `at` itself when there is none.
std::size_t address_end(std::string_view text, std::size_t at);
// "https://www.example.com/a/b?c" is read as "example.com".
std::string_view host_of(std::string_view address);

// A link, image or footnote mark that starts with `[`: its words and what follows it.
struct Link {
    std::string_view words;
    std::size_t end = 0;  // behind the link; 0 when there is none
};
Link link_at(std::string_view text, std::size_t at);

// Bytes of the HTML tag at `at`; 0 when there is none.
std::size_t tag_length(std::string_view text, std::size_t at);

}  // namespace atlas::conversation
