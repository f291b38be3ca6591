#pragma once

#include "atlas/call/call.hpp"
#include "atlas/net/asio_loop.hpp"
#include "atlas/net/http_listener.hpp"
#include "atlas/server/config.hpp"
#include "atlas/server/http_routes.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace atlas::server {

// Admits or refuses callers, owns the calls, answers health checks, drains. Knows nothing about talking.
// Owned by main; the loop and the services outlive it.
class Gateway {
public:
    Gateway(net::AsioLoop& loop, const Config& config, const call::CallServices& services);
    ~Gateway();

    // Opens the listeners. Throws std::runtime_error with one line when an address or certificate is
    // unusable.
    void open();
    std::uint16_t port() const { return plain_ ? plain_->port() : std::uint16_t{0}; }
    std::uint16_t tls_port() const { return tls_ ? tls_->port() : std::uint16_t{0}; }
    std::uint16_t metrics_port() const { return metrics_ ? metrics_->port() : std::uint16_t{0}; }

    // Takes no new calls, asks the others to leave one by one; `on_empty` is called, from the loop, when none
    // is left or the deadline has passed. A second time: drops what is left at once.
    void drain(std::function<void()> on_empty);

    std::size_t calls() const { return calls_.size(); }
    Health health() const;

private:
    struct Admitted {
        std::shared_ptr<call::Call> call;
        std::string address;
    };

    net::ListenerHandlers handlers();
    net::UpgradeDecision decide(const net::IncomingRequest& request);
    net::OutgoingResponse refuse(int status, const char* code, const std::string& message, int retry_after_s);
    void admit(const net::IncomingRequest& request, std::unique_ptr<net::Websocket> websocket);
    void release(const std::string& id);
    void finish_drain();
    std::string caller_address(const net::IncomingRequest& request) const;
    std::size_t calls_from(const std::string& address) const;

    net::AsioLoop& loop_;
    const Config& config_;
    const call::CallServices& services_;
    bool on_fly_;
    std::unique_ptr<net::HttpListener> plain_;
    std::unique_ptr<net::HttpListener> tls_;
    std::unique_ptr<net::HttpListener> metrics_;
    std::unordered_map<std::string, Admitted> calls_;
    bool draining_ = false;
    std::function<void()> on_empty_;
    std::unique_ptr<net::Timer> drain_deadline_;
};

}  // namespace atlas::server
