#include "sandbox/services/claude_rules.hpp"

#include "sandbox/services/claude_checks.hpp"
#include "sandbox/services/claude_models.hpp"

#include <algorithm>
#include <set>

namespace atlas::sandbox {
namespace {

using claude::is_identifier;
using claude::Json;
using claude::refuse;

const std::set<std::string> body_keys{"model",     "max_tokens",     "messages",    "system",
                                      "stream",    "stop_sequences", "tools",       "tool_choice",
                                      "thinking",  "output_config",  "metadata",    "service_tier",
                                      "speed",     "cache_control",  "diagnostics", "inference_geo",
                                      "container", "temperature",    "top_p",       "top_k"};
const std::set<std::string> tool_keys{"name",   "description",   "input_schema",         "type",
                                      "strict", "cache_control", "eager_input_streaming"};

bool has_word(std::string_view list, std::string_view word) {
    return (" " + std::string(list) + " ").find(" " + std::string(word) + " ") != std::string::npos;
}

const ClaudeModel& model_of(const std::string& id) {
    const ClaudeModel* const model = find_claude_model(id);
    if (model == nullptr) refuse("unknown_model", "model: " + id, 404, "not_found_error");
    return *model;
}

void check_keys(const Json& body) {
    for (const auto& [key, value] : body.items())
        if (!body_keys.contains(key)) refuse("unknown_key", key + ": Extra inputs are not permitted");
    for (const char* key : {"model", "max_tokens", "messages"})
        if (!body.contains(key)) refuse("missing_key", std::string(key) + ": Field required");
    if (!body["model"].is_string()) refuse("wrong_type", "model: Input should be a valid string");
    if (!body["max_tokens"].is_number_integer())
        refuse("wrong_type", "max_tokens: Input should be a valid integer");
    if (!body["messages"].is_array()) refuse("wrong_type", "messages: Input should be a valid list");
    if (body.contains("stream") && !body["stream"].is_boolean())
        refuse("wrong_type", "stream: Input should be a valid boolean");
    if (body.contains("service_tier") && body["service_tier"] != "auto" &&
        body["service_tier"] != "standard_only")
        refuse("wrong_type", "service_tier: Input should be 'auto' or 'standard_only'");
    if (body.contains("metadata"))
        for (const auto& [key, value] : body["metadata"].items())
            if (key != "user_id")
                refuse("unknown_key", "metadata." + key + ": Extra inputs are not permitted");
}

void check_sampling(const Json& body, const ClaudeModel& model, std::string_view version) {
    for (const char* key : {"temperature", "top_p", "top_k"}) {
        if (!body.contains(key)) continue;
        if (version == "2026-10-21")
            refuse("sampling_parameter", std::string(key) + ": Extra inputs are not permitted");
        if (model.sampling == ClaudeModel::Sampling::any) continue;
        const bool neutral_value = (std::string_view(key) == "temperature" && body[key] == 1) ||
                                   (std::string_view(key) == "top_p" && body[key] >= 0.99);
        if (!neutral_value)
            refuse("sampling_parameter", std::string("`") + key + "` is not supported on this model");
    }
}

bool check_thinking(const Json& body, const ClaudeModel& model, int max_tokens) {
    if (!body.contains("thinking")) return model.thinks_by_default;
    const Json& thinking = body["thinking"];
    if (!thinking.is_object() || !thinking.contains("type") || !thinking["type"].is_string())
        refuse("thinking", "thinking.type: Field required");
    const std::string type = thinking["type"];
    if (!has_word("adaptive disabled enabled between_tools", type))
        refuse("thinking",
               "thinking.type: Input should be 'adaptive', 'disabled', 'enabled' or 'between_tools'");
    if (!has_word(model.thinking_types, type))
        refuse("thinking", "thinking.type: '" + type + "' is not supported on this model");
    if (type == "enabled") {
        const int budget = thinking.value("budget_tokens", 0);
        if (budget < 1024)
            refuse("thinking", "thinking.budget_tokens: Input should be greater than or equal to 1024");
        if (budget >= max_tokens)
            refuse("thinking", "`max_tokens` must be greater than `thinking.budget_tokens`");
    }
    if (type == "disabled" || type == "between_tools") {
        const std::string effort =
            body.value(Json::json_pointer("/output_config/effort"), std::string("high"));
        if (effort == "xhigh" || effort == "max")
            refuse("thinking", "thinking.type: '" + type + "' is not supported with effort '" + effort + "'");
    }
    return type == "adaptive" || type == "enabled";
}

void check_tool(const Json& tool, const std::string& at) {
    if (!tool.is_object() || !tool.contains("name")) refuse("tools", at + ".name: Field required");
    if (tool.contains("type") && tool["type"] != "custom") return;  // one of the service's own
    for (const auto& [key, value] : tool.items())
        if (!tool_keys.contains(key))
            refuse("unknown_key", at + "." + key + ": Extra inputs are not permitted");
    if (!is_identifier(tool["name"], 128))
        refuse("tools", at + ".name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'");
    if (tool.contains("description") && !tool["description"].is_string())
        refuse("tools", at + ".description: Input should be a valid string");
    if (!tool.contains("input_schema") || !tool["input_schema"].is_object() ||
        tool["input_schema"].value("type", "") != "object")
        refuse("tools", at + ".input_schema.type: Input should be 'object'");
}

void check_tool_choice(const Json& choice, const ClaudeModel& model, ClaudeRequest& request) {
    const std::string type = choice.value("type", "");
    if (!has_word("auto any none tool", type)) refuse("tools", "tool_choice.type: unknown value");
    for (const auto& [key, value] : choice.items()) {
        const bool known = key == "type" || (key == "name" && type == "tool") ||
                           (key == "disable_parallel_tool_use" && type != "none");
        if (!known) refuse("unknown_key", "tool_choice." + key + ": Extra inputs are not permitted");
    }
    if ((type == "any" || type == "tool") && !model.forced_tools)
        refuse("tools", "tool_choice: forcing a tool is not supported on this model");
    if (request.tools.empty() && type != "none")
        refuse("tools", "tool_choice may only be specified while providing tools.");
    if (type == "tool" && std::ranges::find(request.tools, choice.value("name", "")) == request.tools.end())
        refuse("tools",
               "tool_choice.name: Tool '" + choice.value("name", "") + "' not found in provided tools");
    request.may_call_tools = type != "none";
}

void check_tools(const Json& body, const ClaudeModel& model, ClaudeRequest& request) {
    if (body.contains("tools")) {
        for (const Json& tool : body["tools"]) {
            check_tool(tool, "tools." + std::to_string(request.tools.size()));
            const std::string name = tool["name"];
            if (std::ranges::find(request.tools, name) != request.tools.end())
                refuse("tools", "tools: Tool names must be unique.");
            request.tools.push_back(name);
        }
    }
    if (body.contains("tool_choice")) check_tool_choice(body["tool_choice"], model, request);
}

ClaudeRequest read_body(const Request& http) {
    Json body;
    try {
        body = Json::parse(http.body);
    } catch (const Json::exception&) {
        refuse("body", "The request body is not valid JSON");
    }
    if (!body.is_object()) refuse("body", "The request body must be a JSON object");
    const std::string_view version = http.header("anthropic-version");
    check_keys(body);
    ClaudeRequest request;
    request.model = body["model"];
    request.max_tokens = body["max_tokens"];
    request.stream = body.value("stream", false);
    const ClaudeModel& model = model_of(request.model);
    if (request.max_tokens < 0)
        refuse("max_tokens", "max_tokens: Input should be greater than or equal to 0");
    if (request.max_tokens == 0 && request.stream)
        refuse("max_tokens", "max_tokens: 0 is not supported with `stream`: true");
    check_sampling(body, model, version);
    request.thinking = check_thinking(body, model, request.max_tokens);
    check_tools(body, model, request);
    if (body.contains("stop_sequences"))
        request.stop_sequences = body["stop_sequences"].get<std::vector<std::string>>();
    claude::check_messages(body, model, version, request);
    request.prompt = claude::read_prompt(body, model);
    return request;
}

void require_headers(const Request& request, const std::vector<std::string>& keys) {
    const bool has_key = request.header_count("x-api-key") > 0;
    const std::string_view authorization = request.header("authorization");
    if (!has_key && authorization.empty())
        refuse("authentication", "x-api-key header is required", 401, "authentication_error");
    if (has_key && !authorization.empty())
        refuse("authentication", "only one of x-api-key and authorization may be sent", 401,
               "authentication_error");
    if (!has_key && !authorization.starts_with("Bearer "))
        refuse("authentication", "invalid authorization header", 401, "authentication_error");
    const std::string key(has_key ? request.header("x-api-key") : authorization.substr(7));
    if (key.empty() || (!keys.empty() && std::ranges::find(keys, key) == keys.end()))
        refuse("authentication", has_key ? "invalid x-api-key" : "invalid bearer token", 401,
               "authentication_error");
    const std::string_view version = request.header("anthropic-version");
    if (version.empty()) refuse("version", "anthropic-version: header is required");
    if (version != "2023-06-01" && version != "2026-10-21")
        refuse("version", "anthropic-version: \"" + std::string(version) + "\" is not a valid version");
}

}  // namespace

std::variant<std::monostate, ClaudeRefusal> check_claude_headers(const Request& request,
                                                                 const std::vector<std::string>& keys) {
    try {
        require_headers(request, keys);
        return std::monostate{};
    } catch (const ClaudeRefusal& refusal) {
        return refusal;
    }
}

std::variant<ClaudeRequest, ClaudeRefusal> read_claude_request(const Request& request,
                                                               const std::vector<std::string>& keys) {
    try {
        require_headers(request, keys);
        if (!request.header("content-type").starts_with("application/json"))
            refuse("content_type", "content-type: must be application/json");
        if (!request.header("content-encoding").empty())
            refuse("content_encoding", "content-encoding: request bodies must not be compressed");
        return read_body(request);
    } catch (const ClaudeRefusal& refusal) {
        return refusal;
    } catch (const Json::exception& error) {
        return ClaudeRefusal{400, "invalid_request_error", error.what(), "wrong_type"};
    }
}

std::string claude_error_body(const std::string& type, const std::string& message,
                              const std::string& request_id) {
    const Json body{
        {"type", "error"}, {"error", {{"type", type}, {"message", message}}}, {"request_id", request_id}};
    return body.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string claude_error_type(int status) {
    switch (status) {
        case 400:
            return "invalid_request_error";
        case 401:
            return "authentication_error";
        case 402:
            return "billing_error";
        case 403:
            return "permission_error";
        case 404:
            return "not_found_error";
        case 409:
            return "conflict_error";
        case 413:
            return "request_too_large";
        case 429:
            return "rate_limit_error";
        case 504:
            return "timeout_error";
        case 529:
            return "overloaded_error";
        default:
            return "api_error";
    }
}

}  // namespace atlas::sandbox
