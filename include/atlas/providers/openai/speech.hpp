#pragma once

#include "atlas/net/http_message.hpp"
#include "atlas/providers/http_failure.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

// POST /v1/audio/speech as text, of OpenAI and of the servers compatible with it. Pure. Wire facts:
// claude_openai_tts §B.
namespace atlas::providers::openai {

inline constexpr std::size_t max_speech_characters = 4096;

// How it should sound; the same for both transports.
struct Voice {
    std::string model = "gpt-realtime-2.1-mini";
    std::string name = "marin";  // or the id of an own voice: "voice_…"
    std::string instructions;    // tone and pace; empty: none
    double speed = 1.0;
};

// Server-sent events tell when the audio is complete; bare audio does not. tts-1 and tts-1-hd refuse them.
bool can_stream_events(std::string_view model);

std::string write_speech_request(const Voice& voice, std::string_view text, bool as_events);

struct SpeechNothing {};
struct SpeechAudioPart {
    std::string_view base64;
};
struct SpeechDone {};
using SpeechEvent = std::variant<SpeechNothing, SpeechAudioPart, SpeechDone, ProviderFailure>;

// The data of one server-sent event. Views point into `data` or into `scratch`.
SpeechEvent read_speech_event(std::string_view data, std::string& scratch, const HiddenWords& hidden);

// The name of the container when bytes meant to be bare PCM begin like a file, which would be heard as noise.
std::optional<std::string_view> audio_file_kind(std::string_view first_bytes);

// Why text cannot be spoken: empty, nothing but punctuation, too long. Empty when it can.
std::string problem_with_text(std::string_view text);

// Bounds of a plausible length: shorter means cut off without notice, longer that the voice rambles on.
std::chrono::milliseconds shortest_speech(std::string_view text, double speed);
std::chrono::milliseconds longest_speech(std::string_view text, double speed);

// What an error object means, by code and type; empty when neither is known. Both transports.
std::optional<FailureReason> reason_of_error(const ServiceError& error);

// The meaning of an answer that was not speech.
ProviderFailure failure_of_refusal(int status, const net::HttpHeaders& headers, std::string_view body,
                                   const HiddenWords& hidden);

}  // namespace atlas::providers::openai
