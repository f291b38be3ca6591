#include "atlas/conversation/speculation.hpp"

#include <algorithm>

namespace atlas::conversation {
namespace {

constexpr double surest = 0.9;
constexpr double step_up = 0.05;
constexpr double step_down = 0.01;
constexpr int enough_to_judge = 4;

}  // namespace

bool SpeculationBudget::allows(double confidence) const {
    if (!settings_.enabled || tries_ >= settings_.tries_per_turn) return false;
    if (wasted_tokens_ >= settings_.wasted_tokens) return false;
    const bool wasteful = hits_ + misses_ >= enough_to_judge && wasted_share() > settings_.wasted_share;
    return confidence >= (wasteful ? std::max(threshold_, surest) : threshold_);
}

void SpeculationBudget::hit() {
    ++hits_;
    threshold_ = std::max(settings_.confidence, threshold_ - step_down);
}

void SpeculationBudget::missed(std::int64_t tokens) {
    ++misses_;
    wasted_tokens_ += tokens;
    threshold_ = std::min(surest, threshold_ + step_up);
}

double SpeculationBudget::wasted_share() const {
    const int decided = hits_ + misses_;
    return decided == 0 ? 0 : static_cast<double>(misses_) / decided;
}

}  // namespace atlas::conversation
