#include "recognizer.hpp"

#include <algorithm>
#include <utility>

// The part of Recognizer that replaces a connection because it is old: a successor is opened while the old
// one still listens, and takes over the moment it is ready. That is best done while nobody speaks, and right
// at any time: what the old one has not settled is heard again.
namespace atlas::providers::deepgram {

namespace {

constexpr auto silence_check = std::chrono::milliseconds(250);

}  // namespace

bool Recognizer::time_to_rotate(net::TimePoint now) const {
    const net::TimePoint due = since_ + parts_.settings.rotate_after;
    if (now < std::max(due, rotate_not_before_)) return false;
    if (now >= due + parts_.settings.rotate_grace) return true;
    return !protocol_->turn_open() && now - sender_.last_loud_at() >= parts_.settings.rotate_quiet;
}

net::TimePoint Recognizer::next_look_at_rotation(net::TimePoint now) const {
    if (successor_) return successor_->until;
    const net::TimePoint due = std::max(since_ + parts_.settings.rotate_after, rotate_not_before_);
    return std::max(due, now + silence_check);
}

void Recognizer::rotate_when_due(net::TimePoint now) {
    if (successor_ && now >= successor_->until) successor_failed();
    if (!successor_ && time_to_rotate(now)) find_successor(now);
}

void Recognizer::find_successor(net::TimePoint now) {
    const DeepgramSettings& settings = parts_.settings;
    ++parts_.counters.connects;
    Successor& next = successor_.emplace();
    next.number = ++last_connection_;
    next.until = now + settings.connect_timeout + settings.ready_timeout;
    next.pending = parts_.connector.connect(
        make_request(settings, *protocol_, sender_.clock().sample_rate()),
        [this](net::WebsocketConnected result) { successor_connected(std::move(result)); });
}

void Recognizer::successor_connected(net::WebsocketConnected result) {
    successor_->pending.reset();
    if (!result.websocket) return successor_failed();
    successor_->request_id = result.headers.find("dg-request-id");
    successor_->websocket = std::move(result.websocket);
    successor_->websocket->start(handlers_of(successor_->number));
    if (protocol_->traits().waits_for_ready) return;
    if (protocol_->deciding()) return successor_failed();
    take_over();
    streaming_begins(request_id_);
}

// Its first words are that it is ready, or they tell why it is not: what follows is as after any connect.
void Recognizer::successor_speaks(std::string_view text) {
    if (protocol_->deciding()) return successor_failed();
    take_over();
    received(text);
}

void Recognizer::take_over() {
    ++parts_.counters.rotations;
    Successor next = std::move(*successor_);
    successor_.reset();
    say_goodbye(std::exchange(websocket_, std::move(next.websocket)));
    connection_ = next.number;
    request_id_ = std::move(next.request_id);
    protocol_->connection_lost(facts_);
    sender_.end_stream(protocol_->settled());
    refused_ = false;
    state_ = State::opening;
    since_ = parts_.loop.now();
    wake_by(since_ + parts_.settings.ready_timeout);
}

void Recognizer::drop_successor() {
    if (!successor_) return;
    say_goodbye(std::move(successor_->websocket));
    successor_.reset();
}

// The old connection is well: no one need know.
void Recognizer::successor_failed() {
    drop_successor();
    ++parts_.counters.failed_rotations;
    rotate_not_before_ = parts_.loop.now() + parts_.settings.rotate_retry;
}

}  // namespace atlas::providers::deepgram
