#pragma once

#include "atlas/providers/provider_failure.hpp"
#include "atlas/providers/request_story.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace atlas::providers {

struct ModelTool {
    std::string name;         // letters, digits, _ and -, at most 64
    std::string description;  // when and how to use it, for the model
    std::string schema;       // of the arguments: a JSON Schema object, as text
};

struct ModelToolCall {
    std::string id;  // the provider's; its result repeats it
    std::string name;
    std::string arguments;  // a JSON object, as text
};
struct ModelToolResult {
    std::string id;
    std::string content;  // any text
    bool is_error = false;
};

// A call of an assistant's message must have its result in the next user message. The client repairs what is
// missing or left over, so that no orphan ever reaches the service.
struct ModelMessage {
    enum class Role { user, assistant };
    Role role = Role::user;
    std::string text;
    std::vector<ModelToolCall> calls{};      // assistant only, after the text
    std::vector<ModelToolResult> results{};  // user only, before the text
};

struct ModelRequest {
    std::string call_id;  // for the log
    std::string system;
    std::vector<ModelMessage> messages;  // any order of roles; the client merges and repairs
    std::vector<ModelTool> tools;        // the same in every request of a call, for the prompt cache
    bool may_call_tools = true;          // false: tools are declared, and must not be called this time
    // The messages before this index stay as they are in later requests: where a prompt cache pays.
    std::size_t stable_messages = 0;
    int max_tokens = 0;  // 0: the service's default
    // A second request beside a slow one: on a connection of its own, and tried once only.
    bool hedge = false;
};

struct TokenUsage {
    std::int64_t input = 0;  // tokens not served from the cache
    std::int64_t cache_read = 0;
    std::int64_t cache_written = 0;
    std::int64_t output = 0;
};

struct ModelStarted {  // the service has accepted the request and begins to answer; at most once
    std::string request_id;
    TokenUsage usage{};  // of the prompt: all that is known of a reply that is cancelled later
};
struct ModelText {  // the next piece of the reply: valid UTF-8, never empty
    std::string text;
};
struct ModelCalledTool {  // complete, its arguments are a JSON object
    ModelToolCall call;
};
struct ModelCompleted {       // the end mark was received (message_stop); last event
    std::string stop_reason;  // end_turn, tool_use, max_tokens, refusal, …
    TokenUsage usage{};
    std::string request_id{};
    RequestStory story{};
};
struct ModelFailed {  // last event; text already delivered stays valid, so do tool calls
    ProviderFailure failure;
    TokenUsage usage{};  // as far as it is known
    RequestStory story{};
};
using ModelEvent = std::variant<ModelStarted, ModelText, ModelCalledTool, ModelCompleted, ModelFailed>;

// One reply being written. Destroying it cancels the request; no event follows.
class Generation {
public:
    virtual ~Generation() = default;
};

// Writes replies. Shared by all calls; lives as long as the loop.
class LanguageModel {
public:
    virtual ~LanguageModel() = default;
    // Events come from the loop, never inside generate(); a handler may destroy the Generation. Retries at
    // most once, and only before the first ModelText (claude_openai_tts §E.3).
    virtual std::unique_ptr<Generation> generate(ModelRequest request,
                                                 std::function<void(ModelEvent)> on_event) = 0;
    virtual void warm_up() = 0;  // have a connection open before it is needed; cheap to call often
};

}  // namespace atlas::providers
