#include "atlas/conversation/pause_pattern.hpp"

#include <algorithm>
#include <cmath>

namespace atlas::conversation {
namespace {

constexpr double margin = 1.3;          // over the longest pause that was not the end
constexpr double quick_learning = 0.6;  // towards more patience: cutting somebody short is the worse mistake
constexpr double slow_learning = 0.08;  // back to the usual

double in_ms(Duration time) { return std::chrono::duration<double, std::milli>(time).count(); }

}  // namespace

PausePattern::PausePattern(const TurnEndSettings& settings)
    : least_(in_ms(settings.least_patience)),
      most_(std::max(least_, in_ms(settings.most_patience))),
      usual_(std::clamp(in_ms(settings.patience), least_, most_)),
      patience_(usual_),
      told_(usual_) {}

void PausePattern::went_on_after(Duration pause) {
    const double wanted = std::clamp(in_ms(pause) * margin, least_, most_);
    if (wanted > patience_) patience_ += quick_learning * (wanted - patience_);
}

void PausePattern::was_done() { patience_ += slow_learning * (usual_ - patience_); }

std::chrono::milliseconds PausePattern::patience() const {
    return std::chrono::milliseconds(std::lround(patience_));
}

bool PausePattern::worth_telling() {
    constexpr double audible_difference = 100;
    if (std::abs(patience_ - told_) < audible_difference) return false;
    told_ = patience_;
    return true;
}

}  // namespace atlas::conversation
