#include "websocket_loop.hpp"

namespace atlas::net {

std::unique_ptr<Websocket> open_websocket(beast::websocket::stream<PlainStream> stream,
                                          WebsocketFacts facts) {
    return own_websocket(std::move(stream), std::move(facts));
}

}  // namespace atlas::net
