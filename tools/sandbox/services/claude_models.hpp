#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace atlas::sandbox {

// What the models differ in (§A.3).
struct ClaudeModel {
    std::string_view id;
    bool thinks_by_default;
    std::string_view thinking_types;  // accepted values of thinking.type
    bool prefill;
    enum class Sampling { any, neutral_only } sampling;
    bool forced_tools = true;
    int smallest_cached = 512;  // tokens (§A.3, §A.8)
};

const ClaudeModel* find_claude_model(std::string_view id);  // null for none
std::vector<std::string> claude_models();                   // their ids

}  // namespace atlas::sandbox
