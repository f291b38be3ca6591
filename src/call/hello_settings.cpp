#include "atlas/call/hello_settings.hpp"

#include "atlas/call/personalize.hpp"

#include <algorithm>
#include <utility>

namespace atlas::call {
namespace {

constexpr std::size_t max_line_bytes = 8 * 1024;

protocol::ProtocolError too_long(const char* field, std::size_t most) {
    return protocol::make_error(protocol::ErrorCode::text_too_long,
                                "`" + std::string(field) + "` must have at most " + std::to_string(most) +
                                    " bytes once the variables are put in; it has more",
                                field);
}

template <typename Setting, typename Wanted>
void take(Setting& setting, const std::optional<Wanted>& wanted) {
    if (wanted) setting = static_cast<Setting>(*wanted);
}

void apply(conversation::ConversationSettings& talk, const protocol::CallOverrides& wanted) {
    if (wanted.tools) {
        talk.tools.clear();
        for (const auto& declared : *wanted.tools)
            talk.tools.push_back(to_tool(declared, talk.lines.one_moment));
    }
    take(talk.end_call_tool, wanted.end_call);
    take(talk.lines.idle_prompt, wanted.idle.prompt);
    take(talk.idle_prompts, wanted.idle.prompts);
    if (wanted.idle.after_s) talk.idle_prompt_after = std::chrono::seconds(*wanted.idle.after_s);
    if (wanted.max_duration_s)  // a call may be shorter than the server allows, never longer
        talk.call_limit =
            std::min<conversation::Duration>(talk.call_limit, std::chrono::seconds(*wanted.max_duration_s));
    take(talk.interruption.protect_greeting, wanted.protect_greeting);
    if (wanted.turns) talk.turn_end.manual = *wanted.turns == protocol::TurnMode::manual;
    if (wanted.speculation) talk.speculation.enabled = talk.speculation.enabled && *wanted.speculation;
    take(talk.interruption.enabled, wanted.interruption.enabled);
    take(talk.interruption.min_words, wanted.interruption.min_words);
    if (wanted.context_tokens) talk.context_tokens = std::min(talk.context_tokens, *wanted.context_tokens);
}

std::vector<providers::ModelTool> model_tools(const conversation::ConversationSettings& talk) {
    std::vector<providers::ModelTool> tools;
    for (const auto& tool : talk.tools) tools.push_back({tool.name, tool.description, tool.schema});
    if (talk.end_call_tool) {
        tools.push_back({"end_call",
                         "Hang up. Call it when the caller has said goodbye or wants to end the call; say a "
                         "short goodbye in the same answer, before the call of this tool.",
                         R"({"type":"object","properties":{}})"});
    }
    return tools;
}

}  // namespace

conversation::Tool to_tool(const protocol::ToolDeclaration& declared, const std::string& usual_filler) {
    return {.name = declared.name,
            .description = declared.description,
            .schema = declared.parameters,
            .effect = declared.effect,
            .timeout = std::chrono::milliseconds(declared.timeout_ms),
            .filler = declared.filler.value_or(usual_filler)};
}

std::variant<AgreedSettings, protocol::ProtocolError> agree_settings(const CallSettings& settings,
                                                                     const protocol::CallOverrides& wanted) {
    AgreedSettings agreed;
    agreed.language = wanted.language.value_or(settings.language);
    agreed.instructions =
        personalize(wanted.instructions.value_or(settings.instructions), wanted.variables, max_prompt_bytes);
    if (agreed.instructions.size() > max_prompt_bytes)
        return too_long("config.instructions", max_prompt_bytes);

    auto& talk = agreed.conversation = settings.conversation;
    talk.language = agreed.language;
    const auto line = [&](std::string& text, const std::optional<std::string>& own) {
        text = personalize(own.value_or(text), wanted.variables, max_line_bytes);
        return text.size() <= max_line_bytes;
    };
    if (!line(talk.lines.greeting, wanted.greeting)) return too_long("config.greeting", max_line_bytes);
    if (!line(talk.lines.goodbye, wanted.goodbye)) return too_long("config.goodbye", max_line_bytes);
    apply(talk, wanted);
    agreed.tools = model_tools(talk);
    return agreed;
}

conversation::SettingsChanged settings_change(const protocol::ConfigChange& change) {
    conversation::SettingsChanged changed;
    if (change.turns) changed.manual_turns = *change.turns == protocol::TurnMode::manual;
    changed.interruptible = change.interruption.enabled;
    if (change.interruption.min_words)
        changed.interruption_words = static_cast<std::uint32_t>(*change.interruption.min_words);
    changed.idle_prompt = change.idle.prompt;
    if (change.idle.after_s) changed.idle_after = std::chrono::seconds(*change.idle.after_s);
    if (change.idle.prompts) changed.idle_prompts = static_cast<std::uint32_t>(*change.idle.prompts);
    changed.goodbye_line = change.goodbye;
    return changed;
}

}  // namespace atlas::call
