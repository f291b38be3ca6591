#include "atlas/conversation/sound_ahead.hpp"

#include <algorithm>

namespace atlas::conversation {
namespace {

// Half as long again as it usually takes, and half a second.
constexpr auto reserve = std::chrono::milliseconds(500);
constexpr auto later_than_thought = std::chrono::seconds(1);

}  // namespace

SoundAhead::SoundAhead(SoundAheadSettings settings)
    : settings_(settings), takes_((settings.unlearned - reserve) * 2 / 3) {}

void SoundAhead::voice_began_after(Duration took) { takes_ = std::max(took, takes_ - (takes_ - took) / 2); }

void SoundAhead::voice_left_silence() { takes_ += later_than_thought; }

Duration SoundAhead::wanted() const {
    return std::clamp(takes_ + takes_ / 2 + Duration(reserve), settings_.least,
                      std::max(settings_.least, settings_.most));
}

}  // namespace atlas::conversation
