#pragma once

#include "atlas/conversation/commands.hpp"
#include "atlas/conversation/conversation_settings.hpp"
#include "atlas/conversation/events.hpp"
#include "atlas/conversation/pause_pattern.hpp"
#include "atlas/conversation/reply_progress.hpp"
#include "atlas/conversation/silence.hpp"
#include "atlas/conversation/speculation.hpp"
#include "atlas/conversation/tool_round.hpp"
#include "atlas/conversation/transcript.hpp"
#include "atlas/conversation/turn_timings.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace atlas::conversation {

// Turn-taking: who speaks when. Events in, commands out; never performs I/O, never reads a clock, never
// logs. Given the same events at the same times it gives the same commands. Every state but `ended` has a
// deadline. One per call, owned by it.
//
// One source file for each idea: conversation.cpp (states, deadlines), conversation_caller.cpp (the caller's
// turn), conversation_deafness.cpp (does the recogniser hear?), conversation_interruption.cpp (is it one?),
// conversation_speculation.cpp, conversation_reply.cpp (text to sound), conversation_reply_end.cpp (sound to
// history), conversation_tools.cpp, conversation_failure.cpp, conversation_ending.cpp.
class Conversation {
public:
    explicit Conversation(ConversationSettings settings);

    // Appends to `commands`. Events must come in order of time.
    void handle(const Event& event, TimePoint now, std::vector<Command>& commands);
    std::optional<TimePoint> deadline() const;  // when to report DeadlinePassed; empty only when ended

    State state() const { return state_; }
    const Transcript& transcript() const { return transcript_; }

private:
    // What is waited for; each has at most one deadline, and its own way out.
    enum class Wait { state, silence, hold, filler, tools, clip, call };
    static constexpr std::size_t waits = static_cast<std::size_t>(Wait::call) + 1;

    struct CallerTurn {      // what the caller is saying
        std::string before;  // what the recogniser took for turns of its own, when a commit ends the turn
        std::string words;   // of its present turn
        std::uint32_t revision = 0;
        TimePoint grown_at{};   // the last of its words came
        bool grows = false;     // the recogniser tells words as they come
        bool settling = false;  // the recogniser was asked to end it
        bool complete = false;  // answered when the protected reply is over
        std::string text() const;
    };
    struct Reply {  // what the assistant is saying
        ReplyId id = 0;
        TurnId turn = 0;
        TurnReason cause = TurnReason::user;
        std::string user_text{};
        ReplyProgress progress;
        TurnTimings timings{};
        TurnRecord record{};    // what is known of it so far
        std::string failure{};  // why the turn counts as failed, though something may have been said
        std::vector<ToolRound> rounds{};  // of tools, the last one is being called or awaited
        std::uint32_t shown = 0;          // segments of its text
        bool speculative = false;         // nobody knows of it yet
        bool protected_region = false;    // nothing that is said interrupts it
        bool audible = false;
        bool model_done = false;  // it writes no more, tools included
        std::optional<std::uint32_t>
            continued{};              // the round in which its text broke off and was asked for again
        bool text_broke_off = false;  // for good, with a part of it written
        bool rescued = false;         // our own words stand in for the model's
        bool canned = false;          // kept audio stands in for the synthesiser's
        bool finishing = false;       // FinishReply was given
        bool hangs_up = false;        // the model called end_call
        Effort unconfirmed{};         // of a question whose answer is not complete
        int clip_retries = 0;
        std::vector<ClipId> fillers{};       // which only bridge a silence: each may be missing
        std::optional<ClipId> one_moment{};  // the kept one among them
        std::optional<TimePoint> held_since{};
        int fruitless_holds = 0;
        std::optional<Silence> silence{};  // all there is was heard, and more should have come
        std::optional<EndCall> then_end{};
    };
    struct Leaving {
        TimePoint at, by;
    };

    // Facts. Those about a reply that is not the current one never get here.
    void on(const CallStarted&);
    void on(const CallerStartedSpeaking&);
    void on(const CallerTranscriptUpdated& update);
    void on(const CallerMayBeDone& done);
    void on(const CallerResumed&);
    void on(const CallerTurnEnded& ended);
    void on(const CallerLoud&);
    void on(const CallerTyped& typed);
    void on(const CallerPressedToTalk&);
    void on(const CallerCommitted&);
    void on(const CallerInterrupted&);
    void on(const ContextAdded& context);
    void on(const SettingsChanged& change);
    void on(const ReplyAccepted& accepted);
    void on(const ReplyText& text);
    void on(const ReplyCalledTool& called);
    void on(const ReplyTextEnded& ended);
    void on(const ReplyTextFailed& failed);
    void on(const ToolAnswered& answer);
    void on(const SummaryMade& summary);
    void on(const ClipStarted& started);
    void on(const ClipGrew& grew);
    void on(const ClipSynthesized& done);
    void on(const ClipFailed& failed);
    void on(const ClipPlayed& played);
    void on(const ReplyAudible&);
    void on(const ReplyRanDry&);
    void on(const ReplyPlayed& played);
    void on(const ReplyPlayedOut&);
    void on(const RecognizerLost& lost);
    void on(const CallerLeft& left);
    void on(const CallMustEnd& must);
    void on(const DeadlinePassed&);

