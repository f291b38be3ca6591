#include "setting_values.hpp"
#include "settings_table.hpp"

// The settings for slow, broken and ageing connections to the providers, for settings_table.cpp.

namespace atlas::server {
namespace {

using C = Config;
using V = const std::string&;

constexpr const char* group = "Slow and broken providers";

// The same figure for the model and for the voice.
template <typename Set>
void in_both(Config& config, Set set) {
    set(config.model_resilience);
    set(config.speech_resilience);
}

Problem take_hedge_share(Config& config, const std::string& value) {
    double share = 0;
    auto problem = take_fraction(value, 0, 0.5, share);
    if (problem) return problem;
    in_both(config, [share](providers::ResilienceSettings& settings) {
        settings.budget.share = share;
        // What a new process may begin with; "none" means none.
        settings.budget.burst = share > 0 ? providers::HedgeBudget::Settings{}.burst : 0;
    });
    return std::nullopt;
}

}  // namespace

std::vector<Setting> resilience_settings() {
    return {
        {group, "ATLAS_HEDGE_SHARE", "0-0.5", "0.05",
         "Second requests beside slow ones, as a share of all requests to a provider; 0: never", false,
         [](C& c, V v) { return take_hedge_share(c, v); },
         [](const C& c) { return shown_fraction(c.model_resilience.budget.share); }},
        {group, "ATLAS_HEDGE_QUANTILE", "0.5-0.99", "0.95",
         "A request is slow when so large a share of the last ones was faster", false,
         [](C& c, V v) {
             double quantile = 0;
             auto problem = take_fraction(v, 0.5, 0.99, quantile);
             if (!problem) in_both(c, [quantile](auto& settings) { settings.hedge_quantile = quantile; });
             return problem;
         },
         [](const C& c) { return shown_fraction(c.model_resilience.hedge_quantile); }},
        {group, "ATLAS_LLM_HEDGE_MAX_MS", "MS", "2500",
         "A model without a first word is slow after this in any case", false,
         [](C& c, V v) { return take_ms(v, 400, 4500, c.model_resilience.hedge_after_at_most); },
         [](const C& c) { return shown_ms(c.model_resilience.hedge_after_at_most); }},
        {group, "ATLAS_TTS_HEDGE_MAX_MS", "MS", "1500",
         "A voice without a first sound is slow after this in any case", false,
         [](C& c, V v) { return take_ms(v, 300, 4500, c.speech_resilience.hedge_after_at_most); },
         [](const C& c) { return shown_ms(c.speech_resilience.hedge_after_at_most); }},
        {group, "ATLAS_BREAKER_FAILURES", "N", "4",
         "Failures in a row after which a provider is not asked for a while (its breaker opens)", false,
         [](C& c, V v) {
             std::size_t failures = 0;
             auto problem = take_number(v, 1, 1000, failures);
             if (!problem)
                 in_both(c, [failures](auto& settings) { settings.breaker.failures_in_a_row = failures; });
             return problem;
         },
         [](const C& c) { return std::to_string(c.model_resilience.breaker.failures_in_a_row); }},
        {group, "ATLAS_BREAKER_OPEN_MS", "MS", "5000",
         "For how long at first; doubles with every attempt that fails, up to a minute", false,
         [](C& c, V v) {
             net::Duration wait{};
             auto problem = take_ms(v, 100, 60'000, wait);
             if (!problem) in_both(c, [wait](auto& settings) { settings.breaker.open_for = wait; });
             return problem;
         },
         [](const C& c) { return shown_ms(c.model_resilience.breaker.open_for); }},
        {group, "ATLAS_STT_ROTATE_SECONDS", "S", "2700",
         "Age at which a call's connection to the recogniser is replaced, at a silence", false,
         [](C& c, V v) { return take_seconds(v, 10, 86'400, c.deepgram.rotate_after); },
         [](const C& c) { return shown_seconds(c.deepgram.rotate_after); }},
    };
}

}  // namespace atlas::server
