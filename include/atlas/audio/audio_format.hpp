#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace atlas::audio {

// How the samples travel. Sound is mono everywhere in the gateway.
enum class Codec {
    pcm16,  // 16-bit signed samples, little endian
    opus,   // one Opus packet a message
};

std::string_view name(Codec codec);  // "pcm16", "opus": the spelling of the wire
std::optional<Codec> parse_codec(std::string_view name);

// What one direction of a call sounds like: chosen once, when client and gateway agree.
struct AudioFormat {
    Codec codec = Codec::pcm16;
    int rate = 16000;   // Hz
    int frame_ms = 20;  // the sound in one message

    bool operator==(const AudioFormat&) const = default;
};

std::string describe(const AudioFormat& format);  // "pcm16 16000 Hz, 20 ms"

// What is wrong with a format; the message names the field, the rule and what was received.
struct FormatProblem {
    std::string_view field;  // "rate" or "frame_ms"
    std::string message;
};
std::optional<FormatProblem> find_problem(const AudioFormat& format);

// The allowed values, ascending: the same list that find_problem() checks and negotiation can print.
std::span<const int> allowed_rates();
std::span<const int> allowed_frame_ms(Codec codec);

// Samples <-> time. Samples are counted in 64 bits: a position since the start of a call or a reply.
constexpr std::int64_t samples_in(std::chrono::milliseconds time, int rate) {
    return time.count() * rate / 1000;
}
constexpr std::int64_t ms_in(std::int64_t samples, int rate) {
    return samples * 1000 / rate;
}  // rounded down

// Rounded up, so that this long after the first sample the last one has surely been played.
constexpr std::chrono::nanoseconds duration_of(std::int64_t samples, int rate) {
    constexpr std::int64_t second = 1'000'000'000;
    const std::int64_t whole = samples / rate;
    return std::chrono::nanoseconds(whole * second + ((samples % rate) * second + rate - 1) / rate);
}

constexpr std::size_t samples_per_frame(const AudioFormat& format) {
    return static_cast<std::size_t>(format.rate) * static_cast<std::size_t>(format.frame_ms) / 1000;
}
// The size of one frame as PCM; an Opus packet is far smaller and varies.
constexpr std::size_t pcm_bytes_per_frame(const AudioFormat& format) {
    return samples_per_frame(format) * sizeof(std::int16_t);
}

// Samples as they stand on the wire, and back. The bytes may begin at any address. An odd last byte is
// left out: take_pcm16 appends bytes.size() / 2 samples.
std::span<const std::byte> pcm16_bytes(std::span<const std::int16_t> samples);
void take_pcm16(std::span<const std::byte> bytes, std::vector<std::int16_t>& out);

}  // namespace atlas::audio
