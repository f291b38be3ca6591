#pragma once

#include "atlas/providers/deepgram/audio_backlog.hpp"
#include "atlas/providers/speech_recognizer.hpp"

#include <vector>

namespace atlas::providers::deepgram {

// Translates a connection's times, which start at 0 and count everything that was sent on it (Deepgram,
// §1.7), into positions in the caller's audio. Silence that we put in between is time on the connection,
// and none in the caller's audio; audio that was dropped is the other way round.
class StreamClock {
public:
    explicit StreamClock(int sample_rate);

    void restart(SamplePosition first);  // a new connection
    void sent_audio(SamplePosition from, std::size_t samples);
    void sent_silence(std::size_t samples);
    SamplePosition sent() const { return sent_; }            // samples on this connection
    SamplePosition sent_until() const { return call_end_; }  // of the caller's audio

    // Never after the last audio sent: a silence's end is where the audio before it ended.
    SamplePosition to_call(double seconds) const;
    AudioPosition to_time(SamplePosition position) const;
    SamplePosition samples_of(AudioPosition duration) const;
    int sample_rate() const { return sample_rate_; }

private:
    struct Run {  // of audio or of silence
        SamplePosition stream = 0;
        SamplePosition call = 0;
        bool audio = true;
    };
    void begin_run(SamplePosition call, bool audio);

    int sample_rate_;
    SamplePosition sent_ = 0;
    SamplePosition call_end_ = 0;  // of the audio sent
    std::vector<Run> runs_;        // at most max_runs; the oldest is forgotten
};

}  // namespace atlas::providers::deepgram
