#pragma once

#include "sandbox/services/claude_cache.hpp"
#include "sandbox/speech/engine.hpp"
#include "sandbox/transport/message.hpp"

#include <string>
#include <variant>
#include <vector>

namespace atlas::sandbox {

// What the Messages API refuses, and how it says so (claude_openai_tts.md §A.9). The rule is the report's.
struct ClaudeRefusal {
    int status = 400;
    std::string type;
    std::string message;
    std::string rule;
};

struct ClaudeRequest {
    std::string model;
    int max_tokens = 0;
    bool stream = false;
    bool thinking = false;  // the reply starts with a thinking block
    std::string system;
    std::vector<ChatMessage> messages;  // text only, same roles merged
    std::string results;                // texts of the tool results of the last message, one a line
    std::vector<std::string> tools;     // names
    bool may_call_tools = true;         // tool_choice is not none
    std::vector<std::string> stop_sequences;
    Prompt prompt;  // what the prompt cache sees
};

// Checks a POST /v1/messages against everything the service enforces: headers, keys, the rules of version
// and model, and the rules for messages (§A.1–A.4, §E.2). Pure.
std::variant<ClaudeRequest, ClaudeRefusal> read_claude_request(const Request& request,
                                                               const std::vector<std::string>& keys);
// Headers alone, as needed for GET /v1/models too.
std::variant<std::monostate, ClaudeRefusal> check_claude_headers(const Request& request,
                                                                 const std::vector<std::string>& keys);

std::string claude_error_body(const std::string& type, const std::string& message,
                              const std::string& request_id);
std::string claude_error_type(int status);  // for a status of a fault

}  // namespace atlas::sandbox
