#include "sandbox/speech/speech_segmenter.hpp"

namespace atlas::sandbox::speech {

namespace {

constexpr float voice_begins = 0.5F;
constexpr float voice_goes_on = 0.35F;
constexpr std::int64_t frames_to_begin = 2;  // one frame alone is a click
constexpr std::int64_t frames_to_pause = 6;
constexpr std::int64_t frames_between_pauses = 3;

}  // namespace

SpeechSegmenter::Change SpeechSegmenter::add(float voice_probability) {
    ++frames_;
    if (open_) return add_to_open(voice_probability);
    count_run(voice_probability);
    if (run_ < frames_to_begin) return Change::none;
    open_ = true;
    start_ = frames_ - run_;
    voiced_ = run_;
    voice_end_ = frames_;
    run_ = 0;
    return Change::opened;
}

SpeechSegmenter::Change SpeechSegmenter::add_to_open(float voice_probability) {
    if (!paused_ && voice_probability >= voice_goes_on) {
        voice_end_ = frames_;
        ++voiced_;
        return Change::none;
    }
    if (paused_) {
        count_run(voice_probability);
        if (run_ >= frames_to_begin) {
            voice_end_ = frames_;
            voiced_ += run_;
            run_ = 0;
            paused_ = false;
            return Change::resumed;
        }
    }
    const std::int64_t silent = frames_ - voice_end_;
    if (silent < frames_to_pause) return Change::none;
    paused_ = true;
    return (silent - frames_to_pause) % frames_between_pauses == 0 ? Change::paused : Change::none;
}

void SpeechSegmenter::count_run(float voice_probability) {
    run_ = voice_probability >= voice_begins ? run_ + 1 : 0;
}

void SpeechSegmenter::close() {
    open_ = false;
    paused_ = false;
    run_ = 0;
}

}  // namespace atlas::sandbox::speech
