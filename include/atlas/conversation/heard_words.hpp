#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace atlas::conversation {

// What the recogniser heard while the assistant's reply is under way, as far as it matters for the reply.
enum class Hearing : std::uint8_t {
    nothing,      // no words, or fewer than are asked for: nothing to go by yet
    backchannel,  // "mhm", "yeah, okay": the caller listens and wants the reply to go on
    echo,         // the assistant's own words, come back through the caller's microphone
    words,        // the caller wants to speak: the reply is over
};

struct HearingContext {
    std::string_view language = {};  // BCP 47; "multi" is all languages together; see backchannels.hpp
    std::string_view playing = {};   // reply text heard in about the last 4 s and what is being played now
    bool after_question = false;     // what was heard of the reply ends with a question: "yes" is an answer
    bool growing = false;            // more words may follow these
    std::size_t min_words = 1;       // fewer are no interruption; not asked of stop words and answers
};

// Decides by these rules, the first that applies:
//  1. Without a letter or digit ("...", "[noise]") it is nothing.
//  2. Stop words ("stop", "wait", "no") are words, wherever they stand, unless the text is an exact echo of
//     three words or more, or an echo of six in whose original they stand too. No backchannel holds one.
//  3. Up to three listed backchannels in a row ("yeah, yeah", "mhm okay") are a backchannel, but with a
//     question mark only if they wonder ("really?"), and after a question only if they are no answer ("hm").
//  4. Two words, or one of at least seven letters, that stand in `playing` almost in a row are an echo: at
//     least 80 % of them, a word counting as the same when a letter in four to eight is wrong, two in nine
//     and more; numbers must be equal. After a question it takes four words, as answers repeat the question;
//     and a text of up to two words that asks is none, if `playing` does not ask the same.
//     While the text grows, a single word that stands in `playing` may be the beginning of an echo, and "I"
//     that of "I see": nothing yet, except after a question.
//  5. Fewer than `min_words` are nothing, anything else is words.
// Case and punctuation make no difference. Two Chinese or Japanese characters and four Thai ones count as a
// word. Pure; costs some ten microseconds.
Hearing judge(std::string_view text, const HearingContext& context);

// "?", "？", "؟" or a Japanese or Chinese question particle at the end; quotes, brackets, marks and emoji may
// follow.
bool ends_with_question(std::string_view heard);

// Equal but for case, blanks and punctuation. What changes the meaning counts: question marks, the marks
// inside a number ("1.5" is not "15") and signs like "$", "%", "+".
bool same_words(std::string_view a, std::string_view b);

}  // namespace atlas::conversation
