#pragma once

#include <string_view>

namespace atlas::sandbox::speech {

// How finished a text sounds. Only a hint: the recogniser also writes full stops in mid-sentence.
enum class Ending {
    complete,   // ends a sentence
    undecided,  // no punctuation
    open,       // a comma, "and …", "um": more will come
};
Ending ending_of(std::string_view text);

// How long a silence means that the turn is over: the probability that it is, 0..1, rising with the
// silence and passing 0.45, 0.7 and 0.9 at about 1/2, 1 and 7/4 of the time that fits the ending. `settled`:
// the last two readings of the text agree.
double end_of_turn_probability(double silence_ms, Ending ending, bool settled);

// At this probability nobody expects the turn to go on.
inline constexpr double certain_end = 0.99;

// Whether `later` only adds to `earlier`, apart from case, punctuation and the last word of it, which a
// recogniser often takes back.
bool agrees(std::string_view earlier, std::string_view later);

}  // namespace atlas::sandbox::speech
