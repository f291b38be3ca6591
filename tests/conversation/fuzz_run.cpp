#include "conversation/fuzz_run.hpp"

#include <algorithm>
#include <utility>

namespace atlas::conversation {
namespace {

// What the step means here and now.
Event resolved(const Step& step, ReplyId latest, TimePoint now) {
    Event event = step.event;
    std::visit(
        [&](auto& fact) {
            if constexpr (requires { fact.reply; }) fact.reply = latest - std::min(latest, step.back);
            if constexpr (requires { fact.by; }) {
                fact.at += now.time_since_epoch();
                fact.by += now.time_since_epoch();
            }
        },
        event);
    return event;
}

}  // namespace

FuzzRun::FuzzRun(const ConversationSettings& settings)
    : conversation_(settings),
      watch_(settings),
      now_(std::chrono::hours(1) + std::chrono::microseconds(777)),
      longest_(settings.call_limit + settings.goodbye_limit) {
    happens(CallStarted{});
}

void FuzzRun::happens(const Event& event) {
    commands_.clear();
    world_.note(event);
    conversation_.handle(event, now_, commands_);
    watch_.happened(event, now_, commands_, look_at(conversation_));
    world_.note(commands_);
    if (listener_) listener_(event, commands_);
    ++events_;
}

void FuzzRun::pass_until(TimePoint end) {
    for (auto next = conversation_.deadline(); next && *next <= end && !broken();
         next = conversation_.deadline()) {
        now_ = std::max(now_, *next);
        happens(DeadlinePassed{});
    }
    now_ = std::max(now_, end);
}

bool FuzzRun::play(const Step& step) {
    const TimePoint then = now_ + step.after;
    if (step.late) {
        now_ = then;
    } else {
        pass_until(then);
    }
    if (!broken()) happens(resolved(step, world_.reply, now_));
    if (step.late) pass_until(now_);
    return !broken() && !world_.ended;
}

void FuzzRun::leave_alone() {
    pass_until(now_ + 2 * longest_);
    if (!broken()) watch_.was_left_alone(look_at(conversation_));
}

std::optional<Broken> play(const FuzzCase& story) {
    FuzzRun run(story.settings);
    for (const Step& step : story.steps) {
        if (!run.play(step)) break;
    }
    if (!run.broken()) run.leave_alone();
    return run.broken();
}

}  // namespace atlas::conversation
