#pragma once

#include <cstddef>
#include <cstdint>

// What a client may send, at most. docs/client-protocol.md, "Limits", lists the same numbers; those that an
// app must know at run time are repeated in `ready.limits`. Characters are Unicode code points.
namespace atlas::protocol {

constexpr const char* protocol_name = "atlas.v1";  // `hello.proto`, and the WebSocket subprotocol

constexpr std::size_t max_text_message_bytes = 64 * 1024;
constexpr std::size_t max_json_depth = 8;
constexpr std::size_t max_tool_json_depth = 24;  // of `hello` and `tool.result`: schemas and results go deep

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

constexpr std::size_t max_tools = 32;
constexpr std::size_t max_tools_bytes = 32 * 1024;  // names, descriptions, parameters and fillers together
constexpr std::size_t max_tool_name_chars = 64;
constexpr std::size_t max_tool_description_chars = 2000;
constexpr std::size_t max_tool_parameters_bytes = 8 * 1024;  // as compact JSON
constexpr std::int64_t min_tool_timeout_ms = 100;
constexpr std::int64_t max_tool_timeout_ms = 120'000;
constexpr std::int64_t default_tool_timeout_ms = 10'000;
constexpr std::size_t max_tool_arguments_bytes = 32 * 1024;  // of a `tool.call` that we send
constexpr std::size_t max_tool_call_id_chars = 128;
constexpr std::size_t max_tool_result_bytes = 16 * 1024;
constexpr std::size_t max_tool_error_chars = 2000;
constexpr std::size_t max_line_chars = 300;  // a tool's filler, the idle prompt
constexpr std::size_t max_goodbye_chars = 1000;
constexpr std::size_t max_inject_chars = 4000;
constexpr std::int64_t min_idle_after_s = 3;
constexpr std::int64_t max_idle_after_s = 600;
constexpr std::int64_t max_idle_prompts = 5;
constexpr std::int64_t min_call_s = 10;
constexpr std::int64_t max_call_s = 86'400;
constexpr std::int64_t max_interruption_words = 5;
constexpr std::int64_t min_context_tokens = 1000;
constexpr std::int64_t max_context_tokens = 200'000;

constexpr std::size_t audio_header_bytes = 8;
constexpr int max_audio_message_ms = 120;  // pcm16
constexpr std::size_t max_opus_packet_bytes = 1500;

constexpr std::size_t max_errors_per_call = 50;

}  // namespace atlas::protocol
