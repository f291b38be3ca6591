#include "call/microphone.hpp"

#include <utility>

namespace atlas::caller {
namespace {

constexpr net::Duration longest_burst = std::chrono::seconds(2);

}  // namespace

Microphone::Microphone(const audio::AudioFormat& format, std::shared_ptr<const EncodedSound> silence,
                       net::TimePoint opened)
    : frame_time_(std::chrono::milliseconds(format.frame_ms)),
      frame_samples_(static_cast<std::int64_t>(audio::samples_per_frame(format))),
      silence_(std::move(silence)),
      opened_(opened) {}

void Microphone::say(std::shared_ptr<const EncodedSound> sound) {
    if (speaking()) {
        waiting_ = std::move(sound);
        return;
    }
    sound_ = std::move(sound);
    next_ = 0;
}

bool Microphone::speaking() const {
    return (sound_ && next_ < sound_->spoken_frames()) || (waiting_ && waiting_->spoken_frames() > 0);
}

std::optional<MicrophoneFrame> Microphone::next_frame(net::TimePoint now) {
    if (now < next_due()) return std::nullopt;
    catch_up(now);
    take_next_sound();
    MicrophoneFrame frame;
    frame.timestamp = static_cast<std::uint32_t>(position_ * frame_samples_);
    frame.first = std::exchange(first_, false);
    frame.discontinuity = std::exchange(discontinuity_, false);
    if (sound_) {
        frame.payload = sound_->frame(next_++);
        frame.end_of_speech = next_ == sound_->spoken_frames();
    } else {
        frame.payload = silence_->frame(0);
    }
    frame.recorded_at = time_of(++position_);
    return frame;
}

void Microphone::catch_up(net::TimePoint now) {
    if (now - next_due() <= longest_burst) return;
    position_ = (now - opened_) / frame_time_ - 1;  // the frame that has just been completed
    discontinuity_ = true;
}

void Microphone::take_next_sound() {
    const bool only_silence_left = sound_ && next_ >= sound_->spoken_frames();
    if (waiting_ && (!sound_ || only_silence_left)) {
        sound_ = std::exchange(waiting_, nullptr);
        next_ = 0;
    }
    if (sound_ && next_ >= sound_->frames()) sound_.reset();
}

}  // namespace atlas::caller
