#pragma once

#include "atlas/audio/level.hpp"

#include <cmath>
#include <cstdint>
#include <numbers>
#include <numeric>
#include <span>
#include <vector>

namespace atlas::test {

inline std::vector<std::int16_t> tone(double hz, int rate, std::size_t samples, double amplitude = 10000) {
    std::vector<std::int16_t> sound(samples);
    for (std::size_t i = 0; i < samples; ++i)
        sound[i] = static_cast<std::int16_t>(
            std::lround(amplitude * std::sin(2 * std::numbers::pi * hz * static_cast<double>(i) / rate)));
    return sound;
}

// first, first + 1, …: every sample tells its position.
inline std::vector<std::int16_t> ramp(std::size_t samples, int first = 0) {
    std::vector<std::int16_t> sound(samples);
    for (std::size_t i = 0; i < samples; ++i)
        sound[i] = static_cast<std::int16_t>((static_cast<std::size_t>(first) + i) % 32768);
    return sound;
}

inline std::vector<std::int16_t> constant(std::size_t samples, std::int16_t value) {
    return std::vector<std::int16_t>(samples, value);
}

// How strong one frequency is in a sound, in dBFS of its amplitude.
inline double strength_dbfs(std::span<const std::int16_t> sound, double hz, int rate) {
    double sine = 0;
    double cosine = 0;
    for (std::size_t i = 0; i < sound.size(); ++i) {
        const double angle = 2 * std::numbers::pi * hz * static_cast<double>(i) / rate;
        sine += sound[i] * std::sin(angle);
        cosine += sound[i] * std::cos(angle);
    }
    const double amplitude = 2 * std::hypot(sine, cosine) / static_cast<double>(sound.size());
    return 20 * std::log10(amplitude / 32768 + 1e-9);
}

}  // namespace atlas::test
