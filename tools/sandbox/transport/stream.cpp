#include "sandbox/transport/stream.hpp"

#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/stream.hpp>

namespace atlas::sandbox {
namespace {

using tcp = asio::ip::tcp;

class PlainSocket final : public Socket {
public:
    explicit PlainSocket(tcp::socket socket) : socket_(std::move(socket)) {}
    tcp::socket& tcp() override { return socket_; }
    void handshake(DoneHandler handler) override {
        auto executor = socket_.get_executor();
        asio::post(executor, [handler = std::move(handler)]() mutable { std::move(handler)(error_code{}); });
    }
    std::string alpn() const override { return {}; }
    void read_some(asio::mutable_buffer into, IoHandler handler) override {
        socket_.async_read_some(into, std::move(handler));
    }
    void write_some(Pieces pieces, IoHandler handler) override {
        socket_.async_write_some(pieces, std::move(handler));
    }
    void shutdown(DoneHandler handler) override {
        drop();
        auto executor = socket_.get_executor();
        asio::post(executor, [handler = std::move(handler)]() mutable { std::move(handler)(error_code{}); });
    }

private:
    tcp::socket socket_;
};

class TlsSocket final : public Socket {
public:
    TlsSocket(tcp::socket socket, asio::ssl::context& context) : stream_(std::move(socket), context) {}
    tcp::socket& tcp() override { return stream_.next_layer(); }
    void handshake(DoneHandler handler) override {
        stream_.async_handshake(asio::ssl::stream_base::server, std::move(handler));
    }
    std::string alpn() const override {
        const unsigned char* name = nullptr;
        unsigned size = 0;
        // native_handle() is not const, though asking for the agreed protocol changes nothing.
        SSL* ssl = const_cast<asio::ssl::stream<tcp::socket>&>(stream_).native_handle();
        SSL_get0_alpn_selected(ssl, &name, &size);
        return {reinterpret_cast<const char*>(name), size};
    }
    void read_some(asio::mutable_buffer into, IoHandler handler) override {
        stream_.async_read_some(into, std::move(handler));
    }
    void write_some(Pieces pieces, IoHandler handler) override {
        stream_.async_write_some(pieces, std::move(handler));
    }
    // Sends close_notify without waiting for the peer's: a client need not answer it.
    void shutdown(DoneHandler handler) override {
        stream_.async_shutdown([this, handler = std::move(handler)](error_code) mutable {
            drop();
            std::move(handler)(error_code{});
        });
        error_code ignored;
        stream_.next_layer().shutdown(tcp::socket::shutdown_receive, ignored);
    }

private:
    asio::ssl::stream<tcp::socket> stream_;
};

}  // namespace

void Socket::abort() {
    error_code ignored;
    tcp().set_option(asio::socket_base::linger(true, 0), ignored);
    tcp().close(ignored);
}

void Socket::drop() {
    error_code ignored;
    tcp().shutdown(tcp::socket::shutdown_both, ignored);
    tcp().close(ignored);
}

std::unique_ptr<Socket> make_plain_socket(tcp::socket socket) {
    return std::make_unique<PlainSocket>(std::move(socket));
}

std::unique_ptr<Socket> make_tls_socket(tcp::socket socket, asio::ssl::context& context) {
    return std::make_unique<TlsSocket>(std::move(socket), context);
}

}  // namespace atlas::sandbox
