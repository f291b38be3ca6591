#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

// WAV files, for tools and tests. The one place in this folder that touches files; the gateway's frame
// path does not use it.
namespace atlas::audio {

struct WavAudio {
    int rate = 0;  // Hz
    std::vector<std::int16_t> samples;
};

struct WavError {
    std::string message;  // names what was expected and what was found; with the path, when there is one
};

inline constexpr std::size_t max_wav_bytes = 256u * 1024 * 1024;

// PCM of 16 bits, 8000..48000 Hz, mono or stereo (mixed to mono). Extra chunks are skipped; a length
// written by a program that could not seek back (0xFFFFFFFF and its like) means "to the end of the file".
std::variant<WavAudio, WavError> parse_wav(std::span<const std::byte> file);
std::variant<WavAudio, WavError> read_wav(const std::filesystem::path& path);

// Writes mono 16-bit PCM piece by piece; the header gets its lengths in close(). Owned by whoever
// records; destroying it closes. Each call returns what went wrong, or nothing.
class WavWriter {
public:
    WavWriter() = default;
    ~WavWriter();
    WavWriter(const WavWriter&) = delete;
    WavWriter& operator=(const WavWriter&) = delete;

    std::optional<WavError> open(const std::filesystem::path& path, int rate);
    std::optional<WavError> write(std::span<const std::int16_t> samples);
    std::optional<WavError> close();  // of a closed one: nothing happens

    std::uint64_t samples_written() const { return samples_; }

private:
    void write_header();
    std::optional<WavError> failure(const char* doing) const;

    std::ofstream file_;
    std::filesystem::path path_;
    int rate_ = 0;
    std::uint64_t samples_ = 0;
};

}  // namespace atlas::audio
