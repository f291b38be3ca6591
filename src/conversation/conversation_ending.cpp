#include "atlas/conversation/conversation.hpp"

#include <utility>

// How a call ends: by the caller, by nobody saying anything, by the clock, or because the machine stops.

namespace atlas::conversation {

// A recogniser that may be deaf gets another chance before the caller is thought to be gone.
void Conversation::nobody_says_anything() {
    constexpr int loud = 3;
    if (restart_if_deaf(loud)) return enter(State::listening);
    loud_seconds_ = 0;
    if (idle_prompts_said_ < settings_.idle_prompts && !settings_.lines.idle_prompt.empty()) {
        ++idle_prompts_said_;
        return say(settings_.lines.idle_prompt, TurnReason::idle, std::nullopt);
    }
    const EndCall end{1000, "idle"};
    if (settings_.idle_prompts == 0) return end_call(end);
    say(settings_.lines.goodbye, TurnReason::notice, end);
}

// The call has lasted as long as it may: the sentence that is being said, a goodbye, the end.
void Conversation::end_for_time() {
    const EndCall end{1000, "call_too_long"};
    discard_speculation();
    if (closing_ || settings_.lines.goodbye.empty()) return end_call(end);
    closing_ = end;
    wait(Wait::call, now_ + settings_.goodbye_limit);
    keep_words_unanswered();
    if (!reply_) return after_reply(std::nullopt);
    if (reply_->then_end) return;
    if (!reply_->audible) return drop_reply(StopReason::cancelled, end.reason);
    reply_->protected_region = true;
    release_reply();
    reply_->progress.stop_making();
    reply_->model_done = true;
    command(AbandonModel{reply_->id});
    finish_reply_if_all_said();
}

void Conversation::on(const CallerLeft& left) { end_call({1000, left.reason}); }

void Conversation::on(const CallMustEnd& must) {
    if (!leaving_ || must.at < leaving_->at) leaving_ = Leaving{must.at, must.by};
}

// Leaves between two sentences: what was already asked for is still heard, the rest is not made.
void Conversation::leave_if_due() {
    if (!leaving_ || now_ < leaving_->at || state_ == State::ended) return;
    const EndCall goodbye{1012, "going_away"};
    if (now_ >= leaving_->by || state_ == State::listening) return end_call(goodbye);
    if ((state_ == State::speaking || state_ == State::paused) && !reply_->then_end) {
        reply_->then_end = goodbye;
        reply_->progress.stop_making();
        reply_->model_done = true;
        command(AbandonModel{reply_->id});
        finish_reply_if_all_said();
    }
}

void Conversation::end_call(EndCall end) {
    discard_speculation();
    if (reply_) {
        reply_->then_end.reset();
        cancel_tools("call_ended");
        stop_reply(StopReason::cancelled, end.reason);
    }
    if (caller_) {
        transcript_.add_caller(caller_->text());
        caller_.reset();
    }
    waits_ = {};
    enter(State::ended);
    command(std::move(end));
}

}  // namespace atlas::conversation
