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
    int bitrate = 48000;  // bit/s, 6000..128000; variable, this is the average
    int complexity = 2;   // 0..10: what a frame may cost
};

// One packet, or why there is none.
struct EncodedAudio {
    std::size_t size = 0;  // bytes written to the front of `out`
    std::string error;     // empty when all is well

    bool ok() const { return error.empty(); }
};

// Encodes one stream of mono speech, one frame a packet. A value of its owner, of about 45 KB: made when
// there is something to encode. By far the dearest thing in this folder: a second of speech costs some 1.2 ms
// of CPU. encode() allocates nothing, unless to word an error.
//
// Opus's low-delay mode, at twice the bits that its voice mode would need. Measured on synthesised speech at
// 24 kHz, libopus 1.3.1, as the mean distance of the energies in 26 bands from the original's:
//
//     voice mode, 24 kbit/s, complexity 5 (10)   5.3 (9.6) ms of CPU a second   1.8 (1.5) dB
//     low delay, 48 kbit/s, complexity 2 (5)     1.2 (1.7) ms                   1.5 (1.3) dB
//
// What the voice mode saves in bits and mends after lost packets is worth little on a WebSocket.
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
