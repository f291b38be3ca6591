#pragma once

#include "sandbox/transport/message.hpp"
#include "sandbox/world.hpp"

#include <memory>

namespace atlas::sandbox {

// POST /v1/messages: checks, then streams or returns a reply (claude_openai_tts.md §A).
std::unique_ptr<Exchange> serve_claude_messages(World& world, Request request, Response& response);

// GET /v1/models and /v1/models/{id} as Anthropic answers them.
std::unique_ptr<Exchange> serve_claude_models(World& world, Request request, Response& response);

}  // namespace atlas::sandbox
