#pragma once

#include "sandbox/transport/connection.hpp"
#include "sandbox/transport/message.hpp"
#include "sandbox/transport/stream.hpp"

#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>

#include <memory>

namespace atlas::sandbox {

using UpgradeRequest = boost::beast::http::request<boost::beast::http::empty_body>;

// A WebSocket under way. Kept alive by its own reads and writes until both have ended.
class Websocket {
public:
    virtual ~Websocket() = default;
    // Answers the handshake and starts the session of the decision.
    virtual void accept(UpgradeRequest handshake, UpgradeAnswer decision) = 0;
    virtual void kill() = 0;
};

// The connection it came from lives as long as it does, so that the server can end it.
std::shared_ptr<Websocket> make_websocket(Stream stream, ConnectionContext context,
                                          std::shared_ptr<Connection> connection);

}  // namespace atlas::sandbox
