#pragma once

#include "atlas/providers/anthropic/messages.hpp"

#include <string_view>

namespace atlas::providers::anthropic {

// What a model needs so that its first words come soon (claude_openai_tts §A.3).
struct ModelTraits {
    Thinking thinking = Thinking::omitted;
    std::string_view effort;           // empty: not sent
    int smallest_cached_prompt = 512;  // tokens; a shorter prompt is not cached
};

ModelTraits traits_of_model(std::string_view model);

}  // namespace atlas::providers::anthropic
