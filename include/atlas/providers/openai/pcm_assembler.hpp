#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace atlas::providers::openai {

// Bytes of 16-bit little-endian PCM, cut anywhere, in; whole samples out. A byte left over waits for the
// next call: dropping it would swap the bytes of every later sample (claude_openai_tts §B.3). Allocates
// nothing once it has seen its largest piece.
class PcmAssembler {
public:
    // The samples are valid until the next call.
    std::span<const std::int16_t> add(std::string_view bytes);
    // The same for base64; empty optional when it is none.
    std::optional<std::span<const std::int16_t>> add_base64(std::string_view text);

    bool holds_half_a_sample() const { return held_.has_value(); }
    void clear() { held_.reset(); }

private:
    unsigned char* room_for(std::size_t bytes);
    std::span<const std::int16_t> whole_samples(std::size_t new_bytes);

    std::vector<std::int16_t> samples_;
    std::optional<unsigned char> held_;
};

}  // namespace atlas::providers::openai
