#pragma once

#include "atlas/call/call_services.hpp"
#include "atlas/net/http_listener.hpp"
#include "atlas/observe/log.hpp"
#include "atlas/providers/anthropic/claude.hpp"
#include "atlas/providers/deepgram/deepgram_settings.hpp"
#include "atlas/providers/openai/openai_speech.hpp"
#include "atlas/providers/resilience.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace atlas::server {

struct ListenConfig {
    std::string bind;  // empty: 0.0.0.0 when callers need a key, else 127.0.0.1
    std::uint16_t port = 8080;
    std::uint16_t tls_port = 8443;
    std::optional<net::TlsFiles> tls;
    std::uint16_t metrics_port = 9091;  // 0: none
    std::string metrics_bind;           // empty: as bind
};

struct AdmissionConfig {
    std::vector<std::string> api_keys;  // secrets; empty: nobody has to show one
    bool allow_anyone = false;          // serve other machines without any key
    std::size_t max_calls = 150;
    std::size_t calls_per_address = 0;  // 0: as many as max_calls
};

struct DrainConfig {
    std::chrono::seconds deadline{285};  // from the signal to the exit
    std::chrono::seconds spread{60};     // over which calls are asked to leave, at most half the deadline
};

// All settings, valid as a whole. Read once by main and handed down in parts.
struct Config {
    Config() { deepgram.eager_eot_threshold = 0.4; }

    ListenConfig listen;
    AdmissionConfig admission;
    DrainConfig drain;
    observe::LogSettings log;
    std::string ca_file;     // trusted for the providers besides the system's authorities
    std::string tools_file;  // of tools for calls that declare none
    providers::deepgram::DeepgramSettings deepgram;
    providers::anthropic::ClaudeSettings claude;
    providers::openai::OpenAiSpeechSettings speech;
    providers::ResilienceSettings model_resilience = providers::ResilienceSettings::for_model();
    providers::ResilienceSettings speech_resilience = providers::ResilienceSettings::for_speech();
    call::CallSettings call;
};

// What came of reading: settings to run with, a text to print (--help, --version, --print-config), or
// everything that is wrong, each with the setting, the problem and the way out.
struct ConfigResult {
    std::optional<Config> config;
    std::string text;
    std::vector<std::string> problems;
    std::vector<std::string> warnings;
};

using Environment = std::function<std::optional<std::string>(const std::string& name)>;

// Flags win over the environment, the environment over the file (--config), the file over the defaults.
// `args` without the program's name.
ConfigResult load_config(const std::vector<std::string>& args, const Environment& environment,
                         std::chrono::year_month_day today);

// docs/configuration.md's table, made from the same list.
std::string describe_settings_as_markdown();

}  // namespace atlas::server
