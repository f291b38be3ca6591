#pragma once

#include "atlas/conversation/events.hpp"
#include "atlas/conversation/transcript.hpp"
#include "atlas/conversation/turn_record.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace atlas::conversation {

enum class State { listening, caller_speaking, thinking, speaking, paused, ended };
std::string_view name(State state);

// Kept as audio, for when nothing can be synthesised, or not in time.
enum class CannedLine { trouble, cannot_hear, one_moment };
enum class StopReason { barge_in, cancelled, error };
std::string_view name(StopReason reason);

// What a conversation can ask for, in the imperative. Call carries them out in order and decides nothing.

// ---- the language model

struct AskModel {  // what an earlier question of this reply still writes is of no use any more
    ReplyId reply = 0;
    std::vector<Message> messages;
    std::size_t stable = 0;      // so many messages at the front stay as they are in later questions
    bool may_call_tools = true;  // false: it has called enough of them
};
struct AbandonModel {  // too slow: what it still writes is of no use
    ReplyId reply = 0;
};
struct CallTool {  // to the app; ToolAnswered is awaited until the deadline
    TurnId turn = 0;
    ToolCall call;
    Duration timeout{};
};
struct CancelTool {  // its answer is of no use any more
    std::string call;
    std::string reason;  // interrupted, timeout, call_ended
};
struct Summarize {  // in the background; SummaryMade is awaited
    std::vector<Message> messages;
};

// ---- sound

struct SynthesizeClip {  // clips are heard in the order of asking
    ReplyId reply = 0;
    ClipId clip = 0;
    std::string speech;
    std::optional<ClipId> rest_of{};  // heard in the place of what is missing of that broken clip
};
struct EndClip {  // one that broke off: nothing of it is missing that could be heard, and the next goes on
    ReplyId reply = 0;
    ClipId clip = 0;
};
struct PlayCannedLine {
    ReplyId reply = 0;
    ClipId clip = 0;
    CannedLine line = CannedLine::trouble;
    bool instead =
        true;  // of every clip that is not complete; else heard before those that have no sound yet
};
struct PauseReply {  // hold its sound where it is; one that is not heard yet does not begin
    ReplyId reply = 0;
    TurnId turn = 0;
};
struct ResumeReply {
    ReplyId reply = 0;
};
struct FinishReply {  // no further clip will come; ReplyPlayedOut is awaited
    ReplyId reply = 0;
};
struct StopReply {  // end it at once: cancel requests, forget queued audio, tell the client to flush
    ReplyId reply = 0;
    TurnId turn = 0;
    StopReason reason = StopReason::barge_in;
    AudioTime keep{};  // what the caller has heard and the client shall not cut away
};
struct DiscardReply {  // a speculation that did not come true: nobody ever hears of it
    ReplyId reply = 0;
};

// ---- the caller

struct EndCallerTurn {};  // ask the recogniser to settle on what it has
struct AdaptPatience {    // how long a silence ends a turn whose end is not obvious
    std::chrono::milliseconds pause{};
    double factor = 1;  // against what is usual
};
struct RestartRecognizer {  // there is sound, and it hears nothing
    std::string reason;
};
struct EndCall {
    std::uint16_t close_code = 1000;
    std::string reason;  // user, agent, idle, call_too_long, recognizer_failed, going_away, …
};

// ---- what the client and the log are told

struct ShowState {
    State state = State::listening;
    TurnId turn = 0;
};
struct ShowCallerSpeech {
    bool started = true;
};
struct ShowTranscript {
    TurnId turn = 0;
    std::uint32_t revision = 0;
    std::string text;
    std::size_t stable_chars = 0;  // this many characters (code points) will not change any more
    bool final = false;
    double confidence = 0;
};
struct ShowTurnStarted {
    TurnId turn = 0;
    TurnReason reason = TurnReason::user;
};
struct ShowReplyText {
    TurnId turn = 0;
    ReplyId reply = 0;
    std::uint32_t segment = 0;  // counts from 0 within a turn, in the order of hearing
    std::string text;
    std::optional<AudioTime> audio_from{};  // when it is heard; empty when it will not be
};
struct ShowWarning {
    std::string code;
    std::string message;
};
struct RecordTurn {
    TurnRecord record;
};

using Command =
    std::variant<AskModel, AbandonModel, CallTool, CancelTool, Summarize, SynthesizeClip, EndClip,
                 PlayCannedLine, PauseReply, ResumeReply, FinishReply, StopReply, DiscardReply, EndCallerTurn,
                 AdaptPatience, RestartRecognizer, EndCall, ShowState, ShowCallerSpeech, ShowTranscript,
                 ShowTurnStarted, ShowReplyText, ShowWarning, RecordTurn>;

}  // namespace atlas::conversation
