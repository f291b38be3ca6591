#pragma once

#include "atlas/net/loop.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

namespace atlas::net {

// Limits and times of one WebSocket. Zero switches a time off.
struct WebsocketOptions {
    std::size_t max_message_bytes = 256 * 1024;  // a larger incoming message closes with 1009
    std::size_t max_queued_bytes = 1024 * 1024;  // a fuller send queue refuses further messages
    Duration ping_interval{};                    // we ping this often
    Duration pong_timeout{};  // no bytes at all from the peer for this long after a ping: closed, 1006
    Duration write_timeout = std::chrono::seconds(10);  // 16 KiB not taken by the peer: closed, 1006
    Duration close_timeout = std::chrono::seconds(2);   // wait for the peer's close frame
    // While much is coming, what comes may wait for up to 10 ms: it is then read together with what other
    // such WebSockets got, at a fraction of the cost.
    bool may_wait = false;
};

// How a WebSocket ended. `code` is the peer's close code, 1005 when its close frame had none, 1006 when
// there was no close frame at all (then `error` says why), or our own code after our own close().
struct WebsocketClosed {
    std::uint16_t code = 1006;
    std::string reason;
    bool closed_by_us = false;
    std::string error;
};

// What a Websocket reports. Always called from the loop with none of the Websocket's own code in an
// unsafe state: a handler may send, close or destroy the Websocket. Views are valid during the call only.
struct WebsocketHandlers {
    std::function<void(std::string_view text)> on_text;
    std::function<void(std::span<const std::byte> bytes)> on_binary;
    std::function<void(const WebsocketClosed& closed)> on_closed;  // exactly once, last
};

// One open WebSocket, of either side. Owned by one object; destroying it stops all callbacks at once and
// closes politely in the background (1001 unless close() was called before). Not copyable.
class Websocket {
public:
    virtual ~Websocket() = default;

    // Starts reading. Called once, soon after the Websocket was obtained.
    virtual void start(WebsocketHandlers handlers) = 0;

    // Queues one message; false when the queue is full or the socket is closing (nothing was queued).
    // send_binary joins `head` and `body` into one message. Neither allocates once the queue is warm.
    virtual bool send_text(std::string_view text) = 0;
    virtual bool send_binary(std::span<const std::byte> head, std::span<const std::byte> body = {}) = 0;

    // Forgets queued binary messages that have not started to be written (a barge-in). Returns how many.
    virtual std::size_t drop_queued_binary() = 0;
    virtual std::size_t queued_bytes() const = 0;

    virtual void ping() = 0;

    // Sends what is queued, then the close frame. on_closed follows, at the latest after close_timeout.
    virtual void close(std::uint16_t code, std::string_view reason) = 0;

    virtual std::string_view subprotocol() const = 0;  // the agreed one, or empty
    virtual std::string_view peer_address() const = 0;
};

}  // namespace atlas::net
