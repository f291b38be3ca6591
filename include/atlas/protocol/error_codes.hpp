#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace atlas::protocol {

// Everything that can be wrong with a message, a call or this server, by the name the client sees.
enum class ErrorCode : std::uint8_t {
    not_json,
    nested_too_deep,
    not_an_object,
    missing_type,
    bad_field,
    text_too_long,
    message_too_large,
    hello_expected,
    hello_timeout,
    duplicate_hello,
    unsupported_protocol,
    no_common_audio_format,
    audio_header_too_short,
    audio_kind_unknown,
    audio_odd_length,
    audio_frame_too_large,
    audio_undecodable,
    audio_too_fast,
    too_many_errors,
    unauthorized,
    at_capacity,
    draining,
    call_too_long,
    idle,
    slow_client,
    recognizer_failed,
    language_model_failed,
    speech_failed,
    internal,
};

// One line of the table. docs/client-protocol.md prints the same lines; a test compares them.
struct ErrorCodeInfo {
    ErrorCode code;
    std::string_view name;
    bool fatal;                // the call ends with it
    std::uint16_t close_code;  // of the WebSocket when it is fatal, else 0
    std::string_view meaning;
};

std::span<const ErrorCodeInfo> error_codes();  // in the order of the enumeration
const ErrorCodeInfo& info(ErrorCode code);
std::optional<ErrorCode> find_error_code(std::string_view name);

// A refusal of something a client sent, ready to be told to it.
struct ProtocolError {
    ErrorCode code = ErrorCode::internal;
    std::string message;  // the field, the rule and what was received, for a developer to read
    std::string field;    // such as "audio.in[0].rate"; empty when no field is to blame
    bool fatal = false;
    std::uint16_t close_code = 0;        // when fatal
    std::optional<std::uint64_t> ref{};  // the number of the client's message
};

// A ProtocolError as the table has it.
ProtocolError make_error(ErrorCode code, std::string message, std::string field = {});

}  // namespace atlas::protocol
