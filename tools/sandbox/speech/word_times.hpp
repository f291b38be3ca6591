#pragma once

#include "sandbox/speech/engine.hpp"

#include <span>
#include <string_view>
#include <vector>

namespace atlas::sandbox::speech {

// Where the words of `text` lie in the 16 kHz `samples` it was read from: a guess, since the recogniser
// gives none. Words get a share of the audible audio by their length; pauses fall between words. Times
// start at `start_ms`, rise, and stay inside the audio.
std::vector<RecognizedWord> spread_words(std::string_view text, std::span<const float> samples,
                                         double start_ms, double confidence);

}  // namespace atlas::sandbox::speech
