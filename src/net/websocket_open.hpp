#pragma once

#include "atlas/net/websocket.hpp"
#include "stream.hpp"

#include <boost/beast/websocket/stream.hpp>

#include <memory>
#include <string>

namespace atlas::net {

// What is known of a WebSocket besides its stream when it has been opened.
struct WebsocketFacts {
    WebsocketOptions options;
    std::string subprotocol;
    std::string peer_address;
    std::shared_ptr<void> until_closed;  // let go of when the socket is closed
};

// A Websocket over a stream whose upgrade is done, of either side. Each is a file of its own because they
// are by far the slowest to compile.
std::unique_ptr<Websocket> open_websocket(beast::websocket::stream<PlainStream> stream, WebsocketFacts facts);
std::unique_ptr<Websocket> open_websocket(beast::websocket::stream<TlsStream> stream, WebsocketFacts facts);

}  // namespace atlas::net
