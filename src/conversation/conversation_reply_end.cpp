#include "atlas/conversation/conversation.hpp"
#include "atlas/conversation/cost.hpp"

#include <utility>

// How a reply ends: played out, or stopped in the middle. What was heard of it becomes history, what is known
// of it the record of the turn.

namespace atlas::conversation {

void Conversation::finish_reply_if_all_said() {
    if (!reply_ || reply_->finishing || reply_->speculative || !reply_->progress.all_clips_settled()) return;
    if (reply_->text_broke_off && may_apologise()) return apologise();
    reply_->timings.mark(Mark::speech_ended, now_);
    if (!reply_->progress.any_audio()) return reply_played_out();  // nothing of it can be spoken
    reply_->finishing = true;
    command(FinishReply{reply_->id});
    if (reply_->audible) wait_at_most(settings_.progress_limit);
}

void Conversation::reply_played_out() {
    reply_->timings.mark(Mark::played_out, now_);
    reply_->progress.heard_up_to(reply_->progress.length());
    remember_heard(false);
    const auto end = reply_->then_end;
    close_turn(reply_->failure.empty() ? TurnStatus::completed : TurnStatus::failed, reply_->failure);
    after_reply(end);
}

// Ends the reply in the middle. The history keeps what the caller heard of it, and nothing else.
void Conversation::stop_reply(StopReason reason, const std::string& why) {
    if (reply_->held_since)
        reply_->record.paused += std::chrono::round<std::chrono::milliseconds>(now_ - *reply_->held_since);
    cancel_tools("interrupted");
    reply_->timings.mark(Mark::cut, now_);
    command(StopReply{reply_->id, reply_->turn, reason, reply_->progress.heard_position()});
    remember_heard(true);
    const auto end = reply_->then_end;
    close_turn(reason == StopReason::error ? TurnStatus::failed : TurnStatus::interrupted, why);
    if (end) end_call(*end);
}

void Conversation::cancel_tools(const char* why) {
    for (auto& round : reply_->rounds) {
        for (auto& entry : round.entries()) {
            if (entry.result || !entry.started || entry.effect) continue;
            command(CancelTool{entry.call.id, why});
            round.answer(entry.call.id, "cancelled: the caller interrupted", true, "cancelled", now_);
        }
    }
}

void Conversation::drop_reply(StopReason reason, const std::string& why) {
    stop_reply(reason, why);
    if (state_ != State::ended) after_reply(std::nullopt);
}

// One message for each round: what was heard of it, the tools that were called after it, their results.
void Conversation::remember_heard(bool interrupted) {
    for (std::uint32_t round = 0; round < reply_->rounds.size(); ++round) {
        const auto& tools = reply_->rounds[round];
        const std::string heard = reply_->progress.heard_text(round);
        const bool last = round + 1 == reply_->rounds.size();
        if (last && tools.empty()) {
            if (interrupted)
                transcript_.add_interrupted_assistant(heard);
            else
                transcript_.add_assistant(heard);
        } else {
            transcript_.add_assistant(heard, tools.calls(), tools.results());
        }
    }
}

void Conversation::close_turn(TurnStatus status, const std::string& reason) {
    auto& reply = *reply_;
    silence_is_over();
    TurnRecord record = std::move(reply.record);
    record.turn = reply.turn;
    record.cause = reply.cause;
    record.status = status;
    record.reason = reason;
    record.user_text = reply.user_text;
    record.full_text = reply.progress.full_text();
    record.heard_text = reply.progress.heard_text();
    record.stages = reply.timings.stages();
    record.response = reply.timings.response();
    if (const auto waited = reply.timings.waited(); waited >= silence_worth_a_reason)
        record.silences.insert(record.silences.begin(), {false, waited, reply.timings.slowest_stage()});
    for (const auto& round : reply.rounds) round.record(record.tools);
    record.effort += reply.unconfirmed;
    record.effort += std::exchange(unrecorded_, {});
    record.cost_microdollars = cost_of(settings_.prices, record.effort,
                                       now_ - std::exchange(paid_until_, now_), reply.progress.length());
    if (reply.progress.any_audio()) pace_ = reply.progress.pace();
    command(RecordTurn{std::move(record)});
    reply_.reset();
    wait_no_more(Wait::hold);
    wait_no_more(Wait::filler);
    wait_no_more(Wait::tools);
    wait_no_more(Wait::clip);
}

// What comes after a reply: the end that was waiting for it, or the caller's turn.
void Conversation::after_reply(const std::optional<EndCall>& end) {
    if (end) return end_call(*end);
    if (closing_) return say(settings_.lines.goodbye, TurnReason::notice, closing_);
    if (deaf_) {
        const EndCall goodbye{1011, "recognizer_failed"};
        return say(settings_.lines.cannot_hear, TurnReason::notice, goodbye);
    }
    if (summarizing_ == 0 && settings_.summarize) {
        auto older = transcript_.to_summarize();
        summarizing_ = older.size();
        dropped_before_summary_ = transcript_.dropped();
        if (summarizing_ > 0) command(Summarize{std::move(older)});
    }
    if (caller_) return answer_turn_that_waited();
    enter(State::listening);
}

void Conversation::on(const SummaryMade& summary) {
    unrecorded_ += summary.effort;
    const bool still_there = transcript_.dropped() == dropped_before_summary_;
    if (!summary.text.empty() && still_there) transcript_.set_summary(summary.text, summarizing_);
    summarizing_ = 0;
}

}  // namespace atlas::conversation
