#pragma once

#include "sandbox/services/claude_models.hpp"
#include "sandbox/services/claude_rules.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>

// What the rules of the Messages API are made of. For claude_*.cpp only: a rule that is broken throws the
// ClaudeRefusal, which read_claude_request() gives back.
namespace atlas::sandbox::claude {

using Json = nlohmann::ordered_json;

[[noreturn]] void refuse(const std::string& rule, const std::string& message, int status = 400,
                         const std::string& type = "invalid_request_error");

bool is_identifier(const std::string& text, std::size_t longest);
// Whether a block or tool carries a mark for the prompt cache.
bool marked(const Json& block, const std::string& at);

// The rules for messages and system (§A.2, §A.4); fills what of the request comes from them.
void check_messages(const Json& body, const ClaudeModel& model, std::string_view version,
                    ClaudeRequest& request);

// The prompt as its cache sees it: one block after the other.
Prompt read_prompt(const Json& body, const ClaudeModel& model);

}  // namespace atlas::sandbox::claude
