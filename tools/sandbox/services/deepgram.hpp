#pragma once

#include "sandbox/transport/message.hpp"
#include "sandbox/world.hpp"

#include <map>
#include <memory>
#include <string>

namespace atlas::sandbox {

// The parts of Deepgram that outlive a connection. Lives as long as the program.
struct DeepgramState {
    int open = 0;  // listening connections, v1 and v2 together
    std::map<std::string, Clock::time_point, std::less<>> tokens;  // issued, with their end
};

// /v1/listen and /v2/listen (deepgram.md §1, §2). service: deepgram_v1 or deepgram_v2.
UpgradeAnswer upgrade_deepgram(World& world, DeepgramState& state, const Request& request);

// POST /v1/auth/grant: a short-lived bearer token for a key (§1.1).
std::unique_ptr<Exchange> serve_deepgram_grant(World& world, DeepgramState& state, Request request,
                                               Response& response);

}  // namespace atlas::sandbox
