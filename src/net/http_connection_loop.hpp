#pragma once

#include "http_answer.hpp"
#include "http_connection.hpp"
#include "websocket_end.hpp"
#include "websocket_open.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>

#include <optional>
#include <utility>

namespace atlas::net {

// One accepted socket. Lives in its coroutine.
template <class Stream>
class HttpConnection final : public std::enable_shared_from_this<HttpConnection<Stream>> {
public:
    HttpConnection(std::shared_ptr<ListenerState> listener, Stream stream, std::string peer)
        : listener_(std::move(listener)),
          stream_(std::move(stream)),
          peer_(std::move(peer)),
          deadline_(stream_.get_executor()),
          counted_(count_socket(*listener_)) {
        drop_with_listener(&socket());
    }
    ~HttpConnection() { drop_with_listener(nullptr); }

    void start() {
        auto ended = [self = this->shared_from_this()](std::exception_ptr failure) { self->ended(failure); };
        asio::co_spawn(stream_.get_executor(), run(), std::move(ended));
    }

private:
    using Parser = beast::http::request_parser<beast::http::string_body>;
    using WsStream = beast::websocket::stream<Stream>;
    static constexpr std::size_t read_step = 4096;
    static constexpr Duration linger_time = std::chrono::seconds(1);
    static constexpr std::size_t linger_bytes = 256 * 1024;

    PlainStream& socket() { return beast::get_lowest_layer(stream_); }
    Duration patience() const { return listener_->settings.header_timeout; }

    // Which stream to close when the listener is destroyed.
    void drop_with_listener(PlainStream* stream) {
        if (dropped_ != nullptr) listener_->waiting.erase(dropped_);
        if (stream != nullptr) listener_->waiting.insert(stream);
        dropped_ = stream;
    }

    void ended(const std::exception_ptr& failure) {
        drop_with_listener(nullptr);
        end_request();
        counted_.reset();
        if (failure) listener_->bad(peer_, describe_exception(failure));
    }

    asio::awaitable<void> run() {
        if constexpr (is_tls<Stream>) {
            socket().expires_after(patience());
            auto [failure] = co_await stream_.async_handshake(asio::ssl::stream_base::server, as_awaited);
            if (failure) {
                listener_->bad(peer_, "TLS handshake: " + failure.message());
                co_return;
            }
        }
        bool go_on = true;
        while (go_on && !listener_->stopped) {
            go_on = co_await serve_one();
        }
        if (counted_ && !broken_) co_await close_politely();
    }

    // Reads one request and answers it; false when the connection is done.
    asio::awaitable<bool> serve_one() {
        parser_.emplace();
        parser_->header_limit(static_cast<std::uint32_t>(listener_->settings.max_header_bytes));
        parser_->body_limit(listener_->settings.max_body_bytes);
        begin_request();
        const ErrorCode failure = co_await read(false);
        if (listener_->stopped) co_return false;
        if (failure) {
            co_return co_await refuse(failure);
        }
        RequestHead head = read_head(parser_->get(), peer_, is_tls<Stream>);
        if (head.problem) {
            co_return co_await answer_and_close(*head.problem);
        }
        if (head.upgrade) {
            co_return co_await upgrade(std::move(head.request));
        }
        co_return co_await answer_request(std::move(head.request));
    }

    // The time for one request to arrive. Unlike the stream's own limit it leaves the socket usable for an
    // answer.
    void begin_request() {
        timed_out_ = false;
        socket().expires_never();
        deadline_.expires_after(patience());
        deadline_.async_wait([self = this->shared_from_this(), request = ++requests_](ErrorCode failure) {
            if (failure || request != self->requests_) return;
            self->timed_out_ = true;
            self->socket().cancel();
        });
    }
    void end_request() {
        ++requests_;
        deadline_.cancel();
    }

    bool complete(bool whole) const { return whole ? parser_->is_done() : parser_->is_header_done(); }

    // Reads the header, or the whole request.
    asio::awaitable<ErrorCode> read(bool whole) {
        parser_->eager(whole);
        ErrorCode failure = parse(whole);
        while (!failure && !complete(whole)) {
            const auto room = buffer_.prepare(read_step);
            auto [error, size] = co_await stream_.async_read_some(room, as_awaited);
            buffer_.commit(size);
            failure = error ? error : parse(whole);
        }
        co_return failure;
    }

    ErrorCode parse(bool whole) {
        while (buffer_.size() > 0 && !complete(whole)) {
            ErrorCode failure;
            const std::size_t used = parser_->put(buffer_.data(), failure);
            buffer_.consume(used);
            if (failure == beast::http::error::need_more || (!failure && used == 0)) break;
            if (failure) return failure;
        }
        return {};
    }

    // A request that could not be read. Silence is the answer to a client that went away.
    asio::awaitable<bool> refuse(ErrorCode failure) {
        const bool asked = parser_->got_some();
        std::optional<OutgoingResponse> answer;
        if (!timed_out_) {
            answer = answer_to_failure(failure, listener_->settings);
        } else if (asked) {
            answer = error_answer(408, "timeout", "the request did not arrive in time");
        }
        if (answer) {
            co_return co_await answer_and_close(*answer);
        }
        broken_ = !timed_out_ && failure != asio::error::eof;
        if (asked) listener_->bad(peer_, "the request was cut off: " + failure.message());
        co_return false;
    }

