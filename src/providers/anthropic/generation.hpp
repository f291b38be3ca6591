#pragma once

#include "../listener.hpp"
#include "../streamed_answer.hpp"
#include "atlas/net/sse_parser.hpp"
#include "atlas/providers/anthropic/claude.hpp"

#include <optional>
#include <random>
#include <string>

namespace atlas::providers::anthropic {

// What a generation uses of its Claude.
struct ClaudeParts {
    const ClaudeSettings& settings;
    net::HttpClient& http;
    net::Loop& loop;
    std::minstd_rand& random;
};

net::HttpRequest claude_request(const ClaudeSettings& settings, std::string method, std::string path);

// One reply: an attempt, and a second one when the first failed before any text or tool call was handed on.
class ClaudeGeneration final : public Generation, private StreamedAnswer::Reader {
public:
    ClaudeGeneration(ClaudeParts parts, ModelRequest request, std::function<void(ModelEvent)> on_event);

private:
    void begin_attempt();
    bool on_answer_begins(const net::HttpHeaders& headers) override;
    void on_answer_bytes(std::string_view bytes) override;
    void on_answer_ends(const net::TransferResult& result) override;
    void on_refusal() override;

    // Both return false when this attempt is over or the owner has destroyed us.
    bool take_event(std::string_view data);
    bool hand_on(ModelEvent event);

    net::TimePoint deadline() const;
    void on_watch();
    void attempt_failed(ProviderFailure failure);
    std::optional<net::Duration> retry_delay(const ProviderFailure& failure);
    RequestStory story() const;
    void finish(ModelEvent event);

    ClaudeParts parts_;
    ModelRequest request_;  // its texts are kept out of the log
    Listener<ModelEvent> listener_;
    HiddenWords hidden_;
    RequestBody body_;
    net::TimePoint give_up_at_;  // without any text or tool call
    int attempts_ = 0;
    bool started_ = false;    // ModelStarted was handed on
    bool given_ = false;      // so was text or a tool call: too late for another attempt
    bool answering_ = false;  // text or a tool call is being written, in this attempt
    std::string request_id_;
    net::TimePoint attempt_began_;
    net::TimePoint last_event_;
    net::TimePoint last_progress_;  // of what is being written
    net::SseParser parser_;
    MessageStream stream_;
    std::unique_ptr<StreamedAnswer> answer_;
    std::unique_ptr<net::Timer> watch_;  // the nearest deadline of the attempt
    std::unique_ptr<net::Timer> retry_;
};

}  // namespace atlas::providers::anthropic
