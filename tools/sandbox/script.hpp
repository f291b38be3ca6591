#pragma once

#include "sandbox/latency.hpp"
#include "sandbox/random.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace atlas::sandbox {

// One thing that shall go wrong, by name (README.md lists them), for a number of requests of one service.
struct Fault {
    std::string service;  // deepgram_v1, deepgram_v2, claude, openai_speech, openai_realtime, tcp, any
    std::vector<std::string> names;         // together: {"byte_by_byte", "crlf"}
    int skip = 0;                           // requests to leave alone first
    int times = 1;                          // requests to spoil; -1: always
    std::string path;                       // only requests to this path; empty: the service's main one
    std::map<std::string, double> numbers;  // status, retry_after, bytes, code, after_ms, …
    std::map<std::string, std::string> texts;

    bool has(std::string_view name) const;
    double number(const std::string& name, double otherwise) const;
    std::string text(const std::string& name, const std::string& otherwise) const;
};

struct ScriptedReply {
    std::string text;
    // Used when the last user message contains this, or a tool result in it that; ignoring case. Both empty:
    // in turn.
    std::string match;
    std::string match_result;
    std::string stop_reason;  // empty: end_turn, or tool_use when there are calls
    struct Call {
        std::string name;
        std::string input_json;  // not always JSON: a model can be wrong
    };
    std::vector<Call> calls;
};

// What shall happen: fixed texts, latencies, faults and limits. Changed at run time by POST /sandbox/script.
class Script {
public:
    explicit Script(std::uint64_t seed);

    // Applies a JSON object; keys that are absent stay as they are. Returns what is wrong with it, or "".
    // All or nothing.
    std::string apply(std::string_view json);
    std::string to_json() const;
    // "STAGE=constant:MS", "STAGE=lognormal:MEDIAN:SIGMA" or the name of a set: "fast", "published".
    std::string apply_profile(std::string_view text);

    // The fault for the next request of this service, and one use of it spent.
    std::optional<Fault> take_fault(std::string_view service, std::string_view path = {});

    double sample(const std::string& stage);  // unknown stages: 0
    std::chrono::milliseconds wait(const std::string& stage);
    double limit(const std::string& name) const { return limits_.at(name); }

    // The turn's transcript: the connection's own count of turns, unless the script shares one count.
    std::string transcript(std::size_t turn_of_connection);
    void transcript_used();
    // Of the last user message: its text, and the text of the tool results in it.
    const ScriptedReply* reply(std::string_view text, std::string_view results = {});

    std::vector<std::string> alpn = {"h2", "http/1.1"};
    std::uint32_t max_concurrent_streams = 100;
    bool openai_models_shut_down = false;                  // 2027-01-06 has come
    bool old_flux = false;                                 // a deployment without triggers and word times
    std::map<std::string, std::vector<std::string>> keys;  // per service; none: any key is good
    Random random;

private:
    std::map<std::string, Latency> profiles_;
    std::map<std::string, double> limits_;
    std::vector<Fault> faults_;
    std::vector<std::string> transcripts_;
    bool transcripts_shared_ = false;
    std::size_t shared_turn_ = 0;
    std::vector<ScriptedReply> replies_;
    std::size_t reply_count_ = 0;
};

}  // namespace atlas::sandbox
