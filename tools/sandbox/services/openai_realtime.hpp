#pragma once

#include "sandbox/transport/message.hpp"
#include "sandbox/world.hpp"

namespace atlas::sandbox {

// /v1/realtime: a Realtime session that answers text with speech (client_protocols.md §1).
UpgradeAnswer upgrade_openai_realtime(World& world, const Request& request);

}  // namespace atlas::sandbox
