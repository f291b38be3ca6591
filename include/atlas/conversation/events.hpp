#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace atlas::conversation {

using TimePoint = std::chrono::steady_clock::time_point;
using Duration = std::chrono::steady_clock::duration;
using AudioTime = std::chrono::microseconds;  // a position in, or a length of, one reply's audio

using TurnId = std::uint32_t;   // counts from 1; shown to the client
using ReplyId = std::uint32_t;  // an epoch: what arrives for another reply than the current one is dropped
using ClipId = std::uint32_t;   // counts from 0 within a reply, in the order of asking

// Where a clip's audio is loud: its words lie there, and not in its pauses.
struct SpeechSpan {
    AudioTime from{}, to{};
    bool operator==(const SpeechSpan&) const = default;
};

struct ToolCall {
    std::string id;  // the model's
    std::string name;
    std::string arguments;  // a JSON object, as text
    bool operator==(const ToolCall&) const = default;
};

// What a request to a provider took.
struct Effort {
    std::int64_t input_tokens = 0, cache_read_tokens = 0, cache_written_tokens = 0, output_tokens = 0;
    int retries = 0;
    int hedges = 0;
    bool operator==(const Effort&) const = default;
};

// What can happen to a conversation: facts, in the past tense. Whoever reports one has already done what
// it says; nothing here asks for anything.

struct CallStarted {};

// ---- the caller

struct CallerStartedSpeaking {};  // may be noise
struct CallerTranscriptUpdated {  // all of the caller's turn so far
    std::string text;
    double confidence = 0;
};
struct CallerMayBeDone {  // eager end of turn; CallerTurnEnded or CallerResumed follows
    std::string text;
    double confidence = 0;  // that the turn is over, 0 to 1
};
struct CallerResumed {};  // only after CallerMayBeDone
struct CallerTurnEnded {  // an empty text: there was sound, but no words
    std::string text;
    std::string trigger;
    Duration since_last_word{};  // how long the caller had been silent by then
};
struct CallerLoud {};  // for a second or so there was loud sound, whatever the recogniser makes of it
struct CallerTyped {
    std::string text;
};
struct CallerPressedToTalk {};  // released: CallerCommitted
struct CallerCommitted {};      // "my turn is over" (push to talk)
struct CallerInterrupted {      // tapped stop, about this reply
    ReplyId reply = 0;
};
struct ContextAdded {  // by the app; not said by anybody
    std::string text;
    bool wants_reply = false;
};
struct SettingsChanged {  // by the app, within the call; absent: unchanged
    std::optional<bool> manual_turns;
    std::optional<bool> interruptible;
    std::optional<std::uint32_t> interruption_words;
    std::optional<std::string> idle_prompt;
    std::optional<Duration> idle_after;
    std::optional<std::uint32_t> idle_prompts;
    std::optional<std::string> goodbye_line;
};

// ---- the language model

struct ReplyAccepted {  // the service begins to answer
    ReplyId reply = 0;
    Effort prompt{};  // what reading the question took; repeated at the end, but there may be none
};
struct ReplyText {
    ReplyId reply = 0;
    std::string text;
};
struct ReplyCalledTool {
    ReplyId reply = 0;
    ToolCall call;
};
struct ReplyTextEnded {  // with stop reason tool_use, the results are awaited
    ReplyId reply = 0;
    std::string stop_reason;
    Effort effort{};
};
struct ReplyTextFailed {
    ReplyId reply = 0;
    std::string reason;
    Effort effort{};
};
struct ToolAnswered {  // by the app; may come after the reply that asked
    std::string call;
    std::string content;
    bool is_error = false;
};
struct SummaryMade {  // of the older part of the conversation; empty: it could not be made
    std::string text;
    Effort effort{};
};

// ---- sound

struct ClipStarted {  // its first audio is queued for the caller
    ReplyId reply = 0;
    ClipId clip = 0;
};
struct ClipGrew {  // more will come
    ReplyId reply = 0;
    ClipId clip = 0;
    AudioTime length{};
    std::vector<SpeechSpan> speech{};
};
struct ClipSynthesized {  // all of its audio is queued; none at all, though it has words: it waits like a
                          // broken one
    ReplyId reply = 0;
    ClipId clip = 0;
    AudioTime length{};
    std::vector<SpeechSpan> speech{};
    Effort effort{};
};
struct ClipFailed {  // `length` of its audio was queued before that
    ReplyId reply = 0;
    ClipId clip = 0;
    AudioTime length{};
    std::string reason;
    std::vector<SpeechSpan> speech{};
    Effort effort{};
};
struct ClipPlayed {  // the caller has heard it to its end
    ReplyId reply = 0;
    ClipId clip = 0;
};

struct ReplyAudible {  // a frame is on its way to the caller: the first one, or the first after ReplyRanDry
    ReplyId reply = 0;
};
struct ReplyRanDry {  // the caller has heard all there is, and more should have come
    ReplyId reply = 0;
};
struct ReplyPlayed {  // how much the caller has heard by now; precedes every event that may interrupt
    ReplyId reply = 0;
    AudioTime position{};
};
struct ReplyPlayedOut {  // everything queued was heard and nothing more will come
    ReplyId reply = 0;
};

// ---- the call

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
    std::variant<CallStarted, CallerStartedSpeaking, CallerTranscriptUpdated, CallerMayBeDone, CallerResumed,
                 CallerTurnEnded, CallerLoud, CallerTyped, CallerPressedToTalk, CallerCommitted,
                 CallerInterrupted, ContextAdded, SettingsChanged, ReplyAccepted, ReplyText, ReplyCalledTool,
                 ReplyTextEnded, ReplyTextFailed, ToolAnswered, SummaryMade, ClipStarted, ClipGrew,
                 ClipSynthesized, ClipFailed, ClipPlayed, ReplyAudible, ReplyRanDry, ReplyPlayed,
                 ReplyPlayedOut, RecognizerLost, CallerLeft, CallMustEnd, DeadlinePassed>;

}  // namespace atlas::conversation
