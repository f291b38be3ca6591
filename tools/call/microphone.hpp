#pragma once

#include "atlas/audio/audio_format.hpp"
#include "atlas/net/loop.hpp"
#include "call/recording.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>

namespace atlas::caller {

// One frame to send. `payload` is valid until the microphone's next call.
struct MicrophoneFrame {
    std::span<const std::byte> payload;
    std::uint32_t timestamp = 0;  // samples since the microphone was opened
    bool first = false;
    bool discontinuity = false;    // time was skipped, or a frame was lost, just before it
    bool end_of_speech = false;    // the last loud frame of what is being said
    net::TimePoint recorded_at{};  // when its last sample was "recorded"
};

// A person's microphone: a frame falls due at the moment a real one would have recorded it, from its opening
// to the end of the call, with speech when something is said and silence otherwise. Keeps to its schedule
// whatever the timer did: late frames are given out at once, and the schedule itself never shifts. Behind by
// more than two seconds (the program was stopped), it skips the time that is lost, never the speech.
// Pure: time is an argument. Giving out a frame never allocates.
class Microphone {
public:
    Microphone(const audio::AudioFormat& format, std::shared_ptr<const EncodedSound> silence,
               net::TimePoint opened);

    // Said from the next frame on; what is left of a sound before it is said first, unless that is silence.
    // One sound can wait; a further one takes its place.
    void say(std::shared_ptr<const EncodedSound> sound);
    bool speaking() const;  // something loud is still to be sent

    // The frame due at `now`, if any: call until it returns none, then again at next_due().
    std::optional<MicrophoneFrame> next_frame(net::TimePoint now);
    net::TimePoint next_due() const { return time_of(position_ + 1); }

    void frame_was_lost() { discontinuity_ = true; }

private:
    net::TimePoint time_of(std::int64_t frame) const { return opened_ + frame_time_ * frame; }
    void catch_up(net::TimePoint now);
    void take_next_sound();

    net::Duration frame_time_;
    std::int64_t frame_samples_;
    std::shared_ptr<const EncodedSound> silence_;
    net::TimePoint opened_;

    std::int64_t position_ = 0;  // frames of time that have passed
    bool first_ = true;
    bool discontinuity_ = false;
    std::shared_ptr<const EncodedSound> sound_;  // none: silence
    std::size_t next_ = 0;                       // its next frame
    std::shared_ptr<const EncodedSound> waiting_;
};

}  // namespace atlas::caller
