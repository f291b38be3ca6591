#pragma once

#include "atlas/net/loop.hpp"
#include "atlas/providers/breaker.hpp"
#include "atlas/providers/hedge_budget.hpp"
#include "atlas/providers/latency_window.hpp"
#include "atlas/providers/provider_failure.hpp"
#include "atlas/providers/request_story.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>

// Never dead air (DESIGN §6.6): what ResilientModel and ResilientSynthesizer have in common. "Answer" is the
// first text or tool call of a model, the first audio of a synthesiser.
namespace atlas::providers {

// When a request without an answer is helped, and when it is given up. Figures: claude_openai_tts §E.3.
struct ResilienceSettings {
    // A second request is made when one is slower than this share of the last ones, within bounds.
    double hedge_quantile = 0.95;
    net::Duration hedge_after_at_least = std::chrono::milliseconds(400);
    net::Duration hedge_after_at_most = std::chrono::milliseconds(2500);
    net::Duration hedge_after_unknown = std::chrono::milliseconds(1500);  // while nothing is known yet
    double hedge_later_unless_urgent = 2;                                 // times as long

    // Slower than the hedge's time and this: late, which the breaker counts as failed.
    net::Duration late_after = std::chrono::seconds(1);
    // Neither the request nor its hedge answered, counted from the beginning. Without a hedge the client's
    // own limits and its own retry hold.
    net::Duration give_up_after = std::chrono::seconds(5);
    net::Duration give_up_anyway = std::chrono::seconds(9);  // longer than any client's own limit

    LatencyWindow::Settings window{};
    HedgeBudget::Settings budget{};
    Breaker::Settings breaker{};

    static ResilienceSettings for_model();
    static ResilienceSettings for_speech();
};

enum class ProviderStage { model, speech };
std::string_view name(ProviderStage stage);

// One request of a call, however many were made for it. Views are valid during the report.
struct ProviderOutcome {
    enum class Kind {
        answered,   // to its end
        failed,     // with `reason`
        abandoned,  // the caller let go, of whatever had come until then
        rejected,   // nothing was asked: every breaker was open
    };
    std::string_view provider;  // that answered; else the last one asked
    ProviderStage stage{};
    Kind kind{};
    std::optional<FailureReason> reason{};
    std::optional<net::Duration> time_to_first{};  // from the beginning to the answer, when it came
    RequestStory story{};
};
std::string_view name(ProviderOutcome::Kind kind);

struct BreakerChanged {
    std::string_view provider;
    ProviderStage stage{};
    BreakerState to{};
    FailureReason cause{};  // why it opened last
};

// For metrics and the log. Called on the loop, also from inside the destructor of a request: they only count
// and write, and neither make nor end requests. Both may be empty.
struct ResilienceReports {
    std::function<void(const ProviderOutcome&)> on_outcome{};
    std::function<void(const BreakerChanged&)> on_breaker{};
};

}  // namespace atlas::providers
