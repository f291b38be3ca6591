#pragma once

#include <cstddef>
#include <span>

namespace atlas::sandbox::speech {

// Where to cut audio that is too long for one decode: the middle of the quietest 100 ms of its last
// `search` samples, as an index into `samples`. Without that much audio: its end.
std::size_t quietest_cut(std::span<const float> samples, std::size_t search);

}  // namespace atlas::sandbox::speech
