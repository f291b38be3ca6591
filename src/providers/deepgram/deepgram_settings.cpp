#include "atlas/providers/deepgram/deepgram_settings.hpp"

#include "atlas/net/url.hpp"
#include "decimal.hpp"

#include <algorithm>

namespace atlas::providers::deepgram {

namespace {

constexpr std::size_t max_flux_keyterms = 100;
constexpr std::size_t max_keyterm_bytes = 100;  // longer ones fail the handshake
constexpr std::size_t max_tag_bytes = 128;

class Problems {
public:
    void add(std::string_view setting, std::string_view rule, std::string_view received = {}) {
        std::string line = "deepgram." + std::string(setting) + " " + std::string(rule);
        if (!received.empty()) line += ", got " + shortened(received);
        lines_.push_back(std::move(line));
    }
    void between(std::string_view setting, double value, double low, double high) {
        if (value >= low && value <= high) return;
        add(setting, "must be between " + decimal(low) + " and " + decimal(high), decimal(value));
    }
    void seconds_between(std::string_view setting, net::Duration value, double low, double high) {
        between(setting, std::chrono::duration<double>(value).count(), low, high);
    }
    std::vector<std::string> take() { return std::move(lines_); }

private:
    static std::string shortened(std::string_view text) {
        constexpr std::size_t longest = 40;
        return text.size() <= longest ? std::string(text) : std::string(text.substr(0, longest)) + "…";
    }
    std::vector<std::string> lines_;
};

bool printable(std::string_view text) {
    return std::all_of(text.begin(), text.end(),
                       [](unsigned char byte) { return byte > 0x20 && byte < 0x7F; });
}

bool blank(std::string_view text) { return text.find_first_not_of(" \t\r\n") == std::string_view::npos; }

void check_access(const DeepgramSettings& settings, Problems& problems) {
    std::string error;
    if (!net::parse_url(settings.base_url, error)) problems.add("base_url", "must be a URL: " + error);
    if (settings.api_key.empty()) {
        problems.add("api_key", "is missing");
    } else if (!printable(settings.api_key)) {
        problems.add("api_key", "must not have spaces or control characters");
    }
    if (settings.model.empty() || !printable(settings.model)) {
        problems.add("model", "must be a model's name", settings.model);
    } else if (settings.model == "flux") {
        problems.add("model", "must name a Flux model, flux-general-en for example", settings.model);
    }
    if (settings.tag.size() > max_tag_bytes) problems.add("tag", "must have at most 128 characters");
}

void check_keyterms(const DeepgramSettings& settings, Problems& problems) {
    if (settings.keyterms.empty()) return;
    const bool nova3 = settings.model.starts_with("nova-3");
    if (!uses_flux(settings) && !nova3) {
        problems.add("keyterms", "work with nova-3 and flux models only", settings.model);
    }
    if (settings.keyterms.size() > max_flux_keyterms) {
        problems.add("keyterms", "must be at most 100 terms", std::to_string(settings.keyterms.size()));
    }
    for (const std::string& term : settings.keyterms) {
        if (blank(term)) problems.add("keyterms", "must not have an empty term");
        if (term.size() > max_keyterm_bytes) problems.add("keyterms", "must be at most 100 bytes long", term);
    }
}

void check_flux(const DeepgramSettings& settings, Problems& problems) {
    problems.between("eot_threshold", settings.eot_threshold, 0.5, 1.0);
    problems.between("eot_timeout_ms", settings.eot_timeout_ms, 500, 60000);
    if (!settings.eager_eot_threshold) return;
    problems.between("eager_eot_threshold", *settings.eager_eot_threshold, 0.3, 0.9);
    if (*settings.eager_eot_threshold > settings.eot_threshold) {
        problems.add("eager_eot_threshold",
                     "must not exceed eot_threshold " + decimal(settings.eot_threshold),
                     decimal(*settings.eager_eot_threshold));
    }
}

void check_nova(const DeepgramSettings& settings, Problems& problems) {
    problems.between("endpointing_ms", settings.endpointing_ms, 10, 10000);
    problems.between("utterance_end_ms", settings.utterance_end_ms, 1000, 10000);
    problems.between("turn_timer_ms", settings.turn_timer_ms, 500, 60000);
    problems.between("finalize_wait_ms", settings.finalize_wait_ms, 100, 10000);
}

void check_audio(const DeepgramSettings& settings, Problems& problems) {
    problems.between("chunk_ms", settings.chunk_ms, 20, 160);
    problems.between("max_backlog_ms", settings.max_backlog_ms, 1000, 60000);
    problems.between("kept_audio_ms", settings.kept_audio_ms, 1000, 120000);
    problems.between("max_replay_v1_ms", settings.max_replay_v1_ms, 0, 60000);
    problems.between("silence_after_ms", settings.silence_after_ms, 100, 5000);
    problems.between("max_failed_connects", settings.max_failed_connects, 1, 100);
    problems.between("max_short_connections", settings.max_short_connections, 1, 100);
    if (settings.kept_audio_ms < settings.max_backlog_ms) {
        problems.add("kept_audio_ms", "must not be less than max_backlog_ms",
                     std::to_string(settings.kept_audio_ms));
    }
}

void check_life(const DeepgramSettings& settings, Problems& problems) {
    problems.seconds_between("stale_after_loud", settings.stale_after_loud, 2, 3600);
    problems.seconds_between("stale_after_v1", settings.stale_after_v1, 2, 3600);
    problems.seconds_between("stale_after_v2", settings.stale_after_v2, 2, 3600);
    problems.between("loud_level", settings.loud_level, 1, 32767);
    problems.seconds_between("rotate_after", settings.rotate_after, 10, 86400);
    problems.seconds_between("rotate_grace", settings.rotate_grace, 0, 86400);
    problems.seconds_between("rotate_quiet", settings.rotate_quiet, 0.1, 60);
    problems.seconds_between("rotate_retry", settings.rotate_retry, 1, 3600);
}

}  // namespace

bool uses_flux(const DeepgramSettings& settings) { return settings.model.starts_with("flux-"); }

std::vector<std::string> validate(const DeepgramSettings& settings) {
    Problems problems;
    check_access(settings, problems);
    check_keyterms(settings, problems);
    if (uses_flux(settings)) {
        check_flux(settings, problems);
    } else {
        check_nova(settings, problems);
    }
    check_audio(settings, problems);
    check_life(settings, problems);
    return problems.take();
}

}  // namespace atlas::providers::deepgram
