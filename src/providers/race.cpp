#include "race.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace atlas::providers {

namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;

// How often a request that is slow already is looked at: for the budget, the breaker and the limits.
constexpr net::Duration look_interval = milliseconds(100);

ProviderFailure no_answer_in_time() {
    ProviderFailure failure;
    failure.reason = FailureReason::timed_out;
    failure.message = "no answer in time";
    return failure;
}

}  // namespace

Race::Race(net::Loop& loop, ProviderLine& line, Runner& runner, double later)
    : loop_(loop),
      line_(line),
      runner_(runner),
      later_(later),
      begun_(loop.now()),
      give_up_from_(begun_),
      timer_(loop.make_timer([this] { on_timer(); })) {
    story_.attempts = 0;
}

Race::~Race() {
    const net::TimePoint now = loop_.now();
    for (Lane& lane : lanes_) {
        if (!lane.running) continue;
        if (&lane == winner_) lane.health->breaker().completed(now);  // as far as it was wanted
        leave(lane, now);
    }
    report(ProviderOutcome::Kind::abandoned, {});
}

void Race::begin() {
    if (start_next(false)) return;
    timer_->expire_after({});  // the owner must hear of it, but not inside this call
}

// Asks the next provider that may be asked. False: there is none.
bool Race::start_next(bool hedge) {
    const net::TimePoint now = loop_.now();
    while (next_provider_ < line_.health.size() && lanes_used_ < max_lanes) {
        const std::size_t provider = next_provider_++;
        ProviderHealth& health = line_.health[provider];
        const auto admission = health.breaker().admit(now);
        line_.report_breaker(health, now);
        if (admission == Breaker::Admission::refuse) continue;
        start(provider, admission, hedge);
        return true;
    }
    return false;
}

void Race::start(std::size_t provider, Breaker::Admission admission, bool hedge) {
    const net::TimePoint now = loop_.now();
    const std::size_t index = lanes_used_++;
    Lane& lane = lanes_[index];
    lane.health = &line_.health[provider];
    lane.provider = provider;
    lane.started = now;
    lane.slow = lane.health->slow_after(now);
    lane.running = true;
    lane.probe = lane.was_probe = admission == Breaker::Admission::probe;
    if (!hedge) lane.health->budget().count_request();
    if (index == 0) hedge_at_ = now + duration_cast<net::Duration>(lane.slow * later_);
    timer_->expire_at(index == 0 ? std::min(hedge_at_, now + lane.slow + lane.health->settings().late_after)
                                 : now + look_interval);
    runner_.run(index, provider, index > 0);
}

void Race::answered(std::size_t index) {
    if (winner_) return;
    const net::TimePoint now = loop_.now();
    Lane& lane = lanes_[index];
    winner_ = &lane;
    timer_->cancel();
    time_to_first_ = now - begun_;
    story_.hedge_won = story_.hedges > 0 && index == 1;
    lane.probe = false;
    lane.health->window().add(now - lane.started, now);
    lane.health->breaker().answered(now);
    line_.report_breaker(*lane.health, now);
    for (std::size_t other = 0; other < lanes_used_; ++other) {
        if (other == index || !lanes_[other].running) continue;
        leave(lanes_[other], now);
        runner_.stop(other);
    }
}

void Race::completed(std::size_t index, const RequestStory& story) {
    answered(index);
    const net::TimePoint now = loop_.now();
    Lane& lane = lanes_[index];
    lane.running = false;
    lane.attempts = story.attempts;
    lane.health->breaker().completed(now);
    line_.report_breaker(*lane.health, now);
    report(ProviderOutcome::Kind::answered, {});
}

std::optional<ProviderFailure> Race::failed(std::size_t index, ProviderFailure failure) {
    const net::TimePoint now = loop_.now();
    Lane& lane = lanes_[index];
    lane.attempts = failure.attempts;
    blame(lane, failure, now);
    leave(lane, now);
    if (!winner_) {
        const bool others = running() > 0;
        const bool final_word = failure.reason == FailureReason::refused;
        if (others || (!final_word && start_next(false))) {
            earlier_failure_ = failure.reason;
            if (!others) begin_fail_over(now);
            return {};
        }
    }
    timer_->cancel();
    report(ProviderOutcome::Kind::failed, failure.reason);
    return with_story(std::move(failure));
}

void Race::on_timer() {
    const net::TimePoint now = loop_.now();
    if (lanes_used_ == 0) return reject(now);
    mark_late(now);
    if (now >= hedge_at_) hedge(now);
    if (hopeless(now)) return stop_hopeless(now);
    look_again(now);
}

void Race::look_again(net::TimePoint now) {
    const net::TimePoint limit = give_up_from_ + lanes_[0].health->settings().give_up_after;
    timer_->expire_at(limit > now ? std::min(limit, now + look_interval) : now + look_interval);
}

