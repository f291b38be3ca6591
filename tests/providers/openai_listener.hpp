#pragma once

#include "atlas/providers/speech_synthesizer.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace atlas::providers::openai {

// One chunk being spoken, and what was heard of it.
class Speaking {
public:
    void start(SpeechSynthesizer& synthesizer, std::string text) {
        SynthesisRequest request;
        request.text = std::move(text);
        start(synthesizer, std::move(request));
    }
    void start(SpeechSynthesizer& synthesizer, SynthesisRequest request) {
        synthesis =
            synthesizer.synthesize(std::move(request), [this](const SynthesisEvent& event) { hear(event); });
    }

    bool ended() const { return completed || failure; }
    FailureReason reason() const { return failure ? failure->reason : FailureReason::refused; }

    std::unique_ptr<Synthesis> synthesis;
    std::vector<std::int16_t> sound;
    std::optional<SynthesisCompleted> completed;
    std::optional<ProviderFailure> failure;
    RequestStory failed_story;
    std::function<void()> on_hear;

private:
    void hear(const SynthesisEvent& event) {
        ASSERT_FALSE(ended()) << "an event after the last one";
        if (const auto* audio = std::get_if<SynthesisAudio>(&event)) {
            ASSERT_FALSE(audio->samples.empty());
            sound.insert(sound.end(), audio->samples.begin(), audio->samples.end());
        }
        if (const auto* end = std::get_if<SynthesisCompleted>(&event)) completed = *end;
        if (const auto* end = std::get_if<SynthesisFailed>(&event)) {
            failure = end->failure;
            failed_story = end->story;
        }
        if (on_hear) on_hear();
    }
};

}  // namespace atlas::providers::openai
