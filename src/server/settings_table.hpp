#pragma once

#include "atlas/server/config.hpp"

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace atlas::server {

// One setting, told once: from this list come --help, the environment's names, the file's keys, the checks,
// --print-config and the table in docs/configuration.md.
struct Setting {
    const char* group;
    const char* variable;      // of the environment; the flag is made of it (flag_of)
    const char* placeholder;   // what kind of value, for --help
    const char* default_text;  // as documented
    const char* help;
    bool secret;
    // Puts the value into the configuration, or says what is wrong with it.
    std::function<std::optional<std::string>(Config& config, const std::string& value)> apply;
    std::function<std::string(const Config& config)> show;  // the effective value; not called for secrets
};

std::span<const Setting> settings_table();
// Parts of it.
std::vector<Setting> conversation_settings();
std::vector<Setting> resilience_settings();

// "ATLAS_MAX_CALLS" -> "max-calls", "DEEPGRAM_API_KEY" -> "deepgram-api-key".
std::string flag_of(const Setting& setting);

}  // namespace atlas::server
