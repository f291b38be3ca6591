#pragma once

#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace atlas::sandbox::speech {

// The words of a text in lower case, without punctuation; apostrophes stay: "What's up?" -> what's, up.
using Words = std::vector<std::string>;
Words plain_words(std::string_view text);

// Where the words of `phrase` ("my name is") stand one after the other; npos when they do not.
std::size_t find_phrase(const Words& words, std::string_view phrase);
bool has_any(const Words& words, std::initializer_list<std::string_view> phrases);

// The words from `first` on, joined by spaces.
std::string join(const Words& words, std::size_t first = 0);

}  // namespace atlas::sandbox::speech
