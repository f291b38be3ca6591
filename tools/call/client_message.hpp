#pragma once

#include "atlas/audio/audio_format.hpp"
#include "atlas/protocol/client_messages.hpp"
#include "call/server_message.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// What a caller says, in the words of docs/client-protocol.md. `seq` numbers its text messages from 1.
namespace atlas::caller {

struct CallerHello {
    std::string version;  // of this program, for the operators' logs
    audio::AudioFormat audio_in{audio::Codec::pcm16, 16000, 20};
    audio::AudioFormat audio_out{audio::Codec::pcm16, 24000, 40};
    std::optional<std::string> instructions;  // absent: the server's
    std::optional<std::string> greeting;      // empty: none
    std::optional<std::string> language;
};

std::string write_hello(const CallerHello& hello, std::uint64_t seq);
std::string write_playback(const protocol::Playback& playback, std::uint64_t seq);
std::string write_input_text(std::string_view text, std::uint64_t seq);
std::string write_pong(std::int64_t echo_ms, std::uint64_t seq);
std::string write_bye(std::string_view reason, std::uint64_t seq);

std::array<std::byte, audio_header_bytes> write_audio_header(const AudioHeader& header);
// Empty when the message is too short for one.
std::optional<AudioHeader> read_audio_header(std::span<const std::byte> message);

}  // namespace atlas::caller
