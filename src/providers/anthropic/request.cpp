#include "atlas/providers/anthropic/messages.hpp"
#include "history.hpp"
#include "json_object.hpp"
#include "model_traits.hpp"

#include <set>
#include <utility>

namespace atlas::providers::anthropic {

namespace {

using Json = OrderedJson;
using Role = ModelMessage::Role;

constexpr std::size_t max_tool_name = 64;
constexpr std::size_t max_tool_schema = 64 * 1024;

Json text_block(std::string_view text) { return {{"type", "text"}, {"text", text}}; }

// Where the prompt is marked for the cache. Marking a prompt that is too short changes nothing (§A.8), so the
// estimate may be generous: a token is rarely shorter than three bytes.
class CacheMarks {
public:
    CacheMarks(const MessagesSettings& settings, const ModelTraits& traits)
        : on_(settings.prompt_caching), bytes_needed_(3 * std::size_t(traits.smallest_cached_prompt)) {}

    // The next block of the prompt, which ends a part worth keeping or not.
    void add(Json& block, bool worth_keeping) {
        bytes_ += block.dump(-1, ' ', false, Json::error_handler_t::replace).size();
        if (on_ && worth_keeping && bytes_ >= bytes_needed_) block["cache_control"] = {{"type", "ephemeral"}};
    }

private:
    bool on_;
    std::size_t bytes_needed_;
    std::size_t bytes_ = 0;
};

void add_thinking(Json& body, const MessagesSettings& settings, const ModelTraits& traits) {
    const Thinking choice = settings.thinking == Thinking::by_model ? traits.thinking : settings.thinking;
    if (choice == Thinking::disabled) body["thinking"] = {{"type", "disabled"}};
    if (choice == Thinking::between_tools) body["thinking"] = {{"type", "between_tools"}};
    const std::string_view effort = settings.effort.empty() ? traits.effort : settings.effort;
    if (!effort.empty()) body["output_config"] = {{"effort", effort}};
}

// What is wrong with it; else it is declared.
std::string declare(const ModelTool& tool, Json& declared) {
    const std::string shown = "the tool \"" + one_line(tool.name, {}, max_tool_name) + "\"";
    if (!is_identifier(tool.name, max_tool_name))
        return "tools: the name of " + shown + " must be 1 to 64 letters, digits, _ or -";
    const auto schema =
        read_object(tool.schema.empty() ? R"({"type":"object"})" : tool.schema, max_tool_schema);
    if (!schema) return "tools: the schema of " + shown + " is not a JSON object";
    const auto type = schema->find("type");
    if (type == schema->end() || *type != "object")
        return "tools: the schema of " + shown + " must have the type \"object\"";
    declared["name"] = tool.name;
    if (!without_trailing_space(tool.description).empty()) declared["description"] = tool.description;
    declared["input_schema"] = *schema;
    return {};
}

// A mark at the end of the system prompt covers the tools before it.
std::string add_tools(Json& body, const ModelRequest& request, bool has_system, CacheMarks& marks) {
    if (request.tools.empty()) return {};
    std::set<std::string_view> names;
    Json list = Json::array();
    for (const ModelTool& tool : request.tools) {
        Json declared;
        if (std::string problem = declare(tool, declared); !problem.empty()) return problem;
        if (!names.insert(tool.name).second)
            return "tools: there are two with the name \"" + tool.name + "\"";
        marks.add(declared, !has_system && &tool == &request.tools.back());
        list.push_back(std::move(declared));
    }
    body["tools"] = std::move(list);
    if (!request.may_call_tools) body["tool_choice"] = {{"type", "none"}};
    return {};
}

void add_system(Json& body, std::string_view text, CacheMarks& marks) {
    if (text.empty()) return;
    body["system"] = Json::array({text_block(text)});
    marks.add(body["system"].back(), true);
}

Json tool_use(const ModelToolCall& call) {
    const auto input = read_object(call.arguments, max_tool_arguments);
    return {{"type", "tool_use"},
            {"id", call.id},
            {"name", call.name},
            {"input", input ? *input : Json::object()}};
}

Json tool_result(const ModelToolResult& result) {
    Json block = {{"type", "tool_result"}, {"tool_use_id", result.id}, {"content", result.content}};
    if (result.is_error) block["is_error"] = true;
    return block;
}

// Always a list of blocks, never a bare text: what was said once keeps its bytes when a mark comes or goes.
Json content_of(const HistoryTurn& turn, bool worth_keeping, CacheMarks& marks) {
    Json blocks = Json::array();
    for (const ModelToolResult& result : turn.results) blocks.push_back(tool_result(result));
    for (const std::string& text : turn.texts) blocks.push_back(text_block(text));
    for (const ModelToolCall& call : turn.calls) blocks.push_back(tool_use(call));
    for (Json& block : blocks) marks.add(block, worth_keeping && &block == &blocks.back());
    return blocks;
}

void add_messages(Json& body, const std::vector<HistoryTurn>& turns, std::size_t stable, CacheMarks& marks) {
    const auto is_stable = [&](std::size_t turn) {
        return turn < turns.size() && turns[turn].last_source < stable;
    };
    Json list = Json::array();
    for (std::size_t i = 0; i < turns.size(); ++i) {
        const bool is_end = i + 1 == turns.size() || i + 3 == turns.size();
        const bool is_end_of_stable = is_stable(i) && !is_stable(i + 1);
        const bool of_user = turns[i].role == Role::user;
        Json message = {{"role", of_user ? "user" : "assistant"}};
        message["content"] = content_of(turns[i], is_end || is_end_of_stable, marks);
        list.push_back(std::move(message));
    }
    body["messages"] = std::move(list);
}

}  // namespace

RequestBody write_request(const MessagesSettings& settings, const ModelRequest& request) {
    const std::vector<HistoryTurn> turns = repaired(request.messages);
    if (turns.empty()) return {"", "messages: there is none with text in it"};
    if (turns.back().role == Role::assistant)
        return {"", "messages: the last one must be the caller's, but it is the assistant's"};
    const ModelTraits traits = traits_of_model(settings.model);
    const std::string_view system = without_trailing_space(request.system);
    CacheMarks marks(settings, traits);

    Json body;
    body["model"] = settings.model;
    body["max_tokens"] = request.max_tokens > 0 ? request.max_tokens : settings.max_tokens;
    body["stream"] = true;
    add_thinking(body, settings, traits);
    std::string problem = add_tools(body, request, !system.empty(), marks);
    if (!problem.empty()) return {"", std::move(problem)};
    add_system(body, system, marks);
    add_messages(body, turns, request.stable_messages, marks);
    return {compact(body), ""};
}

}  // namespace atlas::providers::anthropic
