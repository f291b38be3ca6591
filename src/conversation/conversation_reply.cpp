#include "atlas/conversation/conversation.hpp"
#include "atlas/conversation/cost.hpp"

#include <algorithm>
#include <utility>

// The assistant's turn: text becomes clips, clips become sound.

namespace atlas::conversation {

ClipWindow Conversation::clip_window() const {
    return {settings_.clips_ahead, std::chrono::duration_cast<AudioTime>(sound_ahead_.wanted())};
}

ReplyProgress Conversation::new_progress(ClipWindow window) const {
    ChunkerSettings chunking;
    chunking.language = settings_.language;
    ReplyProgress progress(window, chunking);
    if (pace_) progress.expect_pace(*pace_);
    return progress;
}

void Conversation::begin_reply(TurnReason cause, std::string user_text) {
    reply_.emplace(Reply{.id = ++last_reply_, .progress = new_progress(clip_window())});
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
    if (waiting && !reply.one_moment) wait(Wait::filler, now_ + settings_.one_moment_after);
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
    make_due_clips();
    show_reply_text();
    if (reply_->audible) wait_at_most(settings_.progress_limit);
    finish_reply_if_all_said();
}

// True when there was one. The next is looked at again when enough of the sound in hand will have been heard;
// a position that stands still is not asked about all the time.
bool Conversation::make_due_clips() {
    constexpr AudioTime least_wait{100'000};
    bool made = false;
    for (; auto clip = reply_->progress.next_clip(); made = true) ask_for_clip(*clip, std::nullopt);
    const auto next = reply_->progress.next_clip_in();
    if (next && reply_->audible)
        wait(Wait::clip, now_ + std::max(*next, least_wait));
    else
        wait_no_more(Wait::clip);
    return made;
}

// Of the first clip of a reply, whose sound nothing before it held up.
void Conversation::learn_of_voice() {
    const auto asked = reply_->timings.when(Mark::first_clip_asked);
    if (asked == TimePoint{}) return;  // a line that is kept as audio
    sound_ahead_.voice_began_after(now_ - asked);
    if (!reply_->speculative) reply_->progress.set_window(clip_window());
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
    if (started.clip != reply_->one_moment) {
        reply_->timings.mark(Mark::first_audio, now_);
        if (started.clip == 0) learn_of_voice();
    }
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
    silence_is_over();
    reply_->audible = true;
    reply_->timings.mark(Mark::audible, now_);
    if (state_ != State::paused) enter(reply_->held_since ? State::paused : State::speaking);
    ask_for_clips();
}

void Conversation::silence_is_over() {
    const auto silence = std::exchange(reply_->silence, std::nullopt);
    if (!silence) return;
    auto record = silence->ended(now_);
    if (record.length >= silence_worth_a_reason) reply_->record.silences.push_back(std::move(record));
}

// A clip that was asked for is missing before anything that would come behind it.
Missing Conversation::what_is_missing() const {
    if (!reply_->progress.all_clips_played()) return Missing::speech;
    if (tools_at_work()) return Missing::tool;
    return reply_->progress.all_clips_made() ? Missing::speech : Missing::language_model;
}

void Conversation::on(const ReplyRanDry&) {
    if (reply_->speculative || reply_->silence) return;
    // The last clip is not reported as played before the frame is full that holds its end.
    reply_->progress.all_there_is_played();
    const auto missing = what_is_missing();
    reply_->silence.emplace(now_, missing);
    if (missing == Missing::speech) {
        sound_ahead_.voice_left_silence();
        reply_->progress.set_window(clip_window());
    }
    wait(Wait::filler, now_ + (tools_at_work() ? settings_.tool_filler_after : settings_.one_moment_after));
    ask_for_clips();
}

void Conversation::on(const ReplyPlayed& played) {
    if (played.position > AudioTime::zero()) reply_->timings.mark(Mark::heard, now_ - played.position);
    const bool further = reply_->progress.heard_up_to(played.position);
    if (further && reply_->audible) wait_at_most(settings_.progress_limit);
}

void Conversation::on(const ReplyPlayedOut&) {
    if (!reply_->speculative) reply_played_out();
}

}  // namespace atlas::conversation
