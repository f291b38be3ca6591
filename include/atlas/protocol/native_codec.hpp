#pragma once

#include "atlas/protocol/client_codec.hpp"

namespace atlas::protocol {

constexpr std::byte audio_kind{1};  // the first byte of a binary message: audio, in the layout of atlas.v1

// atlas.v1, our own protocol: JSON for control, binary for audio (docs/client-protocol.md).
class NativeCodec final : public ClientCodec {
public:
    DecodedText decode_text(std::string_view text) const override;
    DecodedAudio decode_audio(std::span<const std::byte> message,
                              const audio::AudioFormat& format) const override;
    std::string encode(const ServerMessage& message, std::uint64_t seq) const override;
    AudioHeader encode_audio_header(std::uint8_t flags, std::uint32_t turn,
                                    std::uint32_t timestamp) const override;
};

}  // namespace atlas::protocol
