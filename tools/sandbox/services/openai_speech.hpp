#pragma once

#include "sandbox/transport/message.hpp"
#include "sandbox/world.hpp"

#include <memory>

namespace atlas::sandbox {

// POST /v1/audio/speech: raw audio or server-sent events, as it is spoken (claude_openai_tts.md §B).
std::unique_ptr<Exchange> serve_openai_speech(World& world, Request request, Response& response);

// GET /v1/models as OpenAI answers it.
std::unique_ptr<Exchange> serve_openai_models(World& world, Request request, Response& response);

// 404 in OpenAI's words, for paths nobody serves.
std::unique_ptr<Exchange> serve_unknown(World& world, Request request, Response& response);

}  // namespace atlas::sandbox
