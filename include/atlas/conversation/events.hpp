#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <variant>

namespace atlas::conversation {

using TimePoint = std::chrono::steady_clock::time_point;
using Duration = std::chrono::steady_clock::duration;
using AudioTime = std::chrono::microseconds;  // a position in, or a length of, one reply's audio

using TurnId = std::uint32_t;   // counts from 1; shown to the client
using ReplyId = std::uint32_t;  // an epoch: what arrives for another reply than the current one is dropped
using ClipId = std::uint32_t;   // counts from 0 within a reply

// What can happen to a conversation: facts, in the past tense. Whoever reports one has already done what
// it says; nothing here asks for anything.

struct CallStarted {};

struct CallerStartedSpeaking {};  // may be noise
struct CallerTranscriptUpdated {  // all of the caller's turn so far
    std::string text;
    double confidence = 0;
};
struct CallerTurnEnded {  // an empty text: there was sound, but no words
    std::string text;
    std::string trigger;
    Duration since_last_word{};  // how long the caller had been silent by then
};
struct CallerTyped {
    std::string text;
};
struct CallerCommitted {};  // "my turn is over" (push to talk)
struct CallerInterrupted {  // tapped stop, about this reply
    ReplyId reply = 0;
};

struct ReplyText {
    ReplyId reply = 0;
    std::string text;
};
struct ReplyTextEnded {
    ReplyId reply = 0;
    std::string stop_reason;
};
struct ReplyTextFailed {
    ReplyId reply = 0;
    std::string reason;
};

struct ClipStarted {  // its first audio is queued for the caller
    ReplyId reply = 0;
    ClipId clip = 0;
};
struct ClipSynthesized {  // all of its audio is queued
    ReplyId reply = 0;
    ClipId clip = 0;
    AudioTime length{};
};
struct ClipFailed {  // `length` of its audio was queued before that
    ReplyId reply = 0;
    ClipId clip = 0;
    AudioTime length{};
    std::string reason;
};
struct ClipPlayed {  // the caller has heard it to its end
    ReplyId reply = 0;
    ClipId clip = 0;
};

struct ReplyAudible {  // the first frame is on its way to the caller
    ReplyId reply = 0;
};
struct ReplyPlayed {  // how much the caller has heard by now; precedes every event that may interrupt
    ReplyId reply = 0;
    AudioTime position{};
};
struct ReplyPlayedOut {  // everything queued was heard and nothing more will come
    ReplyId reply = 0;
};

struct RecognizerLost {  // given up; the caller cannot be heard any more
    std::string reason;
};
struct CallerLeft {  // hung up, or the connection is gone
    std::string reason;
};
struct CallMustEnd {  // the machine is going away: close at a pause after `at`, at the latest at `by`
    TimePoint at;
    TimePoint by;
};
struct DeadlinePassed {};  // Conversation::deadline() is reached

using Event =
    std::variant<CallStarted, CallerStartedSpeaking, CallerTranscriptUpdated, CallerTurnEnded, CallerTyped,
                 CallerCommitted, CallerInterrupted, ReplyText, ReplyTextEnded, ReplyTextFailed, ClipStarted,
                 ClipSynthesized, ClipFailed, ClipPlayed, ReplyAudible, ReplyPlayed, ReplyPlayedOut,
                 RecognizerLost, CallerLeft, CallMustEnd, DeadlinePassed>;

}  // namespace atlas::conversation
