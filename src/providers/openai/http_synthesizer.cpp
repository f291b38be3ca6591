#include "atlas/providers/openai/http_synthesizer.hpp"

#include "../warm_up.hpp"
#include "http_synthesis.hpp"

#include <utility>

namespace atlas::providers::openai {

net::HttpRequest speech_http_request(const OpenAiSpeechSettings& settings, std::string method,
                                     std::string_view path) {
    net::HttpRequest request;
    request.method = std::move(method);
    request.url = http_url(settings, path);
    if (!settings.api_key.empty()) request.headers.add("authorization", "Bearer " + settings.api_key);
    request.connect_timeout = settings.timings.connect;
    return request;
}

HttpSynthesizer::HttpSynthesizer(OpenAiSpeechSettings settings, net::HttpClient& http, net::Loop& loop)
    : settings_(std::move(settings)),
      http_(http),
      loop_(loop),
      warm_up_(std::make_unique<WarmUp>(http, loop, settings_.timings.warm_interval,
                                        settings_.timings.first_audio_total)) {}

HttpSynthesizer::~HttpSynthesizer() = default;

std::unique_ptr<Synthesis> HttpSynthesizer::synthesize(SynthesisRequest request,
                                                       std::function<void(const SynthesisEvent&)> on_event) {
    const HttpSpeechParts parts{settings_, http_, loop_, random_};
    return std::make_unique<HttpSynthesis>(parts, std::move(request), std::move(on_event));
}

void HttpSynthesizer::warm_up() {
    if (warm_up_->due()) warm_up_->ask(speech_http_request(settings_, "GET", settings_.models_path));
}

}  // namespace atlas::providers::openai
