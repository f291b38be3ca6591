#include "realtime_synthesis.hpp"

#include "atlas/providers/openai/spoken_words.hpp"

#include <algorithm>
#include <utility>

namespace atlas::providers::openai {

namespace {

ProviderFailure failure(FailureReason reason, std::string message) {
    ProviderFailure failed;
    failed.reason = reason;
    failed.message = std::move(message);
    return failed;
}

std::size_t most_samples(const SynthesisRequest& request, const Voice& voice) {
    const auto time = longest_speech(request.text, voice.speed);
    return static_cast<std::size_t>(time.count()) * synthesis_sample_rate / 1000;
}

}  // namespace

RealtimeSynthesis::RealtimeSynthesis(RealtimePoolRunner& pool, SynthesisRequest request,
                                     std::function<void(const SynthesisEvent&)> on_event)
    : pool_(pool),
      request_(std::move(request)),
      listener_(std::move(on_event)),
      problem_(problem_with_text(request_.text)),
      give_up_at_(pool.loop().now() + pool.settings().timings.first_audio_total),
      most_samples_(most_samples(request_, pool.settings().voice)),
      watch_(pool.loop().make_timer([this] { on_watch(); })) {
    begin();
}

RealtimeSynthesis::~RealtimeSynthesis() {
    if (waiting_) pool_.forget(*this);
    leave_socket(false);
}

// A hedge's slow twin is on a socket that owes somebody a first sound.
bool RealtimeSynthesis::avoids(const RealtimeSocket& socket) const {
    return socket.id() == avoided_socket_ || (request_.hedge && socket.owes_first_sound());
}

// A refusal is told by the timer: not inside the call that asks.
void RealtimeSynthesis::begin() {
    if (problem_.empty()) {
        waiting_ = true;
        if (pool_.submit(*this, false)) return watch_->expire_at(deadline());
        waiting_ = false;
    }
    watch_->expire_after({});
}

void RealtimeSynthesis::on_sent(RealtimeSocket& socket) {
    waiting_ = false;
    socket_ = &socket;
    ++attempts_;
    all_sound_ = false;
    attempt_began_ = pool_.loop().now();
    watch_->expire_at(deadline());
}

void RealtimeSynthesis::on_no_socket(const ProviderFailure& failed) {
    waiting_ = false;
    attempt_failed(failed, false);
}

void RealtimeSynthesis::on_sound(std::span<const std::int16_t> samples) {
    const bool first = samples_given_ == 0;
    samples_given_ += samples.size();
    if (samples_given_ > most_samples_)
        return attempt_failed(failure(FailureReason::protocol, "far more audio than the text can need"),
                              false);
    last_sound_ = pool_.loop().now();
    if (first) watch_->expire_at(deadline());
    [[maybe_unused]] const bool alive = listener_.tell(SynthesisAudio{samples});
}

void RealtimeSynthesis::on_spoken(std::string transcript) {
    socket_ = nullptr;
    if (samples_given_ > 0) return complete(std::move(transcript));
    attempt_failed(failure(FailureReason::protocol, "a complete answer without audio"), true);
}

void RealtimeSynthesis::on_unspoken(ProviderFailure failed) {
    if (socket_) avoided_socket_ = socket_->id();
    socket_ = nullptr;
    // 1 s is the patience of a turn; what an error event asks to wait is not known.
    const bool retry_helps = worth_retrying(failed, pool_.settings().timings.longest_retry_after);
    attempt_failed(std::move(failed), retry_helps);
}

net::TimePoint RealtimeSynthesis::deadline() const {
    const SpeechTimings& timings = pool_.settings().timings;
    if (samples_given_ > 0) return last_sound_ + timings.stall;
    if (!socket_ || attempts_ == most_attempts()) return give_up_at_;
    return std::min(give_up_at_, attempt_began_ + timings.first_audio);
}

// Sound moves the deadline, not the timer: it finds out here that there is time left.
void RealtimeSynthesis::on_watch() {
    if (!problem_.empty()) return attempt_failed(failure(FailureReason::bad_request, problem_), false);
    if (!waiting_ && !socket_)
        return attempt_failed(failure(FailureReason::overloaded, "too many chunks wait for a voice"), false);
    if (pool_.loop().now() < deadline()) return watch_->expire_at(deadline());
    if (waiting_) {
        const auto why = pool_.open_sockets() == 0 ? pool_.last_failure() : std::nullopt;
        return attempt_failed(why.value_or(failure(FailureReason::timed_out, "no voice was free in time")),
                              false);
    }
    if (all_sound_) return complete({});
    if (samples_given_ > 0)
        return attempt_failed(failure(FailureReason::stalled, "no further audio in time"), false);
    attempt_failed(failure(FailureReason::timed_out, "no audio in time"), true);
}

void RealtimeSynthesis::leave_socket(bool late) {
    if (!socket_) return;
    avoided_socket_ = socket_->id();
    std::exchange(socket_, nullptr)->stop(*this, late);
}

void RealtimeSynthesis::attempt_failed(ProviderFailure failed, bool retry_helps) {
    // One that falls silent within a sentence would be asked for the rest of it.
    if (socket_ && failed.reason == FailureReason::stalled) socket_->retire();
    leave_socket(failed.reason == FailureReason::timed_out);
    failed.attempts = std::max(attempts_, 1);
    failed.message = one_line(failed.message, {request_.text});
    const bool time_left = pool_.loop().now() < give_up_at_;
    if (retry_helps && samples_given_ == 0 && attempts_ < most_attempts() && time_left) {
        waiting_ = true;
        watch_->expire_at(give_up_at_);
        pool_.submit(*this, true);
        return;
    }
    SynthesisFailed told{std::move(failed)};
    told.story.attempts = told.failure.attempts;
    finish(told);
}

void RealtimeSynthesis::complete(std::string transcript) {
    const bool same = transcript.empty() || same_words(request_.text, transcript);
    SynthesisCompleted completed{std::move(transcript), same};
    completed.story.attempts = attempts_;
    finish(completed);
}

void RealtimeSynthesis::finish(const SynthesisEvent& event) {
    if (waiting_) pool_.forget(*this);
    waiting_ = false;
    leave_socket(false);
    watch_->cancel();
    [[maybe_unused]] const bool alive = listener_.tell(event);
}

}  // namespace atlas::providers::openai
