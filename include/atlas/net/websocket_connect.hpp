#pragma once

#include "atlas/net/http_message.hpp"
#include "atlas/net/tls.hpp"
#include "atlas/net/websocket.hpp"

#include <functional>
#include <memory>
#include <string>

namespace atlas::net {

class AsioLoop;

struct WebsocketRequest {
    std::string url;  // ws:// or wss://, with path and query
    HttpHeaders headers;
    std::string subprotocol;                             // offered when not empty
    Duration connect_timeout = std::chrono::seconds(5);  // name, TCP, TLS and upgrade together
    WebsocketOptions options;
};

// The end of one attempt: a Websocket, or why there is none.
struct WebsocketConnected {
    std::unique_ptr<Websocket> websocket;  // empty when it failed
    HttpHeaders headers;                   // of the answer, when there was one
    int http_status = 0;                   // 101, the refusing status, or 0 when nothing answered
    std::string body;                      // of a refusal, at most 4 KiB
    std::string error;                     // one line for the log, empty on success; never holds a secret
    bool timed_out = false;
};

// An attempt under way. Destroying it gives up, and the callback is never called.
class PendingConnect {
public:
    virtual ~PendingConnect() = default;
};

// Opens WebSockets to other servers. Shared by all calls; lives as long as the loop.
class WebsocketConnector {
public:
    virtual ~WebsocketConnector() = default;
    // The callback runs once, from the loop, never inside connect(); it may destroy the PendingConnect.
    virtual std::unique_ptr<PendingConnect> connect(WebsocketRequest request,
                                                    std::function<void(WebsocketConnected)> on_done) = 0;
};

// Throws std::runtime_error when the trust's file cannot be used.
std::unique_ptr<WebsocketConnector> make_websocket_connector(AsioLoop& loop, const TlsTrust& trust = {});

}  // namespace atlas::net
