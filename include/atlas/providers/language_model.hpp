#pragma once

#include "atlas/providers/provider_failure.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

namespace atlas::providers {

struct ModelMessage {
    enum class Role { user, assistant };
    Role role = Role::user;
    std::string text;
};

struct ModelRequest {
    std::string call_id;  // for the log
    std::string system;
    std::vector<ModelMessage> messages;  // any order of roles; the client merges and repairs
    int max_tokens = 0;                  // 0: the service's default
};

struct TokenUsage {
    std::int64_t input = 0;  // tokens not served from the cache
    std::int64_t cache_read = 0;
    std::int64_t cache_written = 0;
    std::int64_t output = 0;
};

struct ModelText {  // the next piece of the reply: valid UTF-8, never empty
    std::string text;
};
struct ModelCompleted {       // the end mark was received (message_stop); last event
    std::string stop_reason;  // end_turn, max_tokens, refusal, …
    TokenUsage usage;
    std::string request_id;
};
struct ModelFailed {  // last event; text already delivered stays valid
    ProviderFailure failure;
};
using ModelEvent = std::variant<ModelText, ModelCompleted, ModelFailed>;

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
