#pragma once

#include "sandbox/speech/end_of_turn.hpp"
#include "sandbox/speech/engine.hpp"
#include "sandbox/speech/moonshine.hpp"
#include "sandbox/speech/rate_converter.hpp"
#include "sandbox/speech/segment_reader.hpp"
#include "sandbox/speech/silero_vad.hpp"
#include "sandbox/speech/speech_segmenter.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace atlas::sandbox::speech {

// One listener's ear: audio in, events out. Everything happens inside add() and finish(), on one thread at
// a time, and depends on the audio alone, so that the same audio gives the same segments at any speed.
// Only partial texts are read elsewhere, when somebody has time for it.
class Listening {
public:
    // Asked to read a piece for a partial text; may answer later, with add_partial() and the same id.
    using AskPartial = std::function<void(std::span<const float> piece, std::uint64_t id)>;

    Listening(int sample_rate, Moonshine& moonshine, Ort::Session& vad,
              std::function<void(RecognizerEvent)> emit, AskPartial ask_partial);

    void add(std::span<const std::int16_t> samples);
    void add_partial(const Transcript& reading, std::size_t samples, std::uint64_t id);
    void finish();  // closes the open segment

private:
    void add_frame(std::span<const float, SileroVad::frame_size> frame);
    void remember(std::span<const float, SileroVad::frame_size> frame);
    void open();
    void on_speech();
    void on_pause();
    void on_resume();
    void close();
    const Transcript& read_piece();
    Transcript read(std::span<const float> samples, bool sure_of_speech);
    std::size_t trim_piece();
    bool is_quiet() const { return reading_.has_value(); }

    RateConverter converter_;
    SileroVad vad_;
    Moonshine& moonshine_;
    std::function<void(RecognizerEvent)> emit_;
    AskPartial ask_partial_;

    std::array<float, SileroVad::frame_size> frame_{};
    std::size_t frame_fill_ = 0;
    std::vector<float> history_;  // the last audio before a segment, so that its first sound is complete

    SpeechSegmenter segmenter_;
    SegmentReader reader_;
    int segment_ = -1;
    std::optional<Transcript> reading_;  // of the piece, once the speaker paused; valid until speech goes on
    bool trimmed_ = false;               // the segment's pre-roll was shortened
    std::size_t read_samples_ = 0;       // of the piece, in that reading
    bool settled_ = true;                // whether it agrees with the partial text before it
    std::string partial_;                // the last partial text of this piece
    double end_of_turn_ = 0;
    std::size_t next_partial_ = 0;  // piece length at which the next partial is due
    std::uint64_t partial_id_ = 0;  // of the partials that still fit the piece
};

}  // namespace atlas::sandbox::speech
