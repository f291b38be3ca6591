#pragma once

#include "atlas/providers/resilience.hpp"
#include "atlas/providers/speech_synthesizer.hpp"

#include <memory>
#include <string>
#include <vector>

namespace atlas::providers {

struct ProviderLine;

// The same for a voice as ResilientModel is for a model, until the first audio. A request that is not urgent
// is hedged later: earlier clips are still being played. Completed without any audio counts as failed. A
// fallback has another voice, so it only speaks when the first one cannot; it is never asked because the
// first one is slow. Shared by all calls; the synthesisers and the loop outlive it, and it outlives every
// Synthesis.
class ResilientSynthesizer final : public SpeechSynthesizer {
public:
    struct Provider {
        std::string name;  // for reports and failures: "openai"
        SpeechSynthesizer& synthesizer;
        ResilienceSettings settings = ResilienceSettings::for_speech();
    };

    // In the order of preference; at least one.
    ResilientSynthesizer(std::vector<Provider> providers, net::Loop& loop, ResilienceReports reports);
    ~ResilientSynthesizer() override;

    // SynthesisFailed with the cause and attempts 0: the breaker is open and nothing was asked.
    std::unique_ptr<Synthesis> synthesize(SynthesisRequest request,
                                          std::function<void(const SynthesisEvent&)> on_event) override;
    void warm_up() override;

    BreakerState breaker(std::size_t provider = 0) const;
    const HedgeBudget& budget(std::size_t provider = 0) const;
    net::Duration hedges_after(std::size_t provider = 0) const;  // now

private:
    std::vector<SpeechSynthesizer*> synthesizers_;
    net::Loop& loop_;
    std::unique_ptr<ProviderLine> line_;
};

}  // namespace atlas::providers
