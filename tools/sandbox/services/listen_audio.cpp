#include "sandbox/services/listen_audio.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace atlas::sandbox {
namespace {

// ITU-T G.711: sign, three bits of segment, four bits of step.
std::int16_t from_mulaw(std::uint8_t code) {
    code = static_cast<std::uint8_t>(~code);
    const int magnitude = (((code & 0x0f) << 3) + 132) << ((code >> 4) & 7);
    return static_cast<std::int16_t>((code & 0x80) != 0 ? 132 - magnitude : magnitude - 132);
}

std::int16_t from_alaw(std::uint8_t code) {
    code ^= 0x55;
    const int segment = (code >> 4) & 7;
    int magnitude = ((code & 0x0f) << 4) + 8;
    if (segment > 0) magnitude = (magnitude + 256) << (segment - 1);
    return static_cast<std::int16_t>((code & 0x80) != 0 ? magnitude : -magnitude);
}

}  // namespace

std::size_t ListenAudio::sample_bytes() const {
    if (format_.encoding == "linear16") return 2;
    if (format_.encoding == "linear32") return 4;
    if (format_.encoding == "mulaw" || format_.encoding == "alaw") return 1;
    return 0;
}

double ListenAudio::ms_of(std::size_t bytes) const {
    const std::size_t frame = sample_bytes() * static_cast<std::size_t>(format_.channels);
    if (frame == 0) return 0;
    return static_cast<double>(bytes) / static_cast<double>(frame) * 1000.0 / format_.sample_rate;
}

std::int16_t ListenAudio::sample(const std::uint8_t* at) const {
    if (format_.encoding == "mulaw") return from_mulaw(*at);
    if (format_.encoding == "alaw") return from_alaw(*at);
    if (format_.encoding == "linear16") return static_cast<std::int16_t>(at[0] | (at[1] << 8));
    float value = 0;
    std::memcpy(&value, at, sizeof value);
    if (!std::isfinite(value)) return 0;
    return static_cast<std::int16_t>(std::clamp(value, -1.0f, 1.0f) * 32767.0f);
}

std::span<const std::int16_t> ListenAudio::decode(std::span<const std::uint8_t> bytes) {
    samples_.clear();
    const std::size_t frame = sample_bytes() * static_cast<std::size_t>(format_.channels);
    if (frame == 0) return {};
    rest_.insert(rest_.end(), bytes.begin(), bytes.end());
    std::size_t at = 0;
    for (; at + frame <= rest_.size(); at += frame) samples_.push_back(sample(rest_.data() + at));
    rest_.erase(rest_.begin(), rest_.begin() + static_cast<std::ptrdiff_t>(at));
    return samples_;
}

}  // namespace atlas::sandbox
