#pragma once

#include "awaited_transport.hpp"

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/error.hpp>

#include <span>

// Reading HTTP with Beast's parsers, of either side.
namespace atlas::net {

// Gives the parser what is in the buffer, until `done` says that it is enough.
template <class Parser, class Done>
ErrorCode parse_buffered(Parser& parser, boost::beast::flat_buffer& buffer, Done done) {
    while (buffer.size() > 0 && !done()) {
        ErrorCode failure;
        const std::size_t used = parser.put(buffer.data(), failure);
        buffer.consume(used);
        if (failure == boost::beast::http::error::need_more || (!failure && used == 0)) break;
        if (failure) return failure;
    }
    return {};
}

// The same, reading on until then. Fails with asio::error::eof at the end of the connection.
template <class Parser, class Done>
asio::awaitable<ErrorCode> read_until(AwaitedTransport& stream, Parser& parser,
                                      boost::beast::flat_buffer& buffer, Done done) {
    constexpr std::size_t read_step = 4096;
    ErrorCode failure = parse_buffered(parser, buffer, done);
    while (!failure && !done()) {
        const auto room = buffer.prepare(read_step);
        const std::span<std::byte> into(static_cast<std::byte*>(room.data()), room.size());
        std::size_t size = 0;
        failure = co_await stream.read_some(into, size);
        buffer.commit(size);
        if (!failure) failure = parse_buffered(parser, buffer, done);
    }
    co_return failure;
}

}  // namespace atlas::net
