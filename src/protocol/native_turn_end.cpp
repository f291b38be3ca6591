#include "native_encode.hpp"
#include "text.hpp"

#include <algorithm>
#include <cmath>
#include <string_view>

// `turn.end`, the record of a turn.
namespace atlas::protocol {
namespace {

constexpr std::size_t max_word_bytes = 120;  // of a name or a few words within a list

std::string word(const std::string& text) { return fit_json(text, max_word_bytes); }

// The first entries of a list as JSON; no member when it is empty.
template <class List, class Encode>
void add_list(OrderedJson& json, const char* name, const List& list, Encode encode) {
    if (list.empty()) return;
    OrderedJson& entries = json[name] = OrderedJson::array();
    for (std::size_t i = 0; i < std::min(list.size(), max_listed); ++i) entries.push_back(encode(list[i]));
}

void add_positive(OrderedJson& json, const char* name, std::int64_t number) {
    if (number > 0) json[name] = number;
}

void add_effort(OrderedJson& json, const TurnEnd& end) {
    add_tokens(json, end.tokens);
    add_cost(json, end.cost_usd);
    if (end.speculation.tries > 0) {
        json["speculation"] = {{"tries", end.speculation.tries},
                               {"hit", end.speculation.hit},
                               {"saved_ms", end.speculation.saved_ms}};
    }
    add_positive(json, "retries", end.retries);
    add_positive(json, "hedges", end.hedges);
}

void add_events(OrderedJson& json, const TurnEnd& end) {
    add_list(json, "silences", end.silences, [](const Silence& silence) {
        return OrderedJson{{"at", silence.in_reply ? "in_reply" : "before_reply"},
                           {"ms", silence.ms},
                           {"reason", word(silence.reason)}};
    });
    add_list(json, "ignored", end.ignored, [](const std::string& words) { return OrderedJson(word(words)); });
    add_positive(json, "paused_ms", end.paused_ms);
    add_list(json, "tools", end.tools, [](const ToolUse& tool) {
        return OrderedJson{{"name", word(tool.name)}, {"ms", tool.ms}, {"outcome", word(tool.outcome)}};
    });
}

}  // namespace

void add_tokens(OrderedJson& json, const TokenUsage& tokens) {
    if (tokens == TokenUsage{}) return;
    json["tokens"] = {{"input", tokens.input},
                      {"cache_read", tokens.cache_read},
                      {"cache_written", tokens.cache_written},
                      {"output", tokens.output}};
}

void add_cost(OrderedJson& json, double usd) {
    constexpr double digits = 1e6;  // millionths of a dollar
    const double rounded = std::round(usd * digits) / digits;
    if (std::isfinite(rounded) && rounded > 0) json["cost_usd"] = rounded;
}

void add_turn_end(OrderedJson& json, const TurnEnd& end) {
    json["turn"] = end.turn;
    json["status"] = name(end.status);
    if (!end.reason.empty()) json["reason"] = word(end.reason);
    json["user_text"] = sent_text(end.user_text);
    json["heard_text"] = sent_text(end.heard_text);
    json["full_text"] = sent_text(end.full_text);
    OrderedJson& stages = json["stages_ms"] = OrderedJson::object();
    for (const auto& [stage, time_ms] : end.stages_ms) stages[stage] = time_ms;
    add_effort(json, end);
    add_events(json, end);
}

}  // namespace atlas::protocol
