#pragma once

#include "atlas/conversation/events.hpp"
#include "atlas/conversation/spoken_weight.hpp"

#include <cstddef>
#include <span>
#include <vector>

namespace atlas::conversation {

// A pause of the audio and the place in the text it belongs to.
struct Anchor {
    AudioTime voiced{};     // speech before the pause, pauses not counted
    std::size_t words = 0;  // words before it
};

// Which pauses of a clip are the ones behind its commas and full stops. `speech` is all of the clip's. Pauses
// that belong to no mark (a "t", a breath) and marks without a pause are left out, so that the share of the
// text and the share of the speech between two anchors agree. Empty when nothing fits or there are
// too many pauses to weigh; rises in both members.
std::vector<Anchor> pause_anchors(std::span<const SpokenWord> words, std::span<const SpeechSpan> speech);

}  // namespace atlas::conversation
