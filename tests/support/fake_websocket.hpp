#pragma once

#include "atlas/net/loop.hpp"
#include "atlas/net/websocket.hpp"
#include "atlas/net/websocket_connect.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// WebSockets without a network, on any Loop. A test plays the other side:
//
//     FakeWebsocketConnector connector(loop);
//     ... the client under test connects; loop.run_ready() ...
//     connector.last().text(R"({"type":"Connected"})");
//     loop.run_ready();
//     EXPECT_EQ(connector.last().texts(), ...);
//
// Everything the client gets, it gets from the loop, as with real sockets. For the side that accepts
// (a gateway's own callers), make_fake_websocket gives a Websocket and its peer without a connector.
namespace atlas::test {

struct SentMessage {
    bool binary = false;
    std::string bytes;
    net::TimePoint at;
};

// The other side of one connection, and the memory of what happened on it. It stays when the client has
// let go of its Websocket.
class FakePeer : public std::enable_shared_from_this<FakePeer> {
public:
    FakePeer(net::Loop& loop, net::WebsocketRequest asked) : request(std::move(asked)), loop_(loop) {}

    // --- what the client did
    const net::WebsocketRequest request;
    std::vector<SentMessage> sent;  // in order; stalled messages are not in it
    std::function<void(FakePeer&, const SentMessage&)> on_message;  // for a peer that answers by itself
    int pings = 0;
    std::optional<net::WebsocketClosed> client_close;  // the code and reason of its close()
    bool let_go = false;                               // it destroyed its Websocket
    std::size_t refused_sends = 0;                     // calls that got false

    std::vector<std::string> texts() const { return of_kind(false); }
    std::vector<std::string> binaries() const { return of_kind(true); }
    // All binary messages joined, as 16-bit samples.
    std::vector<std::int16_t> samples() const {
        std::string all;
        for (const SentMessage& message : sent)
            if (message.binary) all += message.bytes;
        std::vector<std::int16_t> joined(all.size() / 2);
        std::memcpy(joined.data(), all.data(), joined.size() * 2);
        return joined;
    }
    bool open() const { return opened_ && !ended_ && !let_go; }
    void forget_sent() { sent.clear(); }

    // --- what the peer does; each arrives from the loop, in order
    void text(std::string message) {
        come([message = std::move(message)](const net::WebsocketHandlers& to) {
            if (to.on_text) to.on_text(message);
        });
    }
    void binary(std::string message) {
        come([message = std::move(message)](const net::WebsocketHandlers& to) {
            if (to.on_binary) to.on_binary(std::as_bytes(std::span(message)));
        });
    }
    void close(std::uint16_t code, std::string reason = {}) {
        net::WebsocketClosed closed;
        closed.code = code;
        closed.reason = std::move(reason);
        end(std::move(closed));
    }
    void lose(std::string error = "connection reset by peer") {
        net::WebsocketClosed closed;
        closed.error = std::move(error);
        end(std::move(closed));
    }
    // Stops reading: messages fill the client's queue until it refuses further ones.
    void stall() { stalled_ = true; }
    void read_on() {
        stalled_ = false;
        for (SentMessage& message : std::exchange(waiting_, {})) take(std::move(message));
    }
    bool answers_close = true;   // false: the client's close() ends only at its close_timeout
    bool remembers_sent = true;  // false: counts bytes only, and allocates nothing
    std::size_t bytes_sent = 0;

private:
    friend class FakeWebsocket;
    friend class FakeWebsocketConnector;
    using Delivery = std::function<void(const net::WebsocketHandlers&)>;

    std::vector<std::string> of_kind(bool binary) const {
        std::vector<std::string> found;
        for (const SentMessage& message : sent)
            if (message.binary == binary) found.push_back(message.bytes);
        return found;
    }

    void come(Delivery delivery) {
        if (let_go) return;
        incoming_.push_back(std::move(delivery));
        loop_.post([self = shared_from_this()] { self->deliver(); });
    }

    // The handlers are held here while one runs: it may destroy the Websocket.
    void deliver() {
        while (handlers_ && !ended_ && !incoming_.empty()) {
            const auto handlers = handlers_;
            const Delivery delivery = std::move(incoming_.front());
            incoming_.pop_front();
            delivery(*handlers);
        }
    }

