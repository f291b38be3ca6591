#pragma once

#include "sandbox/speech/engine.hpp"
#include "sandbox/transport/message.hpp"

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace atlas::sandbox {

// What OpenAI's API refuses and how it says so (claude_openai_tts.md §B.4). The rule is the report's.
struct OpenAiRefusal {
    int status = 400;
    std::string message;
    std::string code;   // empty: null
    std::string param;  // empty: null
    std::string rule;
    std::string type = "invalid_request_error";
};

struct SpeechCall {
    std::string model;
    std::string input;
    std::string voice;
    std::string format = "mp3";
    double speed = 1;
    bool sse = false;
};

// Checks a POST /v1/audio/speech (§B.1, §B.2, §E.2). Pure.
std::variant<SpeechCall, OpenAiRefusal> read_speech_call(const Request& request,
                                                         const std::vector<std::string>& keys,
                                                         bool models_shut_down);

// The key of an OpenAI request: "Authorization: Bearer KEY", or for browsers the WebSocket subprotocol.
std::optional<OpenAiRefusal> check_openai_key(const Request& request, const std::vector<std::string>& keys);

std::string openai_error_body(const OpenAiRefusal& refusal);
bool openai_voice_known(std::string_view voice);
std::vector<std::string> openai_models();
std::size_t characters(std::string_view utf8);

}  // namespace atlas::sandbox
