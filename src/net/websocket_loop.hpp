#pragma once

#include "atlas/net/send_queue.hpp"
#include "atlas/net/websocket.hpp"
#include "atlas/net/websocket_watch.hpp"
#include "websocket_end.hpp"
#include "websocket_open.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>

#include <memory>
#include <utility>

namespace atlas::net {

// The connection itself. Lives in its two coroutines until the close handshake, or its deadline, ends them,
// however early its owner lets go of the Websocket in front of it.
template <class Stream>
class WebsocketLoop final : public std::enable_shared_from_this<WebsocketLoop<Stream>> {
public:
    using WsStream = beast::websocket::stream<Stream>;

    WebsocketLoop(WsStream stream, WebsocketFacts facts)
        : ws_(std::move(stream)),
          facts_(std::move(facts)),
          queue_(facts_.options.max_queued_bytes),
          watch_(facts_.options, Clock::now()),
          wake_(ws_.get_executor()),
          alarm_(ws_.get_executor()) {
        // Our own watch keeps all deadlines; a time limit of the stream's would kill the WebSocket.
        beast::get_lowest_layer(ws_).expires_never();
        const auto none = beast::websocket::stream_base::none();
        ws_.set_option(beast::websocket::stream_base::timeout{none, none, false});
        ws_.read_message_max(facts_.options.max_message_bytes);
        ws_.auto_fragment(false);
    }

    void start(WebsocketHandlers handlers) {
        if (started_) return;
        started_ = true;
        handlers_ = std::move(handlers);
        watch_ = WebsocketWatch(facts_.options, Clock::now());
        if (closing_) watch_.close_began(Clock::now());
        ws_.control_callback(
            [this](beast::websocket::frame_type kind, beast::string_view) { heard_control(kind); });
        spawn(read());
        spawn(write());
        set_alarm();
    }

    bool send(bool binary, std::span<const std::byte> head, std::span<const std::byte> body) {
        if (closing_ || ended_ || !queue_.push(binary, head, body)) return false;
        wake_.cancel();
        return true;
    }

    void ping() {
        ping_wanted_ = true;
        wake_.cancel();
    }

    void close(std::uint16_t code, std::string_view reason) {
        if (closing_ || ended_) return;
        closing_ = true;
        closed_by_us_ = make_close(code, reason);
        watch_.close_began(Clock::now());
        wake_.cancel();
        if (started_) set_alarm();
    }

    // The owner let go.
    void abandon() {
        abandoned_ = true;
        if (!in_handler_) handlers_ = {};
        if (facts_.options.close_timeout <= Duration::zero()) facts_.options.close_timeout = abandoned_close;
        close(going_away, "");
        start({});
    }

    SendQueue& queue() { return queue_; }
    const WebsocketFacts& facts() const { return facts_; }

private:
    static constexpr std::size_t read_step = 64 * 1024;    // memory grows with what came, not with a claim
    static constexpr std::size_t kept_buffer = 64 * 1024;  // one large message must not stay for the call
    static constexpr std::uint16_t going_away = 1001;
    static constexpr Duration abandoned_close = std::chrono::seconds(2);
    // Beast fails a connection inside a read (1009, 1007, 1002) without telling; this finds out.
    static constexpr Duration longest_sleep = std::chrono::seconds(2);

    void spawn(asio::awaitable<void> coroutine) {
        ++coroutines_;
        auto self = this->shared_from_this();
        auto ended = [self](std::exception_ptr failure) { self->coroutine_ended(failure); };
        asio::co_spawn(ws_.get_executor(), std::move(coroutine), std::move(ended));
    }

    asio::awaitable<void> read() {
        for (;;) {
            auto [failure, size] = co_await ws_.async_read_some(buffer_, read_step, as_result);
            if (failure) {
                read_failed(failure);
                co_return;
            }
            watch_.heard(Clock::now());
            if (ws_.is_message_done()) deliver();
        }
    }

    void heard_control(beast::websocket::frame_type kind) {
        watch_.heard(Clock::now());
        if (kind != beast::websocket::frame_type::close) return;
        peer_closed_ = true;
        watch_.close_began(Clock::now());
        set_alarm();
    }

    // Everything that is written is written here, one after another.
    asio::awaitable<void> write() {
        while (!ended_) {
            ErrorCode failure;
            if (std::exchange(ping_wanted_, false)) {
                const beast::websocket::ping_data nothing;
                write_began();
                watch_.pinged(Clock::now());
                auto [error] = co_await ws_.async_ping(nothing, as_result);
                failure = error;
            } else if (const OutgoingMessage* message = queue_.take()) {
                ws_.binary(message->binary);
                write_began();
                auto [error, size] = co_await ws_.async_write(asio::buffer(message->bytes), as_result);
                failure = error;
                queue_.done();
            } else if (closing_) {
                break;
            } else {
                wake_.expires_at(TimePoint::max());
                co_await wake_.async_wait(as_result);
                continue;
            }
            watch_.write_ended();
            if (failure) {
                write_failed(failure);
                co_return;
            }
        }
        if (ended_) co_return;
        close_sent_ = true;
        const auto reason = closed_by_us_.reason;
        auto [failure] = co_await ws_.async_close(reason, as_result);
        finish(closed_by_us_.report(failure));
    }

    void write_began() {
        watch_.write_began(Clock::now());
        const auto next = watch_.next();
        if (next && *next < alarm_.expiry()) set_alarm();
    }

