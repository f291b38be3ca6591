#pragma once

#include "sandbox/services/listen_session.hpp"

#include <memory>

namespace atlas::sandbox {

std::unique_ptr<WebsocketSession> make_flux_session(World& world, WebsocketPeer& peer, const Request& request,
                                                    FluxSettings settings, ListenSession::Opening opening);
std::unique_ptr<WebsocketSession> make_nova_session(World& world, WebsocketPeer& peer, const Request& request,
                                                    NovaSettings settings, ListenSession::Opening opening);

}  // namespace atlas::sandbox
