#pragma once

#include "atlas/net/http_listener.hpp"
#include "awaited_transport.hpp"

#include <boost/asio/ssl/context.hpp>

#include <cstddef>
#include <memory>
#include <set>
#include <string>

namespace atlas::net {

class AsioLoop;

// What the listener and its connections share; it outlives the listener until the last of them is gone.
struct ListenerState {
    explicit ListenerState(AsioLoop& its_loop) : loop(its_loop) {}

    AsioLoop& loop;
    ListenerSettings settings;
    ListenerHandlers handlers;
    std::shared_ptr<asio::ssl::context> tls;
    std::shared_ptr<std::size_t> open = std::make_shared<std::size_t>(0);
    std::set<AwaitedTransport*> waiting;  // connections that were not upgraded
    bool stopped = false;                 // the listener is gone: no handler may be called

    void bad(const std::string& peer, const std::string& error) const {
        if (!stopped && handlers.on_bad_connection) handlers.on_bad_connection(peer, error);
    }
};

// Counts an open socket for as long as somebody holds what it returns.
inline std::shared_ptr<void> count_socket(const ListenerState& listener) {
    ++*listener.open;
    return std::shared_ptr<void>(nullptr, [open = listener.open](void*) { --*open; });
}

// Serves one accepted socket: requests, one after another, until it closes or becomes a WebSocket.
void serve(std::shared_ptr<ListenerState> listener, Transport transport, std::string peer);

}  // namespace atlas::net
