#pragma once

#include <optional>
#include <string_view>

namespace atlas::providers::openai {

// Views into the message it was read from.
struct AudioDelta {
    std::string_view response_id;  // Realtime only
    std::string_view base64;
};

bool is_audio_delta(std::string_view type);

// Reads {"type":"speech.audio.delta","audio":"…"} and {"type":"response.output_audio.delta",
// "response_id":"…","delta":"…"} without building a JSON value: these are nearly all the bytes a
// synthesiser sends. Empty for any other message, and for one written in a way that needs a real parser
// (nested values, escapes); that one decides then.
std::optional<AudioDelta> read_audio_delta(std::string_view json);

}  // namespace atlas::providers::openai
