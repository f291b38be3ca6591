#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace atlas::audio {

struct OpusEncoderSettings {
    int rate = 24000;     // Hz of the samples given: 16000, 24000 or 48000
    int frame_ms = 20;    // 10, 20, 40 or 60
    int bitrate = 24000;  // bit/s, 6000..128000; variable, this is the average
    int complexity = 5;   // 0..10: what a frame may cost
};

// One packet, or why there is none.
struct EncodedAudio {
    std::size_t size = 0;  // bytes written to the front of `out`
    std::string error;     // empty when all is well

    bool ok() const { return error.empty(); }
};

// Encodes one stream of mono speech, one frame a packet. A value of its owner, of about 45 KB: made when
// there is something to encode. A second of speech costs some 5 ms of CPU at complexity 5, half of that at
// 0: by far the dearest thing in this folder. encode() allocates nothing, unless to word an error.
class OpusEncoder {
public:
    // Throws std::invalid_argument for settings outside the ranges above.
    explicit OpusEncoder(const OpusEncoderSettings& settings);

    // A frame shorter than frame_ms, the end of a reply, is filled up with silence; a longer or empty one is
    // an error. `out` bounds the packet; 1500 bytes hold any.
    EncodedAudio encode(std::span<const std::int16_t> frame, std::span<std::byte> out);

    void reset();  // the next frame starts a new stream (a new reply): no memory of the last one

    std::size_t frame_samples() const { return frame_.size(); }

private:
    struct State;  // the library's
    struct Destroy {
        void operator()(State* state) const;
    };

    std::unique_ptr<State, Destroy> state_;
    std::vector<std::int16_t> frame_;  // where a short frame is filled up
};

}  // namespace atlas::audio
