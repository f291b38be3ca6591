#include "settings_table.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <charconv>
#include <limits>
#include <netinet/in.h>
#include <vector>

namespace atlas::server {
namespace {

using Problem = std::optional<std::string>;

std::string shortened(const std::string& value) {
    if (value.find('@') != std::string::npos) return "what is set (not shown: it may hold a password)";
    return "\"" + (value.size() > 40 ? value.substr(0, 37) + "..." : value) + "\"";
}

// ---- kinds of values

template <typename Number>
Problem take_number(const std::string& value, std::int64_t least, std::int64_t most, Number& out) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (error != std::errc() || end != value.data() + value.size() || number < least || number > most) {
        return "must be a whole number from " + std::to_string(least) + " to " + std::to_string(most) +
               ", not " + shortened(value);
    }
    out = Number(number);
    return std::nullopt;
}

Problem take_fraction(const std::string& value, double least, double most, double& out) {
    double number = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (error != std::errc() || end != value.data() + value.size() || !(number >= least && number <= most)) {
        return "must be a number from " + std::to_string(least).substr(0, 4) + " to " +
               std::to_string(most).substr(0, 4) + ", not " + shortened(value);
    }
    out = number;
    return std::nullopt;
}

Problem take_truth(const std::string& value, bool& out) {
    if (value == "1" || value == "true" || value == "yes") return out = true, std::nullopt;
    if (value == "0" || value == "false" || value == "no") return out = false, std::nullopt;
    return "must be true or false, not " + shortened(value);
}

Problem take_text(const std::string& value, std::size_t most_bytes, std::string& out) {
    if (value.size() > most_bytes) {
        return "must have at most " + std::to_string(most_bytes) + " bytes, not " +
               std::to_string(value.size());
    }
    out = value;
    return std::nullopt;
}

Problem take_url(const std::string& value, std::string& out) {
    for (const std::string_view scheme : {"https://", "http://", "wss://", "ws://"}) {
        if (value.starts_with(scheme) && value.size() > scheme.size()) return out = value, std::nullopt;
    }
    return "must be a URL that begins with https://, http://, wss:// or ws://, not " + shortened(value);
}

// A key copied with a blank or a line end behind it is the most common mistake.
Problem take_key(const std::string& value, std::string& out) {
    if (std::any_of(value.begin(), value.end(), [](char c) { return c <= ' ' || c == 0x7F; })) {
        return "must not contain blanks or line ends (it was copied with something around it)";
    }
    out = value;
    return std::nullopt;
}

Problem take_address(const std::string& value, std::string& out) {
    std::array<unsigned char, sizeof(in6_addr)> bytes{};
    if (inet_pton(AF_INET, value.c_str(), bytes.data()) != 1 &&
        inet_pton(AF_INET6, value.c_str(), bytes.data()) != 1) {
        return "must be an IP address, such as 127.0.0.1 or 0.0.0.0, not " + shortened(value);
    }
    out = value;
    return std::nullopt;
}

std::vector<std::string> split(const std::string& value) {
    std::vector<std::string> parts;
    std::size_t begin = 0;
    while (begin <= value.size()) {
        const auto end = std::min(value.find(',', begin), value.size());
        auto part = value.substr(begin, end - begin);
        part.erase(0, part.find_first_not_of(" \t\n"));
        part.erase(part.find_last_not_of(" \t\n") + 1);
        if (!part.empty()) parts.push_back(part);
        begin = end + 1;
    }
    return parts;
}

std::string shown_seconds(net::Duration time) {
    return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(time).count());
}
std::string shown(bool truth) { return truth ? "true" : "false"; }
std::string shown_fraction(double number) {
    std::array<char, 32> text{};
    const auto result = std::to_chars(text.data(), text.data() + text.size(), number);
    return {text.data(), result.ptr};
}

Problem take_seconds(const std::string& value, std::int64_t least, std::int64_t most, net::Duration& out) {
    std::int64_t seconds = 0;
    if (auto problem = take_number(value, least, most, seconds)) return problem;
    out = std::chrono::seconds(seconds);
    return std::nullopt;
}

Problem take_api_keys(const std::string& value, std::vector<std::string>& out) {
    out = split(value);
    for (const auto& key : out) {
        if (key.size() < 16)
            return "every key must have at least 16 characters (make one: openssl rand -hex 24)";
        if (std::any_of(key.begin(), key.end(), [](char c) { return c <= ' ' || c > '~' || c == '"'; })) {
            return "keys may hold visible ASCII characters only";
        }
    }
    if (out.empty()) return "holds no key; leave it out to require none";
    return std::nullopt;
}

// Each line below reads: group, variable, kind, default, help, secret, how to take it, how to show it.
using C = Config;
using V = const std::string&;

const std::vector<Setting>& table() {
    static const std::vector<Setting> settings{
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
        // ---- conversation
        {"Conversation", "ATLAS_INSTRUCTIONS", "TEXT", "a friendly, brief phone assistant",
         "System prompt; {{name}} stands for a variable of the call", false,
         [](C& c, V v) { return take_text(v, 32 * 1024, c.call.instructions); },
         [](const C& c) { return c.call.instructions; }},
        {"Conversation", "ATLAS_GREETING", "TEXT", "", "First words on connect; empty: wait for the caller",
         false, [](C& c, V v) { return take_text(v, 4000, c.call.conversation.greeting); },
         [](const C& c) { return c.call.conversation.greeting; }},
        {"Conversation", "ATLAS_IDLE_SECONDS", "S", "600",
         "End a call in which nobody says anything for so long", false,
         [](C& c, V v) { return take_seconds(v, 5, 86'400, c.call.conversation.idle_limit); },
         [](const C& c) { return shown_seconds(c.call.conversation.idle_limit); }},
        {"Conversation", "ATLAS_MAX_CALL_SECONDS", "S", "3600", "Longest call", false,
         [](C& c, V v) { return take_seconds(v, 10, 86'400, c.call.conversation.call_limit); },
         [](const C& c) { return shown_seconds(c.call.conversation.call_limit); }},
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
    };
    return settings;
}

}  // namespace

std::span<const Setting> settings_table() { return table(); }

std::string flag_of(const Setting& setting) {
    std::string_view name = setting.variable;
    if (name.starts_with("ATLAS_")) name.remove_prefix(6);
    std::string flag(name);
    for (char& c : flag) c = c == '_' ? '-' : static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    return flag;
}

}  // namespace atlas::server
