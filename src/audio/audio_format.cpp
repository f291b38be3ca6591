#include "atlas/audio/audio_format.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

namespace atlas::audio {

// pcm16 is little endian on the wire, and so is every machine this is built for.
static_assert(std::endian::native == std::endian::little);

namespace {

constexpr std::array rates{16000, 24000, 48000};
constexpr std::array pcm16_frame_ms{10, 20, 40, 60, 80, 100, 120};
constexpr std::array opus_frame_ms{10, 20, 40, 60};

// "16000, 24000 or 48000"
std::string any_of(std::span<const int> values) {
    std::string text;
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (i > 0) text += i + 1 == values.size() ? " or " : ", ";
        text += std::to_string(values[i]);
    }
    return text;
}

bool contains(std::span<const int> values, int value) {
    return std::find(values.begin(), values.end(), value) != values.end();
}

}  // namespace

std::string_view name(Codec codec) { return codec == Codec::opus ? "opus" : "pcm16"; }

std::optional<Codec> parse_codec(std::string_view text) {
    for (const Codec codec : {Codec::pcm16, Codec::opus})
        if (text == name(codec)) return codec;
    return std::nullopt;
}

std::string describe(const AudioFormat& format) {
    return std::string(name(format.codec)) + " " + std::to_string(format.rate) + " Hz, " +
           std::to_string(format.frame_ms) + " ms";
}

std::span<const int> allowed_rates() { return rates; }

std::span<const int> allowed_frame_ms(Codec codec) {
    if (codec == Codec::opus) return opus_frame_ms;
    return pcm16_frame_ms;
}

std::optional<FormatProblem> find_problem(const AudioFormat& format) {
    if (!contains(rates, format.rate))
        return FormatProblem{"rate",
                             "rate must be " + any_of(rates) + ", got " + std::to_string(format.rate)};
    const auto lengths = allowed_frame_ms(format.codec);
    if (!contains(lengths, format.frame_ms))
        return FormatProblem{"frame_ms", "frame_ms must be " + any_of(lengths) + " for " +
                                             std::string(name(format.codec)) + ", got " +
                                             std::to_string(format.frame_ms)};
    return std::nullopt;
}

std::span<const std::byte> pcm16_bytes(std::span<const std::int16_t> samples) {
    return std::as_bytes(samples);
}

void take_pcm16(std::span<const std::byte> bytes, std::vector<std::int16_t>& out) {
    const std::size_t count = bytes.size() / sizeof(std::int16_t);
    if (count == 0) return;
    const std::size_t before = out.size();
    out.resize(before + count);
    std::memcpy(out.data() + before, bytes.data(), count * sizeof(std::int16_t));
}

}  // namespace atlas::audio
