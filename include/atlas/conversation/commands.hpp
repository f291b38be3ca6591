#pragma once

#include "atlas/conversation/events.hpp"
#include "atlas/conversation/transcript.hpp"
#include "atlas/conversation/turn_record.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace atlas::conversation {

enum class State { listening, caller_speaking, thinking, speaking, ended };
std::string_view name(State state);

enum class CannedLine { trouble, cannot_hear };  // kept as audio, for when nothing can be synthesised
enum class StopReason { barge_in, cancelled, error };
std::string_view name(StopReason reason);

// What a conversation can ask for, in the imperative. Call carries them out in order and decides nothing.

struct AskModel {
    ReplyId reply = 0;
    std::vector<Message> messages;
};
struct AbandonModel {  // too slow: what it still writes is of no use
    ReplyId reply = 0;
};
struct SynthesizeClip {  // clips are heard in the order of their ids
    ReplyId reply = 0;
    ClipId clip = 0;
    std::string speech;
};
struct PlayCannedLine {
    ReplyId reply = 0;
    ClipId clip = 0;
    CannedLine line = CannedLine::trouble;
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
struct EndCallerTurn {};  // ask the recogniser to settle on what it has
struct EndCall {
    std::uint16_t close_code = 1000;
    std::string reason;  // user, idle, call_too_long, recognizer_failed, going_away, …
};

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
    ClipId segment = 0;
    std::string text;
    std::optional<AudioTime> audio_from;  // when it is heard; empty when it will not be
};
struct ShowWarning {
    std::string code;
    std::string message;
};
struct RecordTurn {
    TurnRecord record;
};

using Command = std::variant<AskModel, AbandonModel, SynthesizeClip, PlayCannedLine, FinishReply, StopReply,
                             EndCallerTurn, EndCall, ShowState, ShowCallerSpeech, ShowTranscript,
                             ShowTurnStarted, ShowReplyText, ShowWarning, RecordTurn>;

}  // namespace atlas::conversation
