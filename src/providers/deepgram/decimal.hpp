#pragma once

#include <charconv>
#include <string>

namespace atlas::providers::deepgram {

// The shortest text that reads back as the same number, independent of the locale.
inline std::string decimal(double value) {
    char text[32];
    const auto end = std::to_chars(text, text + sizeof text, value).ptr;
    return {text, end};
}

}  // namespace atlas::providers::deepgram
