#pragma once

#include "sandbox/script.hpp"
#include "sandbox/services/claude_rules.hpp"

#include <optional>
#include <string>
#include <vector>

namespace atlas::sandbox {

// What the model says: decided before the first byte.
struct ClaudeReply {
    std::vector<std::string> tokens;
    std::vector<ScriptedReply::Call> calls;
    std::string stop_reason = "end_turn";
    std::string stop_sequence;
    bool thinking = false;
    PromptUsage usage{};  // of the prompt
};

// One piece of the event stream and what it waits for.
struct StreamStep {
    enum class Wait { none, first_token, token } wait = Wait::none;
    std::string bytes;
    std::string text{};  // of the reply, when it holds some
};

// Cuts the reply to max_tokens and stop_sequences, and settles its stop reason. A tool call that max_tokens
// cuts keeps the beginning of its JSON.
void limit_reply(ClaudeReply& reply, const ClaudeRequest& request);

// The whole of the answer as server-sent events (claude_openai_tts.md §A.6), bent by the fault:
// thinking_first, unknown_events, crlf, comments, error_event, refusal, empty_reply, several_deltas, no_end.
// Pure but for ids.
std::vector<StreamStep> claude_stream(const ClaudeReply& reply, const ClaudeRequest& request,
                                      const std::optional<Fault>& fault, Random& random);

int output_tokens(const ClaudeReply& reply);

// The same as one JSON message.
std::string claude_message(const ClaudeReply& reply, const ClaudeRequest& request, Random& random);

}  // namespace atlas::sandbox
