#include "atlas/audio/level.hpp"

#include <algorithm>
#include <cmath>

namespace atlas::audio {

namespace {

double decibels(double amplitude) {
    constexpr double full_scale = 32768;
    if (amplitude <= 0) return silence_dbfs;
    return std::max(silence_dbfs, 20 * std::log10(amplitude / full_scale));
}

}  // namespace

Level measure_level(std::span<const std::int16_t> samples) {
    if (samples.empty()) return {};
    std::int64_t energy = 0;  // 2^30 at most a sample: 2^33 samples, two days, fit
    int peak = 0;
    for (const int sample : samples) {
        energy += sample * sample;
        peak = std::max(peak, std::abs(sample));
    }
    const double mean = static_cast<double>(energy) / static_cast<double>(samples.size());
    return {decibels(std::sqrt(mean)), decibels(peak)};
}

}  // namespace atlas::audio
