#pragma once

#include "atlas/providers/http_failure.hpp"
#include "atlas/providers/openai/speech.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <variant>

// The Realtime API as a voice: texts out, to be spoken word for word, and events in. Pure. Each text is a
// response of its own outside the conversation, so that several may run on one socket. Wire facts:
// client_protocols §1.2–1.6 (GA names), claude_openai_tts §B.9.
namespace atlas::providers::openai {

inline constexpr std::string_view session_event_id = "session";
inline constexpr std::string_view unreadable_message = "unreadable";  // RealtimeError::code of our own making

// Sent once, first on every socket.
std::string write_session_update(const Voice& voice);
// `chunk_id` is ours: it comes back in response.created, and in an error about this message.
std::string write_response_create(const Voice& voice, std::string_view chunk_id, std::string_view text);
std::string write_response_cancel(std::string_view response_id);

struct RealtimeNothing {};  // a message without meaning for us
struct ResponseCreated {
    std::string chunk_id;
    std::string response_id;
};
struct ResponseAudio {
    std::string_view response_id;
    std::string_view base64;
};
struct ResponseAudioDone {
    std::string response_id;
};
struct ResponseTranscript {  // the whole of it
    std::string response_id;
    std::string text;
};
struct ResponseDone {
    std::string response_id;
    std::string chunk_id;
    std::string status;       // completed, cancelled, failed, incomplete
    std::string transcript;   // as far as the message holds it
    ProviderFailure failure;  // of every status but completed
};
struct RealtimeError {
    std::string event_id;  // of our message that caused it, when it says so
    std::string code;
    ProviderFailure failure;
};
using RealtimeEvent = std::variant<RealtimeNothing, ResponseCreated, ResponseAudio, ResponseAudioDone,
                                   ResponseTranscript, ResponseDone, RealtimeError>;

// The quick way for the messages that carry nearly all the bytes: no allocation. Views point into `message`.
std::optional<ResponseAudio> read_realtime_audio(std::string_view message);

// Any incoming text message. Views point into `message` or into `scratch`.
RealtimeEvent read_realtime_event(std::string_view message, std::string& scratch, const HiddenWords& hidden);

}  // namespace atlas::providers::openai
