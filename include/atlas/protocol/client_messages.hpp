#pragma once

#include <cstdint>
#include <optional>
#include <string>
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

// What this call does differently from the server's settings. Absent: the server's setting.
struct CallOverrides {
    std::optional<std::string> instructions;                     // the system prompt
    std::vector<std::pair<std::string, std::string>> variables;  // put into prompt and greeting by name
    std::optional<std::string> greeting;                         // the first words; empty: none
    std::optional<std::string> language;                         // BCP 47, such as "en" or "de-AT"
    bool operator==(const CallOverrides&) const = default;
};

struct Hello {
    ClientInfo client;
    std::vector<AudioOffer> audio_in;   // what it can record, best first; empty: the default
    std::vector<AudioOffer> audio_out;  // what it can play, best first; empty: the default
    std::vector<std::string> features;
    std::optional<ResumeRequest> resume;
    CallOverrides config;
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

using ClientMessage =
    std::variant<Hello, Playback, Interrupt, InputText, InputCommit, Ping, Pong, Bye, UnknownMessage>;

// A message with the number its sender gave it, which warnings and errors repeat as `ref`.
struct ReceivedMessage {
    ClientMessage message;
    std::optional<std::uint64_t> seq;
};

}  // namespace atlas::protocol
