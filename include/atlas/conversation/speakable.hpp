#pragma once

#include <string>
#include <string_view>

namespace atlas::conversation {

// What a voice shall read of a piece of model text, as a person would who reads it to somebody else:
//  - Markdown marks, HTML tags, rules, emoji and direction marks are left out, white space is folded;
//  - headings, list items and table rows end like sentences; the cells of a row have a comma between them;
//  - links are read by their words, bare web addresses by their host, footnote marks not at all;
//  - of a block of code (``` or ~~~) only is said that it is there, in the language of the reply ("Code
//    block."): nobody can follow code by ear. `code` inside a sentence is read like other words.
// Empty when nothing of it can be spoken (blanks, marks, emoji only): such text must never reach a
// synthesiser. The text is taken to begin a line. `language` is a BCP 47 tag; one without words of ours is
// English.
std::string speakable(std::string_view text, std::string_view language = {});

}  // namespace atlas::conversation
