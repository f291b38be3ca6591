#include "http_connection.hpp"

#include "http_answer.hpp"
#include "http_parsing.hpp"
#include "websocket_connection.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/beast/http/parser.hpp>

#include <optional>
#include <utility>

namespace atlas::net {
namespace {

namespace beast = boost::beast;

// One accepted socket. Lives in its coroutine.
class HttpConnection final : public std::enable_shared_from_this<HttpConnection> {
public:
    HttpConnection(std::shared_ptr<ListenerState> listener, Transport transport, std::string peer)
        : listener_(std::move(listener)),
          stream_(std::make_shared<AwaitedTransport>(std::move(transport))),
          peer_(std::move(peer)),
          counted_(count_socket(*listener_)) {
        listener_->waiting.insert(stream_.get());
    }
    ~HttpConnection() { leave_listener(); }

    void start() {
        const Executor executor = stream_->transport().socket().get_executor();
        auto ended = [self = shared_from_this()](std::exception_ptr failure) { self->ended(failure); };
        asio::co_spawn(executor, run(), std::move(ended));
    }

private:
    using Parser = beast::http::request_parser<beast::http::string_body>;
    static constexpr Duration linger_time = std::chrono::seconds(1);
    static constexpr std::size_t linger_bytes = 256 * 1024;

    Duration patience() const { return listener_->settings.header_timeout; }

    // The listener closes what waits when it is destroyed.
    void leave_listener() { listener_->waiting.erase(stream_.get()); }

    void ended(const std::exception_ptr& failure) {
        leave_listener();
        stream_->close();
        counted_.reset();
        if (failure) listener_->bad(peer_, describe_exception(failure));
    }

    asio::awaitable<void> run() {
        if (listener_->tls) {
            SSL_set_accept_state(stream_->transport().secure(*listener_->tls->native_handle()));
            stream_->expires_after(patience());
            const ErrorCode failure = co_await stream_->handshake();
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
        stream_->expires_after(patience());  // the time for one request to arrive
        const ErrorCode failure = co_await read(false);
        if (listener_->stopped) co_return false;
        if (failure) {
            co_return co_await refuse(failure);
        }
        RequestHead head = read_head(parser_->get(), peer_, listener_->tls != nullptr);
        if (head.problem) {
            co_return co_await answer_and_close(*head.problem);
        }
        if (head.upgrade) {
            co_return co_await upgrade(std::move(head.request));
        }
        co_return co_await answer_request(std::move(head.request));
    }

    // Reads the header, or the whole request.
    asio::awaitable<ErrorCode> read(bool whole) {
        parser_->eager(whole);
        const auto done = [this, whole] { return whole ? parser_->is_done() : parser_->is_header_done(); };
        const ErrorCode failure = co_await read_until(*stream_, *parser_, buffer_, done);
        co_return failure;
    }

    // A request that could not be read. Silence is the answer to a client that went away.
    asio::awaitable<bool> refuse(ErrorCode failure) {
        const bool asked = parser_->got_some();
        const bool timed_out = stream_->expired();
        std::optional<OutgoingResponse> answer;
        if (!timed_out) {
            answer = answer_to_failure(failure, listener_->settings);
        } else if (asked) {
            answer = error_answer(408, "timeout", "the request did not arrive in time");
        }
        if (answer) {
            co_return co_await answer_and_close(*answer);
        }
        broken_ = !timed_out && failure != asio::error::eof;
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
        keep = keep && !listener_->stopped;
        const auto& request = parser_->get();
        const bool head_only = request.method() == beast::http::verb::head;
        const std::string text = format_answer(answer, request.version(), keep, head_only);
        stream_->expires_after(patience());
        const bool sent = co_await send(text);
        co_return sent&& keep;
    }

    asio::awaitable<bool> send(std::string_view text) {
        const ErrorCode failure = co_await stream_->write_all(text);
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
        broken_ = true;  // whatever comes of it, this was the connection's last request
        const std::string answer = format_upgrade(request.headers.find("Sec-WebSocket-Key"), how.subprotocol);
        stream_->expires_after(patience());
        const ErrorCode failure = co_await stream_->write_all(answer);
        leave_listener();
        if (failure) {
            listener_->bad(peer_, "upgrade: " + failure.message());
        } else if (!listener_->stopped) {
            WebsocketFacts facts;
            facts.options = how.options;
            facts.server_side = true;
            facts.subprotocol = how.subprotocol;
            facts.peer_address = peer_;
            facts.until_closed = std::move(counted_);
            auto websocket = open_websocket(listener_->loop, stream_->release(), std::move(facts));
            listener_->handlers.on_websocket(request, std::move(websocket));
        }
    }

    asio::awaitable<void> close_politely() {
        stream_->expires_after(linger_time);
        co_await stream_->part(linger_bytes);
    }

    std::shared_ptr<ListenerState> listener_;
    std::shared_ptr<AwaitedTransport> stream_;
    std::string peer_;
    std::shared_ptr<void> counted_;  // moves on with the WebSocket
    beast::flat_buffer buffer_;
    std::optional<Parser> parser_;
    bool broken_ = false;  // nothing more can be sent
};

}  // namespace

void serve(std::shared_ptr<ListenerState> listener, Transport transport, std::string peer) {
    std::make_shared<HttpConnection>(std::move(listener), std::move(transport), std::move(peer))->start();
}

}  // namespace atlas::net
