#pragma once

#include "atlas/providers/provider_failure.hpp"
#include "atlas/providers/request_story.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>

namespace atlas::providers {

inline constexpr int synthesis_sample_rate = 24000;  // Hz, mono, 16 bit: what every synthesiser delivers

struct SynthesisRequest {
    std::string call_id;  // for the log
    std::string text;     // one chunk, speakable: not empty, at most 4096 characters
    bool urgent = true;   // the caller waits for it in silence: the first clip of a reply
    // A second request beside a slow one: on a connection of its own, and tried once only.
    bool hedge = false;
};

struct SynthesisAudio {  // valid during the call only; never empty
    std::span<const std::int16_t> samples;
};
struct SynthesisCompleted {     // the end mark was received; last event
    std::string spoken_text;    // what was really said, when the provider tells (Realtime); else empty
    bool word_for_word = true;  // false when spoken_text differs from the request
    RequestStory story{};
};
struct SynthesisFailed {  // last event; audio already delivered stays valid
    ProviderFailure failure;
    RequestStory story{};
};
using SynthesisEvent = std::variant<SynthesisAudio, SynthesisCompleted, SynthesisFailed>;

// One chunk being spoken. Destroying it cancels the request; no event follows.
class Synthesis {
public:
    virtual ~Synthesis() = default;
};

// Speaks. Shared by all calls; lives as long as the loop.
class SpeechSynthesizer {
public:
    virtual ~SpeechSynthesizer() = default;
    // Events come from the loop, never inside synthesize(); a handler may destroy the Synthesis. Retries at
    // most once, and only before the first SynthesisAudio.
    virtual std::unique_ptr<Synthesis> synthesize(SynthesisRequest request,
                                                  std::function<void(const SynthesisEvent&)> on_event) = 0;
    virtual void warm_up() = 0;  // have a connection open before it is needed; cheap to call often
};

}  // namespace atlas::providers
