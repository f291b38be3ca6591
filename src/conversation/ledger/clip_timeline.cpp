#include "clip_timeline.hpp"

#include "pause_anchors.hpp"

#include <algorithm>

namespace atlas::conversation {
namespace {

// The moment before which there are `voiced` of speech.
AudioTime moment_of(AudioTime voiced, std::span<const SpeechSpan> speech) {
    for (const SpeechSpan& span : speech) {
        if (voiced <= span.to - span.from) return span.from + voiced;
        voiced -= span.to - span.from;
    }
    return speech.back().to;
}

AudioTime scaled(AudioTime time, AudioTime to, AudioTime from) {
    const double share = static_cast<double>(time.count()) / static_cast<double>(from.count());
    return AudioTime(static_cast<AudioTime::rep>(share * static_cast<double>(to.count())));
}

// A bullet at the start is heard with the first word.
void let_first_word_lead(std::span<const SpokenWord> words, std::vector<AudioTime>& moments) {
    const auto first = std::find_if(words.begin(), words.end(),
                                    [](const SpokenWord& word) { return word.usual > AudioTime::zero(); });
    if (first == words.end()) return;
    const auto before = first - words.begin();
    std::fill_n(moments.begin(), before, moments[static_cast<std::size_t>(before)]);
}

// Spreads the words between two anchors over the speech between them.
void spread(std::span<const SpokenWord> words, AudioTime from, AudioTime to,
            std::span<const SpeechSpan> speech, std::vector<AudioTime>& moments) {
    AudioTime usual{};
    for (const SpokenWord& word : words) usual += word.usual;
    AudioTime before{};
    for (const SpokenWord& word : words) {
        const bool read = word.usual > AudioTime::zero();
        AudioTime moment = moments.empty() ? AudioTime::zero() : moments.back();
        if (read) moment = moment_of(from + scaled(before + word.usual / 2, to - from, usual), speech);
        moments.push_back(moment);
        before += word.usual;
    }
}

}  // namespace

AudioTime voiced_until(AudioTime position, std::span<const SpeechSpan> speech) {
    AudioTime voiced{};
    for (const SpeechSpan& span : speech) {
        if (position > span.from) voiced += std::min(position, span.to) - span.from;
    }
    return voiced;
}

std::vector<AudioTime> heard_moments(std::span<const SpokenWord> words, AudioTime length,
                                     std::span<const SpeechSpan> speech) {
    const SpeechSpan whole{AudioTime::zero(), length};
    if (speech.empty()) speech = {&whole, 1};
    std::vector<Anchor> anchors = pause_anchors(words, speech);
    anchors.push_back({voiced_until(length, speech), words.size()});
    std::vector<AudioTime> moments;
    Anchor from;
    for (const Anchor& to : anchors) {
        spread(words.subspan(from.words, to.words - from.words), from.voiced, to.voiced, speech, moments);
        from = to;
    }
    let_first_word_lead(words, moments);
    return moments;
}

}  // namespace atlas::conversation
