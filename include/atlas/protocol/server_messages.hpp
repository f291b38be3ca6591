#pragma once

#include "atlas/audio/audio_format.hpp"
#include "atlas/protocol/client_messages.hpp"
#include "atlas/protocol/error_codes.hpp"
#include "atlas/protocol/limits.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

// What we say to a client, as plain values. A codec gives them their words; docs/client-protocol.md says
// when each is sent.
namespace atlas::protocol {

// paused: the agent's speech is held because the caller may be speaking.
enum class CallState { listening, user_speaking, thinking, speaking, paused, ended };
// Why a turn began. notice: the server's own words; idle: it asks whether someone is there; inject: the app
// wanted an answer to what it told.
enum class TurnReason { user, greeting, text, notice, idle, inject };
enum class TurnStatus { completed, interrupted, failed };
enum class FlushReason { barge_in, cancelled, error };
enum class GoingAwayReason { deploy, limit, rebalance };
enum class CloseReason { user, agent, idle, expired, policy, overload, deploy, failed };

std::string_view name(CallState state);
std::string_view name(TurnReason reason);
std::string_view name(TurnStatus status);
std::string_view name(FlushReason reason);
std::string_view name(GoingAwayReason reason);
std::string_view name(CloseReason reason);

struct ResumeOffer {
    std::string token;
    std::int64_t ttl_ms = 0;
};

struct ServerLimits {
    std::int64_t max_message_bytes = 0;
    std::int64_t max_text_chars = 0;
    std::int64_t max_call_s = 0;  // 0: none
    std::int64_t hello_timeout_ms = 0;
    std::int64_t max_tools = protocol::max_tools;
};

struct ServerInfo {
    std::string region;
    std::string machine;
    std::string version;
};

struct Ready {
    std::string call_id;
    std::optional<ResumeOffer> resume;
    audio::AudioFormat audio_in;
    audio::AudioFormat audio_out;
    std::int64_t heartbeat_ms = 0;
    ServerLimits limits;
    ServerInfo server;
    bool resumed = false;
    std::optional<std::uint64_t> replay_from;
};

struct State {
    CallState state = CallState::listening;
    std::uint32_t turn = 0;  // the current or latest turn; 0: there was none
};

struct UserSpeech {  // a hint for the screen; the client must not flush on it
    bool started = true;
    std::int64_t at_ms = 0;  // of the microphone's timeline
};

struct UserTranscript {
    std::uint32_t turn = 0;
    std::uint32_t rev = 0;  // counts up within a turn: each one replaces the text before it
    std::string text;       // all of the turn so far
    std::uint64_t stable_chars = 0;
    bool final = false;
    double confidence = 0;  // 0 to 1
    bool ignored = false;   // these words were heard and do not count as a turn: "mhm"
};

struct TurnStart {
    std::uint32_t turn = 0;
    TurnReason reason = TurnReason::user;
};

struct AgentText {
    std::uint32_t turn = 0;
    std::uint32_t seg = 0;  // counts from 0 within a turn
    std::string text;
    std::optional<std::int64_t> audio_from_ms;  // where in the turn's audio it is heard, when known
};

struct AudioFlush {
    std::uint32_t turn = 0;
    FlushReason reason = FlushReason::barge_in;
    std::int64_t keep_ms = 0;
};

// The agent wants a function of the app.
struct ToolCall {
    std::uint32_t turn = 0;
    std::string call{};       // names it in the answer
    std::string name{};       // of the tool
    std::string arguments{};  // is_tool_arguments(); what is not is sent as {}
    std::int64_t timeout_ms = 0;
};

// Whether `json` is what `tool.call` can carry: a JSON object within max_tool_arguments_bytes and
// max_tool_json_depth. Ask before ToolCall is made: a call with other arguments must not reach the app.
bool is_tool_arguments(std::string_view json);

struct ToolCancel {  // the answer is of no use any more
    std::string call{};
    std::string reason{};  // interrupted, timeout, call_ended
};

struct ConfigOk {  // a ConfigChange is in force
    std::optional<std::uint64_t> ref{};
};

struct TokenUsage {  // of the language model
    std::int64_t input = 0;
    std::int64_t cache_read = 0;
    std::int64_t cache_written = 0;
    std::int64_t output = 0;
    bool operator==(const TokenUsage&) const = default;
};

struct SpeculationOutcome {
    std::int64_t tries = 0;  // replies begun before the caller's turn was surely over
    bool hit = false;        // one of them was used
    std::int64_t saved_ms = 0;
};

struct Silence {
    bool in_reply = false;  // else before it
    std::int64_t ms = 0;
    std::string reason{};
};

struct ToolUse {
    std::string name{};
    std::int64_t ms = 0;
    std::string outcome{};  // ok, error, timeout, cancelled, running
};

// The lists are sent up to max_listed entries each, and words within them shortened: no message of ours
// reaches 64 KiB.
struct TurnEnd {
    std::uint32_t turn = 0;
    TurnStatus status = TurnStatus::completed;
    std::string reason;  // empty when completed; else machine-readable
    std::string user_text;
    std::string heard_text;
    std::string full_text;
    std::vector<std::pair<std::string, std::int64_t>> stages_ms;  // in the order of time
    // What follows is left out when it is empty or zero.
    TokenUsage tokens{};
    double cost_usd = 0;  // estimated
    SpeculationOutcome speculation{};
    std::int64_t retries = 0;
    std::int64_t hedges = 0;
    std::vector<Silence> silences{};
    std::vector<std::string> ignored{};  // words that were heard meanwhile and did not interrupt
    std::int64_t paused_ms = 0;
    std::vector<ToolUse> tools{};
};
constexpr std::size_t max_listed = 24;

// Codes of warnings this folder knows of; others come from the conversation.
constexpr std::string_view warning_unknown_type = "unknown_type";
constexpr std::string_view warning_resume_unavailable = "resume_unavailable";
constexpr std::string_view warning_unknown_tool_call = "unknown_tool_call";
constexpr std::string_view warning_recognizer_restarted = "recognizer_restarted";

struct Warning {
    std::string code;  // see docs/client-protocol.md; clients take unknown ones as well
    std::string message;
    std::optional<std::uint64_t> ref;
};

struct Error {
    ErrorCode code = ErrorCode::internal;
    std::string message;
    bool fatal = false;
    std::string field;  // the member that was wrong; empty: none
    std::optional<std::int64_t> retry_after_ms;
    std::optional<std::uint64_t> ref;
};

struct GoingAway {
    std::int64_t deadline_ms = 0;  // from now
    GoingAwayReason reason = GoingAwayReason::deploy;
    std::int64_t reconnect_after_ms = 0;
};

struct Usage {
    std::int64_t duration_ms = 0;
    std::uint32_t turns = 0;
    std::int64_t audio_in_ms = 0;
    std::int64_t audio_out_ms = 0;
    TokenUsage tokens{};
    double cost_usd = 0;  // estimated
};

struct Closed {
    CloseReason reason = CloseReason::user;
    Usage usage;
};

using ServerMessage =
    std::variant<Ready, State, UserSpeech, UserTranscript, TurnStart, AgentText, ToolCall, ToolCancel,
                 AudioFlush, TurnEnd, ConfigOk, Ping, Pong, Warning, Error, GoingAway, Closed>;

}  // namespace atlas::protocol
