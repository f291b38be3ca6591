#pragma once

#include "atlas/providers/language_model.hpp"
#include "atlas/providers/resilience.hpp"

#include <memory>
#include <string>
#include <vector>

namespace atlas::providers {

struct ProviderLine;

// A language model that stands behind another one, the client of a service, and lets no caller wait for it
// longer than it is worth: a second request when the first is slow, within a budget; no request while the
// service is down; the next model of the list instead, if there is one. Only until the first text or tool
// call: from then on the events of that request are passed on as they come. It adds no retry: the clients
// have one. Shared by all calls; the models and the loop outlive it, and it outlives every Generation.
class ResilientModel final : public LanguageModel {
public:
    struct Provider {
        std::string name;  // for reports and failures: "anthropic"
        LanguageModel& model;
        ResilienceSettings settings = ResilienceSettings::for_model();
    };

    // In the order of preference; at least one.
    ResilientModel(std::vector<Provider> providers, net::Loop& loop, ResilienceReports reports);
    ~ResilientModel() override;

    // ModelFailed with the cause and attempts 0: the breaker is open and nothing was asked.
    std::unique_ptr<Generation> generate(ModelRequest request,
                                         std::function<void(ModelEvent)> on_event) override;
    void warm_up() override;

    BreakerState breaker(std::size_t provider = 0) const;
    const HedgeBudget& budget(std::size_t provider = 0) const;
    net::Duration hedges_after(std::size_t provider = 0) const;  // now

private:
    std::vector<LanguageModel*> models_;
    net::Loop& loop_;
    std::unique_ptr<ProviderLine> line_;
};

}  // namespace atlas::providers
