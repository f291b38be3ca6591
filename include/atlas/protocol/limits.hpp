#pragma once

#include <cstddef>

// What a client may send, at most. docs/client-protocol.md, "Limits", lists the same numbers; those that an
// app must know at run time are repeated in `ready.limits`. Characters are Unicode code points.
namespace atlas::protocol {

constexpr const char* protocol_name = "atlas.v1";  // `hello.proto`, and the WebSocket subprotocol

constexpr std::size_t max_text_message_bytes = 64 * 1024;
constexpr std::size_t max_json_depth = 8;

constexpr std::size_t max_input_text_chars = 4000;
constexpr std::size_t max_instructions_bytes = 32 * 1024;
constexpr std::size_t max_greeting_chars = 1000;
constexpr std::size_t max_language_chars = 35;
constexpr std::size_t max_variables = 64;
constexpr std::size_t max_variable_name_chars = 64;
constexpr std::size_t max_variable_value_chars = 2000;
constexpr std::size_t max_audio_offers = 16;
constexpr std::size_t max_features = 32;
constexpr std::size_t max_name_chars = 64;  // platform, version, net, a codec, a feature
constexpr std::size_t max_resume_token_chars = 512;
constexpr std::size_t max_bye_reason_chars = 200;

constexpr std::size_t audio_header_bytes = 8;
constexpr int max_audio_message_ms = 120;  // pcm16
constexpr std::size_t max_opus_packet_bytes = 1500;

constexpr std::size_t max_errors_per_call = 50;

}  // namespace atlas::protocol
