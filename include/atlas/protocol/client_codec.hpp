#pragma once

#include "atlas/audio/audio_format.hpp"
#include "atlas/protocol/client_messages.hpp"
#include "atlas/protocol/error_codes.hpp"
#include "atlas/protocol/limits.hpp"
#include "atlas/protocol/server_messages.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>

namespace atlas::protocol {

// The flags of an audio message, as bits.
enum AudioFlags : std::uint8_t {
    audio_first = 1,          // of a turn; from a client: since the microphone was switched on
    audio_last = 2,           // of a turn; from a client: before the microphone is switched off
    audio_silence = 4,        // nothing but silence (DTX); the payload may be empty
    audio_discontinuity = 8,  // `timestamp` does not continue where the message before it ended
};

// One audio message of a client. `payload` points into the bytes that were decoded.
struct AudioFrame {
    std::uint8_t flags = 0;
    std::uint16_t stream = 0;
    std::uint32_t timestamp = 0;  // samples since the start of the stream, of its first sample
    std::span<const std::byte> payload;
};

struct EmptyMessage {};  // a binary message without a byte: a keep-alive of some clients, to be ignored

using DecodedText = std::variant<ReceivedMessage, ProtocolError>;
using DecodedAudio = std::variant<AudioFrame, EmptyMessage, ProtocolError>;
using AudioHeader = std::array<std::byte, audio_header_bytes>;

// The words of one protocol: bytes <-> messages. Without state, so one codec serves every call, and
// without exceptions: whatever a client sends comes back as a message or as a ProtocolError. What is
// allowed when is ProtocolGuard's affair.
class ClientCodec {
public:
    virtual ~ClientCodec() = default;

    virtual DecodedText decode_text(std::string_view text) const = 0;

    // `format` is what was agreed for the microphone. Does not allocate for a good message.
    virtual DecodedAudio decode_audio(std::span<const std::byte> message,
                                      const audio::AudioFormat& format) const = 0;

    // `seq` counts a call's messages from 1.
    virtual std::string encode(const ServerMessage& message, std::uint64_t seq) const = 0;

    // What goes in front of the payload of a binary message of reply audio. Does not allocate.
    virtual AudioHeader encode_audio_header(std::uint8_t flags, std::uint32_t turn,
                                            std::uint32_t timestamp) const = 0;
};

}  // namespace atlas::protocol
