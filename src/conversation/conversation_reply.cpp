#include "atlas/conversation/conversation.hpp"

#include <utility>

// The assistant's turn: text becomes clips, clips become sound, and whatever fails ends in words.

namespace atlas::conversation {

void Conversation::begin_reply(TurnReason cause, std::string user_text) {
    reply_.emplace(Reply{.id = ++last_reply_,
                         .turn = turn_,
                         .cause = cause,
                         .user_text = std::move(user_text),
                         .progress = ReplyProgress(settings_.clips_ahead),
                         .timings = {},
                         .failure = {},
                         .shown = 0,
                         .then_end = std::nullopt});
    command(ShowTurnStarted{turn_, cause});
    enter(State::thinking);
    wait_at_most(settings_.first_audio_limit);
}

// Words of our own, without the model.
void Conversation::say(std::string_view line, TurnReason cause, std::optional<EndCall> then_end) {
    ++turn_;
    begin_reply(cause, {});
    reply_->then_end = std::move(then_end);
    reply_->timings.mark(Mark::asked, now_);
    reply_->progress.add_text(line);
    reply_->progress.end_text();
    ask_for_clips();
}

// ---- text

void Conversation::on(const ReplyText& text) {
    if (reply_->rescued) return;
    reply_->timings.mark(Mark::first_text, now_);
    reply_->progress.add_text(text.text);
    ask_for_clips();
}

void Conversation::on(const ReplyTextEnded& ended) {
    if (!reply_->progress.has_text())
        return give_up_on_model("language_model_said_nothing: " + ended.stop_reason);
    reply_->progress.end_text();
    ask_for_clips();
}

void Conversation::on(const ReplyTextFailed& failed) {
    if (!reply_->progress.has_text()) return give_up_on_model(failed.reason);
    if (reply_->failure.empty()) reply_->failure = failed.reason;  // what was written is still said
    reply_->progress.end_text();
    ask_for_clips();
}

void Conversation::ask_for_clips() {
    while (auto clip = reply_->progress.next_clip()) {
        if (clip->speech.empty()) continue;
        reply_->timings.mark(Mark::first_clip_asked, now_);
        command(SynthesizeClip{reply_->id, clip->id, std::move(clip->speech)});
    }
    show_silent_clips();
    if (reply_->audible) wait_at_most(settings_.progress_limit);
    finish_reply_if_all_said();
}

// Text that is not heard is shown in its place: after the clip before it, which is shown when it is heard.
void Conversation::show_silent_clips() {
    for (auto& clip = reply_->shown; reply_->progress.is_silent(clip); ++clip)
        command(ShowReplyText{reply_->turn, reply_->id, clip, reply_->progress.text_of(clip), std::nullopt});
}

// ---- sound

void Conversation::on(const ClipStarted& started) {
    reply_->timings.mark(Mark::first_audio, now_);
    reply_->progress.clip_started(started.clip);
    command(ShowReplyText{reply_->turn, reply_->id, started.clip, reply_->progress.text_of(started.clip),
                          reply_->progress.start_of(started.clip)});
    reply_->shown = started.clip + 1;
    show_silent_clips();
    if (reply_->audible) wait_at_most(settings_.progress_limit);
}

void Conversation::on(const ClipSynthesized& done) {
    reply_->progress.clip_synthesized(done.clip, done.length);
    ask_for_clips();
}

void Conversation::on(const ClipFailed& failed) {
    reply_->progress.clip_broke_off(failed.clip, failed.length);
    give_up_on_speech(failed.reason);
}

void Conversation::on(const ClipPlayed& played) {
    reply_->progress.clip_played(played.clip);
    ask_for_clips();
}

void Conversation::on(const ReplyAudible&) {
    reply_->audible = true;
    reply_->timings.mark(Mark::audible, now_);
    enter(State::speaking);
    wait_at_most(settings_.progress_limit);
}

void Conversation::on(const ReplyPlayed& played) {
    const bool further = reply_->progress.heard_up_to(played.position);
    if (further && reply_->audible) wait_at_most(settings_.progress_limit);
}

void Conversation::on(const ReplyPlayedOut&) { reply_played_out(); }

// ---- failure

void Conversation::give_up_on_model(const std::string& reason) {
    if (reply_->rescued) return;
    reply_->rescued = true;
    reply_->failure = reason;
    command(AbandonModel{reply_->id});
    command(ShowWarning{"language_model_failed", reason});
    reply_->progress.add_text(settings_.trouble_line);
    reply_->progress.end_text();
    wait_at_most(settings_.rescue_limit);
    ask_for_clips();
}

// Nothing more can be synthesised for this reply. What is queued is still heard; if that is not even a word,
// a line that was kept as audio stands in for it, once.
void Conversation::give_up_on_speech(const std::string& reason) {
    if (reply_->failure.empty()) reply_->failure = reason;
    if (!reply_->canned) command(ShowWarning{"speech_failed", reason});
    command(AbandonModel{reply_->id});
    const bool silent = !reply_->progress.says_anything();
    if (silent && !reply_->canned) {
        reply_->rescued = reply_->canned = true;
        const bool notice = reply_->cause == TurnReason::notice;
        const auto line = notice ? CannedLine::cannot_hear : CannedLine::trouble;
        const auto clip =
            reply_->progress.replace_unheard(notice ? settings_.cannot_hear_line : settings_.trouble_line);
        command(PlayCannedLine{reply_->id, clip, line});
        return wait_at_most(settings_.rescue_limit);
    }
    if (silent) return drop_reply(StopReason::error, reply_->failure);
    reply_->progress.settle_all();
    if (reply_->finishing) return;
    reply_->finishing = true;
    command(FinishReply{reply_->id});
    wait_at_most(settings_.progress_limit);
}

// Everything was sent, and the caller's player stands still.
void Conversation::give_up_on_playing() {
    if (reply_->failure.empty()) reply_->failure = "playback_stalled";
    drop_reply(StopReason::error, reply_->failure);
}

// ---- the end of a reply

void Conversation::finish_reply_if_all_said() {
    if (!reply_ || reply_->finishing || !reply_->progress.all_clips_settled()) return;
    if (!reply_->progress.any_audio()) return reply_played_out();  // nothing of it can be spoken
    reply_->finishing = true;
    command(FinishReply{reply_->id});
    if (reply_->audible) wait_at_most(settings_.progress_limit);
}

void Conversation::reply_played_out() {
    reply_->timings.mark(Mark::played_out, now_);
    reply_->progress.heard_up_to(reply_->progress.length());
    const std::string heard = reply_->progress.heard_text();
    transcript_.add_assistant(heard);
    const auto end = reply_->then_end;
    close_turn(reply_->failure.empty() ? TurnStatus::completed : TurnStatus::failed, reply_->failure, heard);
    after_reply(end);
}

// Ends the reply in the middle. The history keeps what the caller heard of it, and nothing else.
void Conversation::stop_reply(StopReason reason, const std::string& why) {
    const std::string heard = reply_->progress.heard_text();
    command(StopReply{reply_->id, reply_->turn, reason, reply_->progress.heard_position()});
    transcript_.add_interrupted_assistant(heard);
    const auto end = reply_->then_end;
    close_turn(reason == StopReason::error ? TurnStatus::failed : TurnStatus::interrupted, why, heard);
    if (end) end_call(*end);
}

void Conversation::drop_reply(StopReason reason, const std::string& why) {
    stop_reply(reason, why);
    if (state_ != State::ended) after_reply(std::nullopt);
}

void Conversation::close_turn(TurnStatus status, const std::string& reason, const std::string& heard) {
    command(RecordTurn{TurnRecord{.turn = reply_->turn,
                                  .cause = reply_->cause,
                                  .status = status,
                                  .reason = reason,
                                  .user_text = reply_->user_text,
                                  .full_text = reply_->progress.full_text(),
                                  .heard_text = heard,
                                  .stages = reply_->timings.stages()}});
    reply_.reset();
}

// What comes after a reply: the end that was waiting for it, or the caller's turn.
void Conversation::after_reply(const std::optional<EndCall>& end) {
    if (end) return end_call(*end);
    if (deaf_) return say(settings_.cannot_hear_line, TurnReason::notice, EndCall{1011, "recognizer_failed"});
    enter(State::listening);
}

}  // namespace atlas::conversation