void Race::reject(net::TimePoint now) {
    const ProviderHealth& first = line_.health.front();
    ProviderFailure failure;
    failure.reason = first.breaker().cause();
    failure.message = "the breaker of " + first.provider() + " is open (" +
                      std::string(name(first.breaker().cause())) + "): nothing was asked";
    failure.attempts = 0;
    const auto wait = std::chrono::ceil<milliseconds>(first.breaker().open_until() - now);
    failure.retry_after = std::max(wait, milliseconds(0));
    report(ProviderOutcome::Kind::rejected, failure.reason);
    runner_.give_up(std::move(failure));
}

// A second request to the same provider, when it is well and the budget has one; beside a probe, which may
// take its time, one to the next provider.
void Race::hedge(net::TimePoint now) {
    if (story_.hedges > 0 || failed_over_ || running() != 1) return;
    const Lane& slow = lanes_[0];
    if (!slow.running) return;
    const std::size_t lanes_before = lanes_used_;
    if (slow.was_probe)
        start_next(true);
    else if (slow.health->breaker().state(now) == BreakerState::closed && slow.health->budget().take())
        start(slow.provider, Breaker::Admission::pass, true);
    if (lanes_used_ == lanes_before) return;
    ++story_.hedges;
    story_.hedged_after = duration_cast<milliseconds>(now - begun_);
}

// From here on its breaker takes it for failed: an outage must not hide behind long limits.
void Race::mark_late(net::TimePoint now) {
    for (Lane& lane : lanes_) {
        if (!lane.running || lane.late) continue;
        if (now < lane.started + lane.slow + lane.health->settings().late_after) continue;
        blame(lane, no_answer_in_time(), now);
        lane.late = true;
    }
}

void Race::blame(Lane& lane, const ProviderFailure& failure, net::TimePoint now) {
    const bool known = lane.late && failure.reason == FailureReason::timed_out;
    if (!known) lane.health->breaker().failed(failure, lane.probe, now);
    lane.probe = false;
    line_.report_breaker(*lane.health, now);
}

// The lane is over, or nobody waits for it any more. How long it was given tells something only when that was
// long: quick failures and callers who leave early would fill the window with nothing.
void Race::leave(Lane& lane, net::TimePoint now) {
    const bool tells = &lane != winner_ && now - lane.started >= lane.slow;
    if (tells) lane.health->window().add_at_least(now - lane.started, now);
    if (std::exchange(lane.probe, false)) lane.health->breaker().let_go_probe();
    lane.running = false;
}

// Nothing came in time, or this one is late and so are the others: the provider is down.
bool Race::hopeless(net::TimePoint now) const {
    const ResilienceSettings& settings = lanes_[0].health->settings();
    const net::Duration waited = now - give_up_from_;
    if (waited >= settings.give_up_anyway) return true;
    if ((story_.hedges > 0 || failed_over_) && waited >= settings.give_up_after) return true;
    const bool late = now >= lanes_[0].started + lanes_[0].slow + settings.late_after;
    return late && std::all_of(lanes_.begin(), lanes_.end(), [now](const Lane& lane) {
               return !lane.running ||
                      (!lane.was_probe && lane.health->breaker().state(now) != BreakerState::closed);
           });
}

void Race::stop_hopeless(net::TimePoint now) {
    for (std::size_t index = 0; index < lanes_used_; ++index) {
        if (!lanes_[index].running) continue;
        if (!lanes_[index].late) blame(lanes_[index], no_answer_in_time(), now);
        leave(lanes_[index], now);
        runner_.stop(index);
    }
    if (start_next(false)) {
        earlier_failure_ = FailureReason::timed_out;
        return begin_fail_over(now);
    }
    report(ProviderOutcome::Kind::failed, FailureReason::timed_out);
    runner_.give_up(with_story(no_answer_in_time()));
}

void Race::begin_fail_over(net::TimePoint now) {
    failed_over_ = true;
    give_up_from_ = now;
}

std::size_t Race::running() const {
    return static_cast<std::size_t>(
        std::count_if(lanes_.begin(), lanes_.end(), [](const Lane& lane) { return lane.running; }));
}

RequestStory Race::story() const {
    RequestStory story = story_;
    for (std::size_t lane = 0; lane < lanes_used_; ++lane) story.attempts += lanes_[lane].attempts;
    return story;
}

ProviderFailure Race::with_story(ProviderFailure failure) const {
    failure.attempts = story().attempts;
    if (earlier_failure_) failure.message += " (before it: " + std::string(name(*earlier_failure_)) + ")";
    return failure;
}

void Race::report(ProviderOutcome::Kind kind, std::optional<FailureReason> reason) {
    if (std::exchange(reported_, true) || !line_.reports.on_outcome) return;
    const Lane* last = lanes_used_ > 0 ? &lanes_[lanes_used_ - 1] : nullptr;
    const ProviderHealth& about = winner_ ? *winner_->health : last ? *last->health : line_.health.front();
    line_.reports.on_outcome({about.provider(), line_.stage, kind, reason, time_to_first_, story()});
}

}  // namespace atlas::providers
