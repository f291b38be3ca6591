#include "atlas/conversation/conversation.hpp"
#include "atlas/conversation/cost.hpp"
#include "atlas/conversation/heard_words.hpp"

#include <algorithm>
#include <utility>

// A reply begun before the caller's turn is surely over. It is made in silence, its sound held back, and
// nobody hears of it until the turn ends with the same words; otherwise it never was.

namespace atlas::conversation {

void Conversation::on(const CallerMayBeDone& done) {
    const std::string words = not_taken_yet(done.text);
    if (words.find_first_not_of(" \t\r\n") == std::string::npos) return;
    if (!caller_ || words != caller_->words) hear_words(words, done.confidence);
    may_be_done_since_ = now_;
    const bool free = caller_ && !reply_ && state_ == State::caller_speaking && !leaving_ && !closing_;
    if (free && !settings_.turn_end.manual && speculation_.allows(done.confidence))
        speculate(caller_->text());
}

void Conversation::on(const CallerResumed&) {
    if (may_be_done_since_) learn_from_pause(now_ - *std::exchange(may_be_done_since_, std::nullopt));
    discard_speculation();
}

void Conversation::speculate(const std::string& text) {
    speculation_.tried();
    ++speculated_.tries;
    reply_.emplace(Reply{.id = ++last_reply_, .progress = new_progress({.clips = 1})});
    reply_->turn = turn_;
    reply_->user_text = text;
    reply_->speculative = true;
    reply_->rounds.emplace_back();
    reply_->timings.mark(Mark::asked, now_);
    command(PauseReply{reply_->id, turn_});
    ask_model();
}

bool Conversation::came_true(const std::string& text) const {
    return reply_ && reply_->speculative && same_words(text, reply_->user_text);
}

void Conversation::commit_speculation(std::string text, Duration since_last_word) {
    auto& reply = *reply_;
    turn_was_over();
    speculation_.hit();
    speculated_.hit = true;
    words_are_final(text);

    reply.speculative = false;
    reply.user_text = std::move(text);
    reply.record.speculation = std::exchange(speculated_, {});
    if (since_last_word > Duration::zero()) reply.timings.mark(Mark::last_word, now_ - since_last_word);
    reply.timings.mark(Mark::turn_ended, now_);
    reply.record.speculation.saved =
        std::chrono::round<std::chrono::milliseconds>(now_ - reply.timings.when(Mark::asked));
    command(ShowTurnStarted{reply.turn, reply.cause});
    enter(State::thinking);
    wait_at_most(settings_.first_audio_limit);
    if (settings_.one_moment_after > Duration::zero()) wait(Wait::filler, now_ + settings_.one_moment_after);
    show_reply_text();
    start_due_tools();
    reply_->progress.set_window(clip_window());
    command(ResumeReply{reply_->id});
    if (reply_->hangs_up && reply_->model_done) return hang_up_after_reply();
    ask_for_clips();
}

void Conversation::discard_speculation() {
    if (!reply_ || !reply_->speculative) return;
    Effort effort = reply_->record.effort;
    effort += reply_->unconfirmed;
    std::int64_t tokens = effort.input_tokens + effort.cache_read_tokens + effort.cache_written_tokens;
    if (tokens == 0) tokens = transcript_.tokens() + estimate_tokens(reply_->user_text);
    tokens += std::max(effort.output_tokens, estimate_tokens(reply_->progress.full_text()));
    unrecorded_ += effort;
    speculation_.missed(tokens);
    speculated_.wasted_tokens += tokens;
    for (auto& round : reply_->rounds) {
        for (auto& entry : round.entries())
            if (entry.started && !entry.result) command(CancelTool{entry.call.id, "interrupted"});
    }
    command(DiscardReply{reply_->id});
    reply_.reset();
    wait_no_more(Wait::tools);
}

}  // namespace atlas::conversation
