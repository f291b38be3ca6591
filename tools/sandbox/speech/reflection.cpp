#include "sandbox/speech/reflection.hpp"

#include "sandbox/speech/plain_words.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

namespace atlas::sandbox::speech {

namespace {

using Wordings = std::array<std::string_view, 3>;

struct Pattern {
    std::string_view phrase;  // what follows it, turned around, takes the place of the star
    Wordings wordings;
};

constexpr std::array<Pattern, 15> patterns{{
    {"i need", {"Why do you need *?", "What would change if you got *?", "How long have you needed *?"}},
    {"i want",
     {"What would it mean to you to get *?", "Why do you want *?", "Suppose you got *. What then?"}},
    {"i would like", {"What makes you want *?", "I understand that you would like *. What for?", "Why *?"}},
    {"i feel", {"When did you begin to feel *?", "Do you often feel *?", "What makes you feel *?"}},
    {"i am", {"How long have you been *?", "How do you like being *?", "Why do you think you are *?"}},
    {"i'm", {"How long have you been *?", "How do you like being *?", "What makes you *?"}},
    {"i think", {"What makes you think *?", "Are you sure that *?", "Since when do you think *?"}},
    {"i don't", {"Why don't you *?", "Would you like to *?", "What keeps you from it?"}},
    {"i can't", {"What would help you to *?", "Have you tried to *?", "What happens when you try to *?"}},
    {"i have", {"Tell me more about *.", "How long have you had *?", "What is it like to have *?"}},
    {"i like", {"What do you like best about *?", "When did you begin to like *?", "Who else likes *?"}},
    {"i love", {"What do you love about *?", "How did you come to love *?", "Tell me more about *."}},
    {"because",
     {"Is that the only reason?", "What other reasons are there?", "I see. And what follows from that?"}},
    {"my",
     {"Tell me more about your *.", "Why do you mention your *?", "What else comes to mind about your *?"}},
    {"you are", {"What makes you think I am *?", "Would you prefer me not to be *?", "Perhaps I am *."}},
}};

constexpr Wordings questions{
    "That is a good question. I only know a few things here, and that is not among them.",
    "I wish I knew. Ask me for the time, a joke, a story, or some arithmetic.",
    "I do not know, I am afraid. What do you think?"};

constexpr Wordings anything{"I see. Tell me more about that.", "Please go on.",
                            "And how do you feel about that?"};

constexpr Wordings echoes{"You say *. What makes you say that?", "So, *. Tell me more.",
                          "I heard: *. And then?"};

std::string_view choose(std::span<const std::string_view> wordings, std::uint64_t pick) {
    return wordings[pick % wordings.size()];
}

std::string fill(std::string_view wording, const std::string& text) {
    std::string filled(wording);
    const std::size_t star = filled.find('*');
    if (star != std::string::npos) filled.replace(star, 1, text);
    return filled;
}

// "you" is the caller's word for us: I, or me where somebody does something to us.
std::string_view own_form(const Words& words, std::size_t at, std::size_t first) {
    static constexpr std::array prepositions{"to", "at", "with", "for", "about", "from", "of", "than", "by"};
    if (at + 1 == words.size() && at > first) return "me";
    const bool after_preposition = at > first && std::find(prepositions.begin(), prepositions.end(),
                                                           words[at - 1]) != prepositions.end();
    return after_preposition ? "me" : "I";
}

std::string_view turned(const Words& words, std::size_t at, std::size_t first) {
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 16> swaps{
        {{"i", "you"},
         {"me", "you"},
         {"my", "your"},
         {"mine", "yours"},
         {"am", "are"},
         {"i'm", "you're"},
         {"i've", "you've"},
         {"i'll", "you'll"},
         {"i'd", "you'd"},
         {"myself", "yourself"},
         {"your", "my"},
         {"yours", "mine"},
         {"you're", "I'm"},
         {"you've", "I've"},
         {"you'll", "I'll"},
         {"yourself", "myself"}}};
    const std::string& word = words[at];
    const std::string_view before = at > first ? std::string_view(words[at - 1]) : std::string_view();
    if (word == "you") return own_form(words, at, first);
    if (word == "are" && before == "you") return "am";
    if (word == "was" && before == "i") return "were";
    for (const auto& [from, to] : swaps) {
        if (word == from) return to;
    }
    return word;
}

std::string turn_around(const Words& words, std::size_t first) {
    std::string text;
    for (std::size_t at = first; at < words.size(); ++at) {
        if (!text.empty()) text += ' ';
        text += turned(words, at, first);
    }
    return text;
}

bool is_question(const Words& words, std::string_view text) {
    return text.find('?') != std::string_view::npos ||
           (!words.empty() && has_any({words.front()}, {"what", "why", "how", "where", "when", "who", "which",
                                                        "can", "could", "do", "does", "is", "are", "will"}));
}

}  // namespace

std::string turn_around(std::string_view text) { return turn_around(plain_words(text), 0); }

std::string reflect(std::string_view text, std::uint64_t pick) {
    constexpr std::size_t longest_echo = 8;  // words
    const Words words = plain_words(text);
    if (is_question(words, text)) return std::string(choose(questions, pick));
    for (const Pattern& pattern : patterns) {
        const std::size_t at = find_phrase(words, pattern.phrase);
        if (at == std::string::npos) continue;
        const std::size_t rest = at + plain_words(pattern.phrase).size();
        if (rest >= words.size() || words.size() - rest > longest_echo) continue;
        return fill(choose(pattern.wordings, pick), turn_around(words, rest));
    }
    if (words.size() < 3 || words.size() > longest_echo) return std::string(choose(anything, pick));
    return fill(choose(echoes, pick), turn_around(words, 0));
}

}  // namespace atlas::sandbox::speech
