#include "atlas/providers/openai/realtime_synthesizer.hpp"

#include "realtime_pool.hpp"
#include "realtime_synthesis.hpp"

#include <utility>

namespace atlas::providers::openai {

RealtimeSynthesizer::RealtimeSynthesizer(OpenAiSpeechSettings settings, net::WebsocketConnector& connector,
                                         net::Loop& loop)
    : pool_(std::make_unique<RealtimePoolRunner>(std::move(settings), connector, loop)) {}

RealtimeSynthesizer::~RealtimeSynthesizer() = default;

std::unique_ptr<Synthesis> RealtimeSynthesizer::synthesize(
    SynthesisRequest request, std::function<void(const SynthesisEvent&)> on_event) {
    return std::make_unique<RealtimeSynthesis>(*pool_, std::move(request), std::move(on_event));
}

void RealtimeSynthesizer::warm_up() { pool_->keep_warm(); }

std::size_t RealtimeSynthesizer::open_sockets() const { return pool_->open_sockets(); }

std::size_t RealtimeSynthesizer::waiting_chunks() const { return pool_->waiting(); }

}  // namespace atlas::providers::openai
