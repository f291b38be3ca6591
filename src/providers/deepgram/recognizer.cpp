#include "recognizer.hpp"

#include "atlas/net/backoff.hpp"
#include "failure.hpp"

#include <limits>
#include <utility>

namespace atlas::providers::deepgram {

namespace {

constexpr std::uint16_t normal_closure = 1000;
constexpr auto queue_time = std::chrono::seconds(2);  // of audio that the peer has not taken
constexpr std::size_t queue_spare_bytes = 16 * 1024;
constexpr auto write_timeout = std::chrono::seconds(5);
constexpr auto pong_timeout = std::chrono::seconds(10);

net::WebsocketRequest make_request(const DeepgramSettings& settings, const ListenProtocol& protocol,
                                   int sample_rate) {
    net::WebsocketRequest request;
    request.url = protocol.url();
    request.headers.add("Authorization", "Token " + settings.api_key);  // "Bearer" is for JWTs only (§1.1)
    request.connect_timeout = settings.connect_timeout;
    request.options.ping_interval = settings.ping_interval;
    request.options.pong_timeout = pong_timeout;
    request.options.write_timeout = write_timeout;
    const auto second = static_cast<std::size_t>(sample_rate) * sizeof(std::int16_t);
    request.options.max_queued_bytes =
        second * static_cast<std::size_t>(queue_time.count()) + queue_spare_bytes;
    return request;
}

}  // namespace

Recognizer::Recognizer(RecognizerParts parts, const RecognizerRequest& request,
                       std::function<void(RecognizerEvent)> on_event)
    : parts_(parts),
      sender_(parts.settings, request.sample_rate, parts.pool, parts.counters.audio),
      protocol_(make_listen_protocol(parts.settings, request, sender_.clock())),
      listener_(std::move(on_event)),
      timer_(parts.loop.make_timer([this] { wake(); })) {
    connect();
}

void Recognizer::connect() {
    state_ = State::connecting;
    since_ = parts_.loop.now();
    ++parts_.counters.connects;
    if (failures_ > 0) ++parts_.counters.reconnects;
    const int sample_rate = sender_.clock().sample_rate();
    pending_ =
        parts_.connector.connect(make_request(parts_.settings, *protocol_, sample_rate),
                                 [this](net::WebsocketConnected result) { connected(std::move(result)); });
}

void Recognizer::connected(net::WebsocketConnected result) {
    pending_.reset();
    request_id_ = result.headers.find("dg-request-id");
    if (!result.websocket) return lost(failure_of_connect(result, parts_.settings.api_key));
    websocket_ = std::move(result.websocket);
    net::WebsocketHandlers handlers;
    handlers.on_text = [this](std::string_view text) { received(text); };
    handlers.on_closed = [this](const net::WebsocketClosed& closed) {
        websocket_.reset();
        lost(failure_of_close(closed, parts_.settings.api_key));
    };
    websocket_->start(std::move(handlers));
    if (!protocol_->traits().waits_for_ready) return streaming_begins(request_id_);
    state_ = State::opening;
    since_ = parts_.loop.now();
    wake_by(since_ + parts_.settings.ready_timeout);
}

void Recognizer::streaming_begins(const std::string& request_id) {
    const net::TimePoint now = parts_.loop.now();
    const ListenTraits& traits = protocol_->traits();
    if (!request_id.empty()) request_id_ = request_id;
    state_ = State::streaming;
    since_ = last_audio_at_ = now;
    failed_connects_ = 0;
    keep_alive_at_ = now + parts_.settings.keep_alive_interval;
    next_silence_at_ = {};
    unanswered_since_.reset();
    sent_at_answer_ = 0;
    sender_.begin_stream(now, traits.replay_speed, traits.max_replay);
    protocol_->connection_began(now, sender_.waiting());
    if (!listener_.tell(RecognizerReady{request_id_})) return;
    keep_streaming();
}

void Recognizer::received(std::string_view text) {
    const net::TimePoint now = parts_.loop.now();
    unanswered_since_.reset();
    sent_at_answer_ = sender_.clock().sent();
    protocol_->receive(text, now, facts_);
    count_messages();
    carry_out();
}

void Recognizer::carry_out() {
    if (!carry_out_facts()) return;
    sender_.forget_before(protocol_->settled());
    plan_next_wake(parts_.loop.now());
}

// False when this object is destroyed, or the connection is another or none.
bool Recognizer::carry_out_facts() {
    for (ListenFact& fact : std::exchange(facts_, {})) {
        if (const auto* event = std::get_if<RecognizerEvent>(&fact)) {
            if (!listener_.tell(*event)) return false;
        } else if (const auto* ready = std::get_if<ListenReady>(&fact)) {
            if (state_ != State::opening) continue;
            streaming_begins(ready->request_id);
            return false;
        } else if (const auto* trouble = std::get_if<ListenTrouble>(&fact)) {
            ++parts_.counters.reported_errors;
            if (!trouble->fatal) continue;
            lost(failure_of_trouble(*trouble, parts_.settings.api_key));
            return false;
        } else if (const auto* control = std::get_if<SendControl>(&fact)) {
            if (websocket_->send_text(control->text)) continue;
            lost(stalled_peer());
            return false;
        }
    }
    return true;
}

void Recognizer::count_messages() {
    const ListenCounters& now = protocol_->counters();
    parts_.counters.unknown_messages += now.unknown_messages - counted_.unknown_messages;
    parts_.counters.malformed_messages += now.malformed_messages - counted_.malformed_messages;
    parts_.counters.lost_messages += now.lost_messages - counted_.lost_messages;
    counted_ = now;
}

void Recognizer::send_audio(std::span<const std::int16_t> samples) {
    if (state_ == State::failed || samples.empty()) return;
    sender_.append(samples);
    if (state_ != State::streaming || refused_) return;
    const net::TimePoint now = parts_.loop.now();
    last_audio_at_ = now;
    if (!send_audio_due(now)) {
        refused_ = true;
        wake_by(now);
    }
}

void Recognizer::end_turn() {
    if (state_ == State::failed) return;
    end_turn_at_ = sender_.end();
    if (state_ == State::streaming) wake_by(parts_.loop.now());
}

// Unread results are of no use, and unsent audio would only delay the goodbye. Leaving without one leaves
// a stream behind that counts against the project's limit (§5.25).
void Recognizer::say_goodbye() {
    if (!websocket_) return;
    websocket_->drop_queued_binary();
    websocket_->send_text(protocol_->goodbye());
    websocket_->close(normal_closure, "");
    websocket_.reset();
}

ProviderFailure Recognizer::stalled_peer() const {
    ProviderFailure failure;
    failure.reason = FailureReason::stalled;
    failure.message = "the service stopped taking audio";
    return failure;
}

void Recognizer::lost(ProviderFailure failure) {
    const bool streamed = state_ == State::streaming;
    const bool lasted = streamed && parts_.loop.now() - since_ >= parts_.settings.short_connection;
    say_goodbye();
    timer_->cancel();
    wakes_at_.reset();
    refused_ = false;
    if (streamed) {
        protocol_->connection_lost(facts_);
        sender_.end_stream(protocol_->settled());
    }
    failures_ = lasted ? 1 : failures_ + 1;
    failed_connects_ = streamed ? 0 : failed_connects_ + 1;
    if (streamed) short_connections_ = lasted ? 0 : short_connections_ + 1;
    failure.attempts = failures_;
    if (failure.request_id.empty()) failure.request_id = request_id_;

    const bool gives_up = gives_up_over(failure);
    if (gives_up) {
        state_ = State::failed;
        ++parts_.counters.failed_recognizers;
    } else {
        wait_for_retry(failure);
    }
    for (ListenFact& fact : std::exchange(facts_, {})) {
        const auto* event = std::get_if<RecognizerEvent>(&fact);
        if (event && !listener_.tell(*event)) return;
    }
    RecognizerEvent event = RecognizerReconnecting{failure, failures_};
    if (gives_up) event = RecognizerFailed{std::move(failure)};
    // Nothing follows: whether this object still exists no longer matters.
    if (!listener_.tell(std::move(event))) return;
}

bool Recognizer::gives_up_over(const ProviderFailure& failure) {
    if (!worth_another_connection(failure)) return true;
    // A caller cannot wait longer than that.
    if (failure.retry_after && *failure.retry_after > parts_.settings.backoff_cap) return true;
    return failed_connects_ >= parts_.settings.max_failed_connects ||
           short_connections_ >= parts_.settings.max_short_connections;
}

void Recognizer::wait_for_retry(const ProviderFailure& failure) {
    const DeepgramSettings& settings = parts_.settings;
    net::Duration delay =
        net::backoff_delay(failures_ - 1, parts_.random01(), settings.backoff_base, settings.backoff_cap);
    if (failure.retry_after) delay = std::max(delay, net::Duration(*failure.retry_after));
    state_ = State::waiting;
    retry_at_ = parts_.loop.now() + delay;
    wake_by(retry_at_);
}

}  // namespace atlas::providers::deepgram
