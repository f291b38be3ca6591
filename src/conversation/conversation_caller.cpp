#include "atlas/conversation/conversation.hpp"
#include "atlas/conversation/heard_words.hpp"
#include "text/characters.hpp"

#include <algorithm>
#include <utility>

// The caller's turn: words become a turn, a turn becomes a question to the model.

namespace atlas::conversation {
namespace {

std::size_t count_characters(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(
        text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::string joined(std::string_view before, std::string_view words) {
    if (before.empty() || words.empty()) return std::string(before.empty() ? words : before);
    return std::string(before) + " " + std::string(words);
}

}  // namespace

std::string Conversation::CallerTurn::text() const { return joined(before, words); }

void Conversation::on(const CallerStartedSpeaking&) {
    command(ShowCallerSpeech{true});
    if (state_ == State::listening) {
        enter(State::caller_speaking);
        return wait_for_words();
    }
    if (reply_is_exposed() && may_hold_again()) hold_reply(settings_.interruption.noise_limit);
}

void Conversation::on(const CallerTranscriptUpdated& update) {
    std::string words = not_taken_yet(update.text);
    if (is_blank(words)) return;
    hear_words(std::move(words), update.confidence);
    if (caller_) caller_->grows = true;
}

void Conversation::hear_words(std::string words, double confidence) {
    loud_seconds_ = restarts_ = 0;
    idle_prompts_said_ = 0;
    const bool went_on = !caller_ || !same_words(words, caller_->words);
    if (may_be_done_since_ && went_on) {
        learn_from_pause(now_ - *std::exchange(may_be_done_since_, std::nullopt));
        discard_speculation();
    }
    if (reply_is_exposed()) {
        if (!interrupts(words, true)) {
            if (may_hold_again()) hold_reply(settings_.interruption.overheard_limit);
            return;
        }
        if (answered_too_early()) learn_from_pause(pauses_.patience());
        stop_reply(StopReason::barge_in, "barge_in");
        if (state_ == State::ended) return;
    }
    if (!caller_) {
        caller_.emplace();
        ++turn_;
        speculation_.turn_began();
        speculated_ = {};
    }
    if (words != caller_->words) {
        caller_->words = std::move(words);
        caller_->grown_at = now_;
        command(ShowTranscript{turn_, ++caller_->revision, caller_->text(), count_characters(caller_->before),
                               false, confidence});
    }
    if (reply_ && !reply_->speculative) return;  // the answer waits for its end, or for the commit
    enter(State::caller_speaking);
    wait_for_words();
}

void Conversation::on(const CallerTurnEnded& ended) {
    command(ShowCallerSpeech{false});
    may_be_done_since_.reset();
    std::string words = not_taken_yet(ended.text);
    taken_text_.clear();
    if (reply_is_exposed()) {
        if (is_blank(words)) return release_reply();
        if (!interrupts(words, false)) {
            ignore(words);
            return release_reply();
        }
    }
    if (!is_blank(words)) tells_turns_only_ = !caller_ || !caller_->grows;
    if (is_blank(words) && caller_) words = caller_->words;
    const bool committed = caller_ && caller_->settling;
    if (settings_.turn_end.manual && !committed) {  // it only paused: the button is still pressed
        if (!is_blank(words)) hear_words(words, 0);
        if (!caller_) return;
        caller_->before = caller_->text();
        caller_->words.clear();
        return;
    }
    const std::string text = joined(caller_ ? caller_->before : "", words);
    if (is_blank(text)) {
        discard_speculation();
        if (state_ == State::caller_speaking) enter(State::listening);
        return;
    }
    if (reply_is_shielded()) {
        if (!is_blank(words)) hear_words(words, 0);
        caller_->complete = true;
        return;
    }
    if (came_true(text)) return commit_speculation(text, ended.since_last_word);
    turn_was_over();
    take_turn(text, TurnReason::user, ended.since_last_word);
}

void Conversation::on(const CallerTyped& typed) {
    if (is_blank(typed.text)) return;
    keep_words_unanswered();
    if (reply_ && reply_->protected_region) {  // answered when that was heard
        caller_.emplace();
        caller_->words = typed.text;
        caller_->grown_at = now_;
        caller_->complete = true;
        ++turn_;
        return;
    }
    take_turn(typed.text, TurnReason::text, Duration::zero());
}

void Conversation::on(const ContextAdded& context) {
    if (is_blank(context.text)) return;
    discard_speculation();  // it does not know of it
    const bool replies = context.wants_reply && !(reply_ && reply_->protected_region);
    if (replies) keep_words_unanswered();
    if (replies && reply_) stop_reply(StopReason::cancelled, "context");
    transcript_.add_note(context.text);
    if (!replies || state_ == State::ended) return;
    ++turn_;
    begin_reply(TurnReason::context, {});
    ask_model();
}

// What was said so far counts; it must not be answered again when its turn ends.
void Conversation::keep_words_unanswered() {
    discard_speculation();
    if (!caller_) return;
    transcript_.add_caller(caller_->text());
    taken_text_ += caller_->words;
    caller_.reset();
}

// ---- the end of a turn by the caller's own will

void Conversation::on(const CallerPressedToTalk&) {
    discard_speculation();
    if (reply_ && !reply_->protected_region) stop_reply(StopReason::barge_in, "barge_in");
    if (reply_ || state_ == State::ended) return;
    enter(State::caller_speaking);
    wait_for_words();
}

void Conversation::on(const CallerCommitted&) {
    if (caller_) {
        if (!caller_->settling) settle_caller_turn();
        return;
    }
    command(EndCallerTurn{});  // the recogniser may know of words that have not arrived yet
    if (state_ == State::caller_speaking) wait_at_most(settings_.settle_limit);
}

void Conversation::on(const CallerInterrupted&) {
    if (!reply_->protected_region && !reply_->speculative) drop_reply(StopReason::cancelled, "cancelled");
}

// While a reply is made or heard, the state's limit is the reply's.
void Conversation::wait_for_settled_words() {
    if (state_ != State::caller_speaking) return;
    wait_at_most(caller_->words.empty() ? settings_.commit_grace : settings_.settle_limit);
}

// Asks the recogniser to make up its mind. Asked already and no answer: what was heard so far is the turn.
void Conversation::settle_caller_turn() {
    if (!caller_) return enter(State::listening);  // sound without words, and no end of it
    if (!caller_->settling) {
        caller_->settling = true;
        command(EndCallerTurn{});
        return wait_for_settled_words();
    }
    const std::string text = caller_->text();
    const std::string words = caller_->words;
    const auto silent = settings_.turn_end.manual ? Duration::zero() : now_ - caller_->grown_at;
    take_turn(text, TurnReason::user, silent);
    taken_text_ += words;
}

// ---- the turn is the assistant's

void Conversation::take_turn(std::string text, TurnReason cause, Duration since_last_word) {
    discard_speculation();
    if (reply_) stop_reply(StopReason::barge_in, "barge_in");
    if (state_ == State::ended) return;
    if (!caller_) ++turn_;
    idle_prompts_said_ = 0;
    words_are_final(text);

    begin_reply(cause, std::move(text));
    if (since_last_word > Duration::zero()) reply_->timings.mark(Mark::last_word, now_ - since_last_word);
    reply_->timings.mark(Mark::turn_ended, now_);
    ask_model();
}

void Conversation::words_are_final(const std::string& text) {
    const auto revision = caller_ ? caller_->revision + 1 : 1;
    caller_.reset();
    command(ShowTranscript{turn_, revision, text, count_characters(text), true, 0});
    transcript_.add_caller(text);
}

// What the caller said into a protected reply.
void Conversation::answer_turn_that_waited() {
    if (caller_->complete) return take_turn(caller_->text(), TurnReason::user, Duration::zero());
    enter(State::caller_speaking);
    if (caller_->settling) return wait_for_settled_words();
    wait_for_words();
}

// A recogniser that was overruled still repeats the words that were already answered.
std::string Conversation::not_taken_yet(const std::string& text) const {
    return text.starts_with(taken_text_) ? text.substr(taken_text_.size()) : text;
}

// ---- the patience this caller needs

// The turn that is being answered was not over, although it seemed so: nothing of the answer was heard yet,
// or so little that nobody can have begun to speak because of it, the way to the ear and back included.
bool Conversation::answered_too_early() const {
    constexpr Duration reaction = std::chrono::milliseconds(600);
    if (reply_->cause != TurnReason::user) return false;
    if (!reply_->audible) return true;
    return reply_->held_since.value_or(now_) - reply_->timings.when(Mark::audible) < reaction;
}

void Conversation::learn_from_pause(Duration pause) {
    pauses_.went_on_after(pause);
    tell_patience();
}

void Conversation::turn_was_over() {
    pauses_.was_done();
    tell_patience();
}

void Conversation::tell_patience() {
    if (pauses_.worth_telling()) command(AdaptPatience{pauses_.patience(), pauses_.factor()});
}

}  // namespace atlas::conversation
