#pragma once

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/beast/core/role.hpp>

#include <array>
#include <memory>
#include <string>

// One stream type for plain TCP and TLS, so that Beast's templates are compiled once (a WebSocket over TLS
// costs half a minute per instantiation).
namespace atlas::sandbox {

namespace asio = boost::asio;
using boost::system::error_code;
using IoHandler = asio::any_completion_handler<void(error_code, std::size_t)>;
using DoneHandler = asio::any_completion_handler<void(error_code)>;

// Up to eight pieces of a buffer sequence, held by value so that they outlive the call that starts a write.
class Pieces {
public:
    template <class Buffers>
    explicit Pieces(const Buffers& buffers) {
        const auto end = asio::buffer_sequence_end(buffers);
        for (auto at = asio::buffer_sequence_begin(buffers); at != end && size_ < pieces_.size(); ++at) {
            const asio::const_buffer piece(*at);
            if (piece.size() > 0) pieces_[size_++] = piece;
        }
    }
    const asio::const_buffer* begin() const { return pieces_.data(); }
    const asio::const_buffer* end() const { return pieces_.data() + size_; }

private:
    std::array<asio::const_buffer, 8> pieces_;
    std::size_t size_ = 0;
};

class Socket {
public:
    virtual ~Socket() = default;
    virtual asio::ip::tcp::socket& tcp() = 0;
    virtual void handshake(DoneHandler handler) = 0;  // plain: done at once
    virtual std::string alpn() const = 0;             // empty when none was agreed
    virtual void read_some(asio::mutable_buffer into, IoHandler handler) = 0;
    virtual void write_some(Pieces pieces, IoHandler handler) = 0;
    virtual void shutdown(DoneHandler handler) = 0;  // TLS close_notify, then TCP FIN

    void abort();  // TCP RST
    void drop();   // TCP FIN without TLS close_notify
};

std::unique_ptr<Socket> make_plain_socket(asio::ip::tcp::socket socket);
std::unique_ptr<Socket> make_tls_socket(asio::ip::tcp::socket socket, asio::ssl::context& context);

// Fits Asio's and Beast's AsyncStream. Movable; the socket's address stays.
class Stream {
public:
    using executor_type = asio::any_io_executor;
    explicit Stream(std::unique_ptr<Socket> socket)
        : socket_(std::move(socket)), executor_(socket_->tcp().get_executor()) {}

    executor_type get_executor() const { return executor_; }
    Socket& socket() { return *socket_; }

    template <class Buffers, class Token>
    auto async_read_some(const Buffers& buffers, Token&& token) {
        asio::mutable_buffer first;
        const auto end = asio::buffer_sequence_end(buffers);
        for (auto at = asio::buffer_sequence_begin(buffers); at != end && first.size() == 0; ++at)
            first = asio::mutable_buffer(*at);
        return asio::async_initiate<Token, void(error_code, std::size_t)>(ReadStart{}, token, socket_.get(),
                                                                          first);
    }
    template <class Buffers, class Token>
    auto async_write_some(const Buffers& buffers, Token&& token) {
        return asio::async_initiate<Token, void(error_code, std::size_t)>(WriteStart{}, token, socket_.get(),
                                                                          Pieces(buffers));
    }

private:
    struct ReadStart {
        template <class Handler>
        void operator()(Handler&& handler, Socket* socket, asio::mutable_buffer into) const {
            socket->read_some(into, IoHandler(std::forward<Handler>(handler)));
        }
    };
    struct WriteStart {
        template <class Handler>
        void operator()(Handler&& handler, Socket* socket, Pieces pieces) const {
            socket->write_some(pieces, IoHandler(std::forward<Handler>(handler)));
        }
    };
    std::unique_ptr<Socket> socket_;
    executor_type executor_;
};

// Found by Beast: when it gives up on a WebSocket, and when one has said goodbye.
inline void beast_close_socket(Stream& stream) { stream.socket().drop(); }
inline void teardown(boost::beast::role_type, Stream& stream, error_code& error) {
    stream.socket().drop();
    error = {};
}
template <class Handler>
void async_teardown(boost::beast::role_type, Stream& stream, Handler&& handler) {
    stream.socket().shutdown(DoneHandler(std::forward<Handler>(handler)));
}

}  // namespace atlas::sandbox
