#pragma once

#include "atlas/providers/resilient_model.hpp"
#include "atlas/providers/resilient_synthesizer.hpp"
#include "support/fake_providers.hpp"
#include "support/manual_loop.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace atlas::providers {

// What one request heard, and that nothing follows its last event.
struct HeardModel {
    std::unique_ptr<Generation> generation;
    int started = 0;
    std::string text;
    std::vector<std::string> calls;
    std::optional<ModelCompleted> completed;
    std::optional<ModelFailed> failed;
    std::function<void()> on_hear;

    bool ended() const { return completed || failed; }

    void ask(LanguageModel& model, ModelRequest request = {}) {
        generation = model.generate(std::move(request), [this](ModelEvent event) { hear(std::move(event)); });
    }

private:
    void hear(ModelEvent event) {
        ASSERT_FALSE(ended()) << "an event after the last one";
        ASSERT_TRUE(generation) << "an event inside generate()";
        if (std::holds_alternative<ModelStarted>(event)) ++started;
        if (const auto* piece = std::get_if<ModelText>(&event)) text += piece->text;
        if (const auto* called = std::get_if<ModelCalledTool>(&event)) calls.push_back(called->call.name);
        if (const auto* end = std::get_if<ModelCompleted>(&event)) completed = *end;
        if (const auto* end = std::get_if<ModelFailed>(&event)) failed = *end;
        if (on_hear) on_hear();
    }
};

struct HeardSpeech {
    std::unique_ptr<Synthesis> synthesis;
    std::size_t samples = 0;
    std::optional<SynthesisCompleted> completed;
    std::optional<SynthesisFailed> failed;
    std::function<void()> on_hear;

    bool ended() const { return completed || failed; }

    void say(SpeechSynthesizer& synthesizer, SynthesisRequest request = {"call", "Hello."}) {
        synthesis =
            synthesizer.synthesize(std::move(request), [this](const SynthesisEvent& event) { hear(event); });
    }

private:
    void hear(const SynthesisEvent& event) {
        ASSERT_FALSE(ended()) << "an event after the last one";
        ASSERT_TRUE(synthesis) << "an event inside synthesize()";
        if (const auto* audio = std::get_if<SynthesisAudio>(&event)) samples += audio->samples.size();
        if (const auto* end = std::get_if<SynthesisCompleted>(&event)) completed = *end;
        if (const auto* end = std::get_if<SynthesisFailed>(&event)) failed = *end;
        if (on_hear) on_hear();
    }
};

// Everything that was reported, in the order it was.
struct Reported {
    struct Outcome {
        std::string provider;
        ProviderOutcome outcome;
    };
    std::vector<Outcome> outcomes;
    std::vector<std::string> breakers;  // "claude open"
    std::optional<FailureReason> cause;

    ResilienceReports sink() {
        return {[this](const ProviderOutcome& outcome) {
                    outcomes.push_back({std::string(outcome.provider), outcome});
                },
                [this](const BreakerChanged& changed) {
                    breakers.push_back(std::string(changed.provider) + " " + std::string(name(changed.to)));
                    cause = changed.cause;
                }};
    }
    const ProviderOutcome& last() const { return outcomes.back().outcome; }
};

}  // namespace atlas::providers
