#include "atlas/conversation/conversation.hpp"

#include <algorithm>
#include <utility>

// Where events come in, and the deadlines: no state but `ended` is without one.

namespace atlas::conversation {

Conversation::Conversation(ConversationSettings settings)
    : settings_(std::move(settings)),
      transcript_(settings_.context_tokens),
      pauses_(settings_.turn_end),
      speculation_(settings_.speculation),
      sound_ahead_(settings_.sound_ahead) {}

void Conversation::handle(const Event& event, TimePoint now, std::vector<Command>& commands) {
    if (state_ == State::ended) return;
    now_ = now;
    commands_ = &commands;
    std::visit(
        [this](const auto& fact) {
            if constexpr (requires { fact.reply; }) {
                if (!reply_ || reply_->id != fact.reply) return;  // the one place where the past is dropped
            }
            on(fact);
        },
        event);
    leave_if_due();
    if (reply_ && reply_->silence) reply_->silence->misses(what_is_missing(), now_);
    commands_ = nullptr;
}

std::optional<TimePoint> Conversation::deadline() const {
    if (state_ == State::ended) return std::nullopt;
    std::optional<TimePoint> first;
    const auto consider = [&first](std::optional<TimePoint> other) {
        if (other && (!first || *other < *first)) first = other;
    };
    for (const auto& wait : waits_) consider(wait);
    if (leaving_) consider(now_ < leaving_->at ? leaving_->at : leaving_->by);
    return first;
}

void Conversation::on(const CallStarted&) {
    wait(Wait::call, now_ + settings_.call_limit);
    paid_until_ = now_;
    enter(State::listening);
    command(AdaptPatience{pauses_.patience(), pauses_.factor()});
    say(settings_.lines.greeting, TurnReason::greeting, std::nullopt);
    if (reply_) reply_->protected_region = settings_.interruption.protect_greeting;
}

void Conversation::on(const SettingsChanged& change) {
    if (change.manual_turns) settings_.turn_end.manual = *change.manual_turns;
    if (change.interruptible) settings_.interruption.enabled = *change.interruptible;
    if (change.interruption_words) settings_.interruption.min_words = *change.interruption_words;
    if (change.idle_prompt) settings_.lines.idle_prompt = *change.idle_prompt;
    if (change.idle_after) settings_.idle_prompt_after = *change.idle_after;
    if (change.idle_prompts) settings_.idle_prompts = *change.idle_prompts;
    if (change.goodbye_line) settings_.lines.goodbye = *change.goodbye_line;
    if (state_ == State::listening) enter(State::listening);  // by the new limits
}

// ---- states and deadlines

void Conversation::enter(State state) {
    const bool changed = state_ != state;
    state_ = state;
    if (state == State::listening) {
        const bool prompts = settings_.idle_prompts > 0;
        wait_at_most(prompts ? settings_.idle_prompt_after : settings_.idle_limit);
    }
    if (state != State::caller_speaking) wait_no_more(Wait::silence);
    if (changed) command(ShowState{state, turn_});
}

bool Conversation::due(Wait what) const {
    const auto& until = waits_[static_cast<std::size_t>(what)];
    return until && now_ >= *until;
}

void Conversation::on(const DeadlinePassed&) {
    if (due(Wait::call)) return end_for_time();
    if (due(Wait::silence)) caller_fell_silent();
    if (due(Wait::hold)) release_reply();
    if (due(Wait::tools)) tools_took_too_long();
    if (due(Wait::clip) && make_due_clips()) ask_for_clips();
    if (due(Wait::filler)) break_the_silence();
    if (due(Wait::state)) state_lasted_too_long();
}

void Conversation::state_lasted_too_long() {
    if (tools_at_work() && !reply_->finishing && !reply_->speculative)  // of a guess, nobody waits for them
        return wait_at_most(settings_.progress_limit);                  // they have deadlines of their own
    switch (state_) {
        case State::listening:
            return nobody_says_anything();
        case State::caller_speaking:
            return caller_says_nothing_new();
        case State::thinking:
            if (reply_->finishing) return give_up_on_playing();
            if (!reply_->progress.has_text() && !reply_->rescued)
                return give_up_on_model("language_model_timed_out");
            return give_up_on_speech("speech_timed_out");
        case State::speaking:
        case State::paused:
            if (reply_->finishing) return give_up_on_playing();
            if (!reply_->progress.has_text() && !reply_->rescued)  // only a line of our own was heard
                return give_up_on_model("language_model_timed_out");
            return give_up_on_speech("reply_stalled");
        case State::ended:
            return;
    }
}

}  // namespace atlas::conversation
