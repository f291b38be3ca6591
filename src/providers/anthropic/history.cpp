#include "history.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <limits>
#include <map>
#include <set>
#include <utility>

namespace atlas::providers::anthropic {

namespace {

using Role = ModelMessage::Role;

constexpr std::size_t max_identifier = 128;
constexpr std::size_t no_source = std::numeric_limits<std::size_t>::max();

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

// The text of a result is checked like any other (§A.4), and a tool may well have nothing to say.
std::string result_text(const std::string& content) {
    return without_trailing_space(content).empty() ? "(empty)" : content;
}

class Repair {
public:
    void take(const ModelMessage& message, std::size_t source) {
        if (message.role == Role::assistant)
            take_assistant(message, source);
        else
            take_user(message, source);
    }

    std::vector<HistoryTurn> finish() {
        settle();
        return std::move(turns_);
    }

private:
    void take_assistant(const ModelMessage& message, std::size_t source) {
        std::vector<ModelToolCall> calls;
        for (const ModelToolCall& call : message.calls)
            if (is_identifier(call.id, max_identifier) && is_identifier(call.name, max_identifier) &&
                ids_.insert(call.id).second)
                calls.push_back(call);
        const std::string_view text = without_trailing_space(message.text);
        if (text.empty() && calls.empty()) return;
        if (turns_.empty()) add_text(turn_of(Role::user, source), "(call connected)");
        if (turns_.back().role == Role::user) settle();
        HistoryTurn& turn = turn_of(Role::assistant, source);
        add_text(turn, text);
        std::move(calls.begin(), calls.end(), std::back_inserter(turn.calls));
    }

    void take_user(const ModelMessage& message, std::size_t source) {
        bool answers = false;
        for (const ModelToolResult& result : message.results)
            answers = (is_asked(result.id) && answers_.emplace(result.id, result).second) || answers;
        const std::string_view text = without_trailing_space(message.text);
        if (!text.empty() || answers) add_text(turn_of(Role::user, source), text);
    }

    // The assistant's last turn, as long as what the user says next belongs to it.
    const HistoryTurn* asking() const {
        for (std::size_t back = 1; back <= std::min<std::size_t>(2, turns_.size()); ++back)
            if (turns_[turns_.size() - back].role == Role::assistant) return &turns_[turns_.size() - back];
        return nullptr;
    }

    bool is_asked(const std::string& id) const {
        const HistoryTurn* turn = asking();
        return turn != nullptr && std::any_of(turn->calls.begin(), turn->calls.end(),
                                              [&](const ModelToolCall& call) { return call.id == id; });
    }

    // The user's turn after a call is over: what was not answered by now never will be.
    void settle() {
        const auto answers = std::exchange(answers_, {});
        const HistoryTurn* asked = asking();
        if (asked == nullptr || asked->calls.empty()) return;
        std::vector<ModelToolResult> results;
        for (const ModelToolCall& call : asked->calls) {
            const auto answer = answers.find(call.id);
            if (answer == answers.end())
                results.push_back({call.id, "no result", true});
            else
                results.push_back({call.id, result_text(answer->second.content), answer->second.is_error});
        }
        const std::size_t source = turns_.back().role == Role::user ? turns_.back().last_source : no_source;
        turn_of(Role::user, source).results = std::move(results);
    }

    HistoryTurn& turn_of(Role role, std::size_t source) {
        if (turns_.empty() || turns_.back().role != role) turns_.push_back({role, {}, {}, {}, source});
        turns_.back().last_source = source;
        return turns_.back();
    }

    static void add_text(HistoryTurn& turn, std::string_view text) {
        if (text.empty()) return;
        turn.texts.push_back((turn.texts.empty() ? "" : "\n") + std::string(text));
    }

    std::vector<HistoryTurn> turns_;
    std::map<std::string, ModelToolResult> answers_;  // to the calls of the assistant's last turn
    std::set<std::string> ids_;
};

}  // namespace

std::string_view without_trailing_space(std::string_view text) {
    while (const std::size_t bytes = trailing_space(text)) text.remove_suffix(bytes);
    return text;
}

bool is_identifier(std::string_view text, std::size_t max_bytes) {
    if (text.empty() || text.size() > max_bytes) return false;
    return std::all_of(text.begin(), text.end(), [](unsigned char c) {
        return c < 0x80 && (std::isalnum(c) != 0 || c == '_' || c == '-');
    });
}

std::vector<HistoryTurn> repaired(const std::vector<ModelMessage>& messages) {
    Repair repair;
    for (std::size_t source = 0; source < messages.size(); ++source) repair.take(messages[source], source);
    return repair.finish();
}

}  // namespace atlas::providers::anthropic
