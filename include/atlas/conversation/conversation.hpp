#pragma once

#include "atlas/conversation/commands.hpp"
#include "atlas/conversation/events.hpp"
#include "atlas/conversation/reply_progress.hpp"
#include "atlas/conversation/transcript.hpp"
#include "atlas/conversation/turn_timings.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace atlas::conversation {

struct ConversationSettings {
    std::string greeting;  // the first words on connect; empty: wait for the caller
    std::string trouble_line = "Sorry, I had a problem just then. Could you say that again?";
    std::string cannot_hear_line =
        "I am sorry, I cannot hear you at the moment. Please call again in a minute.";

    // How long each state may last before something is done about it.
    Duration turn_limit = std::chrono::seconds(30);        // no news of a caller who began to speak
    Duration settle_limit = std::chrono::seconds(3);       // asked the recogniser to end the turn: an answer
    Duration first_audio_limit = std::chrono::seconds(8);  // thinking, nothing to be heard yet
    Duration rescue_limit = std::chrono::seconds(6);       // the spoken apology, the same
    Duration progress_limit = std::chrono::seconds(8);     // speaking, no news of text, audio or playing
    Duration idle_limit = std::chrono::minutes(10);        // nobody says anything
    Duration call_limit = std::chrono::hours(1);

    ClipId clips_ahead = 3;
    std::size_t history_bytes = 64 * 1024;
};

// Turn-taking: who speaks when. Events in, commands out; never performs I/O, never reads a clock, never
// logs. Given the same events at the same times it gives the same commands. Every state but `ended` has a
// deadline. One per call, owned by it.
class Conversation {
public:
    explicit Conversation(ConversationSettings settings);

    // Appends to `commands`. Events must come in order of time.
    void handle(const Event& event, TimePoint now, std::vector<Command>& commands);
    std::optional<TimePoint> deadline() const;  // when to report DeadlinePassed; empty only when ended

    State state() const { return state_; }
    const Transcript& transcript() const { return transcript_; }

private:
    struct CallerTurn {  // what the caller is saying
        std::string text;
        std::uint32_t revision = 0;
        bool settling = false;  // the recogniser was asked to end it
    };
    struct Reply {  // what the assistant is saying
        ReplyId id = 0;
        TurnId turn = 0;
        TurnReason cause = TurnReason::user;
        std::string user_text;
        ReplyProgress progress;
        TurnTimings timings;
        std::string failure;  // why the turn counts as failed, though something may have been said
        ClipId shown = 0;     // the text of this many clips was shown
        bool audible = false;
        bool rescued = false;    // our own words stand in for the model's
        bool canned = false;     // kept audio stands in for the synthesiser's
        bool finishing = false;  // FinishReply was given
        std::optional<EndCall> then_end;
    };
    struct Leaving {
        TimePoint at, by;
    };

    // Facts. Those about a reply that is not the current one never get here.
    void on(const CallStarted&);
    void on(const CallerStartedSpeaking&);
    void on(const CallerTranscriptUpdated& update);
    void on(const CallerTurnEnded& ended);
    void on(const CallerTyped& typed);
    void on(const CallerCommitted&);
    void on(const CallerInterrupted&);
    void on(const ReplyText& text);
    void on(const ReplyTextEnded& ended);
    void on(const ReplyTextFailed& failed);
    void on(const ClipStarted& started);
    void on(const ClipSynthesized& done);
    void on(const ClipFailed& failed);
    void on(const ClipPlayed& played);
    void on(const ReplyAudible&);
    void on(const ReplyPlayed& played);
    void on(const ReplyPlayedOut&);
    void on(const RecognizerLost& lost);
    void on(const CallerLeft& left);
    void on(const CallMustEnd& must);
    void on(const DeadlinePassed&);

    // The caller's side.
    void hear_words(std::string text, double confidence);
    void settle_caller_turn();
    void take_turn(std::string text, TurnReason cause, Duration since_last_word);
    std::string not_taken_yet(const std::string& text) const;

    // The assistant's side.
    void begin_reply(TurnReason cause, std::string user_text);
    void say(std::string_view line, TurnReason cause, std::optional<EndCall> then_end);
    void ask_for_clips();
    void show_silent_clips();
    void give_up_on_model(const std::string& reason);
    void give_up_on_speech(const std::string& reason);
    void give_up_on_playing();
    void finish_reply_if_all_said();
    void stop_reply(StopReason reason, const std::string& why);
    void drop_reply(StopReason reason, const std::string& why);
    void reply_played_out();
    void close_turn(TurnStatus status, const std::string& reason, const std::string& heard);
    void after_reply(const std::optional<EndCall>& end);

    void enter(State state);
    void state_lasted_too_long();
    void wait_at_most(Duration limit) { state_deadline_ = now_ + limit; }
    void end_call(EndCall end);
    void leave_if_due();
    void command(Command command) { commands_->push_back(std::move(command)); }

    ConversationSettings settings_;
    State state_ = State::listening;
    Transcript transcript_;
    std::optional<CallerTurn> caller_;
    std::optional<Reply> reply_;
    std::optional<Leaving> leaving_;
    bool deaf_ = false;       // the recogniser is lost
    std::string taken_text_;  // the start of the recogniser's open turn that was already answered
    TurnId turn_ = 0;
    ReplyId last_reply_ = 0;
    std::optional<TimePoint> state_deadline_;
    std::optional<TimePoint> call_deadline_;

    // Valid inside handle() only.
    TimePoint now_{};
    std::vector<Command>* commands_ = nullptr;
};

}  // namespace atlas::conversation
