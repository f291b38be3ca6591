#pragma once

#include "atlas/net/websocket.hpp"

#include <boost/beast/websocket/error.hpp>
#include <boost/beast/websocket/rfc6455.hpp>

#include <exception>
#include <string>

// How a WebSocket ended, in the words of WebsocketClosed.
namespace atlas::net {

struct OwnClose {
    boost::beast::websocket::close_reason reason;
    std::uint16_t code = 0;

    // `failure`: why the peer's side of the close handshake is missing, if it is.
    WebsocketClosed report(const std::string& failure) const;
    WebsocketClosed report(boost::system::error_code failure) const;
};

// Shortens the reason to the 123 bytes a close frame can hold, at a character's end.
OwnClose make_close(std::uint16_t code, std::string_view reason);

// `received` is what the peer's close frame said, when `failure` is error::closed.
WebsocketClosed describe_end(boost::system::error_code failure,
                             const boost::beast::websocket::close_reason& received);

std::string describe_exception(const std::exception_ptr& failure);

}  // namespace atlas::net
