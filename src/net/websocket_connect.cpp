#include "atlas/net/websocket_connect.hpp"

#include "atlas/net/asio_loop.hpp"
#include "atlas/net/url.hpp"
#include "awaited_transport.hpp"
#include "header_rules.hpp"
#include "http_parsing.hpp"
#include "websocket_connection.hpp"
#include "websocket_handshake.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <openssl/x509v3.h>

#include <functional>
#include <vector>

namespace atlas::net {
namespace {

namespace beast = boost::beast;
namespace ssl = asio::ssl;
using tcp = asio::ip::tcp;
using Endpoints = std::vector<tcp::endpoint>;

constexpr std::size_t longest_refusal = 4096;
constexpr std::size_t largest_header = 16 * 1024;

// One attempt, from name to upgrade. Lives in its coroutine; `owner_` tells whether anybody still waits.
class Attempt final : public std::enable_shared_from_this<Attempt> {
public:
    Attempt(AsioLoop& loop, std::shared_ptr<ssl::context> tls, WebsocketRequest request,
            std::function<void(WebsocketConnected)> on_done)
        : loop_(loop),
          executor_(loop.context().get_executor()),
          tls_(std::move(tls)),
          request_(std::move(request)),
          on_done_(std::move(on_done)),
          resolver_(loop.context()),
          deadline_(executor_),
          connect_deadline_(executor_),
          socket_(executor_) {}

    void start() {
        auto self = shared_from_this();
        deadline_.expires_after(request_.connect_timeout);
        deadline_.async_wait([self](ErrorCode failure) {
            if (!failure) self->time_out();
        });
        asio::post(executor_, [self] { self->spawn(); });
    }

    // The owner let go.
    void abandon() {
        on_done_ = nullptr;
        stop();
    }

private:
    void spawn() {
        if (!on_done_) return;
        auto ended = [self = shared_from_this()](std::exception_ptr failure) {
            if (failure) self->fail(describe_exception(failure));
            self->stop();
        };
        asio::co_spawn(executor_, run(), std::move(ended));
    }

    asio::awaitable<void> run() {
        std::string problem;
        const auto url = parse_url(request_.url, problem);
        if (url && !url->websocket()) problem = "the URL must begin with ws:// or wss://";
        if (problem.empty()) problem = header_problem(request_.headers);
        if (!problem.empty()) {
            fail(problem);
            co_return;
        }
        url_ = *url;
        co_await resolve();
        if (endpoints_.empty() || !on_done_) co_return;
        bool good = false;
        good = co_await connect();
        if (good && url_.tls()) good = co_await secure();
        if (good) co_await upgrade();
    }

    asio::awaitable<void> resolve() {
        stage_ = "resolving";
        ErrorCode not_an_address;
        const auto address = asio::ip::make_address(url_.host, not_an_address);
        if (!not_an_address) {
            endpoints_.emplace_back(address, url_.port);
            co_return;
        }
        const std::string port = std::to_string(url_.port);
        auto [failure, found] = co_await resolver_.async_resolve(url_.host, port, as_result);
        if (failure) {
            fail(failure.message());
            co_return;
        }
        for (const auto& entry : found) endpoints_.push_back(entry.endpoint());
        if (endpoints_.empty()) fail("the name has no address");
    }

    // Tries the addresses in order; each gets its share of the time that is left.
    asio::awaitable<bool> connect() {
        stage_ = "connecting";
        ErrorCode last;
        for (std::size_t i = 0; i < endpoints_.size() && on_done_; ++i) {
            const Duration left = deadline_.expiry() - Clock::now();
            limit_connect(left / static_cast<int>(endpoints_.size() - i));
            auto [failure] = co_await socket_.async_connect(endpoints_[i], as_result);
            connect_deadline_.cancel();
            last = failure;
            ErrorCode ignored;
            if (failure) {
                socket_.close(ignored);
                continue;
            }
            peer_address_ = endpoints_[i].address().to_string();
            stream_ = std::make_shared<AwaitedTransport>(Transport(std::move(socket_)));
            co_return on_done_ != nullptr;
        }
        if (last == asio::error::operation_aborted) last = asio::error::timed_out;
        fail(last.message());
        co_return false;
    }

    void limit_connect(Duration time) {
        connect_deadline_.expires_after(time);
        connect_deadline_.async_wait([self = shared_from_this()](ErrorCode failure) {
            // A wait that was queued for the address before must not end this one's.
            if (failure || self->connect_deadline_.expiry() > Clock::now()) return;
            ErrorCode ignored;
            self->socket_.close(ignored);
        });
    }

    asio::awaitable<bool> secure() {
        stage_ = "TLS handshake";
        SSL* const handle = stream_->transport().secure(*tls_->native_handle());
        SSL_set_connect_state(handle);
        require_name(handle);
        const ErrorCode failure = co_await stream_->handshake();
        if (!failure) co_return true;
        const long verdict = SSL_get_verify_result(handle);
        std::string why = failure.message();
        if (verdict != X509_V_OK) why += std::string(": ") + X509_verify_cert_error_string(verdict);
        fail(why);
        co_return false;
    }

