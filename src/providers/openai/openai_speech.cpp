#include "atlas/providers/openai/openai_speech.hpp"

#include "atlas/net/url.hpp"
#include "atlas/providers/openai/http_synthesizer.hpp"
#include "atlas/providers/openai/realtime_synthesizer.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace atlas::providers::openai {

namespace {

using std::chrono::year_month_day;

// Announced on 2026-10-01 for all of /v1/audio/speech (claude_openai_tts §0.1).
constexpr year_month_day shutdown{std::chrono::year(2027), std::chrono::January, std::chrono::day(6)};
constexpr std::array<std::string_view, 5> models_to_shut_down = {
    "tts-1", "tts-1-hd", "gpt-4o-mini-tts", "gpt-4o-mini-tts-2025-03-20", "gpt-4o-mini-tts-2025-12-15"};

bool is_openai_host(std::string_view host) { return host == "openai.com" || host.ends_with(".openai.com"); }

bool fits_in_header(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](unsigned char c) { return c > 0x20 && c < 0x7F; });
}

void check_model(const std::string& model, year_month_day today, SettingsReview& review) {
    if (std::find(models_to_shut_down.begin(), models_to_shut_down.end(), model) == models_to_shut_down.end())
        return;
    const bool gone = today >= shutdown;
    const std::string text = "OpenAI's speech model " + model + (gone ? " was" : " is") +
                             " shut down by OpenAI on 2027-01-06; use gpt-realtime-2.1-mini, or an "
                             "OpenAI-compatible speech server";
    (gone ? review.errors : review.warnings).push_back(text);
}

void check_voice(const Voice& voice, SettingsReview& review) {
    if (voice.model.empty()) review.errors.push_back("OpenAI's speech model is not set");
    if (voice.name.empty()) review.errors.push_back("OpenAI's voice is not set");
    if (voice.instructions.size() > max_speech_characters)
        review.errors.push_back("OpenAI's voice instructions have " +
                                std::to_string(voice.instructions.size()) +
                                " bytes; at most 4096 are allowed");
    // 1.5 is the limit of Realtime (client_protocols §1.4), 4 that of /v1/audio/speech (§B.2).
    const bool realtime = speaks_over_realtime(voice.model);
    if (voice.speed >= 0.25 && voice.speed <= (realtime ? 1.5 : 4.0)) return;
    review.errors.push_back("OpenAI's speech speed must be between 0.25 and " +
                            std::string(realtime ? "1.5" : "4") + ", but is " + std::to_string(voice.speed));
}

void check_pool(const RealtimePool& pool, SettingsReview& review) {
    if (pool.max_sockets == 0) review.errors.push_back("OpenAI's max_sockets must be at least 1");
    if (pool.responses_per_socket == 0)
        review.errors.push_back("OpenAI's responses_per_socket must be at least 1");
    if (pool.responses_per_spare == 0)
        review.errors.push_back("OpenAI's responses_per_spare must be at least 1");
}

std::string with_scheme(std::string_view base, std::string_view secure, std::string_view plain,
                        std::string_view path) {
    const std::size_t colon = base.find("://");
    if (colon == std::string_view::npos) return std::string(base);
    const std::string_view scheme = base.substr(0, colon);
    base.remove_prefix(colon);
    while (base.ends_with('/')) base.remove_suffix(1);
    // Many know the base URL of their server with the version at its end.
    if (base.ends_with("/v1") && path.starts_with("/v1/")) base.remove_suffix(3);
    std::string url((scheme == "https" || scheme == "wss") ? secure : plain);
    return url.append(base).append(path);
}

}  // namespace

bool speaks_over_realtime(std::string_view model) { return model.starts_with("gpt-realtime"); }

std::string http_url(const OpenAiSpeechSettings& settings, std::string_view path) {
    return with_scheme(settings.base_url, "https", "http", path);
}

std::string websocket_url(const OpenAiSpeechSettings& settings, std::string_view path) {
    return with_scheme(settings.base_url, "wss", "ws", path);
}

SettingsReview validate(const OpenAiSpeechSettings& settings, year_month_day today) {
    SettingsReview review;
    std::string why;
    const auto url = net::parse_url(settings.base_url, why);
    const bool is_openai = url && is_openai_host(url->host);
    if (!url) review.errors.push_back("OpenAI's base URL: " + why);
    if (is_openai && settings.api_key.empty()) review.errors.push_back("OpenAI's API key is not set");
    if (!fits_in_header(settings.api_key))
        review.errors.push_back(
            "OpenAI's API key holds a space, a line break or another character no key has");
    for (const std::string& path : {settings.speech_path, settings.realtime_path, settings.models_path})
        if (!path.starts_with('/'))
            review.errors.push_back("OpenAI's path \"" + one_line(path, {}, 60) + "\" must begin with /");
    check_voice(settings.voice, review);
    check_pool(settings.pool, review);
    if (is_openai) check_model(settings.voice.model, today, review);
    return review;
}

std::unique_ptr<SpeechSynthesizer> make_openai_synthesizer(OpenAiSpeechSettings settings,
                                                           net::HttpClient& http,
                                                           net::WebsocketConnector& connector,
                                                           net::Loop& loop) {
    if (speaks_over_realtime(settings.voice.model))
        return std::make_unique<RealtimeSynthesizer>(std::move(settings), connector, loop);
    return std::make_unique<HttpSynthesizer>(std::move(settings), http, loop);
}

}  // namespace atlas::providers::openai
