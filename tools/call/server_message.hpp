#pragma once

#include "atlas/audio/audio_format.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

// What a server says, read as any client has to read it: by docs/client-protocol.md alone, not by the
// gateway's own types. Enumerations stay words, because new ones may come.
namespace atlas::caller {

struct Ready {
    std::string call_id;
    audio::AudioFormat audio_in;  // what we send
    audio::AudioFormat audio_out;
    std::int64_t heartbeat_ms = 0;
    std::string region;
    std::string machine;
    std::string version;
    bool resumed = false;
    std::string json;  // the whole message, for the report; without the resume token
};
struct State {
    std::string state;
    std::uint32_t turn = 0;
};
struct UserSpeech {
    std::string state;
    std::int64_t at_ms = 0;
};
struct UserTranscript {
    std::uint32_t turn = 0;
    std::uint32_t rev = 0;
    std::string text;
    bool final = false;
};
struct TurnStart {
    std::uint32_t turn = 0;
    std::string reason;
};
struct AgentText {
    std::uint32_t turn = 0;
    std::uint32_t seg = 0;
    std::string text;
};
struct AudioFlush {
    std::uint32_t turn = 0;
    std::string reason;
    std::int64_t keep_ms = 0;
};
using Stages = std::vector<std::pair<std::string, std::int64_t>>;  // in the order of time
struct TurnEnd {
    std::uint32_t turn = 0;
    std::string status;
    std::string reason;  // empty when completed
    std::string user_text;
    std::string heard_text;
    std::string full_text;
    Stages stages_ms;
};
struct Ping {
    std::int64_t time_ms = 0;
};
struct Pong {
    std::int64_t echo_ms = 0;
};
struct Warning {
    std::string code;
    std::string message;
};
struct Error {
    std::string code;
    std::string message;
    bool fatal = false;
    std::string field;  // empty: none
};
struct GoingAway {
    std::int64_t deadline_ms = 0;
    std::string reason;
};
struct Closed {
    std::string reason;
    std::string usage;  // JSON
};
struct UnknownMessage {  // of a newer server: to be ignored
    std::string type;
};

using ServerMessage =
    std::variant<UnknownMessage, Ready, State, UserSpeech, UserTranscript, TurnStart, AgentText, AudioFlush,
                 TurnEnd, Ping, Pong, Warning, Error, GoingAway, Closed>;

struct ReceivedMessage {
    ServerMessage message;
    std::uint64_t seq = 0;  // its `s`
    std::string
        problem;  // empty, or what is wrong with it: the member and the rule; then it is to be ignored
};

ReceivedMessage parse_server_message(std::string_view text);

// The header of a binary message (client-protocol.md §6).
struct AudioHeader {
    std::uint8_t kind = 0;
    std::uint8_t flags = 0;
    std::uint16_t stream = 0;
    std::uint32_t timestamp = 0;
};
constexpr std::size_t audio_header_bytes = 8;
constexpr std::uint8_t audio_kind = 1;
constexpr std::uint8_t flag_first = 1;
constexpr std::uint8_t flag_last = 2;
constexpr std::uint8_t flag_discontinuity = 8;

}  // namespace atlas::caller
