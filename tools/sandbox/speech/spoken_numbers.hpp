#pragma once

#include "sandbox/speech/plain_words.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace atlas::sandbox::speech {

// 42 -> "forty two"; beyond a million million as digits.
std::string say_number(std::int64_t number);
std::string say_ordinal(int number);  // 1 … 31 -> "twenty third"

struct FoundNumber {
    double value = 0;
    std::size_t first = 0;  // its words
    std::size_t count = 0;
};
// The first number at or after `from`, in digits or in words ("two hundred and five", "an hour" has none).
std::optional<FoundNumber> find_number(const Words& words, std::size_t from = 0);

}  // namespace atlas::sandbox::speech
