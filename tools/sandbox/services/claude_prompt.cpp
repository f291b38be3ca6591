#include "sandbox/services/claude_checks.hpp"

#include <utility>

namespace atlas::sandbox::claude {
namespace {

// Thinking and the choice of tools are part of
// the messages, so that changing them leaves tools and system in the cache.
class PromptReader {
public:
    PromptReader(const Json& body, const ClaudeModel& model) : body_(body) {
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

}  // namespace

Prompt read_prompt(const Json& body, const ClaudeModel& model) { return PromptReader(body, model).read(); }

}  // namespace atlas::sandbox::claude
