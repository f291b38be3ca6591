#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace atlas::audio {

inline constexpr std::size_t max_opus_packet_bytes = 1500;
inline constexpr int max_opus_packet_ms = 120;  // RFC 6716 §3.2.5: a packet holds no more

// One decoded packet, or why it could not be.
struct DecodedAudio {
    std::span<const std::int16_t> samples;  // the decoder's own; valid until its next call
    std::string error;                      // empty when all is well; names the rule and what was received

    bool ok() const { return error.empty(); }
};

// Decodes the Opus packets of one stream to mono at the wanted rate, whatever rate and channels the
// sender chose. A value of its owner. A bad packet is an error value and the stream goes on after it.
// decode() allocates nothing, unless to word an error.
class OpusDecoder {
public:
    explicit OpusDecoder(int rate);  // 16000, 24000 or 48000; anything else throws std::invalid_argument

    DecodedAudio decode(std::span<const std::byte> packet);
    void reset();  // the next packet starts a new stream

private:
    struct State;  // the library's
    struct Destroy {
        void operator()(State* state) const;
    };
    std::string find_problem(std::span<const std::byte> packet) const;

    int rate_;
    std::unique_ptr<State, Destroy> state_;
    std::vector<std::int16_t> samples_;  // room for the longest packet
};

}  // namespace atlas::audio
