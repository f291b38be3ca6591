#pragma once

#include "atlas/net/loop.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

// Asio's types as net uses them: bound to the loop's own executor. The type-erased executor that Asio takes
// unless told otherwise is copied, compared and called indirectly several times in every operation.
namespace atlas::net {
namespace asio = boost::asio;
using ErrorCode = boost::system::error_code;

using Executor = asio::io_context::executor_type;
using Socket = asio::basic_stream_socket<asio::ip::tcp, Executor>;
using Acceptor = asio::basic_socket_acceptor<asio::ip::tcp, Executor>;
using LoopTimer = asio::basic_waitable_timer<Clock, asio::wait_traits<Clock>, Executor>;

// deferred, not use_awaitable: the latter costs a coroutine frame per operation.
constexpr auto as_result = asio::as_tuple(asio::deferred);

}  // namespace atlas::net