    void deliver() {
        const auto bytes = buffer_.cdata();
        in_handler_ = true;
        if (abandoned_) {
            // nobody listens
        } else if (ws_.got_text()) {
            if (handlers_.on_text) handlers_.on_text({static_cast<const char*>(bytes.data()), bytes.size()});
        } else if (handlers_.on_binary) {
            handlers_.on_binary({static_cast<const std::byte*>(bytes.data()), bytes.size()});
        }
        in_handler_ = false;
        if (abandoned_) handlers_ = {};
        buffer_.consume(buffer_.size());
        if (buffer_.capacity() > kept_buffer) buffer_.shrink_to_fit();
    }

    void read_failed(ErrorCode failure) {
        const bool closed = peer_closed_ || failure == beast::websocket::error::closed;
        if (close_sent_ && !closed) return;  // our own close ends the read; the writer reports how it went
        if (close_sent_) return finish(closed_by_us_.report(ErrorCode()));
        if (closing_ && !closed) return give_up(failure.message());
        if (closed) failure = beast::websocket::error::closed;
        finish(describe_end(failure, ws_.reason()));
    }

    // The first of the two to fail gets the reason, the other one only "aborted".
    void write_failed(ErrorCode failure) {
        // A peer that closes while we write stops reading: its close frame tells why, the broken pipe does
        // not.
        if (peer_closed_) return finish(describe_end(beast::websocket::error::closed, ws_.reason()));
        if (failure != asio::error::operation_aborted) give_up(failure.message());
    }

    void finish(WebsocketClosed closed) {
        if (std::exchange(ended_, true)) return;
        close_socket(ws_);
        facts_.until_closed.reset();
        wake_.cancel();
        alarm_.cancel();
        const WebsocketHandlers handlers = std::exchange(handlers_, {});
        if (!abandoned_ && handlers.on_closed) handlers.on_closed(closed);
    }

    void coroutine_ended(std::exception_ptr failure) {
        in_handler_ = false;
        if (--coroutines_ == 0) ws_.control_callback();
        if (failure && ended_) std::rethrow_exception(failure);  // on_closed threw: nobody is left to tell
        if (failure) give_up(describe_exception(failure));
    }

    void give_up(const std::string& why) {
        if (closing_) return finish(closed_by_us_.report(why));
        WebsocketClosed closed;
        closed.error = why;
        finish(std::move(closed));
    }

    void set_alarm() {
        if (ended_) return;
        const TimePoint latest = Clock::now() + longest_sleep;
        alarm_.expires_at(std::min(watch_.next().value_or(latest), latest));
        alarm_.async_wait([self = this->shared_from_this()](ErrorCode failure) {
            if (!failure) self->look_at_the_clock();
        });
    }

    void look_at_the_clock() {
        if (ended_) return;
        const TimePoint now = Clock::now();
        if (!ws_.is_open()) watch_.close_began(now);
        if (const std::string why = watch_.failure(now); !why.empty()) return give_up(why);
        if (watch_.ping_due(now)) {
            watch_.pinged(now);
            ping();
        }
        set_alarm();
    }

    WsStream ws_;
    WebsocketFacts facts_;
    WebsocketHandlers handlers_;
    SendQueue queue_;
    WebsocketWatch watch_;
    beast::flat_buffer buffer_;
    asio::steady_timer wake_;   // never expires: cancelling it wakes the writer
    asio::steady_timer alarm_;  // the watch's next deadline
    OwnClose closed_by_us_;
    int coroutines_ = 0;
    bool started_ = false;
    bool in_handler_ = false;
    bool abandoned_ = false;
    bool ping_wanted_ = false;
    bool closing_ = false;      // our close() was called
    bool peer_closed_ = false;  // the peer's close frame came
    bool close_sent_ = false;   // and the writer is at it
    bool ended_ = false;        // on_closed was called, or nobody wanted it
};

// What the owner holds.
template <class Stream>
class OwnedWebsocket final : public Websocket {
public:
    explicit OwnedWebsocket(std::shared_ptr<WebsocketLoop<Stream>> loop) : loop_(std::move(loop)) {}
    ~OwnedWebsocket() override { loop_->abandon(); }

    void start(WebsocketHandlers handlers) override { loop_->start(std::move(handlers)); }
    bool send_text(std::string_view text) override {
        return loop_->send(false, std::as_bytes(std::span(text)), {});
    }
    bool send_binary(std::span<const std::byte> head, std::span<const std::byte> body) override {
        return loop_->send(true, head, body);
    }
    std::size_t drop_queued_binary() override { return loop_->queue().drop_binary(); }
    std::size_t queued_bytes() const override { return loop_->queue().bytes(); }
    void ping() override { loop_->ping(); }
    void close(std::uint16_t code, std::string_view reason) override { loop_->close(code, reason); }
    std::string_view subprotocol() const override { return loop_->facts().subprotocol; }
    std::string_view peer_address() const override { return loop_->facts().peer_address; }

private:
    std::shared_ptr<WebsocketLoop<Stream>> loop_;
};

template <class Stream>
std::unique_ptr<Websocket> own_websocket(beast::websocket::stream<Stream> stream, WebsocketFacts facts) {
    auto loop = std::make_shared<WebsocketLoop<Stream>>(std::move(stream), std::move(facts));
    return std::make_unique<OwnedWebsocket<Stream>>(std::move(loop));
}

}  // namespace atlas::net
