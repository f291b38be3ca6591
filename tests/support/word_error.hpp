#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace atlas::test {

// The words of a text as they are compared: lower case, no punctuation, contractions and titles written
// out, numbers as their digits, one word each: "Mr. Ray's 33, isn't it?" -> mister ray's 3 3 is not it.
std::vector<std::string> normalized_words(std::string_view text);

// How far a recognised text is from what was said: words changed, missing and added.
struct WordErrors {
    int errors = 0;
    int words = 0;  // that were said

    double rate() const { return words == 0 ? 0 : static_cast<double>(errors) / words; }
    WordErrors& operator+=(const WordErrors& other);
};

WordErrors word_errors(std::string_view said, std::string_view recognized);

}  // namespace atlas::test
