#pragma once

#include "atlas/net/asio_loop.hpp"
#include "atlas/net/http_listener.hpp"
#include "atlas/net/websocket_connect.hpp"
#include "net/test_certificates.hpp"
#include "support/run_until.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace atlas::test {

// For tests with a parameter "over TLS".
inline std::string stream_name(const testing::TestParamInfo<bool>& info_of) {
    return info_of.param ? "Tls" : "Plain";
}

// A Websocket and what it reported.
struct Recorder {
    std::unique_ptr<net::Websocket> websocket;
    std::vector<std::string> text;
    std::vector<std::string> binary;
    std::optional<net::WebsocketClosed> closed;
    int closings = 0;

    void take(std::unique_ptr<net::Websocket> opened);
};

// A socket that speaks no protocol by itself, for peers that misbehave. Never blocks.
class RawPeer {
public:
    static RawPeer connect_to(std::uint16_t port);
    explicit RawPeer(int descriptor) : descriptor_(descriptor) {}
    RawPeer(RawPeer&& other) noexcept;
    RawPeer& operator=(RawPeer&&) = delete;
    ~RawPeer() { close(); }

    void send(std::string_view bytes);
    const std::string& received();  // everything so far
    bool ended();                   // the other side closed, or reset
    void forget() { received_.clear(); }
    void finish_sending();
    void close();
    void reset();  // closes with a RST

private:
    int descriptor_;
    std::string received_;
    bool ended_ = false;
};

// A listening socket of our own, for servers that misbehave.
class RawServer {
public:
    RawServer();
    ~RawServer();
    std::uint16_t port() const { return port_; }
    std::optional<RawPeer> accept();

private:
    int descriptor_;
    std::uint16_t port_ = 0;
};

std::string websocket_frame(int opcode, std::string_view payload, bool masked, bool final = true);
std::string websocket_request(std::string_view path = "/");
std::string websocket_accept(std::string_view request);  // the 101 answer to it

// A loop with a listener and what one needs to reach it.
class Network {
public:
    explicit Network(bool tls = false);
    ~Network();

    void listen(net::ListenerHandlers handlers);  // with `settings`
    void listen_for_websockets();                 // each goes to `server`
    std::unique_ptr<net::PendingConnect> connect(
        net::WebsocketRequest request);  // result goes to `connected`
    // A listener, a connector, and a WebSocket between them, started on both sides.
    void open_pair();
    std::string url(std::string_view scheme, std::string_view path = "/") const;  // with an s when tls
    std::string host() const { return "localhost:" + std::to_string(listener->port()); }

    template <class Condition>
    testing::AssertionResult until(std::string_view what, Condition condition) {
        return run_until(loop, what, condition);
    }
    // Lets go of everything and waits until nothing is left on the loop.
    testing::AssertionResult ends();

    net::AsioLoop loop;
    net::ListenerSettings settings;
    net::WebsocketOptions server_options;
    net::WebsocketOptions client_options;
    std::unique_ptr<net::HttpListener> listener;
    std::unique_ptr<net::WebsocketConnector> connector;
    std::unique_ptr<net::PendingConnect> pending;
    std::optional<net::WebsocketConnected> connected;
    std::vector<std::string> bad_connections;
    Recorder server;
    Recorder client;
    bool tls;

private:
    // Raw sockets are looked at between two turns of the loop; this makes it turn.
    std::unique_ptr<net::Timer> ticker_;
};

}  // namespace atlas::test
