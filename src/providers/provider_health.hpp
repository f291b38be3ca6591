#pragma once

#include "atlas/providers/resilience.hpp"

#include <string>
#include <utility>
#include <vector>

namespace atlas::providers {

// What is known of one provider in one stage, from the requests of all calls.
class ProviderHealth {
public:
    ProviderHealth(std::string provider, const ResilienceSettings& settings)
        : provider_(std::move(provider)),
          settings_(settings),
          window_(settings.window),
          budget_(settings.budget),
          breaker_(settings.breaker) {}

    const std::string& provider() const { return provider_; }
    const ResilienceSettings& settings() const { return settings_; }
    LatencyWindow& window() { return window_; }
    HedgeBudget& budget() { return budget_; }
    Breaker& breaker() { return breaker_; }
    const LatencyWindow& window() const { return window_; }
    const HedgeBudget& budget() const { return budget_; }
    const Breaker& breaker() const { return breaker_; }

    // Slower than nearly all: a hedge is worth its price.
    net::Duration slow_after(net::TimePoint now) const;

    // The state that was reported last.
    BreakerState reported = BreakerState::closed;

private:
    std::string provider_;
    ResilienceSettings settings_;
    LatencyWindow window_;
    HedgeBudget budget_;
    Breaker breaker_;
};

// The providers of one stage in the order in which they are asked, and who wants to hear of them.
struct ProviderLine {
    ProviderStage stage;
    ResilienceReports reports;
    std::vector<ProviderHealth> health;

    void report_breaker(ProviderHealth& health_of, net::TimePoint now) const;
};

}  // namespace atlas::providers
