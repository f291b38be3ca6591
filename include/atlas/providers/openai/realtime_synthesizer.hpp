#pragma once

#include "atlas/net/loop.hpp"
#include "atlas/net/websocket_connect.hpp"
#include "atlas/providers/openai/settings.hpp"
#include "atlas/providers/speech_synthesizer.hpp"

#include <memory>

namespace atlas::providers::openai {

class RealtimePoolRunner;

// Speech over the Realtime API: every chunk is a response of its own on one of a few warm sockets that all
// calls share. Shared by all calls; the connector and the loop outlive it, and it outlives every Synthesis.
class RealtimeSynthesizer final : public SpeechSynthesizer {
public:
    RealtimeSynthesizer(OpenAiSpeechSettings settings, net::WebsocketConnector& connector, net::Loop& loop);
    ~RealtimeSynthesizer() override;

    std::unique_ptr<Synthesis> synthesize(SynthesisRequest request,
                                          std::function<void(const SynthesisEvent&)> on_event) override;
    void warm_up() override;

    std::size_t open_sockets() const;    // for metrics; those still connecting are not counted
    std::size_t waiting_chunks() const;  // without a free place on any socket

private:
    std::unique_ptr<RealtimePoolRunner> pool_;
};

}  // namespace atlas::providers::openai
