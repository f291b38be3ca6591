#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

struct SpeexResamplerState_;

namespace atlas::audio {

// Changes the sample rate of one stream of mono speech, piece by piece. A value of its owner; one per
// stream and direction. It keeps some milliseconds inside until more sound, or flush(), pushes them out.
class Resampler {
public:
    // 8000..48000 Hz each; anything else throws std::invalid_argument. Equal rates pass through, without
    // delay and without memory.
    Resampler(int rate_in, int rate_out);

    // Appends to `out` what is ready. Allocates nothing once `out` has the capacity. `samples` must not
    // point into `out`.
    void process(std::span<const std::int16_t> samples, std::vector<std::int16_t>& out);

    // The sound ends here: appends what was kept inside, then starts afresh. From the start (or the last
    // flush) n samples in have then become n * rate_out / rate_in out, rounded up.
    void flush(std::vector<std::int16_t>& out);

    void reset();  // forgets what is inside: the rest of an interrupted clip

    int rate_in() const { return rate_in_; }
    int rate_out() const { return rate_out_; }

private:
    struct Destroy {
        void operator()(SpeexResamplerState_* state) const;
    };
    void convert(std::span<const std::int16_t> samples, std::vector<std::int16_t>& out);

    int rate_in_;
    int rate_out_;
    std::unique_ptr<SpeexResamplerState_, Destroy> state_;  // none: pass through
    std::int64_t taken_ = 0;                                // since the start or the last flush
    std::int64_t given_ = 0;
};

}  // namespace atlas::audio
