#include "sandbox/speech/end_of_turn.hpp"

#include "sandbox/speech/plain_words.hpp"

#include <algorithm>
#include <array>

namespace atlas::sandbox::speech {

namespace {

// Words that a sentence hardly ever ends with: conjunctions, articles, prepositions, fillers.
bool leads_on(std::string_view word) {
    static constexpr std::array words{"a",    "an",    "and",   "as",   "at",   "because", "but",   "er",
                                      "for",  "from",  "hmm",   "i",    "if",   "in",      "into",  "like",
                                      "my",   "of",    "on",    "or",   "our",  "so",      "than",  "that",
                                      "the",  "their", "then",  "to",   "uh",   "um",      "until", "uhm",
                                      "when", "which", "while", "with", "your", "i'm",     "it's"};
    return std::find(words.begin(), words.end(), word) != words.end();
}

}  // namespace

Ending ending_of(std::string_view text) {
    const std::size_t last = text.find_last_not_of(" \"')");
    if (last == std::string_view::npos) return Ending::undecided;
    text = text.substr(0, last + 1);
    const auto words = plain_words(text);
    if (text.ends_with("...") || text.ends_with("…") || text.ends_with(',') || text.ends_with('-')) {
        return Ending::open;
    }
    if (!words.empty() && leads_on(words.back())) return Ending::open;
    const char mark = text.back();
    return mark == '.' || mark == '?' || mark == '!' ? Ending::complete : Ending::undecided;
}

double end_of_turn_probability(double silence_ms, Ending ending, bool settled) {
    // Pauses are looked at every 96 ms from 192 ms on: these pass 0.7 at 384, 576, 672 and 864 ms.
    double expected_ms = 670;
    if (ending == Ending::complete) expected_ms = settled ? 380 : 570;
    if (ending == Ending::open) expected_ms = 860;

    struct Point {
        double time;  // in expected_ms
        double probability;
    };
    static constexpr std::array<Point, 5> curve{
        {{0, 0}, {0.5, 0.45}, {1, 0.7}, {1.75, 0.9}, {2.5, certain_end}}};
    const double time = silence_ms / expected_ms;
    for (std::size_t i = 1; i < curve.size(); ++i) {
        if (time > curve[i].time) continue;
        const double part = std::max(0.0, time - curve[i - 1].time) / (curve[i].time - curve[i - 1].time);
        return curve[i - 1].probability + part * (curve[i].probability - curve[i - 1].probability);
    }
    return certain_end;
}

bool agrees(std::string_view earlier, std::string_view later) {
    auto before = plain_words(earlier);
    const auto after = plain_words(later);
    if (!before.empty()) before.pop_back();
    return before.size() <= after.size() && std::equal(before.begin(), before.end(), after.begin());
}

}  // namespace atlas::sandbox::speech
