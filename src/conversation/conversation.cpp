#include "atlas/conversation/conversation.hpp"

#include <algorithm>
#include <utility>

// Whose turn it is: the caller's side and the endings. What the assistant does with its turn is in
// conversation_reply.cpp.

namespace atlas::conversation {
namespace {

bool is_blank(std::string_view text) { return text.find_first_not_of(" \t\r\n") == std::string_view::npos; }

std::size_t count_characters(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(
        text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

}  // namespace

Conversation::Conversation(ConversationSettings settings)
    : settings_(std::move(settings)), transcript_(settings_.history_bytes) {}

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
    commands_ = nullptr;
}

std::optional<TimePoint> Conversation::deadline() const {
    if (state_ == State::ended) return std::nullopt;
    auto first = state_deadline_;
    const auto consider = [&first](std::optional<TimePoint> other) {
        if (other && (!first || *other < *first)) first = other;
    };
    consider(call_deadline_);
    if (leaving_) consider(now_ < leaving_->at ? leaving_->at : leaving_->by);
    return first;
}

void Conversation::on(const CallStarted&) {
    call_deadline_ = now_ + settings_.call_limit;
    enter(State::listening);
    if (!is_blank(settings_.greeting)) say(settings_.greeting, TurnReason::greeting, std::nullopt);
}

// ---- the caller's side

void Conversation::on(const CallerStartedSpeaking&) {
    command(ShowCallerSpeech{true});
    if (state_ == State::listening) {
        enter(State::caller_speaking);
        wait_at_most(settings_.turn_limit);
    }
}

void Conversation::on(const CallerTranscriptUpdated& update) {
    std::string text = not_taken_yet(update.text);
    if (!is_blank(text)) hear_words(std::move(text), update.confidence);
}

void Conversation::hear_words(std::string text, double confidence) {
    if (!caller_) {
        if (reply_) stop_reply(StopReason::barge_in, "barge_in");
        if (state_ == State::ended) return;
        caller_.emplace();
        ++turn_;
    }
    if (text != caller_->text) {
        caller_->text = std::move(text);
        command(ShowTranscript{turn_, ++caller_->revision, caller_->text, 0, false, confidence});
    }
    enter(State::caller_speaking);
    wait_at_most(caller_->settling ? settings_.settle_limit : settings_.turn_limit);
}

void Conversation::on(const CallerTurnEnded& ended) {
    command(ShowCallerSpeech{false});
    std::string text = not_taken_yet(ended.text);
    taken_text_.clear();
    if (is_blank(text) && caller_) text = caller_->text;
    if (!is_blank(text)) return take_turn(std::move(text), TurnReason::user, ended.since_last_word);
    if (state_ == State::caller_speaking) enter(State::listening);
}

void Conversation::on(const CallerTyped& typed) {
    if (is_blank(typed.text)) return;
    if (caller_) {  // what was said so far counts; it must not be answered again when it ends
        transcript_.add_caller(caller_->text);
        taken_text_ += caller_->text;
        caller_.reset();
    }
    take_turn(typed.text, TurnReason::text, Duration::zero());
}

void Conversation::on(const CallerCommitted&) {
    if (caller_) {
        if (!caller_->settling) settle_caller_turn();
        return;
    }
    command(EndCallerTurn{});  // the recogniser may know of words that have not arrived yet
    if (state_ == State::caller_speaking) wait_at_most(settings_.settle_limit);
}

void Conversation::on(const CallerInterrupted&) { drop_reply(StopReason::cancelled, "cancelled"); }

// Asks the recogniser to make up its mind. Asked already and no answer: what was heard so far is the turn.
void Conversation::settle_caller_turn() {
    if (!caller_) return enter(State::listening);  // sound without words, and no end of it
    if (!caller_->settling) {
        caller_->settling = true;
        command(EndCallerTurn{});
        return wait_at_most(settings_.settle_limit);
    }
    const std::string text = caller_->text;
    take_turn(text, TurnReason::user, Duration::zero());
    taken_text_ += text;
}

void Conversation::take_turn(std::string text, TurnReason cause, Duration since_last_word) {
    if (reply_) stop_reply(StopReason::barge_in, "barge_in");
    if (state_ == State::ended) return;
    if (!caller_) ++turn_;
    const auto revision = caller_ ? caller_->revision + 1 : 1;
    caller_.reset();
    command(ShowTranscript{turn_, revision, text, count_characters(text), true, 0});
    transcript_.add_caller(text);

    begin_reply(cause, std::move(text));
    if (since_last_word > Duration::zero()) reply_->timings.mark(Mark::last_word, now_ - since_last_word);
    reply_->timings.mark(Mark::turn_ended, now_);
    reply_->timings.mark(Mark::asked, now_);
    command(AskModel{reply_->id, transcript_.messages()});
}

// A recogniser that was overruled still repeats the words that were already answered.
std::string Conversation::not_taken_yet(const std::string& text) const {
    return text.starts_with(taken_text_) ? text.substr(taken_text_.size()) : text;
}

void Conversation::on(const RecognizerLost& lost) {
    deaf_ = true;
    command(ShowWarning{"recognizer_failed", lost.reason});
    if (caller_) {  // the words that did arrive deserve to be in the history
        transcript_.add_caller(caller_->text);
        caller_.reset();
    }
    if (!reply_) after_reply(std::nullopt);
}

// ---- states and endings

void Conversation::enter(State state) {
    const bool changed = state_ != state;
    state_ = state;
    if (state == State::listening) wait_at_most(settings_.idle_limit);
    if (changed) command(ShowState{state, turn_});
}

void Conversation::on(const DeadlinePassed&) {
    if (call_deadline_ && now_ >= *call_deadline_) return end_call({1000, "call_too_long"});
    if (state_deadline_ && now_ >= *state_deadline_) state_lasted_too_long();
}

void Conversation::state_lasted_too_long() {
    switch (state_) {
        case State::listening:
            return end_call({1000, "idle"});
        case State::caller_speaking:
            return settle_caller_turn();
        case State::thinking:
            if (reply_->finishing) return give_up_on_playing();
            if (reply_->progress.has_text()) return give_up_on_speech("speech_timed_out");
            return give_up_on_model("language_model_timed_out");
        case State::speaking:
            if (reply_->finishing) return give_up_on_playing();
            return give_up_on_speech("reply_stalled");
        case State::ended:
            return;
    }
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
    if (state_ == State::speaking && !reply_->then_end) {
        reply_->then_end = goodbye;
        reply_->progress.stop_making();
        command(AbandonModel{reply_->id});
        finish_reply_if_all_said();
    }
}

void Conversation::end_call(EndCall end) {
    if (reply_) {
        reply_->then_end.reset();
        stop_reply(StopReason::cancelled, end.reason);
    }
    caller_.reset();
    state_deadline_.reset();
    enter(State::ended);
    command(std::move(end));
}

}  // namespace atlas::conversation
