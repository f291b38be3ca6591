#include "sandbox/speech/question.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace atlas::sandbox::speech {

namespace {

bool is_capital(std::string_view word) {
    return !word.empty() && std::isupper(static_cast<unsigned char>(word[0]));
}

// The capitalised word after `phrase`, as it was written, without punctuation.
std::string name_after(std::string_view text, std::string_view phrase) {
    std::string lower(text);
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    for (std::size_t at = lower.find(phrase); at != std::string::npos; at = lower.find(phrase, at + 1)) {
        const bool starts_word = at == 0 || !std::isalnum(static_cast<unsigned char>(lower[at - 1]));
        const std::size_t begin = text.find_first_not_of(' ', at + phrase.size());
        if (!starts_word || begin == std::string_view::npos) continue;
        const std::string_view word = text.substr(begin, text.find_first_of(" ,.?!;:", begin) - begin);
        if (is_capital(word) && word.size() > 1) return std::string(word);
    }
    return {};
}

// Capitalised by the recogniser, and no names.
bool is_no_name(std::string_view word) {
    static constexpr std::array others{"OK",      "Okay",      "Sorry",  "American", "British",
                                       "English", "German",    "French", "Spanish",  "Italian",
                                       "Irish",   "Christian", "I'm"};
    return std::find(others.begin(), others.end(), word) != others.end();
}

// FNV-1a: the same on every machine.
std::uint64_t mix(std::uint64_t hash, std::string_view text) {
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
    return hash;
}

std::uint64_t choice(const Question& question, std::size_t messages, std::uint64_t seed) {
    const std::uint64_t hash =
        mix(0xcbf29ce484222325ULL ^ seed * 0x9e3779b97f4a7c15ULL, join(question.words));
    // Asked the same again, the next answer follows: jokes do not repeat at once.
    return (hash >> 24) + messages / 2;
}

}  // namespace

std::string name_given_in(std::string_view text) {
    for (const char* phrase : {"my name is ", "my name's ", "call me ", "i'm ", "i am ", "this is "}) {
        const std::string name = name_after(text, phrase);
        if (!name.empty() && !is_no_name(name)) return name;
    }
    return {};
}

Question read_question(const std::string& system, const std::vector<ChatMessage>& messages, std::tm now,
                       std::uint64_t seed) {
    Question question;
    question.now = now;
    question.own_name = name_after(system, "you are ");
    if (question.own_name.empty()) question.own_name = "Atlas";
    bool has_asked = false;
    for (const ChatMessage& message : messages) {
        if (!message.from_user) {
            question.last_reply = message.text;
            continue;
        }
        question.first = !has_asked && question.last_reply.empty();
        has_asked = true;
        question.text = message.text;
        const std::string name = name_given_in(message.text);
        if (!name.empty()) question.caller = name;
    }
    question.words = plain_words(question.text);
    question.pick = choice(question, messages.size(), seed);
    return question;
}

}  // namespace atlas::sandbox::speech
