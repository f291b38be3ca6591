#include "sandbox/speech/audio_cut.hpp"

#include <algorithm>
#include <limits>

namespace atlas::sandbox::speech {

std::size_t quietest_cut(std::span<const float> samples, std::size_t search) {
    constexpr std::size_t window = 1600;  // 100 ms at 16 kHz
    constexpr std::size_t step = 160;
    if (samples.size() < window) return samples.size();
    std::size_t best = samples.size();
    double least = std::numeric_limits<double>::max();
    for (std::size_t at = samples.size() - std::min(samples.size(), search); at + window <= samples.size();
         at += step) {
        double energy = 0;
        for (const float sample : samples.subspan(at, window)) energy += double{sample} * double{sample};
        if (energy > least) continue;  // of equal ones the last: the first piece gets as much as it may
        least = energy;
        best = at + window / 2;
    }
    return best;
}

}  // namespace atlas::sandbox::speech
