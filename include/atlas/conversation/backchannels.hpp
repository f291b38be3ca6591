#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

// What listeners say in many languages. All text here is folded as heard_words.cpp folds what it judges:
// lower case, words with one blank between (none in Chinese, Japanese and Thai), no punctuation, no
// apostrophes ("daccord"), letters that are drawn out written once ("hm").
namespace atlas::conversation {

// The lists of one language, their items separated by commas.
struct ListenerWords {
    std::string_view language;  // BCP 47, the first part only
    std::string_view sounds;    // "hm": listening, never an answer
    std::string_view assents;   // "okay", "I see": listening, but after a question an answer
    std::string_view wonders;   // "really": listening, even with a question mark
    std::string_view stops;     // "wait", "no": ask for silence or contradict; in none of the others
};

std::span<const ListenerWords> listener_words();

enum class ListenerWord : std::uint8_t { none, sound, assent, wonder };

struct FoundWord {
    ListenerWord kind = ListenerWord::none;
    std::size_t length = 0;  // bytes
};

// The longest listener word that `text` begins with. The language is found by the first part of its tag; one
// without lists is English, "multi" all languages. What people say everywhere ("mhm", "okay") belongs to
// every language.
FoundWord listener_word(std::string_view text, std::string_view language);

// Is `text` the first of the words of a longer one: "I" of "I see"?
bool begins_listener_word(std::string_view text, std::string_view language);

// Does `text` hold a stop word that `besides` does not hold? In scripts without blanks only at the start and
// end.
bool holds_stop_word(std::string_view text, std::string_view language, std::string_view besides = {});

}  // namespace atlas::conversation
