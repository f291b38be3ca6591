#pragma once

#include "atlas/conversation/conversation.hpp"

#include <cstddef>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace atlas::conversation {

// A rule that did not hold. The rule is the same text whenever it is broken; the detail says how.
struct Broken {
    std::string rule;
    std::string detail{};
};

// What can be seen of a conversation after an event.
struct Seen {
    State state;
    std::optional<TimePoint> deadline;
    const Transcript& transcript;
};
inline Seen look_at(const Conversation& conversation) {
    return {conversation.state(), conversation.deadline(), conversation.transcript()};
}

// Watches a conversation from outside and knows what must hold whatever happens to it: sees each event with
// what it led to. Finds the first rule that is broken and looks no further. One per conversation.
class Invariants {
public:
    explicit Invariants(ConversationSettings settings);

    // After each Conversation::handle(), with the commands it appended.
    void happened(const Event& event, TimePoint now, std::span<const Command> commands, const Seen& seen);
    // After a time in which every deadline was reported and nothing else happened.
    void was_left_alone(const Seen& seen);

    const std::optional<Broken>& broken() const { return broken_; }

private:
    struct Spoken {  // the reply that is made or heard
        ReplyId id = 0;
        TurnId turn = 0;
        bool speculative = false;
        bool paused = false;
        bool stopped = false;
        bool finished = false;
        bool asked = false;
        bool broke_off = false;   // a clip of it failed: what was heard may have gaps
        bool has_filler = false;  // which may be heard within a clip that broke off
        bool apologised = false;
        bool cut_short = false;  // reported as played out before all of it was there
        bool audible = false;
        std::optional<TimePoint> dry_since{};  // all there was is heard
        std::vector<Duration> silences{};      // in its middle, over
        ClipId next_clip = 0;
        std::uint32_t next_segment = 0;
        std::string shown{};
        std::vector<ClipId> ahead{};   // asked for and not heard yet
        std::vector<ClipId> open{};    // asked for, and more sound of it may come
        std::vector<ClipId> broken{};  // no more sound of it will come, and it was not whole
    };
    struct Turn {
        TurnId id = 0;
        TurnReason reason = TurnReason::user;
        TimePoint began;
        Duration since_last_word{};
        bool ended_by_recogniser = false;  // which says how long that was; else it is so long at most
    };
    enum class Running { yes, answered, cancelled };

    // What the events say.
    void note(const Event& event, TimePoint now);

    // Each command on its own.
    void on(const AskModel& ask);
    void on(const AbandonModel& abandon) { about(abandon.reply, "AbandonModel"); }
    void on(const CallTool& call);
    void on(const CancelTool& cancel);
    void on(const Summarize& summarize);
    void on(const SynthesizeClip& clip);
    void on(const EndClip& end);
    void on(const PlayCannedLine& line);
    void on(const PauseReply& pause);
    void on(const ResumeReply& resume);
    void on(const FinishReply& finish);
    void on(const StopReply& stop);
    void on(const DiscardReply& discard);
    void on(const EndCallerTurn&) {}
    void on(const AdaptPatience& patience);
    void on(const RestartRecognizer&) {}
    void on(const EndCall& end);
    void on(const ShowState& state);
    void on(const ShowCallerSpeech&) {}
    void on(const ShowTranscript& transcript);
    void on(const ShowTurnStarted& started);
    void on(const ShowReplyText& text);
    void on(const ShowWarning& warning);
    void on(const RecordTurn& recorded);

    void begin(ReplyId reply, bool in_silence);
    Spoken* about(ReplyId reply, std::string_view command);
    void next_clip(Spoken& reply, ClipId clip);
    void no_more_of(ClipId clip, bool whole);
    void check_broken_clip(std::span<const Command> commands);
    void check_stages(const TurnRecord& record);
    void check_silences(const TurnRecord& record);
    Duration longest_wait(State state) const;
    void check_messages(const std::vector<Message>& messages, std::string_view where);

    // All of it together.
    void check_deadline(const Event& event, TimePoint now, const Seen& seen);
    void check_dead_air(const Seen& seen);
    void check_history(const Seen& seen);
    void expect(bool holds, const char* rule, std::string detail = {});

    ConversationSettings settings_;
    std::optional<Broken> broken_;
    TimePoint now_{};

    std::optional<Turn> turn_;  // begun and not recorded
    std::optional<Spoken> reply_;
    ReplyId last_reply_ = 0;
    TurnId last_turn_ = 0;
    std::optional<TurnId> final_;  // the caller's words of this turn are final, and nothing followed yet
    State shown_state_ = State::listening;
    bool ended_ = false;
    bool stopping_ = false;    // StopReply was given, and its record not yet
    bool clip_broke_ = false;  // with the event that is looked at: what follows the clip waits

    std::vector<ToolCall> called_;                       // by the model, in the order of calling
    std::map<std::string, Running, std::less<>> tools_;  // by the id of the call
    bool calls_repeat_ = false;                          // the model used an id twice
    std::size_t summaries_ = 0;                          // asked for and not made

    Duration since_last_word_{};  // of the event that is looked at
    bool turn_ended_ = false;     // by that event
    TimePoint last_words_{};      // of the caller
    TimePoint last_{};            // event
    Duration quiet_{};            // nothing happened but the passing of time
    int deadlines_in_a_row_ = 0;
    std::size_t messages_ = 0;  // in the transcript before the event
    std::size_t dropped_ = 0;
    std::vector<TurnRecord> records_;  // of this event
};

}  // namespace atlas::conversation
