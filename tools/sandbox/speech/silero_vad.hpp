#pragma once

#include "sandbox/speech/onnx_runtime.hpp"

#include <array>
#include <cstddef>
#include <span>

namespace atlas::sandbox::speech {

// Tells how likely it is that a frame holds a voice. One per listener, used by one thread at a time; the
// model's session is shared.
class SileroVad {
public:
    static constexpr std::size_t frame_size = 512;  // samples: 32 ms at 16 kHz

    explicit SileroVad(Ort::Session& model) : model_(model) {}

    float voice_probability(std::span<const float, frame_size> frame);

private:
    static constexpr std::size_t context_size = 64;  // the end of the last frame, put before this one

    Ort::Session& model_;
    std::array<float, 2 * 128> state_{};
    std::array<float, context_size + frame_size> input_{};
};

}  // namespace atlas::sandbox::speech
