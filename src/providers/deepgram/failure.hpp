#pragma once

#include "atlas/net/websocket.hpp"
#include "atlas/net/websocket_connect.hpp"
#include "atlas/providers/deepgram/listen_protocol.hpp"
#include "atlas/providers/provider_failure.hpp"

#include <string>
#include <string_view>

namespace atlas::providers::deepgram {

// No WebSocket: the refusal in whichever of Deepgram's three shapes (§1.3, §5.16), or the network's error.
ProviderFailure failure_of_connect(const net::WebsocketConnected& result, std::string_view api_key);
// 1000 and 1005 prove nothing (§5.10): whatever we did not ask for is a lost connection.
ProviderFailure failure_of_close(const net::WebsocketClosed& closed, std::string_view api_key);
ProviderFailure failure_of_stall(std::string_view message);  // an open connection that does not do its work
ProviderFailure failure_of_trouble(const ListenTrouble& trouble, std::string_view api_key);

// Whether another connection may fare better (§1.3).
bool worth_another_connection(const ProviderFailure& failure);

}  // namespace atlas::providers::deepgram
