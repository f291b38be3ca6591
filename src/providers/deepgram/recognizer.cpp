#include "recognizer.hpp"

#include "failure.hpp"

#include <utility>

namespace atlas::providers::deepgram {

namespace {

constexpr auto queue_time = std::chrono::seconds(2);  // of audio that the peer has not taken
constexpr std::size_t queue_spare_bytes = 16 * 1024;
constexpr auto write_timeout = std::chrono::seconds(5);
constexpr auto pong_timeout = std::chrono::seconds(10);

}  // namespace

net::WebsocketRequest make_request(const DeepgramSettings& settings, ListenProtocol& protocol,
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

Recognizer::Recognizer(RecognizerParts parts, const RecognizerRequest& request,
                       std::function<void(RecognizerEvent)> on_event)
    : parts_(parts),
      sender_(parts.settings, request.sample_rate, parts.pool, parts.counters.audio),
      protocol_(make_listen_protocol(parts.settings, request, sender_.clock())),
      listener_(std::move(on_event)),
      timer_(parts.loop.make_timer([this] { wake(); })) {
    connect();
}

Recognizer::~Recognizer() {
    drop_successor();
    say_goodbye(std::move(websocket_));
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
    connection_ = ++last_connection_;
    websocket_->start(handlers_of(connection_));
    if (!protocol_->traits().waits_for_ready) return streaming_begins(request_id_);
    state_ = State::opening;
    since_ = parts_.loop.now();
    wake_by(since_ + parts_.settings.ready_timeout);
}

net::WebsocketHandlers Recognizer::handlers_of(int connection) {
    net::WebsocketHandlers handlers;
    handlers.on_text = [this, connection](std::string_view text) {
        if (connection == connection_) return received(text);
        successor_speaks(text);
    };
    handlers.on_closed = [this, connection](const net::WebsocketClosed& closed) {
        if (connection != connection_) return successor_failed();
        websocket_.reset();
        lost(failure_of_close(closed, parts_.settings.api_key));
    };
    return handlers;
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
    sent_at_answer_ = loud_at_answer_ = 0;
    restart_reason_.reset();
    sender_.begin_stream(now, traits.replay_speed, traits.max_replay, traits.longest_silence);
    sender_.begin_later(protocol_->replay_from(sender_.clock().to_call(0)));
    protocol_->connection_began(now, sender_.waiting());
    if (!listener_.tell(RecognizerReady{request_id_})) return;
    keep_streaming();
}

void Recognizer::received(std::string_view text) {
    const net::TimePoint now = parts_.loop.now();
    if (state_ == State::streaming) deaf_since_.reset();
    unanswered_since_.reset();
    sent_at_answer_ = sender_.clock().sent();
    loud_at_answer_ = sender_.loud_samples();
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
            lost(failure_of_stall("the service stopped taking audio"));
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
    parts_.counters.refused_patience += now.refused_patience - counted_.refused_patience;
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

void Recognizer::set_patience(Patience patience) {
    protocol_->set_patience(patience);
    if (state_ == State::streaming) wake_by(parts_.loop.now());
}

// A connection that is not there yet is as new as its replacement would be.
void Recognizer::restart(std::string reason) {
    if (state_ != State::streaming) return;
    restart_reason_ = std::move(reason);
    wake_by(parts_.loop.now());
}

}  // namespace atlas::providers::deepgram
