#include "atlas/conversation/conversation.hpp"
#include "text/characters.hpp"

#include <algorithm>
#include <utility>

// Whatever fails ends in words: what is complete is said, what can be continued is, and at the end stand
// lines of our own that were spoken long before.

namespace atlas::conversation {

void Conversation::on(const ReplyTextFailed& failed) {
    count(failed.effort);
    if (reply_->rescued || reply_->model_done) return;
    if (reply_->speculative) return discard_speculation();
    if (!reply_->progress.has_text()) return give_up_on_model(failed.reason);
    if (continue_broken_text(failed.reason)) return;
    reply_->progress.drop_incomplete();
    if (is_blank(reply_->progress.full_text())) return give_up_on_model(failed.reason);
    if (reply_->failure.empty()) reply_->failure = failed.reason;
    reply_->text_broke_off = reply_->model_done = true;  // what is complete is still said
    reply_->progress.end_text();
    ask_for_clips();
}

// The clauses that are complete are spoken; the model is asked, once, to go on from there.
bool Conversation::continue_broken_text(const std::string& reason) {
    if (reply_->continued || reply_->progress.text_ended() || !reply_->rounds.back().empty()) return false;
    reply_->continued = reply_->progress.round();
    ++reply_->record.effort.retries;
    reply_->progress.drop_incomplete();
    command(ShowWarning{"language_model_failed", reason + ": asked again"});
    ask_for_clips();
    if (!reply_->audible) wait_at_most(settings_.first_audio_limit);
    ask_model();
    return true;
}

void Conversation::give_up_on_model(const std::string& reason) {
    if (reply_->rescued) return;
    reply_->rescued = reply_->model_done = true;
    reply_->failure = reason;
    command(AbandonModel{reply_->id});
    command(ShowWarning{"language_model_failed", reason});
    reply_->progress.add_text(settings_.lines.trouble);
    reply_->progress.end_text();
    wait_no_more(Wait::filler);
    wait_at_most(settings_.rescue_limit);
    ask_for_clips();
}

// A caller who was being answered, and can ask again, is told that the rest will not come.
bool Conversation::may_apologise() const {
    const auto cause = reply_->cause;
    const bool answer =
        cause == TurnReason::user || cause == TurnReason::text || cause == TurnReason::context;
    const bool over_anyway = reply_->then_end || closing_ || deaf_;
    return answer && !over_anyway && !reply_->rescued && !is_blank(settings_.lines.trouble);
}

// A line that was kept as audio: in the place of the reply, or behind as much of it as can be said.
void Conversation::apologise() {
    reply_->rescued = reply_->canned = true;
    const bool deaf = deaf_ && reply_->cause == TurnReason::notice;
    const auto line = deaf ? CannedLine::cannot_hear : CannedLine::trouble;
    const auto clip =
        reply_->progress.replace_unheard(deaf ? settings_.lines.cannot_hear : settings_.lines.trouble);
    wait_no_more(Wait::filler);
    show_reply_text();
    command(PlayCannedLine{reply_->id, clip, line, true});
    wait_at_most(settings_.rescue_limit);
}

bool Conversation::is_filler(ClipId clip) const {
    return std::find(reply_->fillers.begin(), reply_->fillers.end(), clip) != reply_->fillers.end();
}

// What it bridges comes without it. Our kept line takes its place when nothing of it was heard.
void Conversation::filler_broke_off(const ClipFailed& failed) {
    if (failed.clip != reply_->one_moment) {
        command(ShowWarning{"speech_failed", failed.reason});
        command(EndClip{reply_->id, failed.clip});
        if (failed.length == AudioTime::zero()) ask_for_patience();
    }
    ask_for_clips();
}

// A clip that fails before its first sound was asked for twice already, by the synthesiser's own client.
void Conversation::clip_broke_off(const ClipFailed& failed, bool worth_asking_again) {
    reply_->progress.clip_broke_off(failed.clip, failed.length, failed.speech);
    if (is_filler(failed.clip)) return filler_broke_off(failed);
    // One without any sound may come again in its place: nothing behind it is shown before that.
    const bool may_come_again = worth_asking_again && failed.length == AudioTime::zero();
    if (!may_come_again) show_reply_text();
    if (reply_->speculative) return discard_speculation();
    if (reply_->finishing) return;
    if (!reply_->canned) {
        if (end_clip_that_is_said(failed)) return;
        if (worth_asking_again && say_rest_of(failed)) return;
    }
    if (may_come_again) show_reply_text();
    give_up_on_speech(failed.reason);
}

// Only the pause behind its last word is missing: nobody misses that.
bool Conversation::end_clip_that_is_said(const ClipFailed& failed) {
    if (!reply_->progress.end_if_said(failed.clip)) return false;
    command(ShowWarning{"speech_failed", failed.reason});
    command(EndClip{reply_->id, failed.clip});
    ask_for_clips();
    return true;
}

// The rest of a clip that broke off is synthesised again and heard in its place.
bool Conversation::say_rest_of(const ClipFailed& failed) {
    constexpr int most_retries = 2;
    if (reply_->clip_retries >= most_retries) return false;
    ++reply_->clip_retries;
    ++reply_->record.effort.retries;
    const auto rest = reply_->progress.rest_of(failed.clip);
    if (!rest || rest->speech.empty()) return false;
    ask_for_clip(*rest, failed.clip);
    return true;
}

// Nothing more can be synthesised for this reply. What is queued is still heard, and behind it, once, a line
// that was kept as audio.
void Conversation::give_up_on_speech(const std::string& reason) {
    if (reply_->finishing) return;  // all of it was made already
    if (reply_->failure.empty()) reply_->failure = reason;
    if (!reply_->canned) command(ShowWarning{"speech_failed", reason});
    command(AbandonModel{reply_->id});
    reply_->model_done = true;
    const bool silent = !reply_->progress.says_anything(reply_->fillers);
    if (!reply_->canned && (silent || may_apologise())) return apologise();
    if (silent) return drop_reply(StopReason::error, reply_->failure);
    reply_->progress.settle_all();
    show_reply_text();
    reply_->finishing = true;
    command(FinishReply{reply_->id});
    wait_at_most(settings_.progress_limit);
}

// Everything was sent, and the caller's player stands still.
void Conversation::give_up_on_playing() {
    if (reply_->failure.empty()) reply_->failure = "playback_stalled";
    drop_reply(StopReason::error, reply_->failure);
}

// The caller waits, and nothing is to be heard: a kept line says that we are still there.
void Conversation::break_the_silence() {
    wait_no_more(Wait::filler);
    if (!reply_) return;
    if (tools_at_work() && is_silent()) return say_tool_filler();
    ask_for_patience();
}

bool Conversation::is_silent() const {
    const auto& reply = *reply_;
    const bool must_be = reply.speculative || reply.rescued || reply.held_since || reply.finishing;
    return !must_be && (!reply.audible || reply.silence);
}

void Conversation::ask_for_patience() {
    const bool wanted = settings_.one_moment_after > Duration::zero() && !settings_.lines.one_moment.empty();
    if (reply_->one_moment || !wanted || !is_silent()) return;
    reply_->one_moment = reply_->progress.insert_line(settings_.lines.one_moment);
    reply_->fillers.push_back(*reply_->one_moment);
    command(PlayCannedLine{reply_->id, *reply_->one_moment, CannedLine::one_moment, false});
}

}  // namespace atlas::conversation
