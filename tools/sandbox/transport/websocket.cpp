#include "sandbox/transport/websocket.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <spdlog/spdlog.h>

#include <chrono>
#include <deque>
#include <limits>

namespace atlas::sandbox {
namespace {

namespace ws = boost::beast::websocket;
constexpr auto as_result = asio::as_tuple(asio::deferred);
constexpr std::size_t max_message = 16u << 20;

class BeastWebsocket final : public Websocket,
                             public WebsocketPeer,
                             public std::enable_shared_from_this<BeastWebsocket> {
public:
    BeastWebsocket(Stream stream, ConnectionContext context, std::shared_ptr<Connection> origin)
        : stream_(std::move(stream)),
          context_(context),
          origin_(std::move(origin)),
          wake_writer_(stream_.get_executor(), asio::steady_timer::time_point::max()),
          wake_reader_(stream_.get_executor(), asio::steady_timer::time_point::max()) {}

    void accept(UpgradeRequest handshake, UpgradeAnswer decision) override {
        auto work = run(shared_from_this(), std::move(handshake), std::move(decision));
        spawn(std::move(work));
    }
    void kill() override { drop(); }

    std::uint64_t connection() const override { return context_.number; }
    void send_text(std::string text) override {
        if (ending_) return;
        unsent_ += text.size();
        queue_.push_back({std::move(text), true});
        wake_writer_.cancel();
    }
    void send_binary(std::string bytes) override {
        if (ending_) return;
        unsent_ += bytes.size();
        queue_.push_back({std::move(bytes), false});
        wake_writer_.cancel();
    }
    std::size_t unsent() const override { return unsent_; }
    void close(std::optional<std::uint16_t> code, std::string reason) override {
        if (ending_) return;
        ending_ = true;
        closing_ = ws::close_reason(code ? static_cast<ws::close_code>(*code) : ws::close_code::none, reason);
        wake_writer_.cancel();
    }
    void pause_reading(bool pause) override {
        paused_ = pause;
        if (!pause) wake_reader_.cancel();
    }
    void abort() override {
        ending_ = true;
        socket().abort();
        wake_reader_.cancel();
    }
    void drop() override {
        ending_ = true;
        socket().drop();
        wake_reader_.cancel();
    }
    void split_into(std::size_t bytes) override { piece_ = bytes; }
    void ping() override {
        ++pings_;
        wake_writer_.cancel();
    }

private:
    struct Message {
        std::string bytes;
        bool is_text;
    };

    Socket& socket() { return stream_.next_layer().socket(); }
    void spawn(asio::awaitable<void> work);
    static asio::awaitable<void> run(std::shared_ptr<BeastWebsocket> self, UpgradeRequest handshake,
                                     UpgradeAnswer decision);
    asio::awaitable<void> read_all();
    static asio::awaitable<void> write_all(std::shared_ptr<BeastWebsocket> self);
    asio::awaitable<bool> write_message(const Message& message);
    void set_up(const UpgradeAnswer& decision);
    void deliver_end(const error_code& error);

    ws::stream<Stream> stream_;
    ConnectionContext context_;
    std::shared_ptr<Connection> origin_;
    asio::steady_timer wake_writer_;  // never expires: cancelled when there is something to write
    asio::steady_timer wake_reader_;
    boost::beast::flat_buffer buffer_{max_message};
    std::deque<Message> queue_;  // bounded by the services: they look at unsent()
    std::size_t unsent_ = 0;
    std::size_t piece_ = std::numeric_limits<std::size_t>::max();
    std::size_t pings_ = 0;
    std::optional<ws::close_reason> closing_;
    std::unique_ptr<WebsocketSession> session_;
    bool ending_ = false;  // we began to close or broke the connection
    bool ended_ = false;   // the reader is through
    bool paused_ = false;
};

void BeastWebsocket::spawn(asio::awaitable<void> work) {
    auto on_end = [](const std::exception_ptr& error) {
        if (!error) return;
        try {
            std::rethrow_exception(error);
        } catch (const std::exception& failure) {
            spdlog::error("a WebSocket failed: {}", failure.what());
        }
    };
    asio::co_spawn(stream_.get_executor(), std::move(work), std::move(on_end));
}

void BeastWebsocket::set_up(const UpgradeAnswer& decision) {
    ws::stream_base::timeout limits{};
    limits.handshake_timeout = std::chrono::seconds(5);
    limits.idle_timeout = ws::stream_base::none();
    limits.keep_alive_pings = false;
    stream_.set_option(limits);
    stream_.read_message_max(max_message);
    stream_.auto_fragment(false);
    auto decorate = [headers = decision.headers, protocol = decision.subprotocol](ws::response_type& answer) {
        for (const auto& [name, value] : headers) answer.set(name, value);
        if (!protocol.empty()) answer.set(boost::beast::http::field::sec_websocket_protocol, protocol);
    };
    stream_.set_option(ws::stream_base::decorator(std::move(decorate)));
    auto on_control = [this](ws::frame_type kind, boost::beast::string_view) {
        if (kind == ws::frame_type::ping && session_) session_->ping();
    };
    stream_.control_callback(std::move(on_control));
}

asio::awaitable<void> BeastWebsocket::run(std::shared_ptr<BeastWebsocket> self, UpgradeRequest handshake,
                                          UpgradeAnswer decision) {
    self->set_up(decision);
    auto [error] = co_await self->stream_.async_accept(handshake, as_result);
    if (error) {
        self->context_.report.violation("transport", self->context_.number, "websocket_handshake",
                                        error.message());
        self->socket().drop();
        co_return;
    }
    self->context_.report.count("websockets");
    self->session_ = decision.start(*self);
    auto writer = write_all(self);
    self->spawn(std::move(writer));
    co_await self->read_all();
}

asio::awaitable<void> BeastWebsocket::read_all() {
    while (true) {
        while (paused_ && !ending_) {
            wake_reader_.expires_at(asio::steady_timer::time_point::max());
            co_await wake_reader_.async_wait(as_result);
        }
        auto [error, size] = co_await stream_.async_read(buffer_, as_result);
        if (error) {
            deliver_end(error);
            co_return;
        }
        const auto data = buffer_.cdata();
        if (stream_.got_text())
            session_->text({static_cast<const char*>(data.data()), data.size()});
        else
            session_->binary({static_cast<const std::uint8_t*>(data.data()), data.size()});
        buffer_.consume(buffer_.size());
    }
}

void BeastWebsocket::deliver_end(const error_code& error) {
    ended_ = true;
    WebsocketEnd end;
    end.by_client = !ending_;
    if (error == ws::error::closed) {
        const auto& reason = stream_.reason();
        end.code = reason.code == ws::close_code::none ? std::uint16_t{1005} : std::uint16_t(reason.code);
        end.reason = std::string(reason.reason.data(), reason.reason.size());
    } else {
        end.code = 1006;
        end.reason = error.message();
        if (error.category() == make_error_code(ws::error::closed).category() && !ending_)
            context_.report.violation("transport", context_.number, "websocket_protocol", error.message());
    }
    ending_ = true;
    wake_writer_.cancel();
    session_->ended(end);
    session_.reset();
}

asio::awaitable<bool> BeastWebsocket::write_message(const Message& message) {
    const std::string& text = message.bytes;
    stream_.text(message.is_text);
    std::size_t at = 0;
    do {
        const std::size_t size = std::min(piece_, text.size() - at);
        const auto piece = asio::buffer(text.data() + at, size);
        at += size;
        const bool last = at == text.size();
        auto [error, sent] = co_await stream_.async_write_some(last, piece, as_result);
        if (error) co_return false;
    } while (at < text.size());
    co_return true;
}

asio::awaitable<void> BeastWebsocket::write_all(std::shared_ptr<BeastWebsocket> self) {
    while (!self->ended_) {
        if (self->pings_ > 0) {
            --self->pings_;
            const ws::ping_data payload("sandbox");
            auto [error] = co_await self->stream_.async_ping(payload, as_result);
            if (error) break;
        } else if (!self->queue_.empty()) {
            const Message message = std::move(self->queue_.front());
            self->queue_.pop_front();
            const bool sent = co_await self->write_message(message);
            self->unsent_ -= message.bytes.size();
            if (!sent) break;
        } else if (self->closing_) {
            co_await self->stream_.async_close(*self->closing_, as_result);
            break;
        } else {
            self->wake_writer_.expires_at(asio::steady_timer::time_point::max());
            co_await self->wake_writer_.async_wait(as_result);
        }
    }
    self->unsent_ = 0;
    self->queue_.clear();
    self->wake_reader_.cancel();
}

}  // namespace

std::shared_ptr<Websocket> make_websocket(Stream stream, ConnectionContext context,
                                          std::shared_ptr<Connection> connection) {
    return std::make_shared<BeastWebsocket>(std::move(stream), context, std::move(connection));
}

}  // namespace atlas::sandbox
