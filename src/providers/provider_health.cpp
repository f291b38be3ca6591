#include "provider_health.hpp"

#include <algorithm>
#include <utility>

namespace atlas::providers {

ResilienceSettings ResilienceSettings::for_model() { return {}; }

ResilienceSettings ResilienceSettings::for_speech() {
    ResilienceSettings settings;
    settings.hedge_after_at_least = std::chrono::milliseconds(300);
    settings.hedge_after_at_most = std::chrono::milliseconds(1500);
    settings.hedge_after_unknown = std::chrono::milliseconds(1000);
    return settings;
}

std::string_view name(ProviderStage stage) { return stage == ProviderStage::model ? "model" : "speech"; }

std::string_view name(ProviderOutcome::Kind kind) {
    switch (kind) {
        case ProviderOutcome::Kind::answered:
            return "answered";
        case ProviderOutcome::Kind::failed:
            return "failed";
        case ProviderOutcome::Kind::abandoned:
            return "abandoned";
        case ProviderOutcome::Kind::rejected:
            return "rejected";
    }
    return "unknown";
}

net::Duration ProviderHealth::slow_after(net::TimePoint now) const {
    const auto usual = window_.quantile(settings_.hedge_quantile, now);
    return std::clamp(usual.value_or(settings_.hedge_after_unknown), settings_.hedge_after_at_least,
                      settings_.hedge_after_at_most);
}

void ProviderLine::report_breaker(ProviderHealth& health_of, net::TimePoint now) const {
    const BreakerState state = health_of.breaker().state(now);
    if (state == std::exchange(health_of.reported, state)) return;
    if (reports.on_breaker)
        reports.on_breaker({health_of.provider(), stage, state, health_of.breaker().cause()});
}

}  // namespace atlas::providers
