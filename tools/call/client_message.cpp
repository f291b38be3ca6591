#include "call/client_message.hpp"

#include <nlohmann/json.hpp>

#include <bit>
#include <cstring>

namespace atlas::caller {
namespace {

using Json = nlohmann::ordered_json;

static_assert(std::endian::native == std::endian::little, "the wire's numbers are little endian");

Json message(const char* type, std::uint64_t seq) { return {{"t", type}, {"s", seq}}; }

// What a person typed need not be UTF-8; what is not is replaced by U+FFFD.
std::string words(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

Json offer(const audio::AudioFormat& format) {
    Json entry{{"codec", audio::name(format.codec)}, {"rate", format.rate}, {"frame_ms", format.frame_ms}};
    return Json::array({std::move(entry)});
}

}  // namespace

std::string write_hello(const CallerHello& hello, std::uint64_t seq) {
    Json json = message("hello", seq);
    json["proto"] = "atlas.v1";
    json["client"] = {{"platform", "atlas-call"}, {"version", hello.version}};
    json["audio"] = {{"in", offer(hello.audio_in)}, {"out", offer(hello.audio_out)}};
    if (hello.instructions) json["config"]["instructions"] = *hello.instructions;
    if (hello.greeting) json["config"]["greeting"] = *hello.greeting;
    if (hello.language) json["config"]["language"] = *hello.language;
    return words(json);
}

std::string write_playback(const protocol::Playback& playback, std::uint64_t seq) {
    Json json = message("playback", seq);
    json["turn"] = playback.turn;
    json["played_ms"] = playback.played_ms;
    json["buffered_ms"] = playback.buffered_ms;
    json["underruns"] = playback.underruns;
    return words(json);
}

std::string write_input_text(std::string_view text, std::uint64_t seq) {
    Json json = message("input.text", seq);
    json["text"] = text;
    return words(json);
}

std::string write_pong(std::int64_t echo_ms, std::uint64_t seq) {
    Json json = message("pong", seq);
    json["echo_ms"] = echo_ms;
    return words(json);
}

std::string write_bye(std::string_view reason, std::uint64_t seq) {
    Json json = message("bye", seq);
    json["reason"] = reason;
    return words(json);
}

std::array<std::byte, audio_header_bytes> write_audio_header(const AudioHeader& header) {
    std::array<std::byte, audio_header_bytes> bytes{};
    bytes[0] = std::byte{header.kind};
    bytes[1] = std::byte{header.flags};
    std::memcpy(bytes.data() + 2, &header.stream, sizeof header.stream);
    std::memcpy(bytes.data() + 4, &header.timestamp, sizeof header.timestamp);
    return bytes;
}

std::optional<AudioHeader> read_audio_header(std::span<const std::byte> bytes) {
    if (bytes.size() < audio_header_bytes) return std::nullopt;
    AudioHeader header;
    header.kind = std::to_integer<std::uint8_t>(bytes[0]);
    header.flags = std::to_integer<std::uint8_t>(bytes[1]);
    std::memcpy(&header.stream, bytes.data() + 2, sizeof header.stream);
    std::memcpy(&header.timestamp, bytes.data() + 4, sizeof header.timestamp);
    return header;
}

}  // namespace atlas::caller
