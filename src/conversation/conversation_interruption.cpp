#include "atlas/conversation/conversation.hpp"
#include "atlas/conversation/heard_words.hpp"

#include <algorithm>
#include <string_view>

// Two stages: a sound holds the reply where it is, words end it. What turns out to be a cough, a "mhm" or
// the reply's own echo lets it go on, without a word lost or repeated.

namespace atlas::conversation {
namespace {

// A question that was heard a few words ago is still being answered.
bool asked_just_now(std::string_view heard) {
    constexpr int words = 4;
    for (int left = words; left >= 0; --left) {
        if (ends_with_question(heard)) return true;
        const auto end = heard.find_last_not_of(" \n");
        const auto blank = heard.find_last_of(" \n", end);
        if (end == std::string_view::npos || blank == std::string_view::npos) return false;
        heard = heard.substr(0, blank);
    }
    return false;
}

}  // namespace

bool Conversation::reply_is_exposed() const {
    return reply_ && !reply_->speculative && !reply_->protected_region && settings_.interruption.enabled &&
           !settings_.turn_end.manual;
}

bool Conversation::reply_is_shielded() const {
    const bool never = !settings_.interruption.enabled && !settings_.turn_end.manual;
    return reply_ && !reply_->speculative && (reply_->protected_region || never);
}

bool Conversation::interrupts(const std::string& words, bool growing) {
    const std::string heard = reply_->progress.heard_text();
    const std::string playing =
        reply_->audible ? reply_->progress.text_near(reply_->progress.heard_position()) : "";
    HearingContext context;
    context.language = settings_.language;
    context.playing = playing;
    context.after_question = asked_just_now(heard);
    context.growing = growing;
    context.min_words = settings_.interruption.min_words;
    return judge(words, context) == Hearing::words;
}

// A caller who makes sounds without words again and again must still get an answer.
bool Conversation::may_hold_again() const {
    return reply_->held_since || reply_->fruitless_holds < settings_.interruption.fruitless_holds;
}

// Holds at most `limit` from now, and never longer than the longest hold in all.
void Conversation::hold_reply(Duration limit) {
    auto& reply = *reply_;
    if (!reply.held_since) {
        reply.held_since = now_;
        command(PauseReply{reply.id, reply.turn});
        if (reply.audible) enter(State::paused);
    }
    wait(Wait::hold, std::min(now_ + limit, *reply.held_since + settings_.interruption.longest_hold));
}

void Conversation::release_reply() {
    wait_no_more(Wait::hold);
    if (!reply_ || !reply_->held_since) return;
    ++reply_->fruitless_holds;
    reply_->record.paused += std::chrono::round<std::chrono::milliseconds>(now_ - *reply_->held_since);
    reply_->held_since.reset();
    command(ResumeReply{reply_->id});
    if (!reply_->audible) return;
    enter(State::speaking);
    wait_at_most(settings_.progress_limit);
}

// Heard, and not an interruption: it stays in the turn's record.
void Conversation::ignore(const std::string& words) {
    constexpr std::size_t worth_keeping = 16;
    if (reply_->record.ignored.size() < worth_keeping) reply_->record.ignored.push_back(words);
}

}  // namespace atlas::conversation
