#include "atlas/net/websocket_connect.hpp"

#include "atlas/net/asio_loop.hpp"
#include "atlas/net/url.hpp"
#include "header_rules.hpp"
#include "websocket_end.hpp"
#include "websocket_open.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <openssl/x509v3.h>

#include <functional>
#include <vector>

namespace atlas::net {
namespace {

namespace ssl = asio::ssl;
namespace websocket = beast::websocket;
using tcp = asio::ip::tcp;
using Endpoints = std::vector<tcp::endpoint>;

constexpr std::size_t longest_refusal = 4096;

// One attempt, from name to upgrade. Lives in its coroutine; `owner_` tells whether anybody still waits.
class Attempt final : public std::enable_shared_from_this<Attempt> {
public:
    Attempt(AsioLoop& loop, std::shared_ptr<ssl::context> tls, WebsocketRequest request,
            std::function<void(WebsocketConnected)> on_done)
        : executor_(loop.context().get_executor()),
          tls_(std::move(tls)),
          request_(std::move(request)),
          on_done_(std::move(on_done)),
          resolver_(loop.context()),
          deadline_(loop.context()) {}

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
        if (url_.tls()) {
            TlsStream stream(executor_, *tls_);
            co_await open(std::move(stream));
        } else {
            PlainStream stream(executor_);
            co_await open(std::move(stream));
        }
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

    template <class Stream>
    asio::awaitable<void> open(Stream stream) {
        websocket::stream<Stream> ws(std::move(stream));
        socket_ = &beast::get_lowest_layer(ws);
        bool good = false;
        good = co_await connect();
        if constexpr (is_tls<Stream>) {
            if (good) good = co_await secure(ws.next_layer());
        }
        if (good) co_await upgrade(ws);
        socket_ = nullptr;
    }

    // Tries the addresses in order; each gets its share of the time that is left.
    asio::awaitable<bool> connect() {
        stage_ = "connecting";
        ErrorCode last;
        for (std::size_t i = 0; i < endpoints_.size() && on_done_; ++i) {
            const Duration left = deadline_.expiry() - Clock::now();
            socket_->expires_after(left / static_cast<int>(endpoints_.size() - i));
            auto [failure] = co_await socket_->async_connect(endpoints_[i], as_result);
            last = failure;
            if (failure) continue;
            socket_->expires_never();
            socket_->socket().set_option(tcp::no_delay(true), last);
            peer_address_ = endpoints_[i].address().to_string();
            co_return true;
        }
        fail(last.message());
        co_return false;
    }

    asio::awaitable<bool> secure(TlsStream& stream) {
        stage_ = "TLS handshake";
        require_name(stream.native_handle());
        auto [failure] = co_await stream.async_handshake(ssl::stream_base::client, as_awaited);
        if (!failure) co_return true;
        const long verdict = SSL_get_verify_result(stream.native_handle());
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

    template <class Stream>
    asio::awaitable<void> upgrade(websocket::stream<Stream>& ws) {
        stage_ = "upgrade";
        const auto none = websocket::stream_base::none();
        ws.set_option(websocket::stream_base::timeout{none, none, false});  // deadline_ bounds it all
        auto decorate = [this](websocket::request_type& upgrade_request) { add_headers(upgrade_request); };
        ws.set_option(websocket::stream_base::decorator(decorate));
        websocket::response_type answer;
        const std::string host = url_.authority();
        auto [failure] = co_await ws.async_handshake(answer, host, url_.target, as_result);
        ws.set_option(websocket::stream_base::decorator(leave_as_is));
        if (failure) {
            refused(failure, answer);
            co_return;
        }
        WebsocketConnected connected = describe(answer);
        const std::string agreed(connected.headers.find("Sec-WebSocket-Protocol"));
        if (!agreed.empty() && agreed != request_.subprotocol) {
            fail("the server chose a subprotocol that was not offered");
            co_return;
        }
        if (!on_done_) co_return;
        WebsocketFacts facts;
        facts.options = request_.options;
        facts.subprotocol = agreed;
        facts.peer_address = peer_address_;
        socket_ = nullptr;  // it is the WebSocket's now: an attempt that is let go of must not close it
        connected.websocket = open_websocket(std::move(ws), std::move(facts));
        deliver(std::move(connected));
    }

    static void leave_as_is(websocket::request_type&) {}

    void add_headers(websocket::request_type& upgrade_request) const {
        for (const auto& [name, value] : request_.headers.fields()) upgrade_request.insert(name, value);
        if (!request_.subprotocol.empty()) {
            upgrade_request.set(beast::http::field::sec_websocket_protocol, request_.subprotocol);
        }
    }

    static WebsocketConnected describe(const websocket::response_type& answer) {
        WebsocketConnected connected;
        connected.http_status = static_cast<int>(answer.result_int());
        for (const auto& field : answer) {
            connected.headers.add(std::string(field.name_string()), std::string(field.value()));
        }
        return connected;
    }

    void refused(ErrorCode failure, const websocket::response_type& answer) {
        const bool answered = failure.category() == make_error_code(websocket::error::closed).category();
        if (!answered) return fail(failure.message());
        WebsocketConnected result = describe(answer);
        result.body = answer.body().substr(0, longest_refusal);
        result.error = place() + "the server answered " + std::to_string(result.http_status);
        if (failure != websocket::error::upgrade_declined) result.error += ": " + failure.message();
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
        resolver_.cancel();
        if (socket_ != nullptr) socket_->close();
    }

    void deliver(WebsocketConnected result) {
        const auto on_done = std::exchange(on_done_, nullptr);
        deadline_.cancel();
        if (on_done) on_done(std::move(result));
    }

    asio::any_io_executor executor_;
    std::shared_ptr<ssl::context> tls_;
    WebsocketRequest request_;
    std::function<void(WebsocketConnected)> on_done_;  // empty once called, or when nobody waits
    tcp::resolver resolver_;
    asio::steady_timer deadline_;
    Url url_;
    std::string stage_;
    Endpoints endpoints_;
    PlainStream* socket_ = nullptr;  // of the stream in open()
    std::string peer_address_;
};

class OwnedAttempt final : public PendingConnect {
public:
    explicit OwnedAttempt(std::shared_ptr<Attempt> attempt) : attempt_(std::move(attempt)) {}
    ~OwnedAttempt() override { attempt_->abandon(); }

private:
    std::shared_ptr<Attempt> attempt_;
};

class BeastConnector final : public WebsocketConnector {
public:
    BeastConnector(AsioLoop& loop, const TlsTrust& trust) : loop_(loop), tls_(make_client_tls(trust)) {}

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
    return std::make_unique<BeastConnector>(loop, trust);
}

}  // namespace atlas::net
