#include "sandbox/speech/plain_words.hpp"

#include <algorithm>
#include <cctype>

namespace atlas::sandbox::speech {

Words plain_words(std::string_view text) {
    Words words;
    bool inside = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        const bool decimal_point =
            byte == '.' && inside && std::isdigit(static_cast<unsigned char>(text[i - 1])) &&
            i + 1 < text.size() && std::isdigit(static_cast<unsigned char>(text[i + 1]));
        const bool letter = std::isalnum(byte) || byte >= 0x80 || byte == '\'' || decimal_point;
        if (byte == ',' && inside && i + 1 < text.size() &&
            std::isdigit(static_cast<unsigned char>(text[i + 1])) &&
            std::isdigit(static_cast<unsigned char>(text[i - 1]))) {
            continue;  // 1,000
        }
        if (letter && !inside) words.emplace_back();
        if (letter) words.back().push_back(static_cast<char>(std::tolower(byte)));
        inside = letter;
    }
    return words;
}

std::size_t find_phrase(const Words& words, std::string_view phrase) {
    const Words wanted = plain_words(phrase);
    const auto found = std::search(words.begin(), words.end(), wanted.begin(), wanted.end());
    return found == words.end() ? std::string::npos : static_cast<std::size_t>(found - words.begin());
}

bool has_any(const Words& words, std::initializer_list<std::string_view> phrases) {
    return std::any_of(phrases.begin(), phrases.end(), [&](std::string_view phrase) {
        return find_phrase(words, phrase) != std::string::npos;
    });
}

std::string join(const Words& words, std::size_t first) {
    std::string text;
    for (std::size_t i = first; i < words.size(); ++i) {
        if (!text.empty()) text += ' ';
        text += words[i];
    }
    return text;
}

}  // namespace atlas::sandbox::speech
