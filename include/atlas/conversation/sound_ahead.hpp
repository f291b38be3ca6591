#pragma once

#include "atlas/conversation/events.hpp"

#include <chrono>

namespace atlas::conversation {

struct SoundAheadSettings {
    Duration unlearned = std::chrono::seconds(2);
    Duration least = std::chrono::seconds(1);
    Duration most = std::chrono::seconds(6);
};

// How much sound must be left to hear when the next clip is asked for, so that this call's voice is never
// heard to begin late: more of it is held in memory and wasted by a barge-in. Learned from how long the voice
// takes to its first sound: a slow one is believed at once, a quick one by and by. A value of Conversation.
class SoundAhead {
public:
    explicit SoundAhead(SoundAheadSettings settings);

    void voice_began_after(Duration took);
    void voice_left_silence();  // in the middle of a reply
    Duration wanted() const;

private:
    SoundAheadSettings settings_;
    Duration takes_;  // the voice, to its first sound
};

}  // namespace atlas::conversation
