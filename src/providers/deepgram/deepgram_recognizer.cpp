#include "atlas/providers/deepgram/deepgram_recognizer.hpp"

#include "recognizer.hpp"

#include <memory>
#include <random>
#include <stdexcept>

namespace atlas::providers::deepgram {

namespace {

std::function<double()> own_random() {
    auto generator = std::make_shared<std::minstd_rand>(std::random_device{}());
    return [generator] { return std::generate_canonical<double, 32>(*generator); };
}

}  // namespace

DeepgramRecognizerService::DeepgramRecognizerService(DeepgramSettings settings,
                                                     net::WebsocketConnector& connector, net::Loop& loop,
                                                     std::function<double()> random01)
    : settings_(std::move(settings)),
      connector_(connector),
      loop_(loop),
      random01_(random01 ? std::move(random01) : own_random()) {
    const auto problems = validate(settings_);
    if (!problems.empty()) throw std::invalid_argument(problems.front());
}

std::unique_ptr<SpeechRecognizer> DeepgramRecognizerService::start(
    RecognizerRequest request, std::function<void(RecognizerEvent)> on_event) {
    const RecognizerParts parts{settings_, connector_, loop_, pool_, counters_, random01_};
    return std::make_unique<Recognizer>(parts, request, std::move(on_event));
}

}  // namespace atlas::providers::deepgram
