#pragma once

#include "sandbox/speech/engine.hpp"
#include "sandbox/speech/moonshine.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace atlas::sandbox::speech {

// The audio and the text of the open segment. The recogniser reads at most 15 s at once, so what has been
// read for good is kept as text, and only the piece after it as audio. Bounded: a piece ends at 15 s.
class SegmentReader {
public:
    SegmentReader();

    // A new segment: its speech began at `start_ms`, the first sample appended lies at `audio_start_ms`.
    void begin(int number, std::int64_t start_ms, std::int64_t audio_start_ms);
    void append(std::span<const float> samples);
    void keep_last(std::size_t samples);  // of the piece: what came before is silence

    std::span<const float> piece() const { return piece_; }
    bool piece_is_long() const;  // worth settling at the next pause
    bool piece_is_full() const;  // must be settled now, the first best_cut() samples of it
    std::size_t best_cut() const;
    std::string_view settled_text() const { return settled_.text; }

    // The segment as it stands when the first `samples` of the piece read `reading`.
    Segment with(const Transcript& reading, std::size_t samples, std::int64_t end_ms) const;
    // Makes that final, and lets go of the audio.
    void settle(const Transcript& reading, std::size_t samples);

private:
    Segment settled_;
    std::vector<float> piece_;
    double piece_start_ms_ = 0;
};

}  // namespace atlas::sandbox::speech
