#include "atlas/providers/latency_window.hpp"

#include <algorithm>

namespace atlas::providers {

LatencyWindow::LatencyWindow(Settings settings) : settings_(settings) {
    settings_.capacity = std::max<std::size_t>(settings_.capacity, 1);
    ring_.reserve(settings_.capacity);
    sorted_.reserve(settings_.capacity);
}

void LatencyWindow::add(net::Duration latency, net::TimePoint now) { put({now, latency, true}); }

void LatencyWindow::add_at_least(net::Duration waited, net::TimePoint now) { put({now, waited, false}); }

void LatencyWindow::put(Sample sample) {
    if (ring_.size() < settings_.capacity) return ring_.push_back(sample);
    ring_[oldest_] = sample;
    oldest_ = (oldest_ + 1) % ring_.size();
}

std::size_t LatencyWindow::count(net::TimePoint now) const {
    const auto fresh = [&](const Sample& sample) { return now - sample.at <= settings_.max_age; };
    return static_cast<std::size_t>(std::count_if(ring_.begin(), ring_.end(), fresh));
}

void LatencyWindow::gather(net::TimePoint now) const {
    sorted_.clear();
    for (const Sample& sample : ring_)
        if (now - sample.at <= settings_.max_age) sorted_.push_back(sample);
    // Of the same time, an answer comes before a mere "at least".
    std::sort(sorted_.begin(), sorted_.end(), [](const Sample& a, const Sample& b) {
        return a.time != b.time ? a.time < b.time : a.answered && !b.answered;
    });
}

std::optional<net::Duration> LatencyWindow::quantile(double share, net::TimePoint now) const {
    gather(now);
    if (sorted_.size() < std::max<std::size_t>(settings_.fewest, 1)) return {};
    constexpr double rounding = 1e-9;
    double silent = 1;  // the share that has not answered yet
    for (std::size_t i = 0; i < sorted_.size(); ++i) {
        if (!sorted_[i].answered) continue;
        const auto waiting = static_cast<double>(sorted_.size() - i);
        silent *= (waiting - 1) / waiting;
        if (1 - silent >= share - rounding) return sorted_[i].time;
    }
    return sorted_.back().time;
}

}  // namespace atlas::providers
