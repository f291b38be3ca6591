#pragma once

#include "sandbox/services/deepgram_rules.hpp"
#include "sandbox/speech/engine.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace atlas::sandbox {

// Flux's turns on top of a recogniser's segments: the state machine of deepgram.md §2.3. Pure: time is audio
// time, what it says goes to `send`, and `flush` asks the recogniser to close its open segment.
class FluxTurns {
public:
    struct Bend {                  // faults that change what is said
        bool noise_start = false;  // a StartOfTurn out of noise, ended again without words of the script
        bool flapping = false;     // every eager end of turn is taken back once
        bool unknown_events = false;
        bool old_deployment = false;  // no trigger, no word times
    };
    FluxTurns(FluxSettings settings, std::string request_id, Bend bend, std::function<void(std::string)> send,
              std::function<void()> flush);

    // Told of each event with the segment it is about, after it was sent.
    void on_told(std::function<void(std::string_view event, int segment)> told) { told_ = std::move(told); }

    void connected();
    void audio(double ms);  // that much more was received
    void recognised(const RecognizerEvent& event);
    void force_end_turn();
    void configure(const FluxConfigure& change);  // checks, applies all or nothing, and answers
    void refuse_configure(const std::string& code, const std::string& description);
    void noise();    // fault: StartOfTurn, then an end by timeout
    void closing();  // CloseStream: the last Update
    void error(const std::string& code, const std::string& description);

    bool turn_open() const { return state_ != State::idle; }
    double audio_ms() const { return audio_ms_; }
    int turns() const { return turn_index_; }
    const FluxSettings& settings() const { return settings_; }

private:
    enum class State { idle, speaking, awaiting_end };

    bool is_over(int segment) const { return segment <= last_ended_segment_; }
    void take(const Segment& segment);
    void paused(const Pause& pause);
    void segment_ended(const SegmentEnd& end);
    void eager(double confidence);
    void resumed();
    void end_turn(const char* trigger, double confidence);
    void turn_info(const char* event, double confidence, const char* trigger = nullptr);
    std::string transcript() const;

    FluxSettings settings_;
    std::string request_id_;
    Bend bend_;
    std::function<void(std::string)> send_;
    std::function<void()> flush_;
    std::function<void(std::string_view event, int segment)> told_;

    State state_ = State::idle;
    std::int64_t sequence_ = 0;
    int turn_index_ = 0;
    double audio_ms_ = 0;
    double turn_began_ms_ = 0;
    double next_update_ms_ = 250;
    bool told_since_update_ = false;
    double voice_end_ms_ = 0;
    double confidence_ = 0;  // of the end of turn, as last seen
    int last_ended_segment_ = -1;
    Segment open_;                  // the segment under way
    std::vector<Segment> settled_;  // earlier segments of the same turn
    std::string eager_text_;
    bool flapped_ = false;
};

}  // namespace atlas::sandbox