    void end(net::WebsocketClosed closed) {
        come([this, closed = std::move(closed)](const net::WebsocketHandlers& to) {
            ended_ = true;
            close_deadline_.reset();
            if (to.on_closed) to.on_closed(closed);
        });
    }

    bool send(bool binary, std::span<const std::byte> head, std::span<const std::byte> body) {
        const std::size_t size = head.size() + body.size();
        if (ended_ || client_close || waiting_bytes() + size > request.options.max_queued_bytes) {
            ++refused_sends;
            return false;
        }
        bytes_sent += size;
        if (!remembers_sent) return true;
        SentMessage message{binary, std::string(size, '\0'), loop_.now()};
        if (!head.empty()) std::memcpy(message.bytes.data(), head.data(), head.size());
        if (!body.empty()) std::memcpy(message.bytes.data() + head.size(), body.data(), body.size());
        if (stalled_) {
            waiting_.push_back(std::move(message));
        } else {
            take(std::move(message));
        }
        return true;
    }

    void take(SentMessage message) {
        sent.push_back(std::move(message));
        if (!on_message) return;
        loop_.post([self = shared_from_this(), copy = sent.back()] { self->on_message(*self, copy); });
    }

    std::size_t drop_waiting_binary() {
        return std::erase_if(waiting_, [](const SentMessage& message) { return message.binary; });
    }

    std::size_t waiting_bytes() const {
        std::size_t bytes = 0;
        for (const SentMessage& message : waiting_) bytes += message.bytes.size();
        return bytes;
    }

    void client_closes(std::uint16_t code, std::string_view reason) {
        if (client_close || ended_) return;
        net::WebsocketClosed closed;
        closed.code = code;
        closed.reason = reason;
        closed.closed_by_us = true;
        client_close = closed;
        if (answers_close) return end(closed);
        closed.error = "no answer to our close";
        close_deadline_ = loop_.make_timer([this, closed] { end(closed); });
        close_deadline_->expire_after(request.options.close_timeout);
    }

    void client_lets_go() {
        let_go = true;
        handlers_.reset();
        incoming_.clear();
        close_deadline_.reset();
    }

    net::Loop& loop_;
    std::shared_ptr<net::WebsocketHandlers> handlers_;
    std::deque<Delivery> incoming_;
    std::deque<SentMessage> waiting_;
    std::unique_ptr<net::Timer> close_deadline_;
    bool opened_ = false;
    bool stalled_ = false;
    bool ended_ = false;
};

class FakeWebsocket final : public net::Websocket {
public:
    explicit FakeWebsocket(std::shared_ptr<FakePeer> peer) : peer_(std::move(peer)) { peer_->opened_ = true; }
    ~FakeWebsocket() override { peer_->client_lets_go(); }

    void start(net::WebsocketHandlers handlers) override {
        peer_->handlers_ = std::make_shared<net::WebsocketHandlers>(std::move(handlers));
        peer_->loop_.post([peer = peer_] { peer->deliver(); });
    }
    bool send_text(std::string_view text) override {
        return peer_->send(false, std::as_bytes(std::span(text)), {});
    }
    bool send_binary(std::span<const std::byte> head, std::span<const std::byte> body) override {
        return peer_->send(true, head, body);
    }
    std::size_t drop_queued_binary() override { return peer_->drop_waiting_binary(); }
    std::size_t queued_bytes() const override { return peer_->waiting_bytes(); }
    void ping() override { ++peer_->pings; }
    void close(std::uint16_t code, std::string_view reason) override { peer_->client_closes(code, reason); }
    std::string_view subprotocol() const override { return peer_->request.subprotocol; }
    std::string_view peer_address() const override { return "192.0.2.1"; }

private:
    std::shared_ptr<FakePeer> peer_;
};

struct FakeWebsocketPair {
    std::unique_ptr<net::Websocket> websocket;
    std::shared_ptr<FakePeer> peer;
};

inline FakeWebsocketPair make_fake_websocket(net::Loop& loop, net::WebsocketOptions options = {}) {
    net::WebsocketRequest request;
    request.options = options;
    auto peer = std::make_shared<FakePeer>(loop, std::move(request));
    auto websocket = std::make_unique<FakeWebsocket>(peer);
    return {std::move(websocket), std::move(peer)};
}

// Answers every attempt as it was told to beforehand, in order; without an answer in store it accepts.
class FakeWebsocketConnector final : public net::WebsocketConnector {
public:
    explicit FakeWebsocketConnector(net::Loop& loop) : loop_(loop) {}

