#pragma once

#include "sandbox/world.hpp"

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace atlas::sandbox {

struct Pace {
    std::chrono::milliseconds first_byte{0};
    double speed = 0;  // audio time per real time; 0: at once
};

// A voice that speaks at the script's pace: nothing before the first byte's time, then 100 ms pieces.
// Destroying it stops it; on_done is last.
class PacedVoice {
public:
    PacedVoice(World& world, const SpeechRequest& request, Pace pace,
               std::function<void(std::span<const std::int16_t>)> on_audio,
               std::function<void(std::string error)> on_done);
    double spoken_ms() const { return spoken_ms_; }

private:
    void pump();

    std::function<void(std::span<const std::int16_t>)> on_audio_;
    std::function<void(std::string)> on_done_;
    Pace pace_;
    int sample_rate_;
    std::vector<std::int16_t> made_;  // by the engine; at most one text's worth, some five minutes
    std::size_t given_ = 0;
    double spoken_ms_ = 0;
    bool made_all_ = false;
    bool waiting_ = true;  // for the timer
    std::string error_;
    Timer timer_;
    std::unique_ptr<Speaking> speaking_;
};

std::string base64(std::string_view bytes);
// Nothing when it is not base64.
std::optional<std::string> from_base64(std::string_view text);
std::string_view as_bytes(std::span<const std::int16_t> samples);  // little endian, as the machine is

}  // namespace atlas::sandbox
