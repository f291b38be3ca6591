#include "atlas/audio/audio_format.hpp"
#include "atlas/audio/wav.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <system_error>

namespace atlas::audio {

namespace {

constexpr std::size_t header_bytes = 44;
constexpr std::uint64_t max_data_bytes = 0x7FFF0000;  // readers that count in 32 signed bits cope

}  // namespace

WavWriter::~WavWriter() { close(); }

std::optional<WavError> WavWriter::open(const std::filesystem::path& path, int rate) {
    if (auto problem = close()) return problem;
    path_ = path;
    rate_ = rate;
    samples_ = 0;
    errno = 0;
    file_.open(path, std::ios::binary | std::ios::trunc);
    if (!file_) return failure("cannot be created");
    write_header();
    if (!file_) return failure("cannot be written");
    return std::nullopt;
}

std::optional<WavError> WavWriter::write(std::span<const std::int16_t> samples) {
    if (!file_.is_open()) return WavError{"a WAV file must be open before sound is written to it"};
    if ((samples_ + samples.size()) * sizeof(std::int16_t) > max_data_bytes)
        return WavError{path_.string() + ": a WAV file holds at most 2 GB of sound"};
    const auto bytes = pcm16_bytes(samples);
    errno = 0;
    file_.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    if (!file_) return failure("cannot be written");
    samples_ += samples.size();
    return std::nullopt;
}

std::optional<WavError> WavWriter::close() {
    if (!file_.is_open()) return std::nullopt;
    errno = 0;
    file_.seekp(0);
    write_header();
    file_.close();
    if (!file_) return failure("cannot be completed");
    return std::nullopt;
}

void WavWriter::write_header() {
    std::array<char, header_bytes> header{};
    const auto text = [&](std::size_t at, std::string_view tag) {
        std::copy(tag.begin(), tag.end(), header.data() + at);
    };
    const auto number = [&](std::size_t at, auto value) {
        std::memcpy(header.data() + at, &value, sizeof value);
    };
    const auto data_bytes = static_cast<std::uint32_t>(samples_ * sizeof(std::int16_t));
    text(0, "RIFF");
    number(4, static_cast<std::uint32_t>(data_bytes + header_bytes - 8));
    text(8, "WAVEfmt ");
    number(16, std::uint32_t{16});
    number(20, std::uint16_t{1});  // PCM
    number(22, std::uint16_t{1});  // mono
    number(24, static_cast<std::uint32_t>(rate_));
    number(28, static_cast<std::uint32_t>(rate_) * 2);  // bytes a second
    number(32, std::uint16_t{2});                       // bytes a sample
    number(34, std::uint16_t{16});
    text(36, "data");
    number(40, data_bytes);
    file_.write(header.data(), header.size());
}

std::optional<WavError> WavWriter::failure(const char* doing) const {
    std::string message = path_.string() + ": " + doing;
    if (errno != 0) message += ": " + std::generic_category().message(errno);
    return WavError{std::move(message)};
}

}  // namespace atlas::audio
