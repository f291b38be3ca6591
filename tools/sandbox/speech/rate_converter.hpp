#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

struct SpeexResamplerState_;

namespace atlas::sandbox::speech {

// Changes the sample rate of one stream of 16-bit mono audio; equal rates pass through. Allocates only
// until its buffer is warm.
class RateConverter {
public:
    RateConverter(int from_rate, int to_rate);  // Hz; throws std::runtime_error

    // The result is valid until the next call.
    std::span<const std::int16_t> convert(std::span<const std::int16_t> samples);
    // What the filter still holds: call once, at the end of the stream.
    std::span<const std::int16_t> finish();

private:
    struct Destroy {
        void operator()(SpeexResamplerState_* state) const;
    };
    int from_rate_;
    int to_rate_;
    std::unique_ptr<SpeexResamplerState_, Destroy> state_;  // none when the rates are equal
    std::vector<std::int16_t> output_;
};

}  // namespace atlas::sandbox::speech
