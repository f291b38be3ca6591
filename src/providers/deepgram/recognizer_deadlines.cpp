#include "failure.hpp"
#include "recognizer.hpp"

#include <algorithm>
#include <limits>

// The half of Recognizer that time drives.
namespace atlas::providers::deepgram {

namespace {

constexpr auto first_audio_wait = std::chrono::milliseconds(500);
constexpr AudioPosition first_silence{100};
constexpr AudioPosition telling_audio{2000};  // with less of it, no answer says nothing
constexpr AudioPosition telling_voice{200};   // a word; less may be a click
// The timer always runs, so that the frame path does not have to start it.
constexpr auto longest_sleep = std::chrono::seconds(1);

bool asks_for_a_decision(const ListenFact& fact) {
    const auto* control = std::get_if<SendControl>(&fact);
    return control && control->decides;
}

}  // namespace

void Recognizer::wake_by(net::TimePoint when) {
    if (wakes_at_ && *wakes_at_ <= when) return;
    wakes_at_ = when;
    timer_->expire_at(when);
}

void Recognizer::wake() {
    wakes_at_.reset();
    const net::TimePoint now = parts_.loop.now();
    switch (state_) {
        case State::waiting:
            if (now < retry_at_) return wake_by(retry_at_);
            return connect();
        case State::opening: {
            const net::TimePoint deadline = since_ + parts_.settings.ready_timeout;
            if (now < deadline) return wake_by(deadline);
            ProviderFailure failure;
            failure.reason = FailureReason::timed_out;
            failure.message = "the connection is open, but the service did not say Connected";
            return lost(std::move(failure));
        }
        case State::streaming:
            return keep_streaming();
        case State::connecting:
        case State::failed:
            return;
    }
}

void Recognizer::keep_streaming() {
    const net::TimePoint now = parts_.loop.now();
    if (restart_reason_) {
        ++parts_.counters.restarts;
        return lost(failure_of_stall("replaced: " + *restart_reason_));
    }
    if (stale(now)) {
        ++parts_.counters.stale_connections;
        if (loud_and_unanswered(now)) ++parts_.counters.loud_stalls;
        return lost(failure_of_stall("audio flows, but the service has stopped answering"));
    }
    rotate_when_due(now);
    const ListenTraits& traits = protocol_->traits();
    bool taken = !refused_;
    if (taken && !traits.keep_alive.empty() && now >= keep_alive_at_) {
        keep_alive_at_ = std::max(keep_alive_at_ + parts_.settings.keep_alive_interval, now);
        taken = websocket_->send_text(traits.keep_alive);
    }
    taken = taken && send_audio_due(now) && send_due_silence(now) && reach_decisions(now);
    if (!taken) return lost(failure_of_stall("the service stopped taking audio"));
    if (carry_out_facts()) plan_next_wake(now);
}

// What is asked of the service, it decides over all of the audio before: no rest may wait for its message.
bool Recognizer::reach_decisions(net::TimePoint now) {
    if (end_turn_at_ && sender_.less_than_a_message_before(*end_turn_at_)) {
        if (!sender_.send_rest(*websocket_, *end_turn_at_)) return false;
        end_turn_at_.reset();
        protocol_->end_turn(now, facts_);
    }
    const auto deadline = protocol_->deadline();
    if (!deadline || now < *deadline) return true;
    const auto before = static_cast<std::ptrdiff_t>(facts_.size());
    protocol_->on_deadline(now, facts_);
    const bool asks = std::any_of(facts_.begin() + before, facts_.end(), asks_for_a_decision);
    return !asks || sender_.send_rest(*websocket_, sender_.end());
}

bool Recognizer::send_audio_due(net::TimePoint now) {
    const SamplePosition limit = end_turn_at_.value_or(std::numeric_limits<SamplePosition>::max());
    const auto outcome = sender_.send(*websocket_, now, limit);
    if (!unanswered_since_ && sender_.clock().sent() > sent_at_answer_) unanswered_since_ = now;
    if (outcome == AudioSender::Outcome::paced) wake_by(sender_.paced_until());
    return outcome != AudioSender::Outcome::refused;
}

// Flux hears time pass only in audio: an open turn whose caller was muted would never end (§2.2).
net::TimePoint Recognizer::silence_due() const {
    const auto wait = std::chrono::milliseconds(parts_.settings.silence_after_ms);
    return std::max(last_audio_at_ + wait, next_silence_at_);
}

bool Recognizer::send_due_silence(net::TimePoint now) {
    const ListenTraits& traits = protocol_->traits();
    if (traits.needs_first_audio && sender_.clock().sent() == 0 && now >= since_ + first_audio_wait) {
        bool taken = sender_.send_rest(*websocket_, sender_.end());
        while (taken && sender_.clock().sent() < sender_.clock().samples_of(first_silence)) {
            taken = sender_.send_silence(*websocket_);
        }
        return taken;
    }
    if (!protocol_->needs_audio(now) || now < silence_due()) return true;
    const auto chunk = std::chrono::milliseconds(parts_.settings.chunk_ms);
    next_silence_at_ = std::max(silence_due() + chunk, now);
    if (!sender_.less_than_a_message_before(sender_.end())) return true;  // a backlog is on its way
    const SamplePosition before = sender_.clock().sent();
    if (!sender_.send_rest(*websocket_, sender_.end())) return false;
    const bool rest_was_a_message = sender_.clock().sent() > before;
    if (!unanswered_since_) unanswered_since_ = now;
    return rest_was_a_message || sender_.send_silence(*websocket_);
}

bool Recognizer::stale(net::TimePoint now) const {
    if (loud_and_unanswered(now)) return true;
    if (!unanswered_since_ || now - *unanswered_since_ < protocol_->traits().stale_after) return false;
    const StreamClock& clock = sender_.clock();
    return clock.sent() - sent_at_answer_ >= clock.samples_of(telling_audio);
}

// Of a voice both protocols speak at least every second; so they do of a silence after it. That much time and
// that much audio: a replay sends audio faster than time passes, and a caller may fall silent altogether.
bool Recognizer::loud_and_unanswered(net::TimePoint now) const {
    const net::Duration limit = parts_.settings.stale_after_loud;
    if (!unanswered_since_ || now - *unanswered_since_ < limit) return false;
    const StreamClock& clock = sender_.clock();
    return clock.to_time(clock.sent() - sent_at_answer_) >= limit &&
           clock.to_time(sender_.loud_samples() - loud_at_answer_) >= telling_voice;
}

void Recognizer::plan_next_wake(net::TimePoint now) {
    if (state_ != State::streaming) return;
    const ListenTraits& traits = protocol_->traits();
    net::TimePoint next = now + longest_sleep;
    const auto consider = [&](net::TimePoint when) { next = std::min(next, when); };
    if (!traits.keep_alive.empty()) consider(keep_alive_at_);
    if (traits.needs_first_audio && sender_.clock().sent() == 0) consider(since_ + first_audio_wait);
    if (protocol_->needs_audio(now)) consider(silence_due());
    if (unanswered_since_) {
        for (const net::Duration limit : {parts_.settings.stale_after_loud, traits.stale_after})
            if (*unanswered_since_ + limit > now) consider(*unanswered_since_ + limit);
    }
    consider(next_look_at_rotation(now));
    if (const auto deadline = protocol_->deadline()) consider(*deadline);
    wake_by(std::max(next, now));
}

}  // namespace atlas::providers::deepgram
