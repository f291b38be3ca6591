#pragma once

#include <cstdint>
#include <span>

namespace atlas::audio {

inline constexpr double silence_dbfs = -100;  // the floor: digital silence, or no samples at all

// How loud a piece of sound is, in dB below full scale: 0 is a constant 32768, a full-scale sine has a
// peak of 0 and an RMS of -3.
struct Level {
    double rms_dbfs = silence_dbfs;
    double peak_dbfs = silence_dbfs;
};

Level measure_level(std::span<const std::int16_t> samples);

}  // namespace atlas::audio
