#pragma once

// The two kinds of stream that Beast is instantiated for, and the one completion token.

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>
#include <boost/beast/websocket/teardown.hpp>

#include <type_traits>
#include <utility>

namespace atlas::net {
namespace asio = boost::asio;
namespace beast = boost::beast;
using ErrorCode = boost::system::error_code;

// Types of our own so that Beast finds the async_teardown() below.
class PlainStream : public beast::tcp_stream {
public:
    using beast::tcp_stream::tcp_stream;
};
class TlsStream : public beast::ssl_stream<PlainStream> {
public:
    using beast::ssl_stream<PlainStream>::ssl_stream;
};

// A handler that hears of no error, run where `handler` wants to run.
template <class Handler>
auto without_error(Handler&& handler) {
    const auto executor = asio::get_associated_executor(handler);
    auto call = [handler = std::forward<Handler>(handler)](ErrorCode) mutable {
        std::move(handler)(ErrorCode());
    };
    return asio::bind_executor(executor, std::move(call));
}

// The last step of a WebSocket's end, after the close frames. How the peer ends TCP or TLS after that (many
// just drop the connection) must not hide why the WebSocket ended, as Beast's own teardown would.
template <class Handler>
void async_teardown(beast::role_type role, PlainStream& stream, Handler&& handler) {
    beast::websocket::async_teardown(role, stream.socket(), without_error(std::forward<Handler>(handler)));
}
template <class Handler>
void async_teardown(beast::role_type, TlsStream& stream, Handler&& handler) {
    stream.async_shutdown(without_error(std::forward<Handler>(handler)));
}

// deferred, not use_awaitable: the latter costs a coroutine frame per operation.
constexpr auto as_result = asio::as_tuple(asio::deferred);

// For the few operations that do not know deferred (beast::ssl_stream's own).
constexpr auto as_awaited = asio::as_tuple(asio::use_awaitable);

template <class Stream>
constexpr bool is_tls = std::is_same_v<Stream, TlsStream>;

template <class Stream>
void close_socket(Stream& stream) {
    beast::get_lowest_layer(stream).close();
}

}  // namespace atlas::net
