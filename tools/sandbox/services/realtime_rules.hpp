#pragma once

#include "sandbox/services/openai_rules.hpp"
#include "sandbox/speech/engine.hpp"
#include "sandbox/transport/message.hpp"

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace atlas::sandbox {

// The model of a connection to /v1/realtime, or why not (client_protocols.md §1.1). Pure.
std::variant<std::string, OpenAiRefusal> read_realtime_handshake(const Request& request,
                                                                 const std::vector<std::string>& keys);

// Faults that change one response; the wire takes them from the script.
struct ResponseBend {
    bool reword = false;
    bool zero_audio = false;
    bool odd_chunks = false;
    bool no_end = false;       // audio ends, response.done never comes
    bool failed = false;       // response_failed: status failed after some audio
    bool error_event = false;  // an error event instead of an answer
    bool unknown_events = false;
    bool hang = false;  // response.created and nothing after
    std::string error_code = "server_error";
};

// What a Realtime session says and does to the world. Owned by whoever owns the session.
class RealtimeOutside {
public:
    virtual ~RealtimeOutside() = default;
    virtual void send(std::string json) = 0;
    virtual void violation(std::string_view rule, std::string_view detail) = 0;
    virtual void warning(std::string_view rule, std::string_view detail) = 0;
    virtual std::string id(std::string_view prefix) = 0;
    virtual std::string answer(const std::string& instructions, const std::vector<ChatMessage>& messages) = 0;
    virtual ResponseBend begin_response(const std::string& response_id, const std::string& text) = 0;
    // Speak: audio comes back through RealtimeSession::audio() and ends with spoken().
    virtual void speak(const std::string& response_id, const std::string& text, const std::string& voice,
                       double speed) = 0;
    virtual void stop(const std::string& response_id) = 0;
    virtual void end_response(const std::string& response_id, const std::string& status) = 0;
};

// The rules and states of one Realtime connection, for text in and speech or text out (client_protocols.md
// §1.2–1.6). Voice activity detection is accepted as a setting and not performed. Pure.
class RealtimeSession {
public:
    RealtimeSession(std::string model, int parallel_limit, RealtimeOutside& outside);
    ~RealtimeSession();
    void created(std::int64_t expires_at);
    void text(std::string_view message);
    void audio(const std::string& response_id, std::span<const std::int16_t> samples);
    void spoken(const std::string& response_id, const std::string& error);
    void expired();

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace atlas::sandbox
