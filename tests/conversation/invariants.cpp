#include "conversation/invariants.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

namespace atlas::conversation {
namespace {

using std::chrono::milliseconds;

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

std::string without_blanks(std::string_view text) {
    std::string kept;
    std::copy_if(text.begin(), text.end(), std::back_inserter(kept), [](char c) { return !is_blank(c); });
    return kept;
}

bool has_word(std::string_view text) {
    return std::any_of(text.begin(), text.end(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               static_cast<unsigned char>(c) >= 0x80;
    });
}

std::size_t characters(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(
        text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

// Every character of `part` stands in `whole`, in the same order.
bool is_part_of(std::string_view part, std::string_view whole) {
    std::size_t at = 0;
    for (const char c : whole) {
        if (at < part.size() && part[at] == c) ++at;
    }
    return at == part.size();
}

Duration longest_limit(const ConversationSettings& settings) {
    return std::max({settings.first_audio_limit, settings.rescue_limit, settings.progress_limit});
}

bool of_reply(State state) {
    return state == State::thinking || state == State::speaking || state == State::paused;
}

std::string quoted(std::string_view text) { return "\"" + std::string(text) + "\""; }

}  // namespace

Invariants::Invariants(ConversationSettings settings) : settings_(std::move(settings)) {}

void Invariants::expect(bool holds, const char* rule, std::string detail) {
    if (!holds && !broken_) broken_ = Broken{rule, std::move(detail)};
}

void Invariants::happened(const Event& event, TimePoint now, std::span<const Command> commands,
                          const Seen& seen) {
    if (broken_) return;
    now_ = now;
    note(event, now);
    records_.clear();
    if (ended_) expect(commands.empty(), "nothing follows the end of the call");
    for (const Command& command : commands) {
        std::visit([this](const auto& wish) { on(wish); }, command);
    }
    check_broken_clip(commands);
    expect(!stopping_, "a reply that is stopped is recorded at once");
    expect(!final_, "the caller's final words lead to a reply or to the end");
    expect(seen.state == shown_state_ || shown_state_ == State::ended, "every change of state is shown");
    expect(ended_ == (seen.state == State::ended), "a call that has ended says so");
    if (of_reply(seen.state)) expect(turn_.has_value(), "the assistant's states belong to a turn");
    check_deadline(event, now, seen);
    check_dead_air(seen);
    check_history(seen);
}

void Invariants::was_left_alone(const Seen& seen) {
    expect(seen.state == State::ended, "left alone, every call ends");
}

// ---- events

void Invariants::note(const Event& event, TimePoint now) {
    since_last_word_ = {};
    const bool quiet = std::holds_alternative<DeadlinePassed>(event) && turn_;
    quiet_ = quiet ? quiet_ + std::min(now - last_, longest_limit(settings_)) : Duration::zero();
    last_ = now;
    turn_ended_ = std::holds_alternative<CallerTurnEnded>(event);
    if (const auto* ended = std::get_if<CallerTurnEnded>(&event)) since_last_word_ = ended->since_last_word;
    if (std::holds_alternative<DeadlinePassed>(event)) since_last_word_ = now - last_words_;
    if (const auto* change = std::get_if<SettingsChanged>(&event)) {
        if (change->goodbye_line) settings_.lines.goodbye = *change->goodbye_line;
        if (change->idle_after) settings_.idle_prompt_after = *change->idle_after;
        if (change->idle_prompts) settings_.idle_prompts = *change->idle_prompts;
    }
    if (std::holds_alternative<SummaryMade>(event) && summaries_ > 0) --summaries_;
    if (const auto* answer = std::get_if<ToolAnswered>(&event)) {
        const auto tool = tools_.find(answer->call);
        if (tool != tools_.end() && tool->second == Running::yes) tool->second = Running::answered;
    }
    const auto played = [this](ClipId clip) {
        if (reply_) std::erase(reply_->ahead, clip);
    };
    const auto mine = [this](ReplyId id) { return reply_ && reply_->id == id; };
    if (const auto* called = std::get_if<ReplyCalledTool>(&event); called && mine(called->reply)) {
        const auto same = [&](const ToolCall& other) { return other.id == called->call.id; };
        calls_repeat_ = calls_repeat_ || std::any_of(called_.begin(), called_.end(), same);
        called_.push_back(called->call);
    }
    if (const auto* audible = std::get_if<ReplyAudible>(&event); audible && mine(audible->reply)) {
        if (!reply_->speculative) reply_->audible = true;
        if (reply_->dry_since) reply_->silences.push_back(now - *std::exchange(reply_->dry_since, {}));
    }
    if (const auto* dry = std::get_if<ReplyRanDry>(&event); dry && mine(dry->reply)) {
        if (!reply_->speculative && !reply_->dry_since) reply_->dry_since = now;
        const auto& open = reply_->open;
        std::erase_if(reply_->ahead,
                      [&](ClipId clip) { return std::count(open.begin(), open.end(), clip) == 0; });
    }
    if (const auto* out = std::get_if<ReplyPlayedOut>(&event); out && mine(out->reply)) {
        reply_->cut_short = !reply_->finished;
    }
    if (const auto* clip = std::get_if<ClipPlayed>(&event); clip && mine(clip->reply)) played(clip->clip);
    clip_broke_ = false;
    if (const auto* clip = std::get_if<ClipSynthesized>(&event); clip && mine(clip->reply)) {
        reply_->broke_off = reply_->broke_off || clip->length == AudioTime::zero();
        no_more_of(clip->clip, clip->length > AudioTime::zero());
        if (clip->length == AudioTime::zero()) played(clip->clip);
    }
    if (const auto* clip = std::get_if<ClipFailed>(&event); clip && mine(clip->reply)) {
        reply_->broke_off = true;
        no_more_of(clip->clip, false);
        if (clip->length == AudioTime::zero()) played(clip->clip);
    }
}

void Invariants::no_more_of(ClipId clip, bool whole) {
    if (std::erase(reply_->open, clip) == 0 || whole) return;
    reply_->broken.push_back(clip);
    clip_broke_ = !reply_->finished;
}

// What follows a broken clip waits until it is known what becomes of that one.
void Invariants::check_broken_clip(std::span<const Command> commands) {
    const auto decides = [](const Command& command) {
        const bool goes_on = std::holds_alternative<SynthesizeClip>(command) ||
                             std::holds_alternative<EndClip>(command) ||
                             std::holds_alternative<PlayCannedLine>(command);
        return goes_on || std::holds_alternative<FinishReply>(command) ||
               std::holds_alternative<StopReply>(command) || std::holds_alternative<DiscardReply>(command);
    };
    expect(!clip_broke_ || std::any_of(commands.begin(), commands.end(), decides),
           "a clip that breaks off does not hold up the others");
}

// ---- replies

void Invariants::begin(ReplyId reply, bool in_silence) {
    if (reply_ && reply_->id == reply) return;
    expect(!reply_, "one reply at a time", "reply " + std::to_string(reply) + " begins");
    expect(reply > last_reply_, "what is over is never heard of again", "reply " + std::to_string(reply));
    expect(in_silence || turn_, "a reply belongs to a turn, or is made in silence");
    expect(!(in_silence && turn_), "no reply is made in silence within a turn");
    last_reply_ = std::max(last_reply_, reply);
    reply_.emplace();
    reply_->id = reply;
    reply_->turn = turn_ ? turn_->id : 0;
    reply_->speculative = in_silence;
}

Invariants::Spoken* Invariants::about(ReplyId reply, std::string_view command) {
    const bool live = reply_ && reply_->id == reply && !reply_->stopped;
    expect(live, "what is over is never heard of again", std::string(command));
    return live ? &*reply_ : nullptr;
}

void Invariants::on(const AskModel& ask) {
    begin(ask.reply, false);
    auto* reply = about(ask.reply, "AskModel");
    if (!reply) return;
    expect(!reply->finished, "a reply that has all its text asks for no more", "AskModel");
    expect(ask.stable <= ask.messages.size(), "what is stable is a part of the question");
    expect(!ask.messages.empty() && ask.messages.back().role == Message::Role::caller,
           "the last word of a question is the caller's");
    check_messages(ask.messages, "question");
    if (!std::exchange(reply->asked, true) && !ask.messages.empty()) {
        const auto tokens = estimate_tokens(ask.messages);
        // However long it is, what the caller said last is a part of it, and an answer made in silence has
        // two.
        const auto two = std::min<std::ptrdiff_t>(2, std::ssize(ask.messages));
        const auto least =
            estimate_tokens(std::vector<Message>(ask.messages.end() - two, ask.messages.end()));
        expect(tokens <= settings_.context_tokens + least, "a question stays within its budget of tokens",
               std::to_string(tokens) + " of " + std::to_string(settings_.context_tokens));
    }
}

void Invariants::next_clip(Spoken& reply, ClipId clip) {
    expect(clip >= reply.next_clip, "clips are numbered in the order of asking");
    expect(!reply.finished, "a reply that has all its text asks for no more", "a clip");
    reply.next_clip = clip + 1;
}

void Invariants::on(const SynthesizeClip& clip) {
    begin(clip.reply, false);
    auto* reply = about(clip.reply, "SynthesizeClip");
    if (!reply) return;
    next_clip(*reply, clip.clip);
    reply->open.push_back(clip.clip);
    expect(has_word(clip.speech), "only words are synthesised", quoted(clip.speech));
    const auto is_filler = [&](const Tool& tool) { return tool.filler == clip.speech; };
    if (std::any_of(settings_.tools.begin(), settings_.tools.end(), is_filler)) reply->has_filler = true;
    if (clip.rest_of || reply->has_filler) return;
    reply->ahead.push_back(clip.clip);
    const std::size_t window = reply->speculative ? 1 : std::max<ClipId>(1, settings_.clips_ahead);
    expect(reply->ahead.size() <= window, "no more than a few clips are made ahead of the caller");
}

void Invariants::on(const EndClip& end) {
    auto* reply = about(end.reply, "EndClip");
    if (!reply) return;
    expect(std::erase(reply->broken, end.clip) > 0, "only a clip that broke off is ended, and once");
}

void Invariants::on(const PlayCannedLine& line) {
    begin(line.reply, false);
    auto* reply = about(line.reply, "PlayCannedLine");
    if (!reply) return;
    next_clip(*reply, line.clip);
    expect(!reply->speculative, "what is made in silence has no kept lines");
    const bool filler = line.line == CannedLine::one_moment;
    expect(filler || !std::exchange(reply->apologised, true), "an apology is made once");
    if (line.instead) reply->open.clear();
    reply->has_filler = reply->has_filler || filler;
    expect(!filler || settings_.one_moment_after > Duration::zero(), "no filler when there shall be none");
}

void Invariants::on(const PauseReply& pause) {
    if (!reply_ || reply_->id != pause.reply) begin(pause.reply, true);
    auto* reply = about(pause.reply, "PauseReply");
    if (!reply) return;
    expect(!std::exchange(reply->paused, true), "a reply that is held is not held again");
}

void Invariants::on(const ResumeReply& resume) {
    auto* reply = about(resume.reply, "ResumeReply");
    if (!reply) return;
    expect(!reply->speculative, "what is made in silence stays silent");
    expect(std::exchange(reply->paused, false), "only a reply that is held goes on");
}

void Invariants::on(const FinishReply& finish) {
    auto* reply = about(finish.reply, "FinishReply");
    if (!reply) return;
    expect(!reply->speculative, "what is made in silence is not finished");
    expect(!std::exchange(reply->finished, true), "a reply is finished once");
}

void Invariants::on(const StopReply& stop) {
    begin(stop.reply, false);
    auto* reply = about(stop.reply, "StopReply");
    if (!reply) return;
    expect(!reply->speculative, "what is made in silence is discarded, not stopped");
    expect(stop.turn == reply->turn, "a reply is stopped under its turn's number");
    reply->stopped = stopping_ = true;
}

void Invariants::on(const DiscardReply& discard) {
    auto* reply = about(discard.reply, "DiscardReply");
    if (!reply) return;
    expect(reply->speculative, "only what is made in silence is discarded");
    reply_.reset();
}

// ---- tools

void Invariants::on(const CallTool& call) {
    if (calls_repeat_) return;
    const auto tool = std::find_if(settings_.tools.begin(), settings_.tools.end(),
                                   [&](const Tool& other) { return other.name == call.call.name; });
    expect(tool != settings_.tools.end(), "only the app's own tools are called", call.call.name);
    expect(tools_.try_emplace(call.call.id, Running::yes).second, "a tool is called once for a call");
    expect(std::find(called_.begin(), called_.end(), call.call) != called_.end(), "the model called it");
    const bool effect = tool != settings_.tools.end() && tool->effect;
    expect(!(effect && (!reply_ || reply_->speculative)), "what has an effect waits for the end of the turn");
}

void Invariants::on(const CancelTool& cancel) {
    if (calls_repeat_) return;
    const auto tool = tools_.find(cancel.call);
    const bool running = tool != tools_.end() && tool->second == Running::yes;
    expect(running, "only a tool that runs is cancelled", cancel.call);
    if (running) tool->second = Running::cancelled;
}

void Invariants::on(const Summarize& summarize) {
    expect(++summaries_ == 1, "one summary at a time");
    check_messages(summarize.messages, "summary");
}

// Each call has exactly one result, directly after it; no result is without its call; no message is empty.
void Invariants::check_messages(const std::vector<Message>& messages, std::string_view where) {
    const std::vector<ToolCall>* open = nullptr;
    for (const Message& message : messages) {
        const std::string at = std::string(where) + ", message " + std::to_string(&message - messages.data());
        expect(has_word(message.text) || !without_blanks(message.text).empty() || !message.calls.empty() ||
                   !message.results.empty(),
               "no message is empty", at);
        std::size_t matching = 0;
        if (open) {
            for (const ToolCall& call : *open) {
                if (matching < message.results.size() && message.results[matching].id == call.id) ++matching;
            }
            expect(matching == open->size(), "every tool call is followed by its result", at);
        }
        expect(message.results.size() == matching, "no result is without its call", at);
        open = message.calls.empty() ? nullptr : &message.calls;
    }
    expect(!open, "every tool call is followed by its result", std::string(where) + ", at the end");
}

// ---- the caller's side

void Invariants::on(const AdaptPatience& patience) {
    const auto least = settings_.turn_end.least_patience;
    const auto most = std::max(least, settings_.turn_end.most_patience);
    expect(patience.pause >= least && patience.pause <= most, "patience stays within its bounds");
}

void Invariants::on(const EndCall&) {
    expect(!turn_, "a call ends with every turn recorded");
    expect(!reply_, "a call ends with no reply left");
    expect(!std::exchange(ended_, true), "a call ends once");
    final_.reset();
}

void Invariants::on(const ShowState& state) {
    expect(state.state != shown_state_, "a state is shown when it changes", std::string(name(state.state)));
    shown_state_ = state.state;
}

void Invariants::on(const ShowTranscript& transcript) {
    const auto length = characters(transcript.text);
    expect(transcript.stable_chars <= length, "no more is settled than there is");
    if (!transcript.final) {
        last_words_ = now_;
        return;
    }
    expect(transcript.stable_chars == length, "all of a final transcript is settled",
           std::to_string(transcript.stable_chars) + " of " + std::to_string(length));
    expect(!final_, "the caller's final words lead to a reply or to the end");
    final_ = transcript.turn;
}

// ---- turns

void Invariants::on(const ShowTurnStarted& started) {
    expect(!turn_, "one turn at a time");
    expect(started.turn > last_turn_, "turns are counted upwards", std::to_string(started.turn));
    last_turn_ = std::max(last_turn_, started.turn);
    if (final_) expect(*final_ == started.turn, "the reply is to the caller's final words");
    final_.reset();
    const bool said = started.reason == TurnReason::user;
    turn_ = Turn{started.turn, started.reason, now_, said ? since_last_word_ : Duration::zero(), turn_ended_};
    quiet_ = Duration::zero();
    if (reply_) {
        expect(reply_->speculative, "one reply at a time", "a turn begins");
        reply_->speculative = false;
        reply_->turn = started.turn;
    }
}

void Invariants::on(const ShowReplyText& text) {
    begin(text.reply, false);
    auto* reply = about(text.reply, "ShowReplyText");
    if (!reply) return;
    expect(!reply->speculative, "what is made in silence is not shown");
    expect(turn_ && turn_->id == text.turn, "a reply is shown under its turn's number");
    expect(text.segment == reply->next_segment++, "segments are counted upwards");
    reply->shown += text.text;
}

void Invariants::on(const ShowWarning& warning) {
    const auto& code = warning.code;
    if (reply_ && (code == "speech_failed" || code == "language_model_failed")) reply_->broke_off = true;
}

void Invariants::on(const RecordTurn& recorded) {
    const TurnRecord& record = recorded.record;
    expect(turn_ && turn_->id == record.turn, "a record belongs to the open turn");
    expect(!reply_ || !reply_->speculative, "what is made in silence leaves no record");
    expect((record.status == TurnStatus::completed) == record.reason.empty(),
           "what went wrong has a reason, and nothing else has");
    expect(record.cost_microdollars >= 0, "nothing costs less than nothing");
    for (const auto& silence : record.silences) expect(!silence.reason.empty(), "every silence has a reason");
    if (turn_) check_stages(record);
    check_silences(record);
    const std::string heard = without_blanks(record.heard_text);
    if (reply_) {
        const std::string shown = without_blanks(reply_->shown);
        const bool mixed = reply_->broke_off && (reply_->has_filler || reply_->cut_short);
        expect(mixed || (reply_->broke_off ? is_part_of(heard, shown) : shown.starts_with(heard)),
               "only what was shown can be heard", quoted(heard) + " of " + quoted(shown));
    } else {
        expect(heard.empty(), "only what was shown can be heard", quoted(heard));
    }
    records_.push_back(record);
    turn_.reset();
    reply_.reset();
    stopping_ = false;
}

void Invariants::check_stages(const TurnRecord& record) {
    milliseconds sum{};
    for (const auto& [stage, time] : record.stages) {
        expect(time >= milliseconds(0), "no stage is shorter than nothing", stage);
        sum += time;
    }
    expect(record.response >= milliseconds(0) && record.response <= sum,
           "the response is a part of the stages");
    Duration before = turn_->since_last_word;
    if (!turn_->ended_by_recogniser) {
        const bool told = !record.stages.empty() && record.stages.front().first == "end_of_turn";
        before = told ? Duration(record.stages.front().second) : Duration::zero();
        expect(before <= turn_->since_last_word + milliseconds(1), "silence begins with the last word");
    }
    const Duration whole = now_ - turn_->began + before;
    const auto difference = std::chrono::round<milliseconds>(whole) - sum;
    const std::string detail = std::to_string(difference.count()) + " ms are missing";
    expect(difference >= milliseconds(-1), "the stages are no longer than the turn", detail);
    expect(difference <= milliseconds(1), "the stages sum up to the turn", detail);
}

// By the events' own clock: what was silent for long is on record with its length.
void Invariants::check_silences(const TurnRecord& record) {
    std::vector<milliseconds> silences;
    const auto passed = [&silences](Duration time) {
        const auto length = std::chrono::round<milliseconds>(time);
        if (length >= silence_worth_a_reason) silences.push_back(length);
    };
    if (reply_) std::for_each(reply_->silences.begin(), reply_->silences.end(), passed);
    if (reply_ && reply_->dry_since) passed(now_ - *reply_->dry_since);
    std::vector<milliseconds> recorded;
    milliseconds before{};
    for (const auto& silence : record.silences) {
        if (silence.in_reply) recorded.push_back(silence.length);
        if (!silence.in_reply) before = silence.length;
    }
    expect(silences == recorded, "every long silence in a reply is on record",
           std::to_string(recorded.size()) + " of " + std::to_string(silences.size()));
    milliseconds waited = record.response;
    if (!reply_ || !reply_->audible)
        for (const auto& [stage, time] : record.stages) waited += time;
    expect(before == (waited < silence_worth_a_reason ? milliseconds(0) : waited),
           "every long silence before a reply is on record", std::to_string(waited.count()) + " ms");
}

// ---- time

// In this state, until something is done about it.
Duration Invariants::longest_wait(State state) const {
    const auto& settings = settings_;
    if (of_reply(state)) return longest_limit(settings);
    if (state == State::caller_speaking) return std::max(settings.turn_limit, settings.settle_limit);
    return settings.idle_prompts > 0 ? settings.idle_prompt_after : settings.idle_limit;
}

void Invariants::check_deadline(const Event& event, TimePoint now, const Seen& seen) {
    const auto deadline = seen.deadline;
    if (ended_) return expect(!deadline, "a call that has ended has no deadline");
    expect(deadline.has_value(), "no state is without a deadline");
    if (!deadline) return;
    const bool again = std::holds_alternative<DeadlinePassed>(event) && *deadline <= now;
    deadlines_in_a_row_ = again ? deadlines_in_a_row_ + 1 : 0;
    expect(deadlines_in_a_row_ < 8, "a deadline that is reached goes away");
    expect(*deadline <= now + longest_wait(seen.state), "no state is waited in for too long",
           std::string(name(seen.state)));
}

// However often a deadline is moved: a turn about which nothing happens comes to its end.
void Invariants::check_dead_air(const Seen& seen) {
    if (!of_reply(seen.state)) quiet_ = Duration::zero();
    Duration tools{};
    for (const Tool& tool : settings_.tools) tools = std::max(tools, tool.timeout);
    const Duration bound = tools + settings_.first_audio_limit + 2 * settings_.rescue_limit +
                           4 * settings_.progress_limit + settings_.interruption.longest_hold;
    expect(quiet_ <= bound, "there is never dead air");
}

// ---- history

void Invariants::check_history(const Seen& seen) {
    const Transcript& transcript = seen.transcript;
    const auto& messages = transcript.messages();
    const bool grown_only = transcript.dropped() == dropped_;
    const auto before = static_cast<std::ptrdiff_t>(std::min(messages_, messages.size()));
    const bool changed = !grown_only || messages_ != messages.size();
    messages_ = messages.size();
    dropped_ = transcript.dropped();
    if (!changed) return;
    check_messages(messages, "history");
    expect(transcript.tokens() == estimate_tokens(messages), "tokens are counted right");
    if (!grown_only) return;
    std::string added;
    for (auto message = messages.begin() + before; message != messages.end(); ++message) {
        if (message->role == Message::Role::assistant) added += without_blanks(message->text);
    }
    std::string heard;
    for (const TurnRecord& record : records_) heard += without_blanks(record.heard_text);
    const bool cut = std::any_of(records_.begin(), records_.end(), [](const TurnRecord& record) {
        return record.status != TurnStatus::completed;
    });
    constexpr std::string_view dash = "—";
    if (cut && added == heard + std::string(dash)) added.resize(added.size() - dash.size());
    expect(added == heard, "the history holds what was heard", quoted(added) + " for " + quoted(heard));
}

}  // namespace atlas::conversation
