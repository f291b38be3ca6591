#include "atlas/audio/audio_format.hpp"
#include "atlas/audio/wav.hpp"

#include <algorithm>
#include <cctype>
#include <cstring>
#include <string_view>
#include <system_error>

namespace atlas::audio {

namespace {

using Bytes = std::span<const std::byte>;

constexpr std::uint32_t open_ended = 0x7FFF0000;  // a length from here on was not known when it was written

template <typename Integer>
Integer integer_at(Bytes bytes, std::size_t at) {
    Integer value;
    std::memcpy(&value, bytes.data() + at, sizeof value);
    return value;
}

std::string_view tag_at(Bytes bytes, std::size_t at) {
    return {reinterpret_cast<const char*>(bytes.data()) + at, 4};
}

std::string printable(std::string_view text) {
    std::string result = "\"";
    for (const char c : text) result += std::isprint(static_cast<unsigned char>(c)) ? c : '?';
    return result + "\"";
}

struct WavFormat {
    std::uint16_t encoding = 0;
    std::uint16_t channels = 0;
    std::uint32_t rate = 0;
    std::uint16_t bits = 0;
};

std::string encoding_name(std::uint16_t encoding) {
    switch (encoding) {
        case 1:
            return "PCM";
        case 2:
            return "Microsoft ADPCM";
        case 3:
            return "floating point";
        case 6:
            return "A-law";
        case 7:
            return "mu-law";
        case 0x11:
            return "IMA ADPCM";
        case 0x55:
            return "MP3";
        default:
            return "encoding " + std::to_string(encoding);
    }
}

std::optional<WavError> find_problem(const WavFormat& format) {
    if (format.encoding != 1 || format.bits != 16)
        return WavError{"a WAV file must be PCM of 16 bits, found " + encoding_name(format.encoding) +
                        " of " + std::to_string(format.bits) + " bits"};
    if (format.channels != 1 && format.channels != 2)
        return WavError{"a WAV file must have 1 or 2 channels, found " + std::to_string(format.channels)};
    if (format.rate < 8000 || format.rate > 48000)
        return WavError{"a WAV file must have 8000..48000 Hz, found " + std::to_string(format.rate)};
    return std::nullopt;
}

WavFormat parse_format(Bytes chunk) {
    WavFormat format{integer_at<std::uint16_t>(chunk, 0), integer_at<std::uint16_t>(chunk, 2),
                     integer_at<std::uint32_t>(chunk, 4), integer_at<std::uint16_t>(chunk, 14)};
    // WAVE_FORMAT_EXTENSIBLE: the real encoding begins the sub-format's GUID.
    if (format.encoding == 0xFFFE && chunk.size() >= 26)
        format.encoding = integer_at<std::uint16_t>(chunk, 24);
    return format;
}

WavAudio to_mono(const WavFormat& format, Bytes data) {
    WavAudio audio;
    audio.rate = static_cast<int>(format.rate);
    take_pcm16(data, audio.samples);
    if (format.channels == 1) return audio;
    const std::size_t count = audio.samples.size() / 2;
    for (std::size_t i = 0; i < count; ++i)
        audio.samples[i] = static_cast<std::int16_t>((audio.samples[2 * i] + audio.samples[2 * i + 1]) / 2);
    audio.samples.resize(count);
    return audio;
}

std::optional<WavError> check_start(Bytes file) {
    if (file.size() > max_wav_bytes)
        return WavError{"a WAV file must not be larger than " + std::to_string(max_wav_bytes) +
                        " bytes, got " + std::to_string(file.size())};
    if (file.size() < 12)
        return WavError{"not a WAV file: it has only " + std::to_string(file.size()) + " bytes"};
    if (tag_at(file, 0) != "RIFF" || tag_at(file, 8) != "WAVE")
        return WavError{"not a WAV file: it must begin with \"RIFF\" and \"WAVE\", found " +
                        printable(tag_at(file, 0)) + " and " + printable(tag_at(file, 8))};
    return std::nullopt;
}

}  // namespace

std::variant<WavAudio, WavError> parse_wav(std::span<const std::byte> file) {
    if (auto problem = check_start(file)) return std::move(*problem);
    std::optional<WavFormat> format;
    for (std::size_t at = 12; at + 8 <= file.size();) {
        const std::string_view tag = tag_at(file, at);
        const auto size = integer_at<std::uint32_t>(file, at + 4);
        const std::size_t left = file.size() - (at + 8);
        const bool is_data = tag == "data";
        if (size > left && !(is_data && size >= open_ended))
            return WavError{"the WAV file is cut off: chunk " + printable(tag) + " says " +
                            std::to_string(size) + " bytes, " + std::to_string(left) + " are there"};
        const Bytes chunk = file.subspan(at + 8, std::min<std::size_t>(size, left));
        if (tag == "fmt ") {
            if (chunk.size() < 16)
                return WavError{"the WAV file's \"fmt \" chunk must have at least 16 bytes, found " +
                                std::to_string(chunk.size())};
            format = parse_format(chunk);
            if (auto problem = find_problem(*format)) return std::move(*problem);
        }
        if (is_data) {
            if (!format) return WavError{"the WAV file has no \"fmt \" chunk before its \"data\" chunk"};
            return to_mono(*format, chunk);
        }
        at += 8 + chunk.size() + chunk.size() % 2;  // chunks begin at even places
    }
    return WavError{"the WAV file has no \"data\" chunk"};
}

std::variant<WavAudio, WavError> read_wav(const std::filesystem::path& path) {
    std::error_code error;
    const auto size = std::filesystem::file_size(path, error);
    if (error) return WavError{path.string() + ": " + error.message()};
    if (size > max_wav_bytes)
        return WavError{path.string() + ": a WAV file must not be larger than " +
                        std::to_string(max_wav_bytes) + " bytes, got " + std::to_string(size)};
    std::vector<std::byte> bytes(size);
    std::ifstream file(path, std::ios::binary);
    file.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(size));
    if (!file) return WavError{path.string() + ": cannot be read"};
    auto result = parse_wav(bytes);
    if (auto* problem = std::get_if<WavError>(&result))
        problem->message = path.string() + ": " + problem->message;
    return result;
}

}  // namespace atlas::audio
