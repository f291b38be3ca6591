#include "atlas/protocol/native_codec.hpp"

#include "field_reader.hpp"
#include "native_messages.hpp"
#include "nesting.hpp"
#include "text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <optional>

namespace atlas::protocol {
namespace {

using Json = nlohmann::json;

// They carry what others designed: schemas of arguments, results.
constexpr std::array<std::string_view, 2> deep_types{"hello", "tool.result"};

bool may_be_deep(std::string_view text) {
    return std::any_of(deep_types.begin(), deep_types.end(),
                       [&](std::string_view type) { return text.find(type) != std::string_view::npos; });
}

std::size_t depth_limit(bool deep) { return deep ? max_tool_json_depth : max_json_depth; }

ProtocolError too_deep(std::size_t limit) {
    return make_error(ErrorCode::nested_too_deep, "a text message must have at most " +
                                                      std::to_string(limit) +
                                                      " levels of arrays and objects; received more");
}

ProtocolError not_json(std::string_view text, std::size_t position) {
    std::string message = "a text message must be JSON; it is not at byte " + std::to_string(position);
    // A broken `hello` may begin with the resume token.
    if (text.find("token") == std::string_view::npos) message += "; received " + quote(text);
    return make_error(ErrorCode::not_json, std::move(message));
}

std::optional<ProtocolError> find_problem(std::string_view text) {
    if (text.size() > max_text_message_bytes) {
        return make_error(ErrorCode::message_too_large,
                          "a text message must have at most " + std::to_string(max_text_message_bytes) +
                              " bytes; received " + std::to_string(text.size()));
    }
    return std::nullopt;
}

std::optional<ProtocolError> find_problem(const Json& message) {
    if (!message.is_object()) {
        return make_error(ErrorCode::not_an_object,
                          "a text message must be a JSON object; received " + describe(message));
    }
    const auto type = message.find("t");
    if (type == message.end() || !type->is_string()) {
        return make_error(ErrorCode::missing_type,
                          "`t` must be a string, the type of the message; received " +
                              (type == message.end() ? "nothing" : describe(*type)),
                          "t");
    }
    return std::nullopt;
}

DecodedText read(const Json& message, std::size_t depth) {
    if (auto problem = find_problem(message)) return *problem;
    const auto type = message.at("t").get<std::string>();
    const auto deep = std::find(deep_types.begin(), deep_types.end(), type) != deep_types.end();
    std::optional<ProtocolError> error;
    ReceivedMessage received;
    FieldReader envelope(message, "", error);
    if (const auto seq = envelope.integer("s", 0, max_exact_integer))
        received.seq = static_cast<std::uint64_t>(*seq);
    if (!error && depth > depth_limit(deep)) error = too_deep(depth_limit(deep));
    if (!error) received.message = read_client_message(type, message, error);
    if (!error) return received;
    error->ref = received.seq;
    return *std::move(error);
}

// Little endian, as the layout says, whatever this machine is.
std::uint32_t read_number(std::span<const std::byte> bytes) {
    std::uint32_t number = 0;
    for (std::size_t i = bytes.size(); i > 0; --i)
        number = number << 8U | std::to_integer<std::uint32_t>(bytes[i - 1]);
    return number;
}

void write_number(std::span<std::byte> bytes, std::uint32_t number) {
    for (std::byte& byte : bytes) {
        byte = static_cast<std::byte>(number & 0xFFU);
        number >>= 8U;
    }
}

std::optional<ProtocolError> find_problem(std::span<const std::byte> payload,
                                          const audio::AudioFormat& format) {
    const bool pcm = format.codec == audio::Codec::pcm16;
    const auto pcm_limit = static_cast<std::size_t>(format.rate) * max_audio_message_ms / 1000 * 2;
    const std::size_t limit = pcm ? pcm_limit : max_opus_packet_bytes;
    if (payload.size() > limit) {
        return make_error(ErrorCode::audio_frame_too_large,
                          "the payload of a message of " + audio::describe(format) + " must have at most " +
                              std::to_string(limit) + " bytes; received " + std::to_string(payload.size()));
    }
    if (pcm && payload.size() % 2 != 0) {
        return make_error(ErrorCode::audio_odd_length,
                          "the payload of a pcm16 message must be whole samples of 2 bytes; received " +
                              std::to_string(payload.size()) + " bytes");
    }
    return std::nullopt;
}

}  // namespace

DecodedText NativeCodec::decode_text(std::string_view text) const {
    if (auto problem = find_problem(text)) return *problem;
    const std::size_t depth = nesting_of(text);
    const std::size_t limit = depth_limit(depth > max_json_depth && may_be_deep(text));
    if (depth > limit) return too_deep(limit);
    try {
        return read(Json::parse(text), depth);
    } catch (const Json::parse_error& error) {
        return not_json(text, error.byte);
    } catch (const Json::exception&) {  // a number that is none, such as 1e999
        return not_json(text, text.size());
    }
}

DecodedAudio NativeCodec::decode_audio(std::span<const std::byte> message,
                                       const audio::AudioFormat& format) const {
    if (message.empty()) return EmptyMessage{};
    if (message.size() < audio_header_bytes) {
        return make_error(ErrorCode::audio_header_too_short,
                          "a binary message must begin with a header of 8 bytes; received " +
                              std::to_string(message.size()) + " bytes in all");
    }
    if (message[0] != audio_kind) {
        return make_error(ErrorCode::audio_kind_unknown,
                          "the first byte of a binary message must be 1 (audio); received " +
                              std::to_string(std::to_integer<int>(message[0])));
    }
    const auto payload = message.subspan(audio_header_bytes);
    if (auto problem = find_problem(payload, format)) return *std::move(problem);
    return AudioFrame{std::to_integer<std::uint8_t>(message[1]),
                      static_cast<std::uint16_t>(read_number(message.subspan(2, 2))),
                      read_number(message.subspan(4, 4)), payload};
}

AudioHeader NativeCodec::encode_audio_header(std::uint8_t flags, std::uint32_t turn,
                                             std::uint32_t timestamp) const {
    AudioHeader header{audio_kind, static_cast<std::byte>(flags)};
    write_number(std::span(header).subspan(2, 2), turn);
    write_number(std::span(header).subspan(4, 4), timestamp);
    return header;
}

}  // namespace atlas::protocol
