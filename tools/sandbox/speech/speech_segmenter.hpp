#pragma once

#include <cstdint>

namespace atlas::sandbox::speech {

// Finds speech in a stream of voice probabilities, one per 32 ms frame. Pure: it counts frames and knows
// no clock. Times are ms of audio since the first frame.
class SpeechSegmenter {
public:
    static constexpr std::int64_t frame_ms = 32;

    enum class Change {
        none,
        opened,   // a segment began, some frames ago: start_ms()
        paused,   // about 200 ms of silence, and again about every 100 ms while it lasts
        resumed,  // speech again, after a paused
    };
    Change add(float voice_probability);
    void close();  // the open segment ends here; the next one needs new speech

    bool is_open() const { return open_; }
    std::int64_t now_ms() const { return frames_ * frame_ms; }
    std::int64_t start_ms() const { return start_ * frame_ms; }           // of the open segment
    std::int64_t speech_end_ms() const { return voice_end_ * frame_ms; }  // end of its last voiced frame
    std::int64_t silence_ms() const { return now_ms() - speech_end_ms(); }
    std::int64_t voiced_ms() const { return voiced_ * frame_ms; }  // without its pauses

private:
    Change add_to_open(float voice_probability);
    void count_run(float voice_probability);

    std::int64_t frames_ = 0;
    std::int64_t run_ = 0;  // voiced frames in a row, while closed or paused
    std::int64_t start_ = 0;
    std::int64_t voice_end_ = 0;
    std::int64_t voiced_ = 0;
    bool open_ = false;
    bool paused_ = false;
};

}  // namespace atlas::sandbox::speech
