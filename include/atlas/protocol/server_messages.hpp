#pragma once

#include "atlas/audio/audio_format.hpp"
#include "atlas/protocol/client_messages.hpp"
#include "atlas/protocol/error_codes.hpp"

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

enum class CallState { listening, user_speaking, thinking, speaking, ended };
enum class TurnReason { user, greeting, text, notice };  // why a turn began; notice: the server's own words
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

struct TurnEnd {
    std::uint32_t turn = 0;
    TurnStatus status = TurnStatus::completed;
    std::string reason;  // empty when completed; else machine-readable
    std::string user_text;
    std::string heard_text;
    std::string full_text;
    std::vector<std::pair<std::string, std::int64_t>> stages_ms;  // in the order of time
};

// Codes of warnings this folder knows of; others come from the conversation.
constexpr std::string_view warning_unknown_type = "unknown_type";
constexpr std::string_view warning_resume_unavailable = "resume_unavailable";

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
};

struct Closed {
    CloseReason reason = CloseReason::user;
    Usage usage;
};

using ServerMessage = std::variant<Ready, State, UserSpeech, UserTranscript, TurnStart, AgentText, AudioFlush,
                                   TurnEnd, Ping, Pong, Warning, Error, GoingAway, Closed>;

}  // namespace atlas::protocol
