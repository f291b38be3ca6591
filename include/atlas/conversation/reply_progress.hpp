#pragma once

#include "atlas/conversation/events.hpp"
#include "atlas/conversation/sentence_chunker.hpp"
#include "atlas/conversation/spoken_ledger.hpp"

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace atlas::conversation {

// How far ahead of the caller's ear clips are asked for. Everything ahead is held in memory and wasted by a
// barge-in; too little of it, and a voice that takes its time leaves a silence.
struct ClipWindow {
    ClipId clips = 1;                    // never more than so many that were not heard
    AudioTime sound = AudioTime::max();  // and the next only when no more than this is left to hear
};

// How far one reply has come, from text through clips to the caller's ear. Decides when the next clip is to
// be synthesised: the first at once, later ones while an earlier one plays, within the window. The text comes
// in rounds: what the model wrote before it called tools, and what it wrote after each. Owned by
// Conversation, one per reply.
class ReplyProgress {
public:
    struct Clip {
        ClipId id = 0;
        std::string text;    // as the model wrote it
        std::string speech;  // as a voice shall read it; empty when there is nothing to read
    };
    struct Shown {
        std::string text;
        std::optional<AudioTime> audio_from;
    };

    explicit ReplyProgress(ClipWindow window, ChunkerSettings chunking = {})
        : language_(chunking.language), chunker_(chunking), window_(window) {}

    void set_window(ClipWindow window) { window_ = window; }
    // How fast this call's voice speaks, learned from one reply for the next.
    double pace() const { return ledger_.pace(); }
    void expect_pace(double pace) { ledger_.expect_pace(pace); }

    // ---- text
    void add_text(std::string_view text);
    void end_text();
    void end_round();        // the model calls tools; what it wrote so far is to be heard meanwhile
    void drop_incomplete();  // the text broke off: a clause without its end is forgotten
    bool text_ended() const { return text_ended_; }
    bool has_text() const { return has_text_; }
    std::uint32_t round() const { return round_; }

    // ---- clips
    // The next clip to ask for, when one is due. A clip without speech is played the moment it is made, one
    // without sound the moment that is known.
    std::optional<Clip> next_clip();
    bool clip_waits() const { return chunker_.waiting() > 0; }  // text that no clip was made of yet
    // How much must be heard before the sound in hand allows the next clip; nothing when something else is
    // missing: text, or the end of a clip.
    std::optional<AudioTime> next_clip_in() const;

    // No further text is wanted: what was not made into clips yet is forgotten.
    void stop_making();
    // Nothing that has not been queued for the caller will be heard; `line` is one more clip in its place,
    // behind what was.
    ClipId replace_unheard(std::string_view line);
    // A line of our own, heard before every clip that has no sound yet.
    ClipId insert_line(std::string_view line);
    // A clip that broke off behind its last word counts as whole; false: words of it are missing.
    bool end_if_said(ClipId clip);
    // What is missing of a clip that broke off, as a clip in its place; empty: nothing that could be read.
    std::optional<Clip> rest_of(ClipId clip);
    // Clips without audio by now will never have any.
    void settle_all();

    bool all_clips_made() const { return text_ended_ && chunker_.done(); }

    // ---- sound
    void clip_started(ClipId clip);
    void clip_grew(ClipId clip, AudioTime length, std::vector<SpeechSpan> speech);
    void clip_synthesized(ClipId clip, AudioTime length, std::vector<SpeechSpan> speech);
    void clip_broke_off(ClipId clip, AudioTime length, std::vector<SpeechSpan> speech);
    void clip_played(ClipId clip);
    void all_there_is_played();  // every clip whose sound is complete
    // The best estimate now, which may be less than the one before it. True when it is further than ever.
    bool heard_up_to(AudioTime position);

    // Text whose place in the audio is known now and was not shown yet, in the order of hearing. Text that
    // makes no sound comes after the clip before it.
    std::vector<Shown> to_show();

    bool awaits(ClipId clip) const;   // it was asked for, and its sound is not complete
    bool is_rest(ClipId clip) const;  // of one that broke off
    bool all_clips_settled() const { return all_clips_made() && settled_ == made_; }
    bool all_clips_played() const { return played_ == made_; }  // of those that were asked for
    bool everything_played() const { return played_ == made_ && chunker_.waiting() == 0; }  // so far
    AudioTime length() const;
    AudioTime heard_position() const { return heard_; }
    std::string heard_text() const { return ledger_.heard_until(heard_); }
    std::string heard_text(std::uint32_t round) const { return ledger_.heard_until(heard_, round); }
    std::string text_near(AudioTime position) const;  // what is being heard there, and a little before
    const std::string& full_text() const { return written_; }
    std::string text_of_round(std::uint32_t round) const;
    // The audio there is holds a word at least, in a clip that is none of these.
    bool says_anything(std::span<const ClipId> besides) const;
    bool any_audio() const { return any_audio_; }

private:
    struct Made {
        ClipId id;
        std::string text;
        bool started = false;
        bool settled = false;
        bool played = false;
        bool shown = false;
        bool rest = false;
    };
    Made* find(ClipId clip);
    const Made* find(ClipId clip) const;
    bool enough_clips() const { return made_ - std::min(played_, made_) >= window_.clips; }
    AudioTime sound_ahead() const;
    std::string missing_of(const Made& made) const;
    std::uint32_t round_of_next_clip() const;
    void settle(Made& made, AudioTime length);
    void play(Made& made);

    std::string language_;
    SentenceChunker chunker_;
    SpokenLedger ledger_;
    std::string written_;
    std::vector<std::size_t> round_starts_{0};  // in written_
    ClipWindow window_;
    std::uint32_t round_ = 0;
    std::vector<Made> order_;  // in the order of hearing
    ClipId made_ = 0;          // clips asked for
    ClipId settled_ = 0;       // clips whose audio is complete, has failed or is not needed
    ClipId played_ = 0;        // clips the caller has heard
    AudioTime heard_{};
    AudioTime furthest_{};
    bool has_text_ = false;
    bool text_ended_ = false;
    bool any_audio_ = false;
};

}  // namespace atlas::conversation
