#include "turn_report.hpp"

#include <utility>

namespace atlas::call {
namespace {

protocol::TurnStatus shown(conversation::TurnStatus status) {
    switch (status) {
        case conversation::TurnStatus::completed:
            return protocol::TurnStatus::completed;
        case conversation::TurnStatus::interrupted:
            return protocol::TurnStatus::interrupted;
        case conversation::TurnStatus::failed:
            return protocol::TurnStatus::failed;
    }
    return protocol::TurnStatus::failed;
}

}  // namespace

observe::TurnFigures figures_of(const conversation::TurnRecord& record) {
    observe::TurnFigures figures;
    figures.stages = record.stages;
    if (record.response.count() > 0) figures.stages.emplace_back("response", record.response);
    for (const auto& silence : record.silences) figures.silences.emplace_back(silence.reason, silence.length);
    for (const auto& tool : record.tools) figures.tools.push_back(tool.outcome);
    figures.ignored = static_cast<int>(record.ignored.size());
    figures.speculations = record.speculation.tries;
    figures.speculation_hit = record.speculation.hit;
    figures.wasted_tokens = record.speculation.wasted_tokens;
    figures.input_tokens = record.effort.input_tokens;
    figures.cache_read_tokens = record.effort.cache_read_tokens;
    figures.cache_written_tokens = record.effort.cache_written_tokens;
    figures.output_tokens = record.effort.output_tokens;
    figures.retries = record.effort.retries;
    figures.hedges = record.effort.hedges;
    figures.cost_microdollars = record.cost_microdollars;
    return figures;
}

observe::LogFields log_fields(const conversation::TurnRecord& record, bool with_words) {
    observe::LogFields fields{{"turn", record.turn},
                              {"cause", name(record.cause)},
                              {"status", name(record.status)},
                              {"reason", record.reason},
                              {"heard_chars", record.heard_text.size()},
                              {"full_chars", record.full_text.size()},
                              {"response", record.response.count()}};
    for (const auto& [stage, time] : record.stages) fields.emplace_back(stage, time.count());
    for (const auto& silence : record.silences) {
        fields.emplace_back(silence.in_reply ? "silence_in_reply" : "silence_before", silence.length.count());
        fields.emplace_back("silence_reason", silence.reason);
    }
    const auto say = [&fields](const char* field, std::int64_t value) {
        if (value != 0) fields.emplace_back(field, value);
    };
    say("paused", record.paused.count());
    say("ignored", static_cast<std::int64_t>(record.ignored.size()));
    say("tools", static_cast<std::int64_t>(record.tools.size()));
    say("speculations", record.speculation.tries);
    say("speculation_saved", record.speculation.saved.count());
    say("wasted_tokens", record.speculation.wasted_tokens);
    say("input_tokens", record.effort.input_tokens);
    say("cache_read_tokens", record.effort.cache_read_tokens);
    say("cache_written_tokens", record.effort.cache_written_tokens);
    say("output_tokens", record.effort.output_tokens);
    say("retries", record.effort.retries);
    say("hedges", record.effort.hedges);
    say("cost_microdollars", record.cost_microdollars);
    if (with_words) fields.emplace_back("heard", record.heard_text);
    return fields;
}

protocol::TurnEnd to_turn_end(conversation::TurnRecord record) {
    protocol::TurnEnd end;
    end.turn = record.turn;
    end.status = shown(record.status);
    end.reason = std::move(record.reason);
    end.user_text = std::move(record.user_text);
    end.heard_text = std::move(record.heard_text);
    end.full_text = std::move(record.full_text);
    for (const auto& [stage, time] : record.stages) end.stages_ms.emplace_back(stage, time.count());
    if (record.response.count() > 0) end.stages_ms.emplace_back("response", record.response.count());
    end.tokens = {record.effort.input_tokens, record.effort.cache_read_tokens,
                  record.effort.cache_written_tokens, record.effort.output_tokens};
    end.cost_usd = static_cast<double>(record.cost_microdollars) / 1e6;
    end.speculation = {record.speculation.tries, record.speculation.hit, record.speculation.saved.count()};
    end.retries = record.effort.retries;
    end.hedges = record.effort.hedges;
    for (auto& silence : record.silences)
        end.silences.push_back({silence.in_reply, silence.length.count(), std::move(silence.reason)});
    end.ignored = std::move(record.ignored);
    end.paused_ms = record.paused.count();
    for (auto& tool : record.tools)
        end.tools.push_back({std::move(tool.name), tool.took.count(), std::move(tool.outcome)});
    return end;
}

}  // namespace atlas::call
