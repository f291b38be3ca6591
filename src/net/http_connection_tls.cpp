#include "http_connection_loop.hpp"

namespace atlas::net {

void serve(std::shared_ptr<ListenerState> listener, TlsStream stream, std::string peer) {
    serve_stream(std::move(listener), std::move(stream), std::move(peer));
}

}  // namespace atlas::net
