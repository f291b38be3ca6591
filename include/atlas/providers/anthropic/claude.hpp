#pragma once

#include "atlas/net/http_client.hpp"
#include "atlas/net/loop.hpp"
#include "atlas/providers/anthropic/messages.hpp"
#include "atlas/providers/language_model.hpp"

#include <memory>
#include <random>
#include <string>
#include <vector>

namespace atlas::providers {
class WarmUp;
}

namespace atlas::providers::anthropic {

// How long a caller can be kept waiting (claude_openai_tts §E.3).
struct ClaudeTimings {
    net::Duration connect = std::chrono::milliseconds(2500);
    net::Duration first_content = std::chrono::seconds(5);      // of one attempt, to its first content block
    net::Duration first_text = std::chrono::seconds(8);         // or tool call, of all attempts together
    net::Duration stall_before_text = std::chrono::seconds(5);  // between two events, pings included
    net::Duration stall_after_text = std::chrono::seconds(3);   // a tool call being written counts as text
    net::Duration text_stall = std::chrono::seconds(10);        // after the first text, while only pings come
    net::Duration retry_wait = std::chrono::milliseconds(500);  // at most; at least half of it
    std::chrono::milliseconds longest_retry_after = std::chrono::seconds(1);
    net::Duration warm_interval = std::chrono::seconds(60);
};

struct ClaudeSettings {
    std::string base_url = "https://api.anthropic.com";
    std::string api_key;
    std::string version = "2023-06-01";
    MessagesSettings messages;
    ClaudeTimings timings;
};

// What is wrong with the settings, one readable sentence each; empty when they can be used.
std::vector<std::string> validate(const ClaudeSettings& settings);

// Replies by Anthropic's Messages API. Shared by all calls; the HTTP client and the loop outlive it, and it
// outlives every Generation.
class Claude final : public LanguageModel {
public:
    Claude(ClaudeSettings settings, net::HttpClient& http, net::Loop& loop);
    ~Claude() override;

    std::unique_ptr<Generation> generate(ModelRequest request,
                                         std::function<void(ModelEvent)> on_event) override;
    void warm_up() override;

private:
    ClaudeSettings settings_;
    net::HttpClient& http_;
    net::Loop& loop_;
    std::minstd_rand random_{std::random_device{}()};  // spreads retries
    std::unique_ptr<WarmUp> warm_up_;
};

}  // namespace atlas::providers::anthropic
