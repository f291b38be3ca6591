#include "setting_values.hpp"
#include "settings_table.hpp"

// The settings of the conversation, for settings_table.cpp.

namespace atlas::server {

using C = Config;
using V = const std::string&;

std::vector<Setting> conversation_settings() {
    return {
        {"Conversation", "ATLAS_INSTRUCTIONS", "TEXT", "a friendly, brief phone assistant",
         "System prompt; {{name}} stands for a variable of the call", false,
         [](C& c, V v) { return take_text(v, 32 * 1024, c.call.instructions); },
         [](const C& c) { return c.call.instructions; }},
        {"Conversation", "ATLAS_GREETING", "TEXT", "", "First words on connect; empty: wait for the caller",
         false, [](C& c, V v) { return take_text(v, 4000, c.call.conversation.lines.greeting); },
         [](const C& c) { return c.call.conversation.lines.greeting; }},
        {"Conversation", "ATLAS_IDLE_SECONDS", "S", "600",
         "End a call in which nobody says anything for so long", false,
         [](C& c, V v) { return take_seconds(v, 5, 86'400, c.call.conversation.idle_limit); },
         [](const C& c) { return shown_seconds(c.call.conversation.idle_limit); }},
        {"Conversation", "ATLAS_MAX_CALL_SECONDS", "S", "3600", "Longest call", false,
         [](C& c, V v) { return take_seconds(v, 10, 86'400, c.call.conversation.call_limit); },
         [](const C& c) { return shown_seconds(c.call.conversation.call_limit); }},
        {"Conversation", "ATLAS_GOODBYE", "TEXT", "a short goodbye",
         "Said before the server ends a call by itself; empty: nothing", false,
         [](C& c, V v) { return take_text(v, 4000, c.call.conversation.lines.goodbye); },
         [](const C& c) { return c.call.conversation.lines.goodbye; }},
        {"Conversation", "ATLAS_ONE_MOMENT", "TEXT", "One moment, please.",
         "Said when an answer takes too long; empty: nothing", false,
         [](C& c, V v) { return take_text(v, 300, c.call.conversation.lines.one_moment); },
         [](const C& c) { return c.call.conversation.lines.one_moment; }},
        {"Conversation", "ATLAS_ONE_MOMENT_AFTER_MS", "MS", "2500", "Silence before it is said; 0: never",
         false, [](C& c, V v) { return take_ms(v, 0, 10'000, c.call.conversation.one_moment_after); },
         [](const C& c) { return shown_ms(c.call.conversation.one_moment_after); }},
        {"Conversation", "ATLAS_IDLE_PROMPT", "TEXT", "Are you still there?",
         "Said when the caller says nothing", false,
         [](C& c, V v) { return take_text(v, 1000, c.call.conversation.lines.idle_prompt); },
         [](const C& c) { return c.call.conversation.lines.idle_prompt; }},
        {"Conversation", "ATLAS_IDLE_PROMPTS", "N", "0",
         "So often, then the call ends; 0: it ends after ATLAS_IDLE_SECONDS", false,
         [](C& c, V v) { return take_number(v, 0, 5, c.call.conversation.idle_prompts); },
         [](const C& c) { return std::to_string(c.call.conversation.idle_prompts); }},
        {"Conversation", "ATLAS_IDLE_PROMPT_SECONDS", "S", "30", "Silence before each of them", false,
         [](C& c, V v) { return take_seconds(v, 3, 600, c.call.conversation.idle_prompt_after); },
         [](const C& c) { return shown_seconds(c.call.conversation.idle_prompt_after); }},
        {"Conversation", "ATLAS_INTERRUPTIONS", "BOOL", "true", "Words of the caller stop a reply", false,
         [](C& c, V v) { return take_truth(v, c.call.conversation.interruption.enabled); },
         [](const C& c) { return shown(c.call.conversation.interruption.enabled); }},
        {"Conversation", "ATLAS_INTERRUPTION_WORDS", "N", "1", "So many words at least", false,
         [](C& c, V v) { return take_number(v, 1, 5, c.call.conversation.interruption.min_words); },
         [](const C& c) { return std::to_string(c.call.conversation.interruption.min_words); }},
        {"Conversation", "ATLAS_PROTECT_GREETING", "BOOL", "false", "The greeting is said to its end", false,
         [](C& c, V v) { return take_truth(v, c.call.conversation.interruption.protect_greeting); },
         [](const C& c) { return shown(c.call.conversation.interruption.protect_greeting); }},
        {"Conversation", "ATLAS_SPECULATION", "BOOL", "true",
         "Begin a reply when the turn is probably over (see ATLAS_EAGER_EOT_THRESHOLD)", false,
         [](C& c, V v) { return take_truth(v, c.call.conversation.speculation.enabled); },
         [](const C& c) { return shown(c.call.conversation.speculation.enabled); }},
        {"Conversation", "ATLAS_TOOLS_FILE", "FILE", "",
         "JSON list of tools for calls whose hello declares none (as hello's config.tools)", false,
         [](C& c, V v) {
             c.tools_file = v;
             return v.empty() ? Problem() : take_tools_file(v, c.call.conversation.tools);
         },
         [](const C& c) { return c.tools_file; }},
        {"Conversation", "ATLAS_END_CALL_TOOL", "BOOL", "true", "The model may hang up after a goodbye",
         false, [](C& c, V v) { return take_truth(v, c.call.conversation.end_call_tool); },
         [](const C& c) { return shown(c.call.conversation.end_call_tool); }},
        {"Conversation", "ATLAS_CONTEXT_TOKENS", "N", "16000",
         "The history a model is given, at most; older parts are summarised", false,
         [](C& c, V v) { return take_number(v, 1000, 200'000, c.call.conversation.context_tokens); },
         [](const C& c) { return std::to_string(c.call.conversation.context_tokens); }},
        {"Conversation", "ATLAS_SUMMARIZE", "BOOL", "true", "Summarise them; false: forget them", false,
         [](C& c, V v) { return take_truth(v, c.call.conversation.summarize); },
         [](const C& c) { return shown(c.call.conversation.summarize); }},
    };
}

}  // namespace atlas::server
