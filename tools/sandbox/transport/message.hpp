#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// What a service sees of the network: requests, answers and sockets, without a word of TLS, HTTP/2 or Beast.
namespace atlas::sandbox {

using Headers = std::vector<std::pair<std::string, std::string>>;  // names in lower case

struct Request {
    std::string method;
    std::string path;                                        // without the query
    std::vector<std::pair<std::string, std::string>> query;  // decoded, in order
    std::vector<std::string> query_problems;                 // what could not be decoded
    Headers headers;
    std::string body;
    bool http2 = false;
    std::uint64_t connection = 0;  // number of the transport connection

    std::string_view header(std::string_view name) const;  // the first of that name; empty when absent
    std::size_t header_count(std::string_view name) const;
    std::string_view query_value(std::string_view name) const;
};

// Splits "/path?a=b%20c" into request.path and request.query.
void read_target(std::string_view target, Request& request);

// One answer under way. Owned by the transport; valid as long as the Exchange that got it.
class Response {
public:
    virtual ~Response() = default;
    virtual void head(int status, Headers headers) = 0;  // once, first
    virtual void body(std::string_view bytes) = 0;
    virtual void finish() = 0;  // once, last: the Exchange is destroyed soon after
    virtual std::size_t unsent() const = 0;

    // Faults. After any of the next three nothing more can be said.
    virtual void reset(std::uint32_t code) = 0;  // HTTP/2: RST_STREAM(code); HTTP/1.1: TCP RST
    virtual void hang_up() = 0;                  // TCP FIN without the end of the body
    virtual void abort() = 0;                    // TCP RST
    virtual void go_away() = 0;  // HTTP/2: GOAWAY, then FIN after what was said; HTTP/1.1: FIN
    virtual void split_into(std::size_t bytes) = 0;  // body bytes per piece from now on
    virtual std::uint32_t client_code() const = 0;   // how the client ended it, when it did
};

// The answering of one request. The transport destroys it when the answer is finished or the client gave up.
class Exchange {
public:
    virtual ~Exchange() = default;
};

// A WebSocket, seen from the service. Owned by the transport; outlives the WebsocketSession.
class WebsocketPeer {
public:
    virtual ~WebsocketPeer() = default;
    virtual std::uint64_t connection() const = 0;
    virtual void send_text(std::string text) = 0;
    virtual std::size_t unsent() const = 0;
    // After what was queued: a Close frame; no code sends one without a body (the client sees 1005).
    virtual void close(std::optional<std::uint16_t> code, std::string reason) = 0;
    virtual void pause_reading(bool pause) = 0;

    virtual void abort() = 0;                        // TCP RST
    virtual void drop() = 0;                         // TCP FIN without a Close frame (the client sees 1006)
    virtual void split_into(std::size_t bytes) = 0;  // later texts go out as fragments of that size
    virtual void ping() = 0;
    virtual void send_binary(std::string bytes) = 0;  // where the service says nothing but text
};

struct WebsocketEnd {
    bool by_client = false;  // the client's Close frame or TCP end came before ours
    std::uint16_t code = 0;  // 1005: none in the frame, 1006: no frame at all
    std::string reason;
};

// One WebSocket's service. Destroyed after ended(). Its functions are never called from inside a call it
// makes to the peer.
class WebsocketSession {
public:
    virtual ~WebsocketSession() = default;
    virtual void text(std::string_view message) = 0;
    virtual void binary(std::span<const std::uint8_t> message) = 0;
    virtual void ping() {}
    virtual void ended(const WebsocketEnd& end) = 0;
};

struct UpgradeAnswer {
    enum class Kind { accept, refuse, abort };
    Kind kind = Kind::refuse;
    std::chrono::milliseconds delay{0};  // before any answer; hang: a very long one
    int status = 404;                    // refuse
    Headers headers;                     // both
    std::string body;                    // refuse
    std::string subprotocol;             // accept
    std::function<std::unique_ptr<WebsocketSession>(WebsocketPeer&)> start;  // accept
};

// Who answers. Outlives the server.
class Services {
public:
    virtual ~Services() = default;
    virtual std::unique_ptr<Exchange> serve(Request request, Response& response) = 0;
    virtual UpgradeAnswer upgrade(const Request& request) = 0;
    virtual bool refuse_connection() = 0;  // fault: TCP RST at accept
    virtual std::vector<std::string> alpn() = 0;
    virtual std::uint32_t max_concurrent_streams() = 0;
};

}  // namespace atlas::sandbox
