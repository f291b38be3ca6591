#pragma once

#include "sandbox/services/deepgram_rules.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace atlas::sandbox {

// Received bytes as 16-bit mono samples. Raw linear16, linear32 (float), mulaw and alaw are heard; other
// encodings and containers are accepted and heard as nothing.
class ListenAudio {
public:
    explicit ListenAudio(DeepgramAudio format) : format_(std::move(format)) {}

    // The samples of this message; valid until the next call. A torn sample waits for its other bytes.
    std::span<const std::int16_t> decode(std::span<const std::uint8_t> bytes);
    bool heard() const { return sample_bytes() > 0; }
    bool torn() const { return !rest_.empty(); }
    double ms_of(std::size_t bytes) const;  // 0 for what is not heard
    int sample_rate() const { return format_.sample_rate; }

private:
    std::size_t sample_bytes() const;
    std::int16_t sample(const std::uint8_t* at) const;

    DeepgramAudio format_;
    std::vector<std::uint8_t> rest_;
    std::vector<std::int16_t> samples_;
};

}  // namespace atlas::sandbox
