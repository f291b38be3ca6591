#pragma once

#include "sandbox/report.hpp"
#include "sandbox/transport/message.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace boost::asio {
class io_context;
}

namespace atlas::sandbox {

struct ServerSettings {
    std::string address = "127.0.0.1";
    std::uint16_t port = 0;                   // TLS; 0: any free port
    std::optional<std::uint16_t> plain_port;  // HTTP/1.1 and WebSocket without TLS
    std::string chain_pem;
    std::string key_pem;
};

// Listens, agrees on TLS and ALPN, and hands each connection to HTTP/1.1 or HTTP/2.
class Server {
public:
    virtual ~Server() = default;
    virtual std::uint16_t port() const = 0;
    virtual std::uint16_t plain_port() const = 0;  // 0: none
    virtual void close() = 0;                      // stop listening and end every connection
};

// Throws std::runtime_error with a sentence when it cannot listen. The references outlive the server, and
// the server outlives the running of the loop.
std::unique_ptr<Server> open_server(boost::asio::io_context& loop, Services& services, Report& report,
                                    const ServerSettings& settings);

}  // namespace atlas::sandbox
