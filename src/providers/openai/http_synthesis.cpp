#include "http_synthesis.hpp"

#include "atlas/net/backoff.hpp"

#include <algorithm>
#include <utility>

namespace atlas::providers::openai {

namespace {

std::size_t samples_in(std::chrono::milliseconds time) {
    return static_cast<std::size_t>(time.count()) * synthesis_sample_rate / 1000;
}

}  // namespace

HttpSynthesis::HttpSynthesis(HttpSpeechParts parts, SynthesisRequest request,
                             std::function<void(const SynthesisEvent&)> on_event)
    : parts_(parts),
      request_(std::move(request)),
      listener_(std::move(on_event)),
      hidden_{parts.settings.api_key, request_.text},
      problem_(problem_with_text(request_.text)),
      give_up_at_(parts.loop.now() + parts.settings.timings.first_audio_total),
      most_samples_(samples_in(longest_speech(request_.text, parts.settings.voice.speed))),
      watch_(parts.loop.make_timer([this] { on_watch(); })),
      retry_(parts.loop.make_timer([this] { begin_attempt(); })) {
    if (problem_.empty())
        begin_attempt();
    else
        retry_->expire_after({});  // the owner must hear of it, but not inside this call
}

void HttpSynthesis::begin_attempt() {
    if (!problem_.empty()) return attempt_failed(FailureReason::bad_request, problem_);
    ++attempts_;
    attempt_began_ = parts_.loop.now();
    parser_ = net::SseParser();
    pcm_.clear();
    const Voice& voice = parts_.settings.voice;
    const bool as_events = can_stream_events(voice.model);
    net::HttpRequest request = speech_http_request(parts_.settings, "POST", parts_.settings.speech_path);
    request.headers.add("content-type", "application/json");
    request.body = write_speech_request(voice, request_.text, as_events);
    // Bare audio has no end mark of its own; a cut is visible in HTTP/1.1's framing only (§D.6).
    request.http1_only = !as_events;
    request.fresh_connection = attempts_ > 1 || request_.hedge;
    StreamedAnswer::Reader& reader = *this;
    answer_ = std::make_unique<StreamedAnswer>(parts_.http, std::move(request), reader);
    watch_->expire_at(deadline());
}

bool HttpSynthesis::on_answer_begins(const net::HttpHeaders& headers) {
    request_id_ = one_line(headers.find("x-request-id"), hidden_, 100);
    const std::string_view type = headers.find("content-type");
    is_events_ = is_content_type(type, "text/event-stream");
    return !is_content_type(type, "application/json") && !is_content_type(type, "text/html");
}

void HttpSynthesis::on_answer_bytes(std::string_view bytes) {
    if (!is_events_) {
        [[maybe_unused]] const bool alive = take_samples(pcm_.add(bytes));
        return;
    }
    parser_.feed(bytes);
    while (const auto event = parser_.next())
        if (!take_event(event->data)) return;
    if (!parser_.error().empty()) attempt_failed(FailureReason::protocol, parser_.error(), true);
}

bool HttpSynthesis::take_event(std::string_view data) {
    SpeechEvent event = read_speech_event(data, scratch_, hidden_);
    if (const auto* part = std::get_if<SpeechAudioPart>(&event)) return take_base64(part->base64);
    if (std::holds_alternative<SpeechNothing>(event)) return true;
    if (auto* failure = std::get_if<ProviderFailure>(&event)) {
        const bool retry_helps = worth_retrying(*failure, parts_.settings.timings.longest_retry_after);
        attempt_failed(std::move(*failure), retry_helps);
    } else {
        all_received();
    }
    return false;
}

bool HttpSynthesis::take_base64(std::string_view text) {
    const auto samples = pcm_.add_base64(text);
    if (samples) return take_samples(*samples);
    attempt_failed(FailureReason::protocol, "audio that is not base64", true);
    return false;
}

bool HttpSynthesis::take_samples(std::span<const std::int16_t> samples) {
    if (samples.empty()) return true;
    const std::string_view bytes(reinterpret_cast<const char*>(samples.data()), samples.size_bytes());
    const auto file = samples_given_ == 0 ? audio_file_kind(bytes) : std::nullopt;
    if (file) {
        attempt_failed(FailureReason::protocol, "asked for pcm, got a " + std::string(*file) + " file");
        return false;
    }
    samples_given_ += samples.size();
    if (samples_given_ > most_samples_) {
        attempt_failed(FailureReason::protocol, "far more audio than the text can need");
        return false;
    }
    const bool first = samples_given_ == samples.size();
    last_sound_ = parts_.loop.now();
    if (first) watch_->expire_at(deadline());
    return listener_.tell(SynthesisAudio{samples});
}

void HttpSynthesis::on_answer_ends(const net::TransferResult& result) {
    if (result.delivered && !is_events_) return all_received();
    ProviderFailure failure = failure_of_transfer(result, "speech.audio.done");
    const bool retry_helps = worth_retrying(failure, parts_.settings.timings.longest_retry_after);
    attempt_failed(std::move(failure), retry_helps);
}

void HttpSynthesis::all_received() {
    if (samples_given_ == 0)  // seen in the field (§B.6)
        return attempt_failed(FailureReason::protocol, "a complete answer without audio", true);
    const auto least = shortest_speech(request_.text, parts_.settings.voice.speed);
    if (!is_events_ && samples_given_ < samples_in(least))
        return attempt_failed(FailureReason::truncated, "the audio is too short for its text");
    SynthesisCompleted completed;
    completed.story.attempts = attempts_;
    finish(completed);
}

void HttpSynthesis::on_refusal() {
    ProviderFailure failure =
        failure_of_refusal(answer_->status(), answer_->headers(), answer_->body(), hidden_);
    const bool retry_helps = worth_retrying(failure, parts_.settings.timings.longest_retry_after);
    attempt_failed(std::move(failure), retry_helps);
}

net::TimePoint HttpSynthesis::deadline() const {
    const SpeechTimings& timings = parts_.settings.timings;
    if (samples_given_ > 0) return last_sound_ + timings.stall;
    if (attempts_ == most_attempts()) return give_up_at_;
    return std::min(give_up_at_, attempt_began_ + timings.first_audio);
}

// Sound moves the deadline, not the timer: it finds out here that there is time left.
void HttpSynthesis::on_watch() {
    if (parts_.loop.now() < deadline()) return watch_->expire_at(deadline());
    if (answer_->refused()) return on_refusal();  // its body does not end: what came will do
    if (samples_given_ > 0) return attempt_failed(FailureReason::stalled, "no further audio in time");
    attempt_failed(FailureReason::timed_out, "no audio in time", true);
}

void HttpSynthesis::attempt_failed(FailureReason reason, std::string message, bool retry_helps) {
    ProviderFailure failure;
    failure.reason = reason;
    failure.message = std::move(message);
    attempt_failed(std::move(failure), retry_helps);
}

void HttpSynthesis::attempt_failed(ProviderFailure failure, bool retry_helps) {
    answer_.reset();
    watch_->cancel();
    failure.attempts = std::max(attempts_, 1);
    if (failure.request_id.empty()) failure.request_id = request_id_;
    if (retry_helps && samples_given_ == 0 && attempts_ < most_attempts())
        if (const auto delay = retry_delay(failure)) return retry_->expire_after(*delay);
    SynthesisFailed failed{std::move(failure)};
    failed.story.attempts = failed.failure.attempts;
    finish(failed);
}

// After a time-out no further waiting; other troubles get a moment to pass.
std::optional<net::Duration> HttpSynthesis::retry_delay(const ProviderFailure& failure) {
    const SpeechTimings& timings = parts_.settings.timings;
    const double chance = std::uniform_real_distribution<>(0, 1)(parts_.random);
    net::Duration delay{};
    if (failure.reason != FailureReason::timed_out && failure.reason != FailureReason::protocol)
        delay = net::backoff_delay(0, chance, timings.retry_wait, timings.retry_wait);
    if (failure.retry_after && *failure.retry_after <= timings.longest_retry_after)
        delay = std::max<net::Duration>(delay, *failure.retry_after);
    if (parts_.loop.now() + delay >= give_up_at_) return {};
    return delay;
}

void HttpSynthesis::finish(const SynthesisEvent& event) {
    answer_.reset();
    watch_->cancel();
    retry_->cancel();
    [[maybe_unused]] const bool alive = listener_.tell(event);
}

}  // namespace atlas::providers::openai
