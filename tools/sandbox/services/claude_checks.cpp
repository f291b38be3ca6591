#include "sandbox/services/claude_checks.hpp"

#include <algorithm>
#include <cctype>

namespace atlas::sandbox::claude {

void refuse(const std::string& rule, const std::string& message, int status, const std::string& type) {
    throw ClaudeRefusal{status, type, message, rule};
}

bool is_identifier(const std::string& text, std::size_t longest) {
    return !text.empty() && text.size() <= longest && std::ranges::all_of(text, [](unsigned char c) {
        return c < 0x80 && (std::isalnum(c) != 0 || c == '_' || c == '-');
    });
}

bool marked(const Json& block, const std::string& at) {
    const auto mark = block.find("cache_control");
    if (mark == block.end() || mark->is_null()) return false;
    if (!mark->is_object() || mark->value("type", "") != "ephemeral")
        refuse("cache_control", at + ".cache_control.type: Input should be 'ephemeral'");
    const std::string ttl = mark->value("ttl", "5m");
    if (ttl != "5m" && ttl != "1h")
        refuse("cache_control", at + ".cache_control.ttl: Input should be '5m' or '1h'");
    for (const auto& [key, value] : mark->items())
        if (key != "type" && key != "ttl")
            refuse("unknown_key", at + ".cache_control." + key + ": Extra inputs are not permitted");
    return true;
}

}  // namespace atlas::sandbox::claude
