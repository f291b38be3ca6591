#include "atlas/providers/hedge_budget.hpp"

#include <algorithm>

namespace atlas::providers {

HedgeBudget::HedgeBudget(Settings settings) : settings_(settings), left_(settings.burst) {}

void HedgeBudget::count_request() {
    ++requests_;
    left_ = std::min(left_ + settings_.share, settings_.burst);
}

bool HedgeBudget::take() {
    constexpr double rounding = 1e-9;  // twenty times 0.05 is one
    if (left_ < 1 - rounding) return false;
    left_ -= 1;
    ++extra_;
    return true;
}

}  // namespace atlas::providers
