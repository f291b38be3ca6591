#pragma once

#include "atlas/audio/audio_format.hpp"
#include "atlas/protocol/client_messages.hpp"
#include "atlas/protocol/error_codes.hpp"

#include <variant>
#include <vector>

namespace atlas::protocol {

// The codecs this server takes and gives at the moment. Rates and frame lengths are AudioFormat's rules.
struct AudioSupport {
    std::vector<audio::Codec> in{audio::Codec::pcm16, audio::Codec::opus};
    std::vector<audio::Codec> out{audio::Codec::pcm16, audio::Codec::opus};
};

struct AudioChoice {
    audio::AudioFormat in;
    audio::AudioFormat out;
};

constexpr audio::AudioFormat default_audio_in{audio::Codec::pcm16, 16000, 20};
constexpr audio::AudioFormat default_audio_out{audio::Codec::pcm16, 24000, 40};

// For each direction the client's first offer that this server supports, or the default when it made none;
// else `no_common_audio_format`, saying what is supported.
std::variant<AudioChoice, ProtocolError> choose_audio(const Hello& hello, const AudioSupport& support = {});

}  // namespace atlas::protocol
