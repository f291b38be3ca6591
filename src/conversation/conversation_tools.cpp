#include "atlas/conversation/conversation.hpp"
#include "atlas/conversation/speakable.hpp"

#include <algorithm>
#include <utility>

// Functions of the app that the model calls in the middle of its reply. Every call gets a result: the app's,
// or one that says why there is none, so that no orphan ever puzzles the model.

namespace atlas::conversation {
namespace {

constexpr std::string_view end_call_tool = "end_call";

}  // namespace

const Tool* Conversation::find_tool(std::string_view name) const {
    const auto found = std::find_if(settings_.tools.begin(), settings_.tools.end(),
                                    [name](const Tool& tool) { return tool.name == name; });
    return found == settings_.tools.end() ? nullptr : &*found;
}

void Conversation::on(const ReplyCalledTool& called) {
    if (reply_->rescued || reply_->model_done) return;
    auto& round = reply_->rounds.back();
    const bool ends_call = settings_.end_call_tool && called.call.name == end_call_tool;
    // It was told to answer now, and calls again: for ever, if it were obeyed.
    if (!ends_call && static_cast<int>(reply_->rounds.size()) > settings_.tool_rounds) return;
    auto& entry = round.add({.call = called.call});
    if (ends_call) {
        entry.effect = true;
        reply_->hangs_up = true;
        round.answer(called.call.id, "ok", false, "ok", now_);
        return;
    }
    const Tool* tool = find_tool(called.call.name);
    if (tool == nullptr) {
        round.answer(called.call.id, "there is no tool of this name", true, "error", now_);
        return;
    }
    entry.effect = tool->effect;
    entry.timeout = tool->timeout;
    entry.filler = tool->filler;
    start_due_tools();
}

bool Conversation::tools_at_work() const {
    const auto waits_for = [](const ToolRound& round) { return !round.complete(); };
    return reply_ && std::any_of(reply_->rounds.begin(), reply_->rounds.end(), waits_for);
}

// What has an effect in the world waits until the turn is surely over; what only looks something up does not.
void Conversation::start_due_tools() {
    for (auto& round : reply_->rounds) {
        for (auto& entry : round.entries()) {
            if (entry.started || entry.result || (reply_->speculative && entry.effect)) continue;
            round.start(entry, now_);
            command(CallTool{reply_->turn, entry.call, entry.timeout});
        }
    }
    for (const auto& round : reply_->rounds) {
        if (const auto until = round.deadline()) wait(Wait::tools, *until);
    }
}

// The model has said what it has to say before it knows more. That is heard meanwhile.
void Conversation::model_waits_for_tools() {
    reply_->model_done = true;
    if (reply_->hangs_up && !reply_->speculative) return hang_up_after_reply();
    if (reply_->hangs_up) return;  // the turn is not surely over
    reply_->progress.end_round();
    reply_->rounds.emplace_back();
    if (!reply_->speculative) wait(Wait::filler, now_ + settings_.tool_filler_after);
    ask_for_clips();
    if (reply_) go_on_when_tools_answered();
}

void Conversation::go_on_when_tools_answered() {
    const bool asked_for_results = reply_->rounds.size() > 1 && reply_->rounds.back().empty();
    if (tools_at_work() || !reply_->model_done || !asked_for_results || reply_->progress.text_ended()) return;
    wait_no_more(Wait::tools);
    if (!reply_->speculative) wait_at_most(settings_.first_audio_limit);
    ask_model();
}

void Conversation::on(const ToolAnswered& answer) {
    if (reply_) {
        for (auto& round : reply_->rounds) {
            const char* outcome = answer.is_error ? "error" : "ok";
            if (!round.answer(answer.call, answer.content, answer.is_error, outcome, now_)) continue;
            return go_on_when_tools_answered();
        }
    }
    if (!transcript_.set_result(answer.call, answer.content, answer.is_error))
        command(ShowWarning{"unknown_tool_call", "no tool call \"" + answer.call + "\" waits for a result"});
}

void Conversation::tools_took_too_long() {
    wait_no_more(Wait::tools);
    if (!reply_) return;
    for (auto& round : reply_->rounds) {
        for (auto& entry : round.entries()) {
            if (entry.result || !entry.started || now_ < entry.deadline) continue;
            command(CancelTool{entry.call.id, "timeout"});
            round.answer(entry.call.id, "the app did not answer in time", true, "timeout", now_);
        }
        if (const auto until = round.deadline()) wait(Wait::tools, *until);
    }
    go_on_when_tools_answered();
}

// Nothing is left to be heard, and a tool is still at work: a few words, once for each call.
void Conversation::say_tool_filler() {
    if (reply_->speculative || reply_->rounds.size() < 2 || !reply_->progress.everything_played()) return;
    for (auto& entry : reply_->rounds[reply_->rounds.size() - 2].entries()) {
        if (entry.result || entry.filler.empty()) continue;
        const std::string line = std::exchange(entry.filler, {});
        const std::string speech = speakable(line, settings_.language);
        if (speech.empty()) continue;
        const auto clip = reply_->progress.insert_line(line);
        reply_->fillers.push_back(clip);
        return ask_for_clip({clip, line, speech}, std::nullopt);
    }
}

void Conversation::hang_up_after_reply() {
    reply_->protected_region = true;
    reply_->then_end = EndCall{1000, "agent"};
    if (!reply_->progress.has_text()) reply_->progress.add_text(settings_.lines.goodbye);
    reply_->progress.end_text();
    ask_for_clips();
}

}  // namespace atlas::conversation
