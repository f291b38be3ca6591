#pragma once

#include "atlas/audio/audio_format.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace atlas::caller {

// What a caller can say, as it stands in a WAV file. Immutable; shared by all callers who say it.
struct Recording {
    std::string name;  // for people: the file's name
    int rate = 0;      // Hz
    std::vector<std::int16_t> samples;

    std::chrono::milliseconds length() const;
};

// The recording, or one line that names the file and the rule it breaks. An empty one is refused.
std::variant<std::shared_ptr<const Recording>, std::string> load_recording(const std::filesystem::path& path);

// A sound in an agreed format, cut into frames that only have to be sent. Immutable; made once and shared,
// because encoding Opus is what a caller would spend most of its time on.
class EncodedSound {
public:
    // Whatever the rate of `samples`, the frames have that of the format; the last one is filled up with
    // silence. Throws std::invalid_argument for a format or a rate that is not supported.
    EncodedSound(std::span<const std::int16_t> samples, int rate, const audio::AudioFormat& format);

    std::size_t frames() const { return ends_.size(); }
    std::span<const std::byte> frame(std::size_t index) const;
    // How many frames there are up to the last loud one: what follows is silence of the file's own.
    std::size_t spoken_frames() const { return spoken_frames_; }

private:
    void add(std::span<const std::byte> frame);

    std::vector<std::byte> bytes_;
    std::vector<std::size_t> ends_;  // of each frame, in bytes_
    std::size_t spoken_frames_ = 0;
};

// Keeps what was encoded once, for the next caller. Shared by all callers; it holds every recording it was
// asked for, so its bound is the number of files times the number of formats.
class SoundStore {
public:
    std::shared_ptr<const EncodedSound> speech(const std::shared_ptr<const Recording>& recording,
                                               const audio::AudioFormat& format);
    // One frame, to be repeated.
    std::shared_ptr<const EncodedSound> silence(const audio::AudioFormat& format);

private:
    struct Kept {
        std::shared_ptr<const Recording> recording;  // none: silence
        audio::AudioFormat format;
        std::shared_ptr<const EncodedSound> sound;
    };
    const Kept* find(const Recording* recording, const audio::AudioFormat& format) const;

    std::vector<Kept> kept_;
};

}  // namespace atlas::caller
