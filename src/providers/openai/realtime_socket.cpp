#include "realtime_socket.hpp"

#include "atlas/net/url.hpp"

#include <algorithm>
#include <utility>

namespace atlas::providers::openai {

namespace {

net::WebsocketRequest realtime_request(const OpenAiSpeechSettings& settings) {
    net::WebsocketRequest request;
    const std::string url = websocket_url(settings, settings.realtime_path);
    request.url = net::with_query(url, {{"model", settings.voice.model}});
    if (!settings.api_key.empty()) request.headers.add("authorization", "Bearer " + settings.api_key);
    request.connect_timeout = settings.timings.connect;
    request.options.max_message_bytes = 2 * 1024 * 1024;
    request.options.ping_interval = std::chrono::seconds(15);
    request.options.pong_timeout = std::chrono::seconds(10);
    request.options.write_timeout = std::chrono::seconds(5);
    return request;
}

ProviderFailure failure(FailureReason reason, std::string message) {
    ProviderFailure failed;
    failed.reason = reason;
    failed.message = std::move(message);
    return failed;
}

ProviderFailure failure_of_connect(const net::WebsocketConnected& connected, const HiddenWords& hidden) {
    if (connected.http_status != 0)
        return failure_of_refusal(connected.http_status, connected.headers, connected.body, hidden);
    return failure(FailureReason::unreachable, one_line(connected.error, hidden));
}

ProviderFailure failure_of_close(const net::WebsocketClosed& closed, const HiddenWords& hidden) {
    std::string message = "the Realtime socket closed with code " + std::to_string(closed.code);
    const std::string& why = closed.error.empty() ? closed.reason : closed.error;
    if (!why.empty()) message += ": " + one_line(why, hidden);
    return failure(FailureReason::disconnected, std::move(message));
}

}  // namespace

RealtimeSocket::RealtimeSocket(std::uint64_t id, const OpenAiSpeechSettings& settings,
                               net::WebsocketConnector& connector, net::Loop& loop, Owner& owner)
    : id_(id),
      settings_(settings),
      loop_(loop),
      owner_(owner),
      idle_since_(loop.now()),
      places_(settings.pool.responses_per_socket) {
    auto on_done = [this](net::WebsocketConnected connected) { on_connected(std::move(connected)); };
    connecting_ = connector.connect(realtime_request(settings), std::move(on_done));
}

std::size_t RealtimeSocket::free_places() const {
    return state_ == State::open && !retired_ ? places_.size() - responses() : 0;
}

bool RealtimeSocket::soon_retired() const {
    if (retired_ || state_ != State::open) return retired_;
    return loop_.now() - opened_at_ >= settings_.pool.retire_after - settings_.pool.replace_before;
}

std::size_t RealtimeSocket::responses() const {
    const auto taken = [](const Place& place) { return place.taken; };
    return static_cast<std::size_t>(std::count_if(places_.begin(), places_.end(), taken));
}

bool RealtimeSocket::owes_first_sound() const {
    return std::any_of(places_.begin(), places_.end(),
                       [](const Place& place) { return place.taken && place.chunk && !place.sounded; });
}

bool RealtimeSocket::speak(std::string chunk_id, std::string_view text, SpokenChunk& chunk) {
    const auto free_one = [](const Place& place) { return !place.taken; };
    const auto place = std::find_if(places_.begin(), places_.end(), free_one);
    if (place == places_.end() || !websocket_) return false;
    if (!websocket_->send_text(write_response_create(settings_.voice, chunk_id, text))) return false;
    place->taken = true;
    place->chunk = &chunk;
    place->sounded = false;
    place->chunk_id = std::move(chunk_id);
    place->response_id.clear();
    place->transcript.clear();
    place->pcm.clear();
    return true;
}

void RealtimeSocket::stop(const SpokenChunk& chunk, bool late) {
    for (Place& place : places_) {
        if (place.chunk != &chunk) continue;
        if (late) ++late_in_a_row_;
        place.chunk = nullptr;
        place.stopped_at = loop_.now();
        cancel_response(place);
    }
    if (late_in_a_row_ >= settings_.pool.late_in_a_row) retire();
}

// Before response.created there is no id to cancel: it follows then.
void RealtimeSocket::cancel_response(Place& place) {
    if (place.response_id.empty() || !websocket_) return;
    if (!websocket_->send_text(write_response_cancel(place.response_id))) retire();
}

void RealtimeSocket::check() {
    if (state_ != State::open) return;
    if (loop_.now() - opened_at_ >= settings_.pool.retire_after) retire();
    const auto overdue = [this](const Place& place) {
        return place.taken && !place.chunk && loop_.now() - place.stopped_at >= settings_.pool.stop_limit;
    };
    if (std::any_of(places_.begin(), places_.end(), overdue))
        close(failure(FailureReason::stalled, "a cancelled response did not end"));
}

void RealtimeSocket::on_connected(net::WebsocketConnected connected) {
    connecting_.reset();
    if (!connected.websocket) return close(failure_of_connect(connected, {settings_.api_key}));
    open(std::move(connected.websocket));
}

// Nothing waits for session.updated: messages are answered in order, so the first text may follow at once.
void RealtimeSocket::open(std::unique_ptr<net::Websocket> websocket) {
    websocket_ = std::move(websocket);
    state_ = State::open;
    opened_at_ = idle_since_ = loop_.now();
    net::WebsocketHandlers handlers;
    handlers.on_text = [this](std::string_view text) { on_text(text); };
    handlers.on_closed = [this](const net::WebsocketClosed& closed) {
        close(failure_of_close(closed, {settings_.api_key}));
    };
    websocket_->start(std::move(handlers));
    if (!websocket_->send_text(write_session_update(settings_.voice)))
        return close(failure(FailureReason::disconnected, "the new socket takes no message"));
    owner_.on_room(*this);
}

SpokenChunk* RealtimeSocket::free(Place& place) {
    place.taken = false;
    if (responses() == 0) idle_since_ = loop_.now();
    return std::exchange(place.chunk, nullptr);
}

void RealtimeSocket::fail_place(Place& place, const ProviderFailure& failed) {
    ProviderFailure copy = failed;
    if (copy.request_id.empty()) copy.request_id = one_line(place.response_id, {}, 100);
    SpokenChunk* chunk = free(place);
    owner_.on_room(*this);
    if (chunk) chunk->on_unspoken(std::move(copy));
}

// Chunks hear of it last, when this socket takes no more work: they may ask for another one at once.
void RealtimeSocket::close(const ProviderFailure& failed) {
    if (state_ == State::closed) return;
    const ProviderFailure copy = failed;
    state_ = State::closed;
    connecting_.reset();
    websocket_.reset();
    owner_.on_socket_closed(*this, copy);
    for (Place& place : places_)
        if (SpokenChunk* chunk = free(place)) chunk->on_unspoken(copy);
}

}  // namespace atlas::providers::openai
