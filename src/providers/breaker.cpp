#include "atlas/providers/breaker.hpp"

#include <algorithm>

namespace atlas::providers {

namespace {

constexpr std::size_t most_remembered = 64;

enum class Meaning { nothing, trouble, come_later, refused };

Meaning meaning_of(FailureReason reason) {
    switch (reason) {
        case FailureReason::bad_request:
        case FailureReason::refused:
            return Meaning::nothing;
        case FailureReason::rate_limited:
            return Meaning::come_later;
        case FailureReason::unauthorized:
        case FailureReason::quota:
        case FailureReason::model_retired:
            return Meaning::refused;
        default:
            return Meaning::trouble;
    }
}

bool is_slow(const ProviderFailure& failure) { return failure.reason == FailureReason::timed_out; }

}  // namespace

std::string_view name(BreakerState state) {
    switch (state) {
        case BreakerState::closed:
            return "closed";
        case BreakerState::open:
            return "open";
        case BreakerState::half_open:
            return "half_open";
    }
    return "unknown";
}

Breaker::Breaker(Settings settings) : settings_(settings), next_wait_(settings.open_for) {
    recent_.reserve(most_remembered);
}

BreakerState Breaker::state(net::TimePoint now) const {
    if (closed_) return BreakerState::closed;
    return now < open_until_ ? BreakerState::open : BreakerState::half_open;
}

Breaker::Admission Breaker::admit(net::TimePoint now) {
    if (closed_) return Admission::pass;
    if (now < open_until_ || probe_out_) return Admission::refuse;
    probe_out_ = true;
    return Admission::probe;
}

void Breaker::answered(net::TimePoint now) {
    if (closed_) return;
    if (now >= open_until_ || by_slowness_) close();
}

void Breaker::completed(net::TimePoint now) {
    if (!closed_) return;
    row_ = 0;
    only_slow_ = true;
    remember(false, now);
}

void Breaker::failed(const ProviderFailure& failure, bool probe, net::TimePoint now) {
    if (closed_) return failed_while_closed(failure, now);
    if (!probe) return;  // asked before it opened: nothing new
    switch (meaning_of(failure.reason)) {
        case Meaning::nothing:
            return close();  // the service did answer
        case Meaning::refused:
            return open(next_wait_, failure.reason, false, now);
        case Meaning::come_later:
            return open(failure.retry_after ? net::Duration(*failure.retry_after) : next_wait_,
                        failure.reason, false, now);
        case Meaning::trouble:
            return open(next_wait_, failure.reason, is_slow(failure), now);
    }
}

void Breaker::failed_while_closed(const ProviderFailure& failure, net::TimePoint now) {
    const Meaning meaning = meaning_of(failure.reason);
    if (meaning == Meaning::nothing) return;
    if (meaning == Meaning::refused) return open(settings_.open_for_refusal, failure.reason, false, now);
    if (meaning == Meaning::come_later && failure.retry_after)
        return open(*failure.retry_after, failure.reason, false, now);
    ++row_;
    only_slow_ = only_slow_ && is_slow(failure);
    remember(true, now);
    if (row_ >= settings_.failures_in_a_row || too_many_failed(now))
        open(next_wait_, failure.reason, only_slow_, now);
}

void Breaker::remember(bool failed, net::TimePoint now) {
    if (recent_.size() < most_remembered) return recent_.push_back({now, failed});
    recent_[oldest_] = {now, failed};
    oldest_ = (oldest_ + 1) % recent_.size();
}

bool Breaker::too_many_failed(net::TimePoint now) const {
    const auto fresh = [&](const Outcome& outcome) { return now - outcome.at <= settings_.window; };
    const auto all = std::count_if(recent_.begin(), recent_.end(), fresh);
    const auto bad = std::count_if(recent_.begin(), recent_.end(),
                                   [&](const Outcome& outcome) { return fresh(outcome) && outcome.failed; });
    return static_cast<std::size_t>(all) >= settings_.fewest &&
           static_cast<double>(bad) >= settings_.failure_share * static_cast<double>(all);
}

void Breaker::open(net::Duration wait, FailureReason cause, bool by_slowness, net::TimePoint now) {
    cause_ = cause;
    closed_ = false;
    probe_out_ = false;
    by_slowness_ = by_slowness;
    open_until_ = now + std::min(wait, settings_.longest_open);
    next_wait_ = std::min(next_wait_ * 2, settings_.longest_open);
}

void Breaker::close() {
    closed_ = true;
    probe_out_ = false;
    row_ = 0;
    only_slow_ = true;
    next_wait_ = settings_.open_for;
    recent_.clear();
    oldest_ = 0;
}

}  // namespace atlas::providers
