#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace atlas::sandbox::speech {

// Shortens the silences of a synthetic voice, which begins and ends each sentence with a long one. Works on
// 16 kHz audio in steps of 10 ms; holds a silence back until it is known what follows.
class PauseTrimmer {
public:
    static constexpr std::size_t step = 160;
    static constexpr std::size_t longest_lead = 3 * step;    // before the first sound
    static constexpr std::size_t longest_pause = 28 * step;  // between sounds
    static constexpr std::size_t longest_tail = 6 * step;    // after the last sound

    // Appends what is certain to `output`.
    void add(std::span<const std::int16_t> samples, std::vector<std::int16_t>& output);
    void finish(std::vector<std::int16_t>& output);

private:
    void add_step(std::span<const std::int16_t> samples, std::vector<std::int16_t>& output);

    std::vector<std::int16_t> partial_step_;
    std::vector<std::int16_t> silence_;  // held back; at most longest_pause of it
    bool has_sounded_ = false;
};

}  // namespace atlas::sandbox::speech
