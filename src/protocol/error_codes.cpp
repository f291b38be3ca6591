#include "atlas/protocol/error_codes.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace atlas::protocol {
namespace {

using enum ErrorCode;

// Close codes: 1000 the call is over · 1008 the client must change something first · 1009 too large ·
// 1011 our fault · 1012 restarting, call again elsewhere · 1013 not now, try later.
constexpr std::array table{
    ErrorCodeInfo{not_json, "not_json", false, 0, "A text message is not JSON."},
    ErrorCodeInfo{
        nested_too_deep, "nested_too_deep", false, 0,
        "A text message has more than 8 levels of arrays and objects; `hello` and `tool.result`: 24."},
    ErrorCodeInfo{not_an_object, "not_an_object", false, 0, "A text message is JSON, but not an object."},
    ErrorCodeInfo{missing_type, "missing_type", false, 0,
                  "A text message has no member `t`, or it is not a string."},
    ErrorCodeInfo{
        bad_field, "bad_field", false, 0,
        "A member is missing, has the wrong type or a value that is not allowed; `field` names it."},
    ErrorCodeInfo{text_too_long, "text_too_long", false, 0,
                  "A text is longer than its limit; `field` names it."},
    ErrorCodeInfo{message_too_large, "message_too_large", true, 1009,
                  "A message is larger than `limits.max_message_bytes`."},
    ErrorCodeInfo{hello_expected, "hello_expected", true, 1008,
                  "Something came before `hello`, or audio came before `ready`."},
    ErrorCodeInfo{hello_timeout, "hello_timeout", true, 1008,
                  "No `hello` came in time after the connection was opened."},
    ErrorCodeInfo{duplicate_hello, "duplicate_hello", false, 0, "A second `hello` came on one connection."},
    ErrorCodeInfo{unsupported_protocol, "unsupported_protocol", true, 1008,
                  "`hello.proto` is not a protocol this server speaks."},
    ErrorCodeInfo{no_common_audio_format, "no_common_audio_format", true, 1008,
                  "None of the offered audio formats of one direction is supported."},
    ErrorCodeInfo{audio_header_too_short, "audio_header_too_short", false, 0,
                  "A binary message is shorter than its header of 8 bytes."},
    ErrorCodeInfo{audio_kind_unknown, "audio_kind_unknown", false, 0,
                  "The first byte of a binary message is not 1 (audio)."},
    ErrorCodeInfo{audio_odd_length, "audio_odd_length", false, 0,
                  "The payload of a pcm16 message is not a whole number of samples."},
    ErrorCodeInfo{audio_frame_too_large, "audio_frame_too_large", false, 0,
                  "A pcm16 message is longer than 120 ms, or an Opus packet larger than 1500 bytes."},
    ErrorCodeInfo{audio_undecodable, "audio_undecodable", false, 0,
                  "The payload of a message is not an Opus packet."},
    ErrorCodeInfo{audio_too_fast, "audio_too_fast", false, 0,
                  "Audio arrives faster than it can have been recorded; what is too much was dropped."},
    ErrorCodeInfo{too_many_errors, "too_many_errors", true, 1008,
                  "The client caused more than 50 errors in one call."},
    ErrorCodeInfo{unauthorized, "unauthorized", true, 1008,
                  "The credentials are missing, wrong, expired or do not allow this."},
    ErrorCodeInfo{at_capacity, "at_capacity", true, 1013,
                  "This server takes no further calls now; try again after `retry_after_ms`."},
    ErrorCodeInfo{draining, "draining", true, 1012,
                  "This server is about to stop; call again, another one will answer."},
    ErrorCodeInfo{call_too_long, "call_too_long", true, 1000, "The call reached `limits.max_call_s`."},
    ErrorCodeInfo{idle, "idle", true, 1000, "Nobody has said or typed anything for too long."},
    ErrorCodeInfo{slow_client, "slow_client", true, 1013,
                  "The client takes messages more slowly than they are made; reconnect on a better network."},
    ErrorCodeInfo{recognizer_failed, "recognizer_failed", true, 1011,
                  "The caller can no longer be understood: speech recognition failed and did not come back."},
    ErrorCodeInfo{language_model_failed, "language_model_failed", false, 0,
                  "No answer could be made for this turn; the call goes on."},
    ErrorCodeInfo{speech_failed, "speech_failed", false, 0,
                  "The answer of this turn could not be spoken; the call goes on."},
    ErrorCodeInfo{internal, "internal", true, 1011,
                  "This server made a mistake; it is logged with the call id."},
};

constexpr bool in_order() {
    for (std::size_t i = 0; i < table.size(); ++i) {
        if (static_cast<std::size_t>(table[i].code) != i) return false;
    }
    return table.back().code == internal;
}
static_assert(in_order(), "one line for each code, in the order of the enumeration");

}  // namespace

std::span<const ErrorCodeInfo> error_codes() { return table; }

const ErrorCodeInfo& info(ErrorCode code) { return table[static_cast<std::size_t>(code)]; }

std::optional<ErrorCode> find_error_code(std::string_view name) {
    const auto found =
        std::find_if(table.begin(), table.end(), [&](const auto& line) { return line.name == name; });
    if (found == table.end()) return std::nullopt;
    return found->code;
}

ProtocolError make_error(ErrorCode code, std::string message, std::string field) {
    const ErrorCodeInfo& line = info(code);
    return {code, std::move(message), std::move(field), line.fatal, line.close_code, {}};
}

}  // namespace atlas::protocol
