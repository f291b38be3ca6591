#pragma once

#include "atlas/protocol/limits.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

// What a client says, as plain values that have passed every check of the wire: the limits in limits.hpp,
// UTF-8, ranges. No JSON and no strings that mean states. What we say is in server_messages.hpp.
namespace atlas::protocol {

// A format the client can send or play. May name what this server has never heard of: choose_audio()
// passes over such offers.
struct AudioOffer {
    std::string codec;
    int rate = 0;
    int frame_ms = 0;
    bool operator==(const AudioOffer&) const = default;
};

struct ClientInfo {  // free text for logs and metrics; may be empty
    std::string platform;
    std::string version;
    std::string net;
    bool operator==(const ClientInfo&) const = default;
};

struct ResumeRequest {
    std::string token;           // a secret: never logged, never quoted in an error
    std::uint64_t last_seq = 0;  // the last server message the client has seen
    std::uint32_t turn = 0;      // whose audio it was playing, 0: none
    std::int64_t played_ms = 0;  // how far
    std::uint32_t mic_ts = 0;    // the oldest microphone sample it can still send
    bool operator==(const ResumeRequest&) const = default;
};

// A function of the app that the agent may call.
struct ToolDeclaration {
    std::string name{};         // unique; letters, digits, _ and -
    std::string description{};  // for the model
    std::string parameters{};   // a JSON Schema of type object, as compact text
    bool effect = true;  // does something in the world: never on speculation. false: only looks something up
    std::int64_t timeout_ms = default_tool_timeout_ms;
    std::optional<std::string> filler{};  // said when it is slow; empty: nothing; absent: the server's line
    bool operator==(const ToolDeclaration&) const = default;
};

struct IdleOverrides {  // nobody says anything
    std::optional<std::string> prompt{};
    std::optional<std::int64_t> after_s{};
    std::optional<std::int64_t> prompts{};  // so many are said before the call ends
    bool operator==(const IdleOverrides&) const = default;
};

struct InterruptionOverrides {
    std::optional<bool> enabled{};
    std::optional<std::int64_t> min_words{};
    bool operator==(const InterruptionOverrides&) const = default;
};

enum class TurnMode { automatic, manual };  // manual: only `input.commit` or `ptt` ends the caller's turn

// What this call does differently from the server's settings. Absent: the server's setting.
struct CallOverrides {
    std::optional<std::string> instructions;                     // the system prompt
    std::vector<std::pair<std::string, std::string>> variables;  // put into prompt and greeting by name
    std::optional<std::string> greeting;                         // the first words; empty: none
    std::optional<std::string> language;                         // BCP 47, such as "en" or "de-AT"
    std::optional<std::vector<ToolDeclaration>> tools{};
    std::optional<bool> end_call{};  // whether the agent may hang up by itself
    IdleOverrides idle{};
    std::optional<std::int64_t> max_duration_s{};
    std::optional<std::string> goodbye{};  // said before the server ends the call by itself; empty: nothing
    std::optional<bool> protect_greeting{};
    std::optional<TurnMode> turns{};
    std::optional<bool> speculation{};
    InterruptionOverrides interruption{};
    std::optional<std::int64_t> context_tokens{};
    bool operator==(const CallOverrides&) const = default;
};

// It stops playing at state `paused` and plays on where it stopped at state `speaking`.
constexpr std::string_view feature_pause = "pause";

struct Hello {
    ClientInfo client;
    std::vector<AudioOffer> audio_in;   // what it can record, best first; empty: the default
    std::vector<AudioOffer> audio_out;  // what it can play, best first; empty: the default
    std::vector<std::string> features;
    std::optional<ResumeRequest> resume;
    CallOverrides config;

    bool has_feature(std::string_view feature) const {
        return std::find(features.begin(), features.end(), feature) != features.end();
    }
    bool operator==(const Hello&) const = default;
};

struct Playback {
    std::uint32_t turn = 0;
    std::int64_t played_ms = 0;    // of this turn's audio, since its start
    std::int64_t buffered_ms = 0;  // received and not yet played
    std::uint64_t underruns = 0;   // how often playing had to wait for audio, in this turn
    bool operator==(const Playback&) const = default;
};

struct Interrupt {  // the person tapped "stop"
    std::uint32_t turn = 0;
    std::optional<std::int64_t> played_ms;
    bool operator==(const Interrupt&) const = default;
};

struct InputText {  // the person typed instead of speaking
    std::string text;
    bool operator==(const InputText&) const = default;
};

struct InputCommit {  // "my turn is over": do not wait for silence
    bool operator==(const InputCommit&) const = default;
};

// What a tool of the app found. Whether anybody waits for it is not known here.
struct ToolResult {
    std::string call;     // the `call` of the tool.call
    std::string content;  // a string as it is, any other value as compact JSON
    bool is_error = false;
    bool operator==(const ToolResult&) const = default;
};

struct Inject {  // something the agent should know: "the user opened the map"
    std::string text;
    bool reply = false;  // answer it at once
    bool operator==(const Inject&) const = default;
};

struct PushToTalk {
    bool down = false;  // pressed: stops the reply and opens a turn; released: the same as input.commit
    bool operator==(const PushToTalk&) const = default;
};

struct ConfigChange {  // within a call; absent: as it was. Answered with ConfigOk
    std::optional<std::string> instructions{};
    std::optional<TurnMode> turns{};
    InterruptionOverrides interruption{};
    IdleOverrides idle{};
    std::optional<std::string> goodbye{};
    bool operator==(const ConfigChange&) const = default;
};

struct Ping {                  // either side may send it
    std::int64_t time_ms = 0;  // of the sender's clock, any origin
    bool operator==(const Ping&) const = default;
};

struct Pong {
    std::int64_t echo_ms = 0;             // the ping's time_ms, unchanged
    std::optional<std::int64_t> time_ms;  // of the answering side's clock
    bool operator==(const Pong&) const = default;
};

struct Bye {
    std::string reason;  // free text for logs; may be empty
    bool operator==(const Bye&) const = default;
};

struct UnknownMessage {  // from a newer client: to be ignored
    std::string type;    // shortened
    bool operator==(const UnknownMessage&) const = default;
};

using ClientMessage = std::variant<Hello, Playback, Interrupt, InputText, InputCommit, ToolResult, Inject,
                                   PushToTalk, ConfigChange, Ping, Pong, Bye, UnknownMessage>;

// A message with the number its sender gave it, which warnings and errors repeat as `ref`.
struct ReceivedMessage {
    ClientMessage message;
    std::optional<std::uint64_t> seq;
};

}  // namespace atlas::protocol
