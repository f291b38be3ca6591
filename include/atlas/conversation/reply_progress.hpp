#pragma once

#include "atlas/conversation/events.hpp"
#include "atlas/conversation/sentence_chunker.hpp"
#include "atlas/conversation/spoken_ledger.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace atlas::conversation {

// How far one reply has come, from text through clips to the caller's ear. Decides when the next clip is to
// be synthesised: the first at once, later ones while an earlier one plays, never more than `window` clips
// ahead of the caller, because everything ahead is wasted by a barge-in. Owned by Conversation, one per
// reply.
class ReplyProgress {
public:
    struct Clip {
        ClipId id = 0;
        std::string text;    // as the model wrote it
        std::string speech;  // as a voice shall read it; empty when there is nothing to read
    };

    explicit ReplyProgress(ClipId window, ChunkerSettings chunking = {})
        : chunker_(chunking), window_(window) {}

    void add_text(std::string_view text);
    void end_text();
    bool text_ended() const { return text_ended_; }
    bool has_text() const { return has_text_; }

    // The next clip to ask for, when one is due. A clip without speech is played the moment it is made, one
    // without sound the moment that is known.
    std::optional<Clip> next_clip();

    // No further text is wanted: what was not made into clips yet is forgotten.
    void stop_making();
    // Nothing that has not been queued for the caller will be heard; `line` is one more clip in its place.
    ClipId replace_unheard(std::string_view line);
    // Clips without audio by now will never have any.
    void settle_all();

    bool all_clips_made() const { return text_ended_ && chunker_.done(); }

    void clip_started(ClipId clip) { ledger_.set_started(clip); }
    void clip_synthesized(ClipId clip, AudioTime length);
    void clip_broke_off(ClipId clip, AudioTime length);
    void clip_played(ClipId clip);
    // The best estimate now, which may be less than the one before it. True when it is further than ever.
    bool heard_up_to(AudioTime position);

    bool is_silent(ClipId clip) const { return clip < made_ && ledger_.is_silent(clip); }
    bool all_clips_settled() const { return all_clips_made() && settled_ == made_; }
    AudioTime start_of(ClipId clip) const { return ledger_.start_of(clip); }
    AudioTime length() const { return ledger_.start_of(made_); }
    AudioTime heard_position() const { return heard_; }
    std::string heard_text() const { return ledger_.heard_until(heard_); }
    std::string text_of(ClipId clip) const { return ledger_.text_of(clip); }
    const std::string& full_text() const { return written_; }
    bool says_anything() const;  // the audio there is holds a word at least
    bool any_audio() const { return any_audio_; }

private:
    void settle(AudioTime length);

    SentenceChunker chunker_;
    SpokenLedger ledger_;
    std::string written_;
    ClipId window_;
    ClipId made_ = 0;     // clips asked for
    ClipId settled_ = 0;  // clips whose audio is complete, has failed or is not needed
    ClipId played_ = 0;   // clips the caller has heard
    AudioTime heard_{};
    AudioTime furthest_{};
    bool has_text_ = false;
    bool text_ended_ = false;
    bool any_audio_ = false;
};

}  // namespace atlas::conversation
