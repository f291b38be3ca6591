#pragma once

#include "sandbox/script.hpp"
#include "sandbox/speech/engine.hpp"

#include <deque>
#include <functional>
#include <optional>

namespace atlas::sandbox {

// Finds speech by its loudness and reports words as if they had been recognised. Pure: events come out of
// push() and flush() themselves; ScriptedRecognizer posts them.
class EnergyListener {
public:
    using Sink = std::function<void(RecognizerEvent)>;
    // end_of_turn_ms: silence after which end_of_turn reaches 0.7, asked for at each new segment.
    struct Source {
        std::function<std::string(std::size_t segment)> transcript;
        std::function<double()> end_of_turn_ms;
        std::function<void()> segment_done;
    };
    EnergyListener(int sample_rate, Source source, Sink sink);

    void push(std::span<const std::int16_t> samples);
    void flush();

private:
    void step(double energy);  // one 10 ms block
    void begin();
    void end();
    Segment heard() const;  // the words of the segment that have been spoken by now
    std::int64_t now_ms() const { return blocks_ * 10; }

    Source source_;
    Sink sink_;
    std::size_t block_;
    std::vector<std::int16_t> rest_;
    std::int64_t blocks_ = 0;
    int loud_run_ = 0;

    int segment_ = -1;
    bool open_ = false;
    bool pausing_ = false;
    std::int64_t started_ms_ = 0;
    std::int64_t voice_end_ms_ = 0;
    std::int64_t next_partial_ms_ = 0;
    std::int64_t next_pause_ms_ = 0;
    double end_of_turn_ms_ = 260;
    std::vector<std::string> words_;
};

std::vector<std::string> split_words(const std::string& text);

}  // namespace atlas::sandbox
