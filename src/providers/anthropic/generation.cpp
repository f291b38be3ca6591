#include "generation.hpp"

#include "atlas/net/backoff.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace atlas::providers::anthropic {

namespace {

constexpr int max_attempts = 2;

HiddenWords hidden_words(const ClaudeSettings& settings, const ModelRequest& request) {
    HiddenWords hidden{settings.api_key, request.system};
    for (const ModelMessage& message : request.messages) {
        hidden.push_back(message.text);
        for (const ModelToolCall& call : message.calls) hidden.push_back(call.arguments);
        for (const ModelToolResult& result : message.results) hidden.push_back(result.content);
    }
    return hidden;
}

ProviderFailure failure(FailureReason reason, std::string message) {
    ProviderFailure failed;
    failed.reason = reason;
    failed.message = std::move(message);
    return failed;
}

}  // namespace

ClaudeGeneration::ClaudeGeneration(ClaudeParts parts, ModelRequest request,
                                   std::function<void(ModelEvent)> on_event)
    : parts_(parts),
      request_(std::move(request)),
      listener_(std::move(on_event)),
      hidden_(hidden_words(parts.settings, request_)),
      body_(write_request(parts.settings.messages, request_)),
      give_up_at_(parts.loop.now() + parts.settings.timings.first_text),
      stream_(hidden_),
      watch_(parts.loop.make_timer([this] { on_watch(); })),
      retry_(parts.loop.make_timer([this] { begin_attempt(); })) {
    if (body_.problem.empty())
        begin_attempt();
    else
        retry_->expire_after({});  // the owner must hear of it, but not inside this call
}

void ClaudeGeneration::begin_attempt() {
    if (!body_.problem.empty())
        return finish(ModelFailed{failure(FailureReason::bad_request, body_.problem), {}, story()});
    ++attempts_;
    answering_ = false;
    attempt_began_ = last_event_ = parts_.loop.now();
    parser_ = net::SseParser();
    stream_ = MessageStream(hidden_);
    net::HttpRequest request = claude_request(parts_.settings, "POST", "/v1/messages");
    request.headers.add("content-type", "application/json");
    request.body = body_.body;
    request.fresh_connection = attempts_ > 1 || request_.hedge;
    StreamedAnswer::Reader& reader = *this;
    answer_ = std::make_unique<StreamedAnswer>(parts_.http, std::move(request), reader);
    watch_->expire_at(deadline());
}

bool ClaudeGeneration::on_answer_begins(const net::HttpHeaders& headers) {
    request_id_ = one_line(headers.find("request-id"), hidden_, 100);
    const std::string_view type = headers.find("content-type");
    return type.empty() || is_content_type(type, "text/event-stream");
}

void ClaudeGeneration::on_answer_bytes(std::string_view bytes) {
    parser_.feed(bytes);
    while (const auto event = parser_.next())
        if (!take_event(event->data)) return;
    if (!parser_.error().empty()) attempt_failed(failure(FailureReason::protocol, parser_.error()));
}

bool ClaudeGeneration::take_event(std::string_view data) {
    last_event_ = parts_.loop.now();
    std::vector<ModelEvent> events = stream_.handle(data);
    if (stream_.progressed()) {
        last_progress_ = last_event_;
        if (!std::exchange(answering_, true)) watch_->expire_at(deadline());
    }
    for (ModelEvent& event : events)
        if (!hand_on(std::move(event))) return false;
    return true;
}

bool ClaudeGeneration::hand_on(ModelEvent event) {
    if (auto* failed = std::get_if<ModelFailed>(&event)) {
        attempt_failed(std::move(failed->failure));
        return false;
    }
    if (auto* completed = std::get_if<ModelCompleted>(&event)) {
        completed->request_id = request_id_;
        completed->story = story();
        finish(std::move(event));
        return false;
    }
    if (auto* started = std::get_if<ModelStarted>(&event)) {
        if (std::exchange(started_, true)) return true;  // the first attempt's
        started->request_id = request_id_;
    } else {
        given_ = true;
    }
    return listener_.tell(std::move(event));
}

void ClaudeGeneration::on_answer_ends(const net::TransferResult& result) {
    attempt_failed(failure_of_transfer(result, "message_stop"));
}

void ClaudeGeneration::on_refusal() {
    attempt_failed(failure_of_refusal(answer_->status(), answer_->headers(), answer_->body(), hidden_));
}

net::TimePoint ClaudeGeneration::deadline() const {
    const ClaudeTimings& timings = parts_.settings.timings;
    if (answering_)
        return std::min(last_event_ + timings.stall_after_text, last_progress_ + timings.text_stall);
    const net::TimePoint next_event = std::min(give_up_at_, last_event_ + timings.stall_before_text);
    if (stream_.content_started()) return next_event;
    return std::min(next_event, attempt_began_ + timings.first_content);
}

// Events move the deadlines, not the timer: it finds out here that there is time left.
void ClaudeGeneration::on_watch() {
    if (parts_.loop.now() < deadline()) return watch_->expire_at(deadline());
    if (answer_->refused()) return on_refusal();  // its body does not end: what came will do
    if (stream_.content_started())
        return attempt_failed(failure(FailureReason::stalled, "no further text in time"));
    attempt_failed(failure(FailureReason::timed_out, "no text in time"));
}

void ClaudeGeneration::attempt_failed(ProviderFailure failed) {
    answer_.reset();
    watch_->cancel();
    failed.attempts = attempts_;
    if (failed.request_id.empty()) failed.request_id = request_id_;
    if (const auto delay = retry_delay(failed)) return retry_->expire_after(*delay);
    finish(ModelFailed{std::move(failed), stream_.usage(), story()});
}

RequestStory ClaudeGeneration::story() const {
    RequestStory story;
    story.attempts = attempts_;
    return story;
}

std::optional<net::Duration> ClaudeGeneration::retry_delay(const ProviderFailure& failed) {
    const ClaudeTimings& timings = parts_.settings.timings;
    if (given_ || attempts_ >= (request_.hedge ? 1 : max_attempts)) return {};
    if (!worth_retrying(failed, timings.longest_retry_after)) return {};
    const double chance = std::uniform_real_distribution<>(0, 1)(parts_.random);
    net::Duration delay{};
    if (failed.reason != FailureReason::protocol)
        delay = net::backoff_delay(0, chance, timings.retry_wait, timings.retry_wait);
    if (failed.retry_after && *failed.retry_after <= timings.longest_retry_after)
        delay = std::max<net::Duration>(delay, *failed.retry_after);
    if (parts_.loop.now() + delay >= give_up_at_) return {};
    return delay;
}

void ClaudeGeneration::finish(ModelEvent event) {
    answer_.reset();
    watch_->cancel();
    retry_->cancel();
    [[maybe_unused]] const bool alive = listener_.tell(std::move(event));
}

}  // namespace atlas::providers::anthropic
