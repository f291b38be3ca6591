#include "native_config.hpp"

#include "atlas/protocol/limits.hpp"
#include "field_reader.hpp"
#include "native_messages.hpp"
#include "text.hpp"

#include <algorithm>
#include <string>
#include <string_view>

// What a call does differently from the server's settings: `hello.config`, and the message `config` that
// changes some of it within a call.
namespace atlas::protocol {
namespace {

using Json = nlohmann::json;

bool is_variable_name(std::string_view name) {
    const auto allowed = [](char c) { return is_letter(c) || is_digit(c) || c == '_'; };
    return !name.empty() && name.size() <= max_variable_name_chars && !is_digit(name.front()) &&
           std::all_of(name.begin(), name.end(), allowed);
}

void read_variables(FieldReader& config, CallOverrides& overrides, std::optional<ProtocolError>& error) {
    const Json* variables = config.object("variables");
    if (variables == nullptr) return;
    if (variables->size() > max_variables) {
        config.fail("variables", "an object of at most " + std::to_string(max_variables) + " members",
                    std::to_string(variables->size()) + " members");
        return;
    }
    for (const auto& [name, value] : variables->items()) {
        if (!is_variable_name(name)) {
            config.fail("variables", "named with letters, digits and _, at most 64, no digit first",
                        quote(name));
            return;
        }
        FieldReader fields(*variables, "config.variables", error);
        overrides.variables.emplace_back(name, fields.required_text(name.c_str(), max_variable_value_chars));
    }
}

// The shape of BCP 47: letters, then parts of letters and digits, with hyphens between.
bool is_language(std::string_view tag) {
    bool first = true;
    while (true) {
        const std::string_view part = tag.substr(0, tag.find('-'));
        const auto allowed = [&](char c) { return is_letter(c) || (!first && is_digit(c)); };
        if (part.empty() || part.size() > 8 || !std::all_of(part.begin(), part.end(), allowed)) return false;
        if (first && part.size() < 2) return false;
        if (part.size() == tag.size()) return true;
        tag.remove_prefix(part.size() + 1);
        first = false;
    }
}

std::optional<std::string> read_language(FieldReader& config) {
    auto language = config.text("language", max_language_chars);
    if (language && !is_language(*language)) {
        config.fail("language", "a language tag such as \"en\" or \"de-AT\"", quote(*language));
    }
    return language;
}

std::optional<std::string> read_instructions(FieldReader& config) {
    // A limit in bytes: a text of as many characters may still be larger.
    auto instructions = config.text("instructions", max_instructions_bytes);
    if (instructions && instructions->size() > max_instructions_bytes) {
        config.fail("instructions", "at most " + std::to_string(max_instructions_bytes) + " bytes of UTF-8",
                    std::to_string(instructions->size()) + " bytes: " + quote(*instructions),
                    ErrorCode::text_too_long);
    }
    return instructions;
}

std::optional<TurnMode> read_turns(FieldReader& config) {
    const Json* value = config.find("turns");
    if (value == nullptr) return std::nullopt;
    if (*value == "auto") return TurnMode::automatic;
    if (*value == "manual") return TurnMode::manual;
    config.fail("turns", "\"auto\" or \"manual\"", describe(*value));
    return std::nullopt;
}

InterruptionOverrides read_interruption(FieldReader& config, std::optional<ProtocolError>& error) {
    InterruptionOverrides interruption;
    const Json* object = config.object("interruption");
    if (object == nullptr) return interruption;
    FieldReader fields(*object, config.path_of("interruption"), error);
    interruption.enabled = fields.flag("enabled");
    interruption.min_words = fields.integer("min_words", 1, max_interruption_words);
    return interruption;
}

IdleOverrides read_idle(FieldReader& config, std::optional<ProtocolError>& error) {
    IdleOverrides idle;
    const Json* object = config.object("idle");
    if (object == nullptr) return idle;
    FieldReader fields(*object, config.path_of("idle"), error);
    idle.prompt = fields.text("prompt", max_line_chars);
    idle.after_s = fields.integer("after_s", min_idle_after_s, max_idle_after_s);
    idle.prompts = fields.integer("prompts", 0, max_idle_prompts);
    return idle;
}

}  // namespace

CallOverrides read_config(const Json& object, std::optional<ProtocolError>& error) {
    FieldReader fields(object, "config", error);
    CallOverrides config;
    config.instructions = read_instructions(fields);
    config.greeting = fields.text("greeting", max_greeting_chars);
    config.language = read_language(fields);
    read_variables(fields, config, error);
    config.tools = read_tools(fields, error);
    config.end_call = fields.flag("end_call");
    config.idle = read_idle(fields, error);
    config.max_duration_s = fields.integer("max_duration_s", min_call_s, max_call_s);
    config.goodbye = fields.text("goodbye", max_goodbye_chars);
    config.protect_greeting = fields.flag("protect_greeting");
    config.turns = read_turns(fields);
    config.speculation = fields.flag("speculation");
    config.interruption = read_interruption(fields, error);
    config.context_tokens = fields.integer("context_tokens", min_context_tokens, max_context_tokens);
    return config;
}

ClientMessage read_config_change(FieldReader& fields, std::optional<ProtocolError>& error) {
    ConfigChange change;
    change.instructions = read_instructions(fields);
    change.turns = read_turns(fields);
    change.interruption = read_interruption(fields, error);
    change.idle = read_idle(fields, error);
    change.goodbye = fields.text("goodbye", max_goodbye_chars);
    return change;
}

}  // namespace atlas::protocol
