#include "atlas/providers/deepgram/end_timeout.hpp"

#include <algorithm>
#include <cmath>

namespace atlas::providers::deepgram {

namespace {

constexpr auto answer_wait = std::chrono::seconds(5);
// Inside what every deployment takes, old ones included (§2.1).
constexpr int shortest_ms = 500;
constexpr int longest_ms = 10'000;

}  // namespace

EndTimeout::EndTimeout(int timeout_ms, bool configurable)
    : usual_(timeout_ms),
      wanted_(timeout_ms),
      offered_(timeout_ms),
      active_(timeout_ms),
      last_good_(timeout_ms),
      configurable_(configurable) {}

void EndTimeout::want(double factor) {
    const double longest = std::max(longest_ms, usual_);
    wanted_ = static_cast<int>(std::lround(std::clamp(usual_ * factor, double{shortest_ms}, longest)));
}

int EndTimeout::offer() {
    offered_ = refused_ ? last_good_ : wanted_;
    return offered_;
}

void EndTimeout::connection_began() {
    connected_ = true;
    active_ = offered_;
    asked_at_.reset();
}

void EndTimeout::connection_lost() {
    connected_ = false;
    asked_at_.reset();
}

std::optional<net::TimePoint> EndTimeout::due() const {
    if (!connected_ || !configurable_ || wanted_ == active_) return {};
    return asked_at_ ? *asked_at_ + answer_wait : net::TimePoint::min();
}

std::optional<std::string> EndTimeout::message(net::TimePoint now) {
    const auto when = due();
    if (!when || now < *when) return {};
    asked_at_ = now;
    active_ = wanted_;
    return R"({"type":"Configure","thresholds":{"eot_timeout_ms":)" + std::to_string(wanted_) + "}}";
}

void EndTimeout::accepted() {
    if (asked_at_) last_good_ = active_;
    asked_at_.reset();
}

void EndTimeout::refused() {
    if (!asked_at_) return;
    asked_at_.reset();
    active_ = last_good_;
    refused_ = true;
    configurable_ = false;
}

void EndTimeout::not_understood() {
    asked_at_.reset();
    configurable_ = false;
}

}  // namespace atlas::providers::deepgram
