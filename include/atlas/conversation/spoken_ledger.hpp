#pragma once

#include "atlas/conversation/events.hpp"
#include "atlas/conversation/spoken_weight.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace atlas::conversation {

// Which text lies where in a reply's audio, for voices that report no word times. One entry per clip; clips
// are numbered in the order of adding and lie in the audio in the order of playing. Answers the question
// "what had the caller heard at this position?". Owned by ReplyProgress, one per reply. Positions count from
// the reply's first sample, pauses included. A clip that was never added must not be asked about.
class SpokenLedger {
public:
    // ---- text
    // `group` keeps texts apart that are heard as one reply but remembered separately.
    void add_clip(std::string_view text, std::uint32_t group = 0);
    // In front of or behind another clip, and in its group. `clip` is clips(), as it is with add_clip.
    void add_clip_before(ClipId clip, std::string_view text, ClipId before);
    void add_clip_after(ClipId clip, std::string_view text, ClipId after);

    std::size_t clips() const { return clips_.size(); }
    const std::string& text_of(ClipId clip) const { return clips_[clip].text; }

    // ---- audio; `speech` says where it is loud, in time of the clip. Without it all of the clip counts.
    void set_started(ClipId clip) { clips_[clip].started = true; }
    void set_partial(ClipId clip, AudioTime so_far, std::vector<SpeechSpan> speech);      // more will come
    void set_length(ClipId clip, AudioTime length, std::vector<SpeechSpan> speech = {});  // complete
    // Its synthesis failed after `length`: whatever its text, no more than that will ever be heard.
    void set_broken_off(ClipId clip, AudioTime length, std::vector<SpeechSpan> speech = {});

    void set_broken_off(ClipId clip);  // after what there is of it
    void set_whole(ClipId clip);       // broken off, but all of its words are in what there is

    bool length_known(ClipId clip) const { return clips_[clip].settled(); }
    AudioTime length_of(ClipId clip) const { return clips_[clip].length; }  // so far
    AudioTime expected_length_of(ClipId clip) const;  // of one that grows: by the pace of the voice
    // Complete, and there is nothing to hear of it.
    bool is_silent(ClipId clip) const {
        return clips_[clip].state == State::complete && clips_[clip].length == AudioTime::zero();
    }
    AudioTime start_of(ClipId clip) const;  // the lengths, so far, of all clips played before it

    // How much slower than usual the voice speaks, by its complete clips; what a call learned in earlier
    // replies may be told to the next one. Concerns only clips that are not complete.
    double pace() const { return pace(usual_pace_); }
    void expect_pace(double pace);

    // ---- what was heard
    // The text up to `position`: whole clips, then the words of the clip being played of which at least half
    // was played, without the blank behind the last. Pauses are no words: the words of a complete clip are
    // laid over its speech, its commas and full stops over its longer pauses. A clip that is not complete is
    // judged by the pace of the complete ones, else by a usual pace.
    std::string heard_until(AudioTime position) const;
    std::string heard_until(AudioTime position, std::uint32_t group) const;  // only of that group's clips
    std::string heard_of(ClipId clip, AudioTime position_in_clip) const;

private:
    enum class State : std::uint8_t { growing, complete, broken_off };
    struct Clip {
        std::string text;
        std::vector<SpokenWord> words;
        std::uint32_t group = 0;
        AudioTime length{};
        std::vector<SpeechSpan> speech{};
        // From when on each word counts as heard: of a complete clip in its time, else in time of speech.
        std::vector<AudioTime> moments{};
        State state = State::growing;
        bool started = false;

        bool settled() const { return state != State::growing; }
    };

    void insert(std::string_view text, std::uint32_t group, std::size_t place);
    std::size_t place_of(ClipId clip) const;
    double pace(double unlearned) const;
    std::vector<AudioTime> moments_by_pace(const Clip& clip) const;
    std::string_view heard_part(const Clip& clip, AudioTime position) const;
    template <class Wanted>
    std::string collect(AudioTime position, Wanted wanted) const;

    double usual_pace_ = 1;
    AudioTime trust_in_it_{500'000};  // it counts as much as so much learned speech
    std::vector<Clip> clips_;         // by id
    std::vector<ClipId> order_;       // of playing
};

}  // namespace atlas::conversation