    // The certificate must be for this name or address; a name is also sent to choose it by.
    void require_name(SSL* handle) const {
        static constexpr unsigned char protocols[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
        SSL_set_alpn_protos(handle, protocols, sizeof protocols);
        ErrorCode not_an_address;
        asio::ip::make_address(url_.host, not_an_address);
        if (!not_an_address) {
            X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(handle), url_.host.c_str());
        } else {
            SSL_set_tlsext_host_name(handle, url_.host.c_str());
            SSL_set_hostflags(handle, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
            SSL_set1_host(handle, url_.host.c_str());
        }
    }

    asio::awaitable<void> upgrade() {
        stage_ = "upgrade";
        const std::string key = new_websocket_key();
        const std::string request = upgrade_request(url_, key, request_.subprotocol, request_.headers);
        ErrorCode failure;
        failure = co_await stream_->write_all(request);
        if (!failure) failure = co_await read_answer();
        if (failure) {
            fail(failure.message());
            co_return;
        }
        if (answer_.get().result() != beast::http::status::switching_protocols) {
            refused("");
            co_return;
        }
        WebsocketConnected connected = describe();
        std::string problem = upgrade_problem(connected.headers, key);
        if (!problem.empty()) {
            refused(problem);
            co_return;
        }
        const std::string agreed(connected.headers.find("Sec-WebSocket-Protocol"));
        if (!agreed.empty() && agreed != request_.subprotocol) {
            fail("the server chose a subprotocol that was not offered");
            co_return;
        }
        if (on_done_) succeed(std::move(connected), agreed);
    }

    // The header, and of a refusal as much of the body as is kept.
    asio::awaitable<ErrorCode> read_answer() {
        answer_.header_limit(largest_header);
        answer_.body_limit(boost::none);
        answer_.eager(false);
        const auto header_done = [this] { return answer_.is_header_done(); };
        ErrorCode failure;
        failure = co_await read_until(*stream_, answer_, buffer_, header_done);
        if (failure || answer_.is_done()) co_return failure;
        answer_.eager(true);
        const auto enough = [this] {
            return answer_.is_done() || answer_.get().body().size() >= longest_refusal;
        };
        failure = co_await read_until(*stream_, answer_, buffer_, enough);
        if (failure == asio::error::eof) co_return ErrorCode();
        co_return failure;
    }

    void succeed(WebsocketConnected connected, const std::string& subprotocol) {
        WebsocketFacts facts;
        facts.options = request_.options;
        facts.subprotocol = subprotocol;
        facts.peer_address = peer_address_;
        const auto early = buffer_.cdata();
        facts.early.assign(static_cast<const char*>(early.data()), early.size());
        // It is the WebSocket's now: an attempt that is let go of must not close it.
        connected.websocket =
            open_websocket(loop_, std::exchange(stream_, nullptr)->release(), std::move(facts));
        deliver(std::move(connected));
    }

    WebsocketConnected describe() const {
        WebsocketConnected connected;
        connected.http_status = static_cast<int>(answer_.get().result_int());
        for (const auto& field : answer_.get()) {
            connected.headers.add(std::string(field.name_string()), std::string(field.value()));
        }
        return connected;
    }

    void refused(const std::string& why) {
        WebsocketConnected result = describe();
        result.body = answer_.get().body().substr(0, longest_refusal);
        result.error = place() + "the server answered " + std::to_string(result.http_status);
        if (!why.empty()) result.error += ", but " + why;
        deliver(std::move(result));
    }

    std::string place() const {
        return url_.host.empty() ? std::string()
                                 : stage_ + " " + url_.host + ":" + std::to_string(url_.port) + ": ";
    }

    void fail(const std::string& why) {
        WebsocketConnected result;
        result.error = place() + why;
        deliver(std::move(result));
    }

    void time_out() {
        const auto limit =
            std::chrono::duration_cast<std::chrono::milliseconds>(request_.connect_timeout).count();
        WebsocketConnected result;
        result.timed_out = true;
        result.error = place() + "not done within " + std::to_string(limit) + " ms";
        stop();
        deliver(std::move(result));
    }

    void stop() {
        deadline_.cancel();
        connect_deadline_.cancel();
        resolver_.cancel();
        ErrorCode ignored;
        socket_.close(ignored);
        if (stream_) stream_->close();
    }

    void deliver(WebsocketConnected result) {
        const auto on_done = std::exchange(on_done_, nullptr);
        deadline_.cancel();
        if (on_done) on_done(std::move(result));
    }

    AsioLoop& loop_;
    Executor executor_;
    std::shared_ptr<ssl::context> tls_;
    WebsocketRequest request_;
    std::function<void(WebsocketConnected)> on_done_;  // empty once called, or when nobody waits
    tcp::resolver resolver_;
    LoopTimer deadline_;          // of all of it
    LoopTimer connect_deadline_;  // of the address that is being tried
    Url url_;
    std::string stage_;
    Endpoints endpoints_;
    Socket socket_;                             // until it is connected
    std::shared_ptr<AwaitedTransport> stream_;  // from then on
    beast::flat_buffer buffer_;
    beast::http::response_parser<beast::http::string_body> answer_;
    std::string peer_address_;
};

class OwnedAttempt final : public PendingConnect {
public:
    explicit OwnedAttempt(std::shared_ptr<Attempt> attempt) : attempt_(std::move(attempt)) {}
    ~OwnedAttempt() override { attempt_->abandon(); }

private:
    std::shared_ptr<Attempt> attempt_;
};

class AsioConnector final : public WebsocketConnector {
public:
    AsioConnector(AsioLoop& loop, const TlsTrust& trust) : loop_(loop), tls_(make_client_tls(trust)) {}

    std::unique_ptr<PendingConnect> connect(WebsocketRequest request,
                                            std::function<void(WebsocketConnected)> on_done) override {
        auto attempt = std::make_shared<Attempt>(loop_, tls_, std::move(request), std::move(on_done));
        attempt->start();
        return std::make_unique<OwnedAttempt>(std::move(attempt));
    }

private:
    AsioLoop& loop_;
    std::shared_ptr<ssl::context> tls_;
};

}  // namespace

std::unique_ptr<WebsocketConnector> make_websocket_connector(AsioLoop& loop, const TlsTrust& trust) {
    return std::make_unique<AsioConnector>(loop, trust);
}

}  // namespace atlas::net
