#include "atlas/net/backoff.hpp"
#include "failure.hpp"
#include "recognizer.hpp"

#include <utility>

// The part of Recognizer that loses a connection and decides whether there is to be another.
namespace atlas::providers::deepgram {

namespace {

constexpr std::uint16_t normal_closure = 1000;

}  // namespace

// Unread results are of no use, and unsent audio would only delay the goodbye. Leaving without one leaves
// a stream behind that counts against the project's limit (§5.25).
void Recognizer::say_goodbye(std::unique_ptr<net::Websocket> websocket) {
    if (!websocket) return;
    websocket->drop_queued_binary();
    websocket->send_text(protocol_->goodbye());
    websocket->close(normal_closure, "");
}

void Recognizer::lost(ProviderFailure failure) {
    const bool streamed = state_ == State::streaming;
    const bool asked_for = std::exchange(restart_reason_, {}).has_value();
    // One that fell silent lasted as long as it answered.
    const bool silent = failure.reason == FailureReason::stalled && !asked_for && unanswered_since_;
    const net::TimePoint worked_until = silent ? *unanswered_since_ : parts_.loop.now();
    const bool lasted = streamed && worked_until - since_ >= parts_.settings.short_connection;
    drop_successor();
    say_goodbye(std::move(websocket_));
    timer_->cancel();
    wakes_at_.reset();
    refused_ = false;
    if (streamed) {
        protocol_->connection_lost(facts_);
        sender_.end_stream(protocol_->settled());
    }
    failures_ = lasted ? 1 : failures_ + 1;
    failed_connects_ = streamed ? 0 : failed_connects_ + 1;
    if (streamed && !asked_for) short_connections_ = lasted ? 0 : short_connections_ + 1;
    failure.attempts = failures_;
    if (lasted || !deaf_since_) deaf_since_ = parts_.loop.now();
    if (failure.request_id.empty()) failure.request_id = request_id_;

    const bool gives_up = gives_up_over(failure);
    if (gives_up) {
        state_ = State::failed;
        ++parts_.counters.failed_recognizers;
    } else {
        wait_for_retry(failure, asked_for && lasted);
    }
    for (ListenFact& fact : std::exchange(facts_, {})) {
        const auto* event = std::get_if<RecognizerEvent>(&fact);
        if (event && !listener_.tell(*event)) return;
    }
    RecognizerEvent event = RecognizerReconnecting{failure, failures_, sender_.waiting()};
    if (gives_up) event = RecognizerFailed{std::move(failure)};
    // Nothing follows: whether this object still exists no longer matters.
    if (!listener_.tell(std::move(event))) return;
}

bool Recognizer::gives_up_over(const ProviderFailure& failure) {
    if (!worth_another_connection(failure)) return true;
    // A caller cannot wait longer than that.
    if (failure.retry_after && *failure.retry_after > parts_.settings.backoff_cap) return true;
    if (parts_.loop.now() - *deaf_since_ >= parts_.settings.give_up_after) return true;
    return failed_connects_ >= parts_.settings.max_failed_connects ||
           short_connections_ >= parts_.settings.max_short_connections;
}

void Recognizer::wait_for_retry(const ProviderFailure& failure, bool at_once) {
    const DeepgramSettings& settings = parts_.settings;
    net::Duration delay{};
    if (!at_once) {
        delay =
            net::backoff_delay(failures_ - 1, parts_.random01(), settings.backoff_base, settings.backoff_cap);
    }
    if (failure.retry_after) delay = std::max(delay, net::Duration(*failure.retry_after));
    state_ = State::waiting;
    retry_at_ = parts_.loop.now() + delay;
    wake_by(retry_at_);
}

}  // namespace atlas::providers::deepgram
