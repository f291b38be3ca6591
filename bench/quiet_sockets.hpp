#pragma once

#include "atlas/net/loop.hpp"
#include "atlas/net/websocket_connect.hpp"

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

// A loop and sockets that do next to nothing themselves, so that what is measured is our own code: no kernel,
// no copies, and no allocation once the timers are made.
namespace atlas::bench {

// Time moves only in advance(); timers that are due fire there, in the order of their making.
class QuietLoop final : public net::Loop {
public:
    net::TimePoint now() const override { return now_; }
    void post(std::function<void()> work) override { work_.push_back(std::move(work)); }
    std::unique_ptr<net::Timer> make_timer(std::function<void()> on_expiry) override {
        return std::make_unique<QuietTimer>(*this, std::move(on_expiry));
    }

    void run_posted() {
        while (!work_.empty()) {
            const auto work = std::move(work_.front());
            work_.pop_front();
            work();
        }
    }
    void advance(net::Duration time) {
        run_posted();
        now_ += time;
        for (std::size_t i = 0; i < timers_.size(); ++i) timers_[i]->fire_if_due();
        run_posted();
    }

private:
    class QuietTimer final : public net::Timer {
    public:
        QuietTimer(QuietLoop& loop, std::function<void()> on_expiry)
            : loop_(loop), on_expiry_(std::move(on_expiry)) {
            loop_.timers_.push_back(this);
        }
        ~QuietTimer() override { std::erase(loop_.timers_, this); }
        void expire_at(net::TimePoint when) override { due_ = when; }
        void expire_after(net::Duration delay) override { due_ = loop_.now_ + delay; }
        void cancel() override { due_.reset(); }
        void fire_if_due() {
            if (!due_ || *due_ > loop_.now_) return;
            due_.reset();
            on_expiry_();
        }

    private:
        QuietLoop& loop_;
        std::function<void()> on_expiry_;
        std::optional<net::TimePoint> due_;
    };

    net::TimePoint now_{std::chrono::hours(1)};
    std::deque<std::function<void()>> work_;
    std::vector<QuietTimer*> timers_;
};

// What the other side of a quiet socket sees, and how it speaks. Outlives the socket.
struct QuietPeer {
    net::WebsocketHandlers handlers;
    std::int64_t messages = 0;  // binary ones that were sent to it
    std::int64_t bytes = 0;     // in them
};

class QuietSocket final : public net::Websocket {
public:
    explicit QuietSocket(QuietPeer& peer) : peer_(peer) {}

    void start(net::WebsocketHandlers handlers) override { peer_.handlers = std::move(handlers); }
    bool send_text(std::string_view) override { return true; }
    bool send_binary(std::span<const std::byte> head, std::span<const std::byte> body) override {
        ++peer_.messages;
        peer_.bytes += static_cast<std::int64_t>(head.size() + body.size());
        return true;
    }
    std::size_t drop_queued_binary() override { return 0; }
    std::size_t queued_bytes() const override { return 0; }
    void ping() override {}
    void close(std::uint16_t, std::string_view) override {}
    std::string_view subprotocol() const override { return {}; }
    std::string_view peer_address() const override { return {}; }

private:
    QuietPeer& peer_;
};

// Every connection succeeds, and leads to the same peer.
class QuietConnector final : public net::WebsocketConnector {
public:
    explicit QuietConnector(net::Loop& loop) : loop_(loop) {}

    QuietPeer peer;

    std::unique_ptr<net::PendingConnect> connect(
        net::WebsocketRequest, std::function<void(net::WebsocketConnected)> on_done) override {
        loop_.post([this, on_done = std::move(on_done)] {
            net::WebsocketConnected connected;
            connected.http_status = 101;
            connected.websocket = std::make_unique<QuietSocket>(peer);
            on_done(std::move(connected));
        });
        return std::make_unique<net::PendingConnect>();
    }

private:
    net::Loop& loop_;
};

}  // namespace atlas::bench
