#include "atlas/providers/anthropic/messages.hpp"
#include "model_traits.hpp"

#include <nlohmann/json.hpp>

#include <array>

namespace atlas::providers::anthropic {

namespace {

using Json = nlohmann::ordered_json;  // keeps the order of insertion
using Role = ModelMessage::Role;

// A text that is only this is refused: "text content blocks must contain non-whitespace text" (§A.4).
constexpr std::array<std::string_view, 8> white_space_beyond_ascii = {
    "\xC2\xA0",     "\xC2\x85",     "\xE3\x80\x80", "\xEF\xBB\xBF",
    "\xE2\x80\x8B", "\xE2\x80\xA8", "\xE2\x80\xA9", "\xE2\x80\xAF"};

std::size_t trailing_space(std::string_view text) {
    if (text.empty()) return 0;
    if (std::string_view(" \t\r\n\v\f").find(text.back()) != std::string_view::npos) return 1;
    for (const std::string_view space : white_space_beyond_ascii)
        if (text.ends_with(space)) return space.size();
    return 0;
}

std::string_view without_trailing_space(std::string_view text) {
    while (const std::size_t bytes = trailing_space(text)) text.remove_suffix(bytes);
    return text;
}

std::vector<ModelMessage> repaired(const std::vector<ModelMessage>& messages) {
    std::vector<ModelMessage> kept;
    for (const ModelMessage& message : messages) {
        const std::string_view text = without_trailing_space(message.text);
        if (text.empty()) continue;
        if (kept.empty() && message.role == Role::assistant) kept.push_back({Role::user, "(call connected)"});
        if (!kept.empty() && kept.back().role == message.role)
            kept.back().text.append("\n").append(text);
        else
            kept.push_back({message.role, std::string(text)});
    }
    return kept;
}

Json marked_block(std::string_view text) {
    Json block = {{"type", "text"}, {"text", text}};
    block["cache_control"] = {{"type", "ephemeral"}};
    return Json::array({block});
}

// Marking a prompt that is too short changes nothing (§A.8), so the estimate may be generous: a token is
// rarely shorter than three bytes.
bool may_be_cached(const ModelTraits& traits, std::string_view system,
                   const std::vector<ModelMessage>& messages) {
    std::size_t bytes = system.size();
    for (const ModelMessage& message : messages) bytes += message.text.size();
    return bytes / 3 >= static_cast<std::size_t>(traits.smallest_cached_prompt);
}

void add_thinking(Json& body, const MessagesSettings& settings, const ModelTraits& traits) {
    const Thinking choice = settings.thinking == Thinking::by_model ? traits.thinking : settings.thinking;
    if (choice == Thinking::disabled) body["thinking"] = {{"type", "disabled"}};
    if (choice == Thinking::between_tools) body["thinking"] = {{"type", "between_tools"}};
    const std::string_view effort = settings.effort.empty() ? traits.effort : settings.effort;
    if (!effort.empty()) body["output_config"] = {{"effort", effort}};
}

Json message_list(const std::vector<ModelMessage>& messages, bool mark_last) {
    Json list = Json::array();
    for (const ModelMessage& message : messages) {
        const bool last = &message == &messages.back();  // a user message: checked before
        Json entry = {{"role", message.role == Role::user ? "user" : "assistant"}};
        entry["content"] = last && mark_last ? marked_block(message.text) : Json(message.text);
        list.push_back(std::move(entry));
    }
    return list;
}

}  // namespace

RequestBody write_request(const MessagesSettings& settings, const ModelRequest& request) {
    const std::vector<ModelMessage> messages = repaired(request.messages);
    if (messages.empty()) return {"", "messages: there is none with text in it"};
    if (messages.back().role == Role::assistant)
        return {"", "messages: the last one must be the caller's, but it is the assistant's"};
    const ModelTraits traits = traits_of_model(settings.model);
    const std::string_view system = without_trailing_space(request.system);
    const bool mark = settings.prompt_caching && may_be_cached(traits, system, messages);

    Json body;
    body["model"] = settings.model;
    body["max_tokens"] = request.max_tokens > 0 ? request.max_tokens : settings.max_tokens;
    body["stream"] = true;
    add_thinking(body, settings, traits);
    if (!system.empty()) body["system"] = mark ? marked_block(system) : Json(system);
    body["messages"] = message_list(messages, mark);
    return {body.dump(-1, ' ', false, Json::error_handler_t::replace), ""};
}

}  // namespace atlas::providers::anthropic
