#include "settings_table.hpp"

#include "setting_values.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>
#include <vector>

namespace atlas::server {
namespace {

// Each line below reads: group, variable, kind, default, help, secret, how to take it, how to show it.
using C = Config;
using V = const std::string&;

std::vector<Setting> all_but_the_conversation() {
    return {
        // ---- listening
        {"Listening", "PORT", "PORT", "8080", "Port for plain HTTP and WebSocket (behind Fly's edge)", false,
         [](C& c, V v) { return take_number(v, 0, 65535, c.listen.port); },
         [](const C& c) { return std::to_string(c.listen.port); }},
        {"Listening", "ATLAS_BIND", "ADDRESS",
         "0.0.0.0 with ATLAS_API_KEYS or ATLAS_ALLOW_ANYONE, else 127.0.0.1", "Address to listen on", false,
         [](C& c, V v) { return take_address(v, c.listen.bind); }, [](const C& c) { return c.listen.bind; }},
        {"Listening", "ATLAS_TLS_CERT", "FILE", "", "PEM certificate chain: serve TLS too, on ATLAS_TLS_PORT",
         false,
         [](C& c, V v) {
             if (!c.listen.tls) c.listen.tls.emplace();
             return take_text(v, 4096, c.listen.tls->certificate_chain);
         },
         [](const C& c) { return c.listen.tls ? c.listen.tls->certificate_chain : std::string(); }},
        {"Listening", "ATLAS_TLS_KEY", "FILE", "", "PEM private key of that certificate", false,
         [](C& c, V v) {
             if (!c.listen.tls) c.listen.tls.emplace();
             return take_text(v, 4096, c.listen.tls->private_key);
         },
         [](const C& c) { return c.listen.tls ? c.listen.tls->private_key : std::string(); }},
        {"Listening", "ATLAS_TLS_PORT", "PORT", "8443", "Port for TLS", false,
         [](C& c, V v) { return take_number(v, 0, 65535, c.listen.tls_port); },
         [](const C& c) { return std::to_string(c.listen.tls_port); }},
        {"Listening", "METRICS_PORT", "PORT", "9091", "Port of /metrics for Fly's scraper; 0: none", false,
         [](C& c, V v) { return take_number(v, 0, 65535, c.listen.metrics_port); },
         [](const C& c) { return std::to_string(c.listen.metrics_port); }},
        // ---- callers
        {"Callers", "ATLAS_API_KEYS", "KEYS", "", "Keys callers must show, separated by commas", true,
         [](C& c, V v) { return take_api_keys(v, c.admission.api_keys); }, nullptr},
        {"Callers", "ATLAS_ALLOW_ANYONE", "BOOL", "false",
         "Serve other machines although no key is configured", false,
         [](C& c, V v) { return take_truth(v, c.admission.allow_anyone); },
         [](const C& c) { return shown(c.admission.allow_anyone); }},
        {"Callers", "ATLAS_MAX_CALLS", "N", "150", "Calls at once on this machine; a further one gets 503",
         false, [](C& c, V v) { return take_number(v, 1, 100'000, c.admission.max_calls); },
         [](const C& c) { return std::to_string(c.admission.max_calls); }},
        {"Callers", "ATLAS_CALLS_PER_ADDRESS", "N", "0",
         "Calls at once from one address; 0: no limit of its own", false,
         [](C& c, V v) { return take_number(v, 0, 100'000, c.admission.calls_per_address); },
         [](const C& c) { return std::to_string(c.admission.calls_per_address); }},
        // ---- Deepgram
        {"Deepgram (speech to text)", "DEEPGRAM_API_KEY", "KEY", "", "Required", true,
         [](C& c, V v) { return take_key(v, c.deepgram.api_key); }, nullptr},
        {"Deepgram (speech to text)", "DEEPGRAM_URL", "URL", "wss://api.deepgram.com",
         "Base URL (EU: wss://api.eu.deepgram.com)", false,
         [](C& c, V v) { return take_url(v, c.deepgram.base_url); },
         [](const C& c) { return c.deepgram.base_url; }},
        {"Deepgram (speech to text)", "ATLAS_STT_MODEL", "NAME", "flux-general-en",
         "flux-general-en, flux-general-multi (turn detection in the model) or nova-3", false,
         [](C& c, V v) { return take_text(v, 100, c.deepgram.model); },
         [](const C& c) { return c.deepgram.model; }},
        {"Deepgram (speech to text)", "ATLAS_LANGUAGE", "TAG", "en",
         "Language of callers, unless their hello names one", false,
         [](C& c, V v) { return take_text(v, 35, c.call.language); },
         [](const C& c) { return c.call.language; }},
        {"Deepgram (speech to text)", "ATLAS_KEYTERMS", "WORDS", "",
         "Names and terms to listen for, separated by commas", false,
         [](C& c, V v) { return c.deepgram.keyterms = split(v), Problem(); },
         [](const C& c) {
             std::string all;
             for (const auto& term : c.deepgram.keyterms) all += (all.empty() ? "" : ",") + term;
             return all;
         }},
        {"Deepgram (speech to text)", "ATLAS_EOT_THRESHOLD", "0.5-0.9", "0.7",
         "Flux: how sure the end of a turn must be", false,
         [](C& c, V v) { return take_fraction(v, 0.5, 0.9, c.deepgram.eot_threshold); },
         [](const C& c) { return shown_fraction(c.deepgram.eot_threshold); }},
        {"Deepgram (speech to text)", "ATLAS_EAGER_EOT_THRESHOLD", "0.3-0.9", "0.4",
         "How sure it must be for a reply to be begun in silence (speculation); 0: never", false,
         [](C& c, V v) {
             double threshold = 0;
             c.deepgram.eager_eot_threshold.reset();
             if (v == "0") return Problem();
             auto problem = take_fraction(v, 0.3, 0.9, threshold);
             if (!problem) c.deepgram.eager_eot_threshold = threshold;
             return problem;
         },
         [](const C& c) { return shown_fraction(c.deepgram.eager_eot_threshold.value_or(0)); }},
        {"Deepgram (speech to text)", "ATLAS_EOT_TIMEOUT_MS", "MS", "5000",
         "Flux: silence that ends a turn in any case", false,
         [](C& c, V v) { return take_number(v, 500, 10'000, c.deepgram.eot_timeout_ms); },
         [](const C& c) { return std::to_string(c.deepgram.eot_timeout_ms); }},
        // ---- Claude
        {"Claude (replies)", "ANTHROPIC_API_KEY", "KEY", "", "Required", true,
         [](C& c, V v) { return take_key(v, c.claude.api_key); }, nullptr},
        {"Claude (replies)", "ANTHROPIC_BASE_URL", "URL", "https://api.anthropic.com", "Base URL", false,
         [](C& c, V v) { return take_url(v, c.claude.base_url); },
         [](const C& c) { return c.claude.base_url; }},
        {"Claude (replies)", "ATLAS_LLM_MODEL", "NAME", "claude-haiku-5-5", "Model", false,
         [](C& c, V v) { return take_text(v, 100, c.claude.messages.model); },
         [](const C& c) { return c.claude.messages.model; }},
        {"Claude (replies)", "ATLAS_LLM_MAX_TOKENS", "N", "400", "Longest reply, in tokens", false,
         [](C& c, V v) { return take_number(v, 16, 8192, c.claude.messages.max_tokens); },
         [](const C& c) { return std::to_string(c.claude.messages.max_tokens); }},
        {"Claude (replies)", "ANTHROPIC_VERSION", "DATE", "2023-06-01", "anthropic-version header", false,
         [](C& c, V v) { return take_text(v, 20, c.claude.version); },
         [](const C& c) { return c.claude.version; }},
        // ---- OpenAI speech
        {"OpenAI (speech)", "OPENAI_API_KEY", "KEY", "", "Required", true,
         [](C& c, V v) { return take_key(v, c.speech.api_key); }, nullptr},
        {"OpenAI (speech)", "OPENAI_BASE_URL", "URL", "https://api.openai.com/v1",
         "Base URL; any OpenAI-compatible speech server will do", false,
         [](C& c, V v) {
             auto problem = take_url(v, c.speech.base_url);
             // The SDKs' convention has the version in the base URL; our paths have it too.
             if (c.speech.base_url.ends_with('/')) c.speech.base_url.pop_back();
             if (c.speech.base_url.ends_with("/v1")) c.speech.base_url.resize(c.speech.base_url.size() - 3);
             return problem;
         },
         [](const C& c) { return c.speech.base_url; }},
        {"OpenAI (speech)", "ATLAS_TTS_MODEL", "NAME", "gpt-realtime-2.1-mini",
         "gpt-realtime-...: Realtime WebSocket; anything else: /v1/audio/speech", false,
         [](C& c, V v) { return take_text(v, 100, c.speech.voice.model); },
         [](const C& c) { return c.speech.voice.model; }},
        {"OpenAI (speech)", "ATLAS_TTS_VOICE", "NAME", "marin", "Voice", false,
         [](C& c, V v) { return take_text(v, 100, c.speech.voice.name); },
         [](const C& c) { return c.speech.voice.name; }},
        // ---- operation
        {"Operation", "ATLAS_DRAIN_SECONDS", "S", "285", "From SIGTERM to the exit, at most (Fly allows 300)",
         false, [](C& c, V v) { return take_number(v, 0, 86'400, c.drain.deadline); },
         [](const C& c) { return std::to_string(c.drain.deadline.count()); }},
        {"Operation", "ATLAS_DRAIN_SPREAD_SECONDS", "S", "60",
         "Calls are asked to leave spread over this time", false,
         [](C& c, V v) { return take_number(v, 0, 86'400, c.drain.spread); },
         [](const C& c) { return std::to_string(c.drain.spread.count()); }},
        {"Operation", "ATLAS_CA_FILE", "FILE", "",
         "PEM authorities trusted for the providers besides the system's", false,
         [](C& c, V v) { return take_text(v, 4096, c.ca_file); }, [](const C& c) { return c.ca_file; }},
        {"Operation", "ATLAS_LOG_FORMAT", "json|text", "text in a terminal, else json",
         "Form of the log lines", false,
         [](C& c, V v) -> Problem {
             if (v != "json" && v != "text") return "must be json or text, not " + shortened(v);
             c.log.format = v == "json" ? observe::LogFormat::json : observe::LogFormat::text;
             return std::nullopt;
         },
         [](const C& c) { return c.log.format == observe::LogFormat::json ? "json" : "text"; }},
        {"Operation", "ATLAS_LOG_LEVEL", "LEVEL", "info", "debug, info, warning or error", false,
         [](C& c, V v) -> Problem {
             static constexpr std::array<const char*, 4> levels{"debug", "info", "warning", "error"};
             const auto level = std::find(levels.begin(), levels.end(), v);
             if (level == levels.end()) return "must be debug, info, warning or error, not " + shortened(v);
             c.log.level = static_cast<observe::LogLevel>(level - levels.begin());
             return std::nullopt;
         },
         [](const C& c) {
             static constexpr std::array<const char*, 4> levels{"debug", "info", "warning", "error"};
             return std::string(levels[static_cast<std::size_t>(c.log.level)]);
         }},
        {"Operation", "ATLAS_LOG_WORDS", "BOOL", "false",
         "Log what is said (personal data), not only how much", false,
         [](C& c, V v) { return take_truth(v, c.call.log_words); },
         [](const C& c) { return shown(c.call.log_words); }},
        {"Operation", "ATLAS_EVENT_LOG_DIR", "FOLDER", "",
         "Record the events of every call there, with its words, for atlas-call replay", false,
         [](C& c, V v) { return take_text(v, 4096, c.call.event_log_dir); },
         [](const C& c) { return c.call.event_log_dir; }},
    };
}

std::vector<Setting> all() {
    auto settings = all_but_the_conversation();
    auto conversation = conversation_settings();
    auto resilience = resilience_settings();
    std::move(resilience.begin(), resilience.end(), std::back_inserter(conversation));
    const auto operation = std::find_if(settings.begin(), settings.end(), [](const Setting& setting) {
        return std::string_view(setting.group) == "Operation";
    });
    settings.insert(operation, std::make_move_iterator(conversation.begin()),
                    std::make_move_iterator(conversation.end()));
    return settings;
}

}  // namespace

std::span<const Setting> settings_table() {
    static const std::vector<Setting> settings = all();
    return settings;
}

std::string flag_of(const Setting& setting) {
    std::string_view name = setting.variable;
    if (name.starts_with("ATLAS_")) name.remove_prefix(6);
    std::string flag(name);
    for (char& c : flag) c = c == '_' ? '-' : static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    return flag;
}

}  // namespace atlas::server
