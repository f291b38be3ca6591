#include "sandbox/services/claude_checks.hpp"

#include <algorithm>
#include <cctype>
#include <set>
#include <utility>
#include <vector>

namespace atlas::sandbox::claude {
namespace {

const std::set<std::string> block_types{"text",        "image",    "document",          "tool_use",
                                        "tool_result", "thinking", "redacted_thinking", "search_result"};

bool blank(const std::string& text) {
    return std::ranges::all_of(text, [](unsigned char c) { return std::isspace(c) != 0; });
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

}  // namespace

void check_messages(const Json& body, const ClaudeModel& model, std::string_view version,
                    ClaudeRequest& request) {
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

}  // namespace atlas::sandbox::claude
