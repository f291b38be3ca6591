#include "atlas/conversation/tool_round.hpp"

#include <algorithm>
#include <utility>

namespace atlas::conversation {

bool ToolRound::complete() const {
    return std::all_of(entries_.begin(), entries_.end(),
                       [](const Entry& entry) { return entry.result.has_value(); });
}

void ToolRound::start(Entry& entry, TimePoint now) {
    entry.started = true;
    entry.since = now;
    entry.deadline = now + entry.timeout;
}

bool ToolRound::answer(std::string_view call, std::string content, bool is_error, const char* outcome,
                       TimePoint now) {
    const auto found = std::find_if(entries_.begin(), entries_.end(), [call](const Entry& entry) {
        return entry.call.id == call && !entry.result;
    });
    if (found == entries_.end()) return false;
    found->result = ToolResult{found->call.id, std::move(content), is_error};
    found->outcome = outcome;
    if (found->started) found->took = std::chrono::round<std::chrono::milliseconds>(now - found->since);
    return true;
}

std::optional<TimePoint> ToolRound::deadline() const {
    std::optional<TimePoint> first;
    for (const Entry& entry : entries_) {
        if (entry.started && !entry.result && (!first || entry.deadline < *first)) first = entry.deadline;
    }
    return first;
}

std::vector<ToolCall> ToolRound::calls() const {
    std::vector<ToolCall> calls;
    for (const Entry& entry : entries_) calls.push_back(entry.call);
    return calls;
}

std::vector<ToolResult> ToolRound::results() const {
    std::vector<ToolResult> results;
    for (const Entry& entry : entries_) {
        const char* missing = entry.started ? "still running" : "not run: the caller interrupted";
        results.push_back(entry.result.value_or(ToolResult{entry.call.id, missing, !entry.started}));
    }
    return results;
}

void ToolRound::record(std::vector<ToolRecord>& records) const {
    for (const Entry& entry : entries_) records.push_back({entry.call.name, entry.took, entry.outcome});
}

}  // namespace atlas::conversation