    // The caller's turn.
    void hear_words(std::string words, double confidence);
    void settle_caller_turn();
    void wait_for_settled_words();
    void take_turn(std::string text, TurnReason cause, Duration since_last_word);
    void words_are_final(const std::string& text);
    void answer_turn_that_waited();
    std::string not_taken_yet(const std::string& text) const;
    void keep_words_unanswered();

    // Does the recogniser hear?
    bool restart_if_deaf(int loud_seconds);
    void wait_for_words();
    void wait_for_silence();
    void caller_fell_silent();
    void caller_says_nothing_new();

    // The patience this caller needs.
    bool answered_too_early() const;
    void learn_from_pause(Duration pause);
    void turn_was_over();
    void tell_patience();

    // Is it an interruption?
    bool reply_is_exposed() const;   // there is one, and what the caller says may end it
    bool reply_is_shielded() const;  // there is one, and what the caller says is answered after it
    bool interrupts(const std::string& words, bool growing);
    bool may_hold_again() const;
    void hold_reply(Duration limit);
    void release_reply();
    void ignore(const std::string& words);

    // Speculation.
    void speculate(const std::string& text);
    bool came_true(const std::string& text) const;
    void commit_speculation(std::string text, Duration since_last_word);
    void discard_speculation();

    // Text to sound.
    ClipWindow clip_window() const;
    ReplyProgress new_progress(ClipWindow window) const;
    void begin_reply(TurnReason cause, std::string user_text);
    void say(std::string_view line, TurnReason cause, std::optional<EndCall> then_end);
    void ask_model();
    void ask_for_clips();
    bool make_due_clips();
    void learn_of_voice();
    void ask_for_clip(const ReplyProgress::Clip& clip, std::optional<ClipId> rest_of);
    void show_reply_text();
    void finish_reply_if_all_said();
    void stop_reply(StopReason reason, const std::string& why);
    void cancel_tools(const char* why);
    void drop_reply(StopReason reason, const std::string& why);
    void reply_played_out();
    void remember_heard(bool interrupted);
    void close_turn(TurnStatus status, const std::string& reason);
    void after_reply(const std::optional<EndCall>& end);
    void count(const Effort& effort);
    Missing what_is_missing() const;  // while nothing is to be heard in the middle of a reply
    void silence_is_over();

    // Tools.
    const Tool* find_tool(std::string_view tool) const;
    bool tools_at_work() const;
    void start_due_tools();
    void model_waits_for_tools();
    void go_on_when_tools_answered();
    void tools_took_too_long();
    void say_tool_filler();
    void hang_up_after_reply();

    // Failure.
    void give_up_on_model(const std::string& reason);
    void give_up_on_speech(const std::string& reason);
    void give_up_on_playing();
    bool continue_broken_text(const std::string& reason);
    bool may_apologise() const;
    void apologise();
    bool is_filler(ClipId clip) const;
    void filler_broke_off(const ClipFailed& failed);
    void clip_broke_off(const ClipFailed& failed, bool worth_asking_again);
    bool end_clip_that_is_said(const ClipFailed& failed);
    bool say_rest_of(const ClipFailed& failed);
    bool is_silent() const;  // and shall not be
    void break_the_silence();
    void ask_for_patience();

    // States, deadlines, endings.
    void enter(State state);
    void state_lasted_too_long();
    void nobody_says_anything();
    void end_for_time();
    void end_call(EndCall end);
    void leave_if_due();
    void wait_at_most(Duration limit) { wait(Wait::state, now_ + limit); }
    void wait(Wait what, TimePoint until) { waits_[static_cast<std::size_t>(what)] = until; }
    void wait_no_more(Wait what) { waits_[static_cast<std::size_t>(what)].reset(); }
    bool due(Wait what) const;
    void command(Command command) { commands_->push_back(std::move(command)); }

    ConversationSettings settings_;
    State state_ = State::listening;
    Transcript transcript_;
    PausePattern pauses_;
    SpeculationBudget speculation_;
    SpeculationRecord speculated_;  // since the last turn was taken
    std::optional<CallerTurn> caller_;
    std::optional<Reply> reply_;
    std::optional<Leaving> leaving_;
    std::optional<EndCall> closing_;  // with a goodbye, once the reply is over
    std::optional<TimePoint> may_be_done_since_;
    std::size_t summarizing_ = 0;  // so many messages at the front
    std::size_t dropped_before_summary_ = 0;
    std::optional<double> pace_;  // of this call's voice
    SoundAhead sound_ahead_;      // that it needs
    Effort unrecorded_;           // for the record of the next turn
    TimePoint paid_until_{};      // listening
    bool deaf_ = false;           // the recogniser is lost
    std::string taken_text_;      // the start of the recogniser's open turn that was already answered
    std::uint32_t idle_prompts_said_ = 0;
    bool tells_turns_only_ = false;  // the recogniser: no words before their turn is over
    int loud_seconds_ = 0;           // since the last word
    int restarts_ = 0;               // because of them
    TurnId turn_ = 0;
    ReplyId last_reply_ = 0;
    std::array<std::optional<TimePoint>, waits> waits_;

    // Valid inside handle() only.
    TimePoint now_{};
    std::vector<Command>* commands_ = nullptr;
};

}  // namespace atlas::conversation
