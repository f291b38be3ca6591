#include "atlas/protocol/negotiation.hpp"

#include "text.hpp"

#include <algorithm>
#include <optional>
#include <span>
#include <string>

namespace atlas::protocol {
namespace {

using audio::AudioFormat;
using audio::Codec;

constexpr std::size_t named_offers = 3;  // of those an error text repeats

std::optional<AudioFormat> accept(const AudioOffer& offer, const std::vector<Codec>& codecs) {
    const auto codec = audio::parse_codec(offer.codec);
    if (!codec || std::find(codecs.begin(), codecs.end(), *codec) == codecs.end()) return std::nullopt;
    const AudioFormat format{*codec, offer.rate, offer.frame_ms};
    if (audio::find_problem(format)) return std::nullopt;
    return format;
}

std::string list(std::span<const int> values) {
    std::string text;
    for (const int value : values) text += (text.empty() ? "" : ", ") + std::to_string(value);
    return text;
}

std::string describe(const std::vector<Codec>& codecs) {
    std::string text;
    for (const Codec codec : codecs) {
        text += (text.empty() ? "" : "; ") + std::string(audio::name(codec)) + " with rate " +
                list(audio::allowed_rates()) + " and frame_ms " + list(audio::allowed_frame_ms(codec));
    }
    return text;
}

std::string describe(const std::vector<AudioOffer>& offers) {
    std::string text;
    for (std::size_t i = 0; i < offers.size() && i < named_offers; ++i) {
        text += (text.empty() ? "" : "; ") + quote(offers[i].codec) + " with rate " +
                std::to_string(offers[i].rate) + " and frame_ms " + std::to_string(offers[i].frame_ms);
    }
    return offers.size() > named_offers ? text + "; …" : text;
}

std::variant<AudioFormat, ProtocolError> choose(const std::vector<AudioOffer>& offers,
                                                const std::vector<Codec>& codecs, const AudioFormat& usual,
                                                const std::string& field) {
    if (offers.empty()) return usual;
    for (const AudioOffer& offer : offers) {
        if (const auto format = accept(offer, codecs)) return *format;
    }
    return make_error(
        ErrorCode::no_common_audio_format,
        "`" + field + "` must offer at least one of: " + describe(codecs) + ". Received: " + describe(offers),
        field);
}

}  // namespace

std::variant<AudioChoice, ProtocolError> choose_audio(const Hello& hello, const AudioSupport& support) {
    const auto in = choose(hello.audio_in, support.in, default_audio_in, "audio.in");
    if (const auto* error = std::get_if<ProtocolError>(&in)) return *error;
    const auto out = choose(hello.audio_out, support.out, default_audio_out, "audio.out");
    if (const auto* error = std::get_if<ProtocolError>(&out)) return *error;
    return AudioChoice{std::get<AudioFormat>(in), std::get<AudioFormat>(out)};
}

}  // namespace atlas::protocol