    net::Duration connect_delay{};           // of every answer; zero: at the loop's next turn
    net::HttpHeaders accepting_headers;      // of the 101
    std::function<void(FakePeer&)> on_open;  // before the client gets its Websocket

    // One attempt each, in the order of these calls.
    void accept_next() { answers_.push_back({Answer::accept, {}}); }
    void refuse_next(int status, net::HttpHeaders headers = {}, std::string body = {}) {
        net::WebsocketConnected refusal;
        refusal.http_status = status;
        refusal.headers = std::move(headers);
        refusal.body = std::move(body);
        refusal.error = "the upgrade was refused with HTTP " + std::to_string(status);
        answers_.push_back({Answer::fail, std::make_shared<net::WebsocketConnected>(std::move(refusal))});
    }
    void fail_next(std::string error = "connection refused") {
        net::WebsocketConnected failed;
        failed.error = std::move(error);
        answers_.push_back({Answer::fail, std::make_shared<net::WebsocketConnected>(std::move(failed))});
    }
    void hang_next() { answers_.push_back({Answer::hang, {}}); }  // until its connect_timeout

    // Every attempt, refused ones included, in order.
    std::vector<std::shared_ptr<FakePeer>> attempts;
    std::vector<net::TimePoint> attempt_times;
    FakePeer& last() { return *attempts.back(); }
    FakePeer& attempt(std::size_t index) { return *attempts.at(index); }
    std::size_t given_up = 0;  // attempts whose PendingConnect died before the answer

    std::unique_ptr<net::PendingConnect> connect(
        net::WebsocketRequest request, std::function<void(net::WebsocketConnected)> on_done) override {
        attempts.push_back(std::make_shared<FakePeer>(loop_, std::move(request)));
        attempt_times.push_back(loop_.now());
        Answer answer = next_answer();
        auto pending = std::make_unique<Pending>(*this, std::move(on_done));
        pending->answer_later(attempts.back(), std::move(answer));
        return pending;
    }

private:
    struct Answer {
        enum Kind { accept, fail, hang } kind = accept;
        std::shared_ptr<net::WebsocketConnected> failure;
    };

    class Pending final : public net::PendingConnect {
    public:
        Pending(FakeWebsocketConnector& connector, std::function<void(net::WebsocketConnected)> on_done)
            : connector_(connector), on_done_(std::make_shared<OnDone>(std::move(on_done))) {}
        ~Pending() override {
            if (on_done_ && *on_done_) ++connector_.given_up;
        }

        void answer_later(std::shared_ptr<FakePeer> peer, Answer answer) {
            net::Duration delay = connector_.connect_delay;
            if (answer.kind == Answer::hang) {
                delay = peer->request.connect_timeout;
                answer.failure = std::make_shared<net::WebsocketConnected>();
                answer.failure->timed_out = true;
                answer.failure->error = "no answer in time";
            }
            auto work = [this, alive = std::weak_ptr<OnDone>(on_done_), peer = std::move(peer),
                         failure = answer.failure] {
                if (!alive.expired()) finish(peer, failure);
            };
            if (delay == net::Duration::zero()) return connector_.loop_.post(std::move(work));
            timer_ = connector_.loop_.make_timer(std::move(work));
            timer_->expire_after(delay);
        }

    private:
        using OnDone = std::function<void(net::WebsocketConnected)>;

        // The handler may destroy this.
        void finish(std::shared_ptr<FakePeer> peer, std::shared_ptr<net::WebsocketConnected> failure) {
            net::WebsocketConnected result;
            if (failure) {
                result = std::move(*failure);
            } else {
                if (connector_.on_open) connector_.on_open(*peer);
                result.websocket = std::make_unique<FakeWebsocket>(peer);
                result.headers = connector_.accepting_headers;
                result.http_status = 101;
            }
            const OnDone on_done = std::exchange(*on_done_, {});
            on_done(std::move(result));
        }

        FakeWebsocketConnector& connector_;
        std::shared_ptr<OnDone> on_done_;
        std::unique_ptr<net::Timer> timer_;
    };

    Answer next_answer() {
        if (answers_.empty()) return {};
        Answer answer = std::move(answers_.front());
        answers_.pop_front();
        return answer;
    }

    net::Loop& loop_;
    std::deque<Answer> answers_;
};

}  // namespace atlas::test
