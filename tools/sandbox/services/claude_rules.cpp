#include "sandbox/services/claude_rules.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <set>

namespace atlas::sandbox {
namespace {

using Json = nlohmann::ordered_json;

// What the models differ in (§A.3).
struct Model {
    std::string_view id;
    bool thinks_by_default;
    std::string_view thinking_types;  // accepted values of thinking.type
    bool prefill;
    enum class Sampling { any, neutral_only } sampling;
    bool forced_tools = true;
    int smallest_cached = 512;  // tokens (§A.3, §A.8)
};
constexpr auto any_sampling = Model::Sampling::any;
constexpr auto neutral = Model::Sampling::neutral_only;
constexpr std::array models{
    Model{"claude-haiku-5-5", true, "adaptive disabled", false, neutral},
    Model{"claude-sonnet-5-5", true, "adaptive between_tools", false, neutral, false},
    Model{"claude-opus-5-5", true, "adaptive", false, neutral},
    Model{"claude-fable-5-2", true, "adaptive", false, neutral},
    Model{"claude-fable-5-1", true, "adaptive", false, neutral, false},
    Model{"claude-fable-5", true, "adaptive", false, neutral},
    Model{"claude-sonnet-5", true, "adaptive disabled", false, neutral, true, 1024},
    Model{"claude-opus-5", true, "adaptive disabled", false, neutral},
    Model{"claude-opus-4-8", false, "adaptive disabled", false, neutral, true, 1024},
    Model{"claude-opus-4-7", false, "adaptive disabled", false, neutral, true, 2048},
    Model{"claude-opus-4-6", false, "adaptive disabled enabled", false, any_sampling, true, 4096},
    Model{"claude-opus-4-5", false, "disabled enabled", true, any_sampling, true, 4096},
    Model{"claude-sonnet-4-6", false, "adaptive disabled enabled", false, any_sampling, true, 1024},
    Model{"claude-sonnet-4-5", false, "disabled enabled", true, any_sampling, true, 1024},
    Model{"claude-haiku-4-5", false, "disabled enabled", true, any_sampling, true, 4096},
    Model{"claude-haiku-4-5-20251001", false, "disabled enabled", true, any_sampling, true, 4096},
};

const std::set<std::string> body_keys{"model",     "max_tokens",     "messages",    "system",
                                      "stream",    "stop_sequences", "tools",       "tool_choice",
                                      "thinking",  "output_config",  "metadata",    "service_tier",
                                      "speed",     "cache_control",  "diagnostics", "inference_geo",
                                      "container", "temperature",    "top_p",       "top_k"};
const std::set<std::string> tool_keys{"name",   "description",   "input_schema",         "type",
                                      "strict", "cache_control", "eager_input_streaming"};
const std::set<std::string> block_types{"text",        "image",    "document",          "tool_use",
                                        "tool_result", "thinking", "redacted_thinking", "search_result"};

[[noreturn]] void refuse(const std::string& rule, const std::string& message, int status = 400,
                         const std::string& type = "invalid_request_error") {
    throw ClaudeRefusal{status, type, message, rule};
}

bool blank(const std::string& text) {
    return std::ranges::all_of(text, [](unsigned char c) { return std::isspace(c) != 0; });
}

bool has_word(std::string_view list, std::string_view word) {
    return (" " + std::string(list) + " ").find(" " + std::string(word) + " ") != std::string::npos;
}

bool is_identifier(const std::string& text, std::size_t longest) {
    return !text.empty() && text.size() <= longest && std::ranges::all_of(text, [](unsigned char c) {
        return c < 0x80 && (std::isalnum(c) != 0 || c == '_' || c == '-');
    });
}

// A mark for the prompt cache on any block or tool.
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

const Model& find_model(const std::string& id) {
    const auto found = std::ranges::find(models, id, &Model::id);
    if (found == models.end()) refuse("unknown_model", "model: " + id, 404, "not_found_error");
    return *found;
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

void check_sampling(const Json& body, const Model& model, std::string_view version) {
    for (const char* key : {"temperature", "top_p", "top_k"}) {
        if (!body.contains(key)) continue;
        if (version == "2026-10-21")
            refuse("sampling_parameter", std::string(key) + ": Extra inputs are not permitted");
        if (model.sampling == any_sampling) continue;
        const bool neutral_value = (std::string_view(key) == "temperature" && body[key] == 1) ||
                                   (std::string_view(key) == "top_p" && body[key] >= 0.99);
        if (!neutral_value)
            refuse("sampling_parameter", std::string("`") + key + "` is not supported on this model");
    }
}

bool check_thinking(const Json& body, const Model& model, int max_tokens) {
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

void check_tool_choice(const Json& choice, const Model& model, ClaudeRequest& request) {
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

void check_tools(const Json& body, const Model& model, ClaudeRequest& request) {
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

void check_text(const std::string& text) {
    if (text.empty()) refuse("empty_text", "messages: text content blocks must be non-empty");
    if (blank(text)) refuse("empty_text", "messages: text content blocks must contain non-whitespace text");
}

using Ids = std::vector<std::string>;

void check_result_content(const Json& block, const std::string& at, std::string& text) {
    if (!block.contains("content")) return;
    const Json& content = block["content"];
    if (content.is_string()) {  // the same as one text block
        check_text(content);
        text += content.get<std::string>() + "\n";
        return;
    }
    if (!content.is_array()) refuse("block", at + ".content: Input should be a valid list");
    for (const Json& part : content) {
        if (part.value("type", "") != "text") continue;
        check_text(part.at("text"));
        text += part["text"].get<std::string>() + "\n";
    }
}

// One content block; collects what pairing and caching need.
void check_block(const Json& block, bool from_user, const std::string& at, Ids& uses, Ids& results,
                 std::string& result_text, int& caches) {
    if (!block.is_object() || !block.contains("type")) refuse("block", at + ".type: Field required");
    const std::string type = block["type"];
    if (!block_types.contains(type))
        refuse("block",
               at + ": Input tag '" + type + "' found using 'type' does not match any of the expected tags");
    caches += marked(block, at) ? 1 : 0;
    if (type == "text") {
        if (!block.contains("text") || !block["text"].is_string())
            refuse("block", at + ".text: Field required");
        check_text(block["text"]);
    } else if (type == "tool_use") {
        if (from_user) refuse("block", at + ": `tool_use` blocks can only be in `assistant` messages");
        if (!block.contains("input") || !block["input"].is_object())
            refuse("block", at + ".input: Input should be a valid dictionary");
        if (!is_identifier(block.at("id"), 256))
            refuse("block", at + ".tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'");
        if (!is_identifier(block.at("name"), 200))
            refuse("block", at + ".tool_use.name: String should match pattern '^[a-zA-Z0-9_-]{1,200}$'");
        uses.push_back(block.at("id"));
    } else if (type == "tool_result") {
        if (!from_user) refuse("block", at + ": `tool_result` blocks can only be in `user` messages");
        const std::string id = block.at("tool_use_id");
        if (std::ranges::find(results, id) != results.end())
            refuse("tool_pairing", at +
                                       ": each tool_use must have a single result. Found multiple "
                                       "`tool_result` blocks with id: " +
                                       id);
        results.push_back(id);
        if (block.contains("is_error") && !block["is_error"].is_boolean())
            refuse("block", at + ".is_error: Input should be a valid boolean");
        check_result_content(block, at, result_text);
    }
}

struct Turn {
    bool from_user = true;
    std::string text;
    Ids uses, results;
    std::string result_text;
};

Turn read_turn(const Json& message, std::size_t index, bool last, std::string_view version, int& caches) {
    const std::string at = "messages." + std::to_string(index);
    if (!message.is_object() || !message.contains("role")) refuse("message", at + ".role: Field required");
    const std::string role = message["role"];
    if (role == "system") refuse("message", "role 'system' is not supported on this model");
    if (role != "user" && role != "assistant")
        refuse("message", at + ".role: Input should be 'user' or 'assistant'");
    for (const auto& [key, value] : message.items())
        if (key != "role" && key != "content")
            refuse("unknown_key", at + "." + key + ": Extra inputs are not permitted");
    if (!message.contains("content")) refuse("message", at + ".content: Field required");
    Turn turn;
    turn.from_user = role == "user";
    const Json& content = message["content"];
    const bool may_be_empty = last && !turn.from_user;
    if (content.is_string()) {
        turn.text = content.get<std::string>();
        if (turn.text.empty() && !may_be_empty)
            refuse("empty_text", at + ": all messages must have non-empty content except for the optional "
                                      "final assistant message");
        if (!turn.text.empty()) check_text(turn.text);
        return turn;
    }
    if (!content.is_array()) refuse("message", at + ".content: Input should be a valid list");
    if (content.empty() && !may_be_empty)
        refuse(
            "empty_text",
            at +
                ": all messages must have non-empty content except for the optional final assistant message");
    bool results_over = false;
    std::size_t part = 0;
    for (const Json& block : content) {
        const std::string where = at + ".content." + std::to_string(part++);
        const std::size_t known = turn.results.size();
        check_block(block, turn.from_user, where, turn.uses, turn.results, turn.result_text, caches);
        const bool is_result = turn.results.size() > known;
        if (is_result && results_over)
            refuse("tool_pairing",
                   at + ": Did not find " + std::to_string(turn.results.size()) +
                       " `tool_result` block(s) at the beginning of this message. Messages following "
                       "`tool_use` blocks must begin with a matching number of `tool_result` blocks.");
        results_over = results_over || !is_result;
        if (block["type"] == "text") turn.text += block["text"].get<std::string>();
        if (version == "2026-10-21" && !turn.from_user && block["type"] == "document")
            refuse("version_rule", where + ": `document` blocks are not permitted in `assistant` messages");
        if (version == "2026-10-21" && turn.from_user && block["type"] == "text" &&
            block.contains("citations") && !block["citations"].is_null() && !block["citations"].empty())
            refuse("version_rule", where + ".citations: not permitted in `user` messages");
    }
    return turn;
}

void check_pairing(const std::vector<Turn>& turns) {
    std::set<std::string> known;
    for (std::size_t i = 0; i < turns.size(); ++i) {
        const std::string at = "messages." + std::to_string(i);
        for (const std::string& id : turns[i].uses)
            if (!known.insert(id).second) refuse("tool_pairing", at + ": `tool_use` ids must be unique");
        const Ids* before = i > 0 ? &turns[i - 1].uses : nullptr;
        for (const std::string& id : turns[i].results) {
            if (before == nullptr || before->empty())
                refuse("tool_pairing", at + ": `tool_result` block(s) provided when previous message does "
                                            "not contain any `tool_use` blocks");
            if (std::ranges::find(*before, id) == before->end())
                refuse("tool_pairing",
                       at + ".content.0: unexpected `tool_use_id` found in `tool_result` blocks: " + id +
                           ". Each `tool_result` block must have a corresponding `tool_use` block in the "
                           "previous message.");
        }
        std::string orphans;
        for (const std::string& id : turns[i].uses) {
            const bool answered = i + 1 < turns.size() &&
                                  std::ranges::find(turns[i + 1].results, id) != turns[i + 1].results.end();
            if (!answered) orphans += (orphans.empty() ? "" : ", ") + id;
        }
        if (!orphans.empty())
            refuse("tool_pairing",
                   at + ": `tool_use` ids were found without `tool_result` blocks immediately after: " +
                       orphans +
                       ". Each `tool_use` block must have a corresponding `tool_result` block in the next "
                       "message.");
    }
}

void check_messages(const Json& body, const Model& model, std::string_view version, ClaudeRequest& request) {
    const Json& list = body["messages"];
    if (list.empty()) refuse("message", "messages: at least one message is required");
    if (list.size() > 100000) refuse("message", "messages: too many messages");
    int caches = marked(body, "body") ? 1 : 0;
    if (body.contains("system") && body["system"].is_array())
        for (const Json& block : body["system"]) {
            caches += marked(block, "system") ? 1 : 0;
            const std::string text = block.value("text", "");
            if (text.empty()) refuse("empty_text", "system: text content blocks must be non-empty");
            request.system += text;
        }
    if (body.contains("system") && body["system"].is_string()) request.system = body["system"];
    if (body.contains("tools"))
        for (const Json& tool : body["tools"]) caches += marked(tool, "tools") ? 1 : 0;
    std::vector<Turn> turns;
    for (std::size_t i = 0; i < list.size(); ++i)
        turns.push_back(read_turn(list[i], i, i + 1 == list.size(), version, caches));
    if (caches > 4)
        refuse("cache_control", "A maximum of 4 blocks with cache_control may be provided. Found " +
                                    std::to_string(caches) + ".");
    if (!turns.front().from_user)
        refuse("first_message", "messages: first message must use the \"user\" role");
    check_pairing(turns);
    if (!turns.back().from_user) {
        if (!model.prefill || request.thinking)
            refuse("prefill",
                   "This model does not support assistant message prefill. The conversation must end with a "
                   "user message.");
        if (!turns.back().text.empty() &&
            std::isspace(static_cast<unsigned char>(turns.back().text.back())) != 0)
            refuse("prefill", "messages: final assistant content cannot end with trailing whitespace");
    }
    request.results = turns.back().result_text;
    for (Turn& turn : turns) {
        if (!request.messages.empty() && request.messages.back().from_user == turn.from_user) {
            request.messages.back().text += " " + turn.text;
            continue;
        }
        request.messages.push_back({turn.from_user, std::move(turn.text)});
    }
}

// The prompt as its cache sees it: one block after the other. Thinking and the choice of tools are part of
// the messages, so that changing them leaves tools and system in the cache.
class PromptReader {
public:
    PromptReader(const Json& body, const Model& model) : body_(body) {
        prompt_.model = model.id;
        prompt_.smallest_cached = model.smallest_cached;
    }

    Prompt read() {
        for (const Json& tool : list("tools")) add("tool", tool);
        for (const Json& block : blocks(body_.value("system", Json::array()))) add("system", block);
        const std::string choices =
            body_.value("tool_choice", Json()).dump() + body_.value("thinking", Json()).dump();
        for (const Json& message : list("messages"))
            for (const Json& block : blocks(message["content"]))
                add(message["role"].get<std::string>() + choices, block);
        if (body_.contains("cache_control") && !prompt_.blocks.empty()) mark(prompt_.blocks.back(), body_);
        return std::move(prompt_);
    }

private:
    Json list(const char* key) const { return body_.value(key, Json::array()); }

    static Json blocks(const Json& content) {
        if (!content.is_string()) return content;
        return content.get_ref<const std::string&>().empty()
                   ? Json::array()
                   : Json::array({Json{{"type", "text"}, {"text", content}}});
    }

    void add(const std::string& part, Json block) {
        PromptBlock entry;
        mark(entry, block);
        block.erase("cache_control");
        const std::string written = block.dump(-1, ' ', false, Json::error_handler_t::replace);
        const bool is_text = block.value("type", "") == "text";
        entry.bytes = is_text ? block["text"].get_ref<const std::string&>().size() : written.size();
        entry.identity = part + written;
        prompt_.blocks.push_back(std::move(entry));
    }

    static void mark(PromptBlock& entry, const Json& from) {
        const auto control = from.find("cache_control");
        if (control == from.end() || !control->is_object()) return;
        entry.marked = true;
        entry.for_an_hour = control->value("ttl", "") == "1h";
    }

    const Json& body_;
    Prompt prompt_;
};

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
    const Model& model = find_model(request.model);
    if (request.max_tokens < 0)
        refuse("max_tokens", "max_tokens: Input should be greater than or equal to 0");
    if (request.max_tokens == 0 && request.stream)
        refuse("max_tokens", "max_tokens: 0 is not supported with `stream`: true");
    check_sampling(body, model, version);
    request.thinking = check_thinking(body, model, request.max_tokens);
    check_tools(body, model, request);
    if (body.contains("stop_sequences"))
        request.stop_sequences = body["stop_sequences"].get<std::vector<std::string>>();
    check_messages(body, model, version, request);
    request.prompt = PromptReader(body, model).read();
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

bool claude_model_known(std::string_view model) {
    return std::ranges::find(models, model, &Model::id) != models.end();
}

std::vector<std::string> claude_models() {
    std::vector<std::string> ids;
    for (const Model& model : models) ids.emplace_back(model.id);
    return ids;
}

}  // namespace atlas::sandbox