    asio::awaitable<bool> answer_request(IncomingRequest request) {
        if (expects_continue(parser_->get())) {
            const bool sent = co_await send("HTTP/1.1 100 Continue\r\n\r\n");
            if (!sent) co_return false;
        }
        const ErrorCode failure = co_await read(true);
        if (listener_->stopped) co_return false;
        if (failure) {
            co_return co_await refuse(failure);
        }
        request.body = std::move(parser_->get().body());
        const OutgoingResponse answer = answer_of(request);
        co_return co_await write(answer, parser_->get().keep_alive());
    }

    OutgoingResponse answer_of(const IncomingRequest& request) {
        if (!listener_->handlers.on_request) return error_answer(404, "not_found", "nothing is served here");
        try {
            return listener_->handlers.on_request(request);
        } catch (const std::exception&) {
            listener_->bad(peer_, describe_exception(std::current_exception()));
            return error_answer(500, "internal_error", "the request could not be answered");
        }
    }

    asio::awaitable<bool> answer_and_close(const OutgoingResponse& answer) {
        listener_->bad(peer_, "answered " + std::to_string(answer.status) + ": " + answer.body);
        co_return co_await write(answer, false);
    }

    // True when the connection may go on.
    asio::awaitable<bool> write(const OutgoingResponse& answer, bool keep) {
        end_request();
        keep = keep && !listener_->stopped;
        const auto& request = parser_->get();
        const bool head_only = request.method() == beast::http::verb::head;
        const std::string text = format_answer(answer, request.version(), keep, head_only);
        socket().expires_after(patience());
        const bool sent = co_await send(text);
        co_return sent&& keep;
    }

    asio::awaitable<bool> send(std::string_view text) {
        auto [failure, size] = co_await asio::async_write(stream_, asio::buffer(text), as_awaited);
        if (failure) broken_ = true;
        co_return !failure;
    }

    asio::awaitable<bool> upgrade(IncomingRequest request) {
        if (buffer_.size() > 0) {
            const auto early =
                error_answer(400, "bad_request", "bytes followed the upgrade before its answer");
            co_return co_await answer_and_close(early);
        }
        const UpgradeDecision decision = decide(request);
        if (listener_->stopped) co_return false;
        if (const auto* refusal = std::get_if<OutgoingResponse>(&decision)) {
            co_return co_await write(*refusal, false);
        }
        end_request();
        co_await accept(request, std::get<AcceptUpgrade>(decision));
        co_return false;
    }

    UpgradeDecision decide(const IncomingRequest& request) {
        if (!listener_->handlers.on_upgrade || !listener_->handlers.on_websocket) {
            return error_answer(404, "not_found", "no WebSocket is served here");
        }
        try {
            return listener_->handlers.on_upgrade(request);
        } catch (const std::exception&) {
            listener_->bad(peer_, describe_exception(std::current_exception()));
            return error_answer(500, "internal_error", "the upgrade could not be decided");
        }
    }

    asio::awaitable<void> accept(const IncomingRequest& request, const AcceptUpgrade& how) {
        broken_ = true;  // whatever comes of it, stream_ is moved from
        socket().expires_never();
        drop_with_listener(nullptr);
        WsStream ws(std::move(stream_));
        drop_with_listener(&beast::get_lowest_layer(ws));
        const beast::websocket::stream_base::timeout times{patience(), beast::websocket::stream_base::none(),
                                                           false};
        ws.set_option(times);
        auto decorate = [&how](beast::websocket::response_type& answer) {
            decorate_upgrade(answer, how.subprotocol);
        };
        ws.set_option(beast::websocket::stream_base::decorator(decorate));
        auto [failure] = co_await ws.async_accept(parser_->get(), as_result);
        ws.set_option(beast::websocket::stream_base::decorator(leave_as_is));
        drop_with_listener(nullptr);
        if (failure) {
            listener_->bad(peer_, "upgrade: " + failure.message());
        } else if (!listener_->stopped) {
            WebsocketFacts facts{how.options, how.subprotocol, peer_, std::move(counted_)};
            auto websocket = open_websocket(std::move(ws), std::move(facts));
            listener_->handlers.on_websocket(request, std::move(websocket));
        }
    }

    static void leave_as_is(beast::websocket::response_type&) {}

    // Lets the peer read the answer: closing with its bytes unread would reset the connection under it.
    asio::awaitable<void> close_politely() {
        socket().expires_after(linger_time);
        if constexpr (is_tls<Stream>) {
            co_await stream_.async_shutdown(as_awaited);
        }
        ErrorCode gone;
        socket().socket().shutdown(asio::ip::tcp::socket::shutdown_send, gone);
        for (std::size_t heard = 0; !gone && heard < linger_bytes;) {
            buffer_.clear();
            const auto room = buffer_.prepare(read_step);
            auto [failure, size] = co_await socket().async_read_some(room, as_result);
            gone = failure;
            heard += size;
        }
    }

    std::shared_ptr<ListenerState> listener_;
    Stream stream_;
    std::string peer_;
    asio::steady_timer deadline_;
    std::shared_ptr<void> counted_;  // moves on with the WebSocket
    beast::flat_buffer buffer_;
    std::optional<Parser> parser_;
    PlainStream* dropped_ = nullptr;
    std::uint64_t requests_ = 0;
    bool timed_out_ = false;
    bool broken_ = false;  // nothing more can be sent
};

template <class Stream>
void serve_stream(std::shared_ptr<ListenerState> listener, Stream stream, std::string peer) {
    std::make_shared<HttpConnection<Stream>>(std::move(listener), std::move(stream), std::move(peer))
        ->start();
}

}  // namespace atlas::net
