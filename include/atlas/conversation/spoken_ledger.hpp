#pragma once

#include "atlas/conversation/events.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace atlas::conversation {

// Which text lies where in a reply's audio, for voices that report no word times. One entry per clip, in
// the order in which they are heard; answers the question "what had the caller heard at this position?".
class SpokenLedger {
public:
    void add_clip(std::string_view text);            // its length is not known yet
    void set_length(ClipId clip, AudioTime length);  // all of its audio exists now
    const std::string& text_of(ClipId clip) const { return clips_[clip].text; }
    bool length_known(ClipId clip) const { return clips_[clip].length_known; }
    // Complete, and there is nothing to hear of it.
    bool is_silent(ClipId clip) const {
        const Clip& made = clips_[clip];
        return made.length_known && !made.broken_off && made.length == AudioTime::zero();
    }
    // Its synthesis failed after `length`: whatever its text, no more than that will ever be heard.
    void set_broken_off(ClipId clip, AudioTime length);
    void set_started(ClipId clip) { clips_[clip].started = true; }

    AudioTime start_of(ClipId clip) const;  // the lengths of all clips before it
    std::size_t clips() const { return clips_.size(); }

    // The text up to `position`: whole clips, then the share of the clip being played in proportion to its
    // length, cut back to the last whole word. A clip that is not complete is judged by the
    // usual pace of speech.
    std::string heard_until(AudioTime position) const;

private:
    struct Clip {
        std::string text;
        AudioTime length{};
        bool length_known = false;
        bool broken_off = false;
        bool started = false;
    };
    static std::size_t bytes_heard(const Clip& clip, AudioTime position);

    std::vector<Clip> clips_;
};

}  // namespace atlas::conversation
