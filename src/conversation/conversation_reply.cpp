#include "atlas/conversation/conversation.hpp"
#include "atlas/conversation/cost.hpp"

#include <utility>

// The assistant's turn: text becomes clips, clips become sound, and what was heard becomes history.

namespace atlas::conversation {

ReplyProgress Conversation::new_progress(ClipId window) const {
    ChunkerSettings chunking;
    chunking.language = settings_.language;
    ReplyProgress progress(window, chunking);
    if (pace_) progress.expect_pace(*pace_);
    return progress;
}

void Conversation::begin_reply(TurnReason cause, std::string user_text) {
    reply_.emplace(Reply{.id = ++last_reply_, .progress = new_progress(settings_.clips_ahead)});
    reply_->turn = turn_;
    reply_->cause = cause;
    reply_->user_text = std::move(user_text);
    reply_->rounds.emplace_back();
    reply_->record.speculation = std::exchange(speculated_, {});
    command(ShowTurnStarted{turn_, cause});
    enter(State::thinking);
    wait_at_most(settings_.first_audio_limit);
}

// Words of our own, without the model.
void Conversation::say(std::string_view line, TurnReason cause, std::optional<EndCall> then_end) {
    if (line.find_first_not_of(" \t\r\n") == std::string_view::npos) {
        if (then_end) end_call(*then_end);
        return;
    }
    ++turn_;
    begin_reply(cause, {});
    reply_->protected_region = then_end.has_value();
    reply_->then_end = std::move(then_end);
    reply_->model_done = true;
    reply_->timings.mark(Mark::asked, now_);
    reply_->progress.add_text(line);
    reply_->progress.end_text();
    ask_for_clips();
}

// The conversation so far, and what this reply has learned from tools.
void Conversation::ask_model() {
    auto& reply = *reply_;
    if (reply.rounds.size() == 1 && !reply.continued) transcript_.trim();
    AskModel ask{reply.id, transcript_.messages(), transcript_.messages().size(), true};
    if (reply.speculative) ask.messages.push_back({Message::Role::caller, reply.user_text});
    for (std::uint32_t round = 0; round < reply.rounds.size(); ++round) {
        const auto& tools = reply.rounds[round];
        if (tools.empty()) continue;
        ask.messages.push_back(
            {Message::Role::assistant, reply.progress.text_of_round(round), tools.calls()});
        ask.messages.push_back({Message::Role::caller, {}, {}, tools.results()});
    }
    const auto written = reply.progress.text_of_round(reply.progress.round());
    const bool goes_on = reply.continued == reply.progress.round();
    if (goes_on && written.find_first_not_of(" \t\r\n") != std::string::npos) {
        ask.messages.push_back({Message::Role::assistant, written});
        ask.messages.push_back(
            {Message::Role::caller,
             "[The connection broke after these words of yours. Go on from exactly there: do not repeat them "
             "and do not mention this.]"});
    }
    ask.may_call_tools = static_cast<int>(reply.rounds.size()) <= settings_.tool_rounds;
    reply.model_done = false;
    reply.timings.mark(Mark::asked, now_);
    command(std::move(ask));
    const bool waiting =
        !reply.speculative && !reply.audible && settings_.one_moment_after > Duration::zero();
    if (waiting && !reply.filler) wait(Wait::filler, now_ + settings_.one_moment_after);
}

// ---- text

void Conversation::on(const ReplyAccepted& accepted) {
    reply_->timings.mark(Mark::accepted, now_);
    reply_->unconfirmed = accepted.prompt;
}

void Conversation::on(const ReplyText& text) {
    if (reply_->rescued || reply_->model_done) return;
    reply_->timings.mark(Mark::first_text, now_);
    reply_->progress.add_text(text.text);
    ask_for_clips();
}

void Conversation::on(const ReplyTextEnded& ended) {
    count(ended.effort);
    if (reply_->rescued || reply_->model_done) return;
    if (!reply_->rounds.back().empty()) return model_waits_for_tools();
    reply_->model_done = true;
    reply_->timings.mark(Mark::text_ended, now_);
    if (!reply_->progress.has_text() && reply_->speculative) return discard_speculation();
    if (!reply_->progress.has_text())
        return give_up_on_model("language_model_said_nothing: " + ended.stop_reason);
    reply_->progress.end_text();
    ask_for_clips();
}

void Conversation::count(const Effort& effort) {
    reply_->record.effort += effort;
    if (effort.input_tokens + effort.output_tokens > 0) reply_->unconfirmed = {};
}

void Conversation::ask_for_clips() {
    while (auto clip = reply_->progress.next_clip()) ask_for_clip(*clip, std::nullopt);
    show_reply_text();
    if (reply_->audible) wait_at_most(settings_.progress_limit);
    finish_reply_if_all_said();
}

void Conversation::ask_for_clip(const ReplyProgress::Clip& clip, std::optional<ClipId> rest_of) {
    reply_->timings.mark(Mark::first_clip_made, now_);
    if (clip.speech.empty()) return;
    reply_->timings.mark(Mark::first_clip_asked, now_);
    reply_->record.speech_chars += static_cast<std::int64_t>(clip.speech.size());
    command(SynthesizeClip{reply_->id, clip.id, clip.speech, rest_of});
}

void Conversation::show_reply_text() {
    if (reply_->speculative) return;
    for (auto& shown : reply_->progress.to_show()) {
        command(ShowReplyText{reply_->turn, reply_->id, reply_->shown++, std::move(shown.text),
                              shown.audio_from});
    }
}

// ---- sound

void Conversation::on(const ClipStarted& started) {
    if (started.clip != reply_->filler) reply_->timings.mark(Mark::first_audio, now_);
    reply_->progress.clip_started(started.clip);
    show_reply_text();
    if (reply_->audible) wait_at_most(settings_.progress_limit);
}

void Conversation::on(const ClipGrew& grew) {
    reply_->progress.clip_grew(grew.clip, grew.length, grew.speech);
    show_reply_text();
    if (reply_->audible) wait_at_most(settings_.progress_limit);
}

void Conversation::on(const ClipSynthesized& done) {
    count(done.effort);
    if (done.length == AudioTime::zero() && reply_->progress.awaits(done.clip)) {  // words without sound
        const bool first_time = !reply_->progress.is_rest(done.clip);
        return clip_broke_off({.reply = done.reply, .clip = done.clip, .reason = "speech_without_sound"},
                              first_time);
    }
    reply_->progress.clip_synthesized(done.clip, done.length, done.speech);
    ask_for_clips();
}

void Conversation::on(const ClipFailed& failed) {
    count(failed.effort);
    if (reply_->progress.awaits(failed.clip)) clip_broke_off(failed, failed.length > AudioTime::zero());
}

void Conversation::on(const ClipPlayed& played) {
    reply_->progress.clip_played(played.clip);
    ask_for_clips();
}

void Conversation::on(const ReplyAudible&) {
    if (reply_->speculative) return;
    wait_no_more(Wait::filler);
    if (const auto since = std::exchange(reply_->dry_since, std::nullopt)) {
        const auto silence = std::chrono::round<std::chrono::milliseconds>(now_ - *since);
        if (silence >= silence_worth_a_reason)
            reply_->record.silences.push_back({true, silence, what_is_missing()});
    }
    reply_->audible = true;
    reply_->timings.mark(Mark::audible, now_);
    if (state_ != State::paused) enter(reply_->held_since ? State::paused : State::speaking);
    wait_at_most(settings_.progress_limit);
}

std::string Conversation::what_is_missing() const {
    if (tools_at_work()) return "tool";
    return reply_->progress.all_clips_made() || !reply_->progress.everything_played() ? "speech"
                                                                                      : "language_model";
}

void Conversation::on(const ReplyRanDry&) {
    if (reply_->speculative) return;
    reply_->dry_since = now_;
    wait(Wait::filler, now_ + (tools_at_work() ? settings_.tool_filler_after : settings_.one_moment_after));
}

void Conversation::on(const ReplyPlayed& played) {
    if (played.position > AudioTime::zero()) reply_->timings.mark(Mark::heard, now_ - played.position);
    const bool further = reply_->progress.heard_up_to(played.position);
    if (further && reply_->audible) wait_at_most(settings_.progress_limit);
}

void Conversation::on(const ReplyPlayedOut&) {
    if (!reply_->speculative) reply_played_out();
}

// ---- the end of a reply

void Conversation::finish_reply_if_all_said() {
    if (!reply_ || reply_->finishing || reply_->speculative || !reply_->progress.all_clips_settled()) return;
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
    if (record.response >= silence_worth_a_reason)
        record.silences.insert(record.silences.begin(),
                               {false, record.response, reply.timings.slowest_stage()});
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
