#include "call/recording.hpp"

#include "atlas/audio/level.hpp"
#include "atlas/audio/opus_decoder.hpp"
#include "atlas/audio/opus_encoder.hpp"
#include "atlas/audio/resampler.hpp"
#include "atlas/audio/wav.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <stdexcept>

namespace atlas::caller {
namespace {

constexpr double loud_dbfs = -45;  // quieter frames at a recording's end are not speech any more

std::vector<std::int16_t> at_rate(std::span<const std::int16_t> samples, int from, int to) {
    audio::Resampler resampler(from, to);
    std::vector<std::int16_t> result;
    resampler.process(samples, result);
    resampler.flush(result);
    return result;
}

}  // namespace

std::chrono::milliseconds Recording::length() const {
    return std::chrono::milliseconds(audio::ms_in(static_cast<std::int64_t>(samples.size()), rate));
}

std::variant<std::shared_ptr<const Recording>, std::string> load_recording(
    const std::filesystem::path& path) {
    auto read = audio::read_wav(path);
    if (auto* error = std::get_if<audio::WavError>(&read)) return std::move(error->message);
    auto& sound = std::get<audio::WavAudio>(read);
    if (sound.samples.empty()) return path.string() + ": the WAV file holds no sound";
    return std::make_shared<const Recording>(
        Recording{path.filename().string(), sound.rate, std::move(sound.samples)});
}

EncodedSound::EncodedSound(std::span<const std::int16_t> samples, int rate,
                           const audio::AudioFormat& format) {
    if (const auto problem = audio::find_problem(format)) throw std::invalid_argument(problem->message);
    auto sound = at_rate(samples, rate, format.rate);
    const std::size_t length = audio::samples_per_frame(format);
    sound.resize((sound.size() + length - 1) / length * length);
    std::optional<audio::OpusEncoder> encoder;
    if (format.codec == audio::Codec::opus) {
        encoder.emplace(audio::OpusEncoderSettings{.rate = format.rate, .frame_ms = format.frame_ms});
    }
    std::array<std::byte, audio::max_opus_packet_bytes> packet;
    for (std::size_t at = 0; at < sound.size(); at += length) {
        const auto frame = std::span(sound).subspan(at, length);
        if (encoder) {
            const auto encoded = encoder->encode(frame, packet);
            if (!encoded.ok()) throw std::runtime_error(encoded.error);
            add(std::span(packet).first(encoded.size));
        } else {
            add(audio::pcm16_bytes(frame));
        }
        if (audio::measure_level(frame).rms_dbfs > loud_dbfs) spoken_frames_ = frames();
    }
}

std::span<const std::byte> EncodedSound::frame(std::size_t index) const {
    const std::size_t start = index == 0 ? 0 : ends_[index - 1];
    return std::span(bytes_).subspan(start, ends_[index] - start);
}

void EncodedSound::add(std::span<const std::byte> frame) {
    bytes_.insert(bytes_.end(), frame.begin(), frame.end());
    ends_.push_back(bytes_.size());
}

std::shared_ptr<const EncodedSound> SoundStore::speech(const std::shared_ptr<const Recording>& recording,
                                                       const audio::AudioFormat& format) {
    if (const Kept* kept = find(recording.get(), format)) return kept->sound;
    auto sound = std::make_shared<const EncodedSound>(recording->samples, recording->rate, format);
    kept_.push_back({recording, format, sound});
    return sound;
}

std::shared_ptr<const EncodedSound> SoundStore::silence(const audio::AudioFormat& format) {
    if (const Kept* kept = find(nullptr, format)) return kept->sound;
    const std::vector<std::int16_t> frame(audio::samples_per_frame(format));
    auto sound = std::make_shared<const EncodedSound>(frame, format.rate, format);
    kept_.push_back({nullptr, format, sound});
    return sound;
}

const SoundStore::Kept* SoundStore::find(const Recording* recording, const audio::AudioFormat& format) const {
    const auto found = std::find_if(kept_.begin(), kept_.end(), [&](const Kept& kept) {
        return kept.recording.get() == recording && kept.format == format;
    });
    return found == kept_.end() ? nullptr : &*found;
}

}  // namespace atlas::caller
