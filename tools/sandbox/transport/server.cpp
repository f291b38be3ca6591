#include "sandbox/transport/server.hpp"

#include "sandbox/transport/connection.hpp"
#include "sandbox/transport/stream.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <list>
#include <stdexcept>

namespace atlas::sandbox {
namespace {

using tcp = asio::ip::tcp;
constexpr auto handshake_limit = std::chrono::seconds(10);

// ALPN as the services' settings stand when the connection comes: the server's order decides.
int choose_protocol(SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* offered,
                    unsigned offered_size, void* services) {
    for (const std::string& wanted : static_cast<Services*>(services)->alpn()) {
        for (unsigned at = 0; at < offered_size; at += 1u + offered[at]) {
            const std::string_view name(reinterpret_cast<const char*>(offered + at + 1), offered[at]);
            if (name != wanted) continue;
            *out = offered + at + 1;
            *out_size = offered[at];
            return SSL_TLSEXT_ERR_OK;
        }
    }
    return SSL_TLSEXT_ERR_ALERT_FATAL;
}

class AsioServer final : public Server {
public:
    AsioServer(asio::io_context& loop, Services& services, Report& report, const ServerSettings& settings)
        : loop_(loop), services_(services), report_(report), tls_(asio::ssl::context::tls_server) {
        tls_.set_options(asio::ssl::context::default_workarounds | asio::ssl::context::no_sslv3 |
                         asio::ssl::context::no_tlsv1 | asio::ssl::context::no_tlsv1_1);
        tls_.use_certificate_chain(asio::buffer(settings.chain_pem));
        tls_.use_private_key(asio::buffer(settings.key_pem), asio::ssl::context::pem);
        SSL_CTX_set_alpn_select_cb(tls_.native_handle(), choose_protocol, &services_);
        tls_acceptor_ = listen(settings.address, settings.port);
        accept(*tls_acceptor_, true);
        if (!settings.plain_port) return;
        plain_acceptor_ = listen(settings.address, *settings.plain_port);
        accept(*plain_acceptor_, false);
    }

    std::uint16_t port() const override { return tls_acceptor_->local_endpoint().port(); }
    std::uint16_t plain_port() const override {
        return plain_acceptor_ ? plain_acceptor_->local_endpoint().port() : std::uint16_t{0};
    }
    void close() override {
        closed_ = true;
        error_code ignored;
        tls_acceptor_->close(ignored);
        if (plain_acceptor_) plain_acceptor_->close(ignored);
        for (const auto& handshake : handshakes_) handshake->socket->drop();
        const auto connections = std::move(connections_);
        for (const auto& weak : connections)
            if (const auto connection = weak.lock()) connection->kill();
    }

private:
    struct Handshake {
        std::unique_ptr<Socket> socket;  // null once it is over
        asio::steady_timer limit;
    };
    using Handshakes = std::list<std::shared_ptr<Handshake>>;

    std::unique_ptr<tcp::acceptor> listen(const std::string& address, std::uint16_t port) {
        try {
            const tcp::endpoint endpoint(asio::ip::make_address(address), port);
            return std::make_unique<tcp::acceptor>(loop_, endpoint);
        } catch (const boost::system::system_error& error) {
            throw std::runtime_error("cannot listen on " + address + ":" + std::to_string(port) + ": " +
                                     error.code().message());
        }
    }

    void accept(tcp::acceptor& acceptor, bool tls) {
        acceptor.async_accept([this, &acceptor, tls](error_code error, tcp::socket socket) {
            if (closed_) return;
            if (error) {
                spdlog::warn("cannot accept a connection: {}", error.message());
                if (error != asio::error::connection_aborted) return accept_later(acceptor, tls);
            } else {
                take(std::move(socket), tls);
            }
            accept(acceptor, tls);
        });
    }

    // Out of file descriptors, most likely: the next try in a moment.
    void accept_later(tcp::acceptor& acceptor, bool tls) {
        auto timer = std::make_shared<asio::steady_timer>(loop_, std::chrono::milliseconds(50));
        timer->async_wait([this, &acceptor, tls, timer](error_code) {
            if (!closed_) accept(acceptor, tls);
        });
    }

    void take(tcp::socket tcp_socket, bool tls) {
        error_code ignored;
        tcp_socket.set_option(tcp::no_delay(true), ignored);
        auto socket =
            tls ? make_tls_socket(std::move(tcp_socket), tls_) : make_plain_socket(std::move(tcp_socket));
        report_.count("tcp_connections");
        if (services_.refuse_connection()) return socket->abort();
        auto handshake = std::make_shared<Handshake>(
            Handshake{std::move(socket), asio::steady_timer(loop_, handshake_limit)});
        handshakes_.push_front(handshake);
        const auto at = handshakes_.begin();
        handshake->limit.async_wait([handshake](error_code error) {
            if (!error && handshake->socket) handshake->socket->drop();
        });
        handshake->socket->handshake([this, at, handshake, tls](error_code error) {
            handshake->limit.cancel();
            handshakes_.erase(at);
            finish_handshake(std::move(handshake->socket), error, tls);
        });
    }

    void finish_handshake(std::unique_ptr<Socket> socket, const error_code& error, bool tls) {
        if (error || closed_) {
            report_.count("tls_handshakes_failed");
            return socket->drop();
        }
        if (tls) report_.count("tls_handshakes");
        const bool http2 = socket->alpn() == "h2";
        const ConnectionContext context{services_, report_, ++connection_count_};
        Stream stream(std::move(socket));
        auto connection =
            http2 ? make_http2(std::move(stream), context) : make_http1(std::move(stream), context);
        std::erase_if(connections_, [](const auto& weak) { return weak.expired(); });
        connections_.push_back(connection);
        connection->start();
    }

    asio::io_context& loop_;
    Services& services_;
    Report& report_;
    asio::ssl::context tls_;
    std::unique_ptr<tcp::acceptor> tls_acceptor_;
    std::unique_ptr<tcp::acceptor> plain_acceptor_;
    Handshakes handshakes_;
    std::vector<std::weak_ptr<Connection>> connections_;
    std::uint64_t connection_count_ = 0;
    bool closed_ = false;
};

}  // namespace

std::unique_ptr<Server> open_server(asio::io_context& loop, Services& services, Report& report,
                                    const ServerSettings& settings) {
    return std::make_unique<AsioServer>(loop, services, report, settings);
}

}  // namespace atlas::sandbox
