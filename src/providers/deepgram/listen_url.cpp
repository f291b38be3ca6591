#include "listen_url.hpp"

#include "atlas/net/url.hpp"
#include "decimal.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace atlas::providers::deepgram {

namespace {

constexpr std::array<std::string_view, 10> hint_languages = {"en", "es", "fr", "de", "hi",
                                                             "ru", "pt", "ja", "it", "nl"};

// The WebSocket address below the settings' base URL, whatever of http, https, ws and wss that is.
std::string listen_url(const DeepgramSettings& settings, std::string_view path,
                       const net::QueryParameters& parameters) {
    std::string error;
    auto url = net::parse_url(settings.base_url, error);
    if (!url) return {};  // validate() has said so
    url->scheme = url->tls() ? "wss" : "ws";
    std::string target = url->path();
    while (target.ends_with('/')) target.pop_back();
    url->target = target + std::string(path);
    return net::with_query(url->text(), parameters);
}

// What both paths know; each keyterm is a parameter of its own (§1.2).
void add_common_parameters(const DeepgramSettings& settings, net::QueryParameters& parameters) {
    for (const std::string& term : settings.keyterms) parameters.emplace_back("keyterm", term);
    if (settings.mip_opt_out) parameters.emplace_back("mip_opt_out", "true");
    if (!settings.tag.empty()) parameters.emplace_back("tag", settings.tag);
}

void add_language_hint(const DeepgramSettings& settings, const std::string& asked,
                       net::QueryParameters& parameters) {
    if (!settings.model.ends_with("-multi")) return;  // any other model refuses the parameter
    const std::string& language = asked.empty() ? settings.language : asked;
    const std::string base = language.substr(0, language.find_first_of("-_"));
    if (std::find(hint_languages.begin(), hint_languages.end(), base) == hint_languages.end()) return;
    parameters.emplace_back("language_hint", base);
}

}  // namespace

std::string nova_url(const DeepgramSettings& settings, const RecognizerRequest& request) {
    net::QueryParameters parameters;
    parameters.emplace_back("model", settings.model);
    parameters.emplace_back("language", request.language.empty() ? settings.language : request.language);
    parameters.emplace_back("encoding", "linear16");
    parameters.emplace_back("sample_rate", std::to_string(request.sample_rate));
    parameters.emplace_back("channels", "1");
    parameters.emplace_back("interim_results", "true");
    parameters.emplace_back("endpointing", std::to_string(settings.endpointing_ms));
    parameters.emplace_back("utterance_end_ms", std::to_string(settings.utterance_end_ms));
    parameters.emplace_back("vad_events", "true");
    parameters.emplace_back("punctuate", "true");
    parameters.emplace_back("smart_format", "false");  // it may hold a text back for 3 s
    add_common_parameters(settings, parameters);
    return listen_url(settings, "/v1/listen", parameters);
}

std::string flux_url(const DeepgramSettings& settings, const RecognizerRequest& request, int eot_timeout_ms) {
    net::QueryParameters parameters;
    parameters.emplace_back("model", settings.model);
    parameters.emplace_back("encoding", "linear16");
    parameters.emplace_back("sample_rate", std::to_string(request.sample_rate));
    parameters.emplace_back("eot_threshold", decimal(settings.eot_threshold));
    if (settings.eager_eot_threshold) {
        parameters.emplace_back("eager_eot_threshold", decimal(*settings.eager_eot_threshold));
    }
    parameters.emplace_back("eot_timeout_ms", std::to_string(eot_timeout_ms));
    add_language_hint(settings, request.language, parameters);
    add_common_parameters(settings, parameters);
    return listen_url(settings, "/v2/listen", parameters);
}

}  // namespace atlas::providers::deepgram
