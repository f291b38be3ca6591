#include "call/call_script.hpp"

#include <utility>

namespace atlas::caller {

void CallScript::call_ready(net::TimePoint now) {
    ready_ = true;
    look(now);
}

void CallScript::state_changed(std::string_view state, net::TimePoint now) {
    agent_listens_ = state != "user_speaking" && state != "thinking";
    look(now);
}

void CallScript::turn_started(std::uint32_t turn, std::string_view reason, net::TimePoint now) {
    turn_ = turn;
    turn_answers_ = said_ > 0 && (reason == "user" || reason == "text");
    if (reason == "greeting") greeted_ = true;
    look(now);
}

void CallScript::turn_audible(std::uint32_t turn, net::TimePoint now) {
    const Utterance* following = upcoming();
    const bool interrupt = following != nullptr && following->interrupts && turn_ == turn && turn_answers_;
    if (interrupt) interrupt_at_ = now + times_.interrupt_after;
    look(now);
}

void CallScript::turn_flushed(std::uint32_t turn, net::TimePoint now) {
    if (turn_ == turn) interrupt_at_.reset();
    look(now);
}

void CallScript::turn_ended(std::uint32_t turn, net::TimePoint now) {
    if (turn_ != turn) return;
    turn_.reset();
    if (turn_answers_) answered_ = true;
    interrupt_at_.reset();
    look(now);
}

void CallScript::speaking_changed(bool speaking, net::TimePoint now) {
    speaking_ = speaking;
    look(now);
}

void CallScript::playing_changed(bool playing, net::TimePoint now) {
    playing_ = playing;
    look(now);
}

Step CallScript::next(net::TimePoint now) {
    if (!ready_ || hung_up_) return {};
    if (interrupt_at_ && now >= *interrupt_at_ && !speaking_) return say(turn_);
    const auto until = quiet_until();
    if (!until || now < *until) return {};
    if (upcoming() != nullptr) return say(std::nullopt);
    hung_up_ = true;
    return {Step::Kind::hang_up, said_, std::nullopt};
}

Step CallScript::say(std::optional<std::uint32_t> interrupts) {
    interrupt_at_.reset();
    quiet_since_.reset();
    answered_ = false;
    turn_answers_ = false;  // the turn under way answers an earlier one
    return {Step::Kind::say, said_++, interrupts};
}

std::optional<net::TimePoint> CallScript::deadline() const {
    if (!ready_ || hung_up_) return std::nullopt;
    if (interrupt_at_ && !speaking_) return interrupt_at_;
    return quiet_until();
}

bool CallScript::quiet() const {
    return ready_ && answered_ && agent_listens_ && !speaking_ && !playing_ && !turn_;
}

std::optional<net::TimePoint> CallScript::quiet_until() const {
    if (!quiet_since_) return std::nullopt;
    const bool may_still_greet = said_ == 0 && !greeted_;
    return *quiet_since_ + (may_still_greet ? times_.greeting_grace : times_.pause);
}

void CallScript::look(net::TimePoint now) {
    if (!quiet()) {
        quiet_since_.reset();
    } else if (!quiet_since_) {
        quiet_since_ = now;
    }
}

}  // namespace atlas::caller
