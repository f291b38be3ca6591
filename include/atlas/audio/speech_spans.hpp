#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace atlas::audio {

// Where a clip of speech is loud and where it pauses, for whoever must know which of its words lie before a
// moment. Takes the samples (24 kHz) as they come, in pieces of any size, and keeps only a fixed number of
// levels: 10 ms each, coarser once the clip is longer than 20 s. Never allocates while it takes samples. A
// value of its owner, one per clip.
class SpeechSpans {
public:
    struct Span {
        std::chrono::microseconds from{};
        std::chrono::microseconds to{};
        bool operator==(const Span&) const = default;
    };
    static constexpr int rate = 24000;  // Hz
    static constexpr std::size_t most_spans = 256;

    void add(std::span<const std::int16_t> samples);
    std::chrono::microseconds length() const;  // of what was added

    // In order, without overlap, inside the length. What is loud is judged by the loudest parts and the
    // quietest parts so far, so that both a soft voice and a noisy one are told from their pauses; the gap
    // that a consonant like "t" makes is no pause. Empty when nothing is to be heard.
    std::vector<Span> spans() const;

private:
    static constexpr std::size_t capacity = 2048;
    static constexpr std::size_t finest = rate / 100;

    void end_step();
    void halve();
    int threshold() const;

    std::array<std::uint8_t, capacity> levels_;  // dB above silence_dbfs; the first `steps_` are filled
    std::size_t steps_ = 0;
    std::size_t step_size_ = finest;  // samples
    std::size_t in_step_ = 0;
    std::uint64_t energy_ = 0;  // of the step being filled
    std::uint64_t samples_ = 0;
};

}  // namespace atlas::audio
