#pragma once

#include "atlas/net/http_client.hpp"
#include "atlas/net/loop.hpp"
#include "atlas/providers/openai/settings.hpp"
#include "atlas/providers/speech_synthesizer.hpp"

#include <memory>
#include <random>

namespace atlas::providers {
class WarmUp;
}

namespace atlas::providers::openai {

// Speech by POST /v1/audio/speech, one request per chunk. Shared by all calls; the HTTP client and the loop
// outlive it, and it outlives every Synthesis.
class HttpSynthesizer final : public SpeechSynthesizer {
public:
    HttpSynthesizer(OpenAiSpeechSettings settings, net::HttpClient& http, net::Loop& loop);
    ~HttpSynthesizer() override;

    std::unique_ptr<Synthesis> synthesize(SynthesisRequest request,
                                          std::function<void(const SynthesisEvent&)> on_event) override;
    void warm_up() override;

private:
    OpenAiSpeechSettings settings_;
    net::HttpClient& http_;
    net::Loop& loop_;
    std::minstd_rand random_{std::random_device{}()};  // spreads retries
    std::unique_ptr<WarmUp> warm_up_;
};

}  // namespace atlas::providers::openai
