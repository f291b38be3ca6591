#include "atlas/conversation/conversation.hpp"

// Does the recogniser hear? Loud sound in which it finds no word is rather its fault than the caller's: it is
// restarted, and then hears once more what it made nothing of. In an open turn silence tells more: a caller
// who said words, and then nothing for long, waits for an answer.

namespace atlas::conversation {

// Loud is what a microphone brings; some of it is music, or the street, so there is not a restart for all of
// it.
bool Conversation::restart_if_deaf(int loud_seconds) {
    constexpr int most_restarts = 2;  // until the next word
    if (loud_seconds_ < loud_seconds || restarts_ >= most_restarts) return false;
    loud_seconds_ = 0;
    ++restarts_;
    command(RestartRecognizer{"sound without words"});
    return true;
}

void Conversation::on(const CallerLoud&) {
    // As long as a recogniser may take to end a turn by itself; and the longest sentence, of which one that
    // tells no words before the turn is over says nothing.
    constexpr int after_words = 5;
    constexpr int before_words = 12;
    ++loud_seconds_;
    if (state_ != State::caller_speaking || (caller_ && caller_->settling)) return;
    wait_for_silence();
    const bool grows = caller_ && caller_->grows;
    if (!grows && tells_turns_only_) return;
    if (restart_if_deaf(grows ? after_words : before_words)) wait_for_words();
}

// Of the caller who speaks. Asked to settle, the recogniser has less time.
void Conversation::wait_for_words() {
    const bool settling = caller_ && caller_->settling;
    wait_at_most(settling ? settings_.settle_limit : settings_.turn_limit);
    wait_for_silence();
}

// Only the commit ends a manual turn, however long the caller thinks it over.
void Conversation::wait_for_silence() {
    const bool open = caller_ && !caller_->words.empty() && !caller_->settling;
    if (open && !settings_.turn_end.manual) wait(Wait::silence, now_ + settings_.quiet_limit);
}

// No word, no sound, and no end of the turn either: words were missed, or the end of them.
void Conversation::caller_fell_silent() {
    constexpr int more_than_a_word = 2;
    wait_no_more(Wait::silence);
    if (!caller_ || caller_->settling || settings_.turn_end.manual) return;
    if (restart_if_deaf(more_than_a_word)) return wait_for_words();
    settle_caller_turn();
}

void Conversation::caller_says_nothing_new() {
    constexpr int loud = 3;
    const bool settling = caller_ && caller_->settling;
    if (!settling && restart_if_deaf(loud)) return wait_for_words();
    settle_caller_turn();
}

void Conversation::on(const RecognizerLost& lost) {
    deaf_ = true;
    command(ShowWarning{"recognizer_failed", lost.reason});
    discard_speculation();
    if (caller_) {  // the words that did arrive deserve to be in the history
        transcript_.add_caller(caller_->text());
        caller_.reset();
    }
    if (!reply_) after_reply(std::nullopt);
}

}  // namespace atlas::conversation
