#pragma once

#include "atlas/net/http_message.hpp"
#include "atlas/net/tls.hpp"
#include "atlas/net/websocket.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>

namespace atlas::net {

class AsioLoop;

struct ListenerSettings {
    std::string address = "0.0.0.0";
    std::uint16_t port = 0;  // 0: any free one, see HttpListener::port()
    std::optional<TlsFiles> tls;
    std::size_t max_header_bytes = 16 * 1024;
    std::size_t max_body_bytes = 64 * 1024;
    std::size_t max_connections = 4096;  // accepted sockets at once; a further one is closed at once
    Duration header_timeout = std::chrono::seconds(10);  // also the idle time between two requests
};

// Go on with the upgrade.
struct AcceptUpgrade {
    std::string subprotocol;  // sent back when not empty
    WebsocketOptions options;
};

// Go on, or answer with a plain response instead (which is sent, then the connection closes).
using UpgradeDecision = std::variant<AcceptUpgrade, OutgoingResponse>;

// Called from the loop. Each may destroy the listener; none is called after that.
struct ListenerHandlers {
    // A HEAD request arrives here as GET; the listener leaves the body out of the answer.
    std::function<OutgoingResponse(const IncomingRequest& request)> on_request;
    std::function<UpgradeDecision(const IncomingRequest& request)> on_upgrade;  // none: upgrades get 404
    std::function<void(const IncomingRequest& request, std::unique_ptr<Websocket> websocket)> on_websocket;
    // A connection that broke before it asked anything sensible; for counting and debugging.
    std::function<void(const std::string& peer_address, const std::string& error)> on_bad_connection;
};

// Accepts connections, answers plain requests, upgrades others to a Websocket. Owned by the gateway;
// destroying it stops accepting and drops connections that were not upgraded. Upgraded ones belong to
// whoever got the Websocket.
class HttpListener {
public:
    virtual ~HttpListener() = default;
    virtual std::uint16_t port() const = 0;
    virtual std::size_t connections() const = 0;  // open sockets, upgraded ones included
};

// Throws std::runtime_error with one line that names the address, or the file, and the reason.
std::unique_ptr<HttpListener> open_listener(AsioLoop& loop, ListenerSettings settings,
                                            ListenerHandlers handlers);

}  // namespace atlas::net
