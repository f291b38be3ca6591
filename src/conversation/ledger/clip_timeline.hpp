#pragma once

#include "atlas/conversation/events.hpp"
#include "atlas/conversation/spoken_weight.hpp"

#include <span>
#include <vector>

namespace atlas::conversation {

// The part of `position` in which there was speech.
AudioTime voiced_until(AudioTime position, std::span<const SpeechSpan> speech);

// From when on each word of a complete clip counts as heard: when half of it was played. Without `speech`
// the whole length counts as speech. What is not read is heard with the
// word before it. Never falls from one word to the next.
std::vector<AudioTime> heard_moments(std::span<const SpokenWord> words, AudioTime length,
                                     std::span<const SpeechSpan> speech);

}  // namespace atlas::conversation
