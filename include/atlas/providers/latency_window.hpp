#pragma once

#include "atlas/net/loop.hpp"

#include <cstddef>
#include <optional>
#include <vector>

namespace atlas::providers {

// How long one stage of one provider took lately: its last `capacity` requests, none older than `max_age`.
//
// Not every request shows its time. One that hangs, loses against its hedge or is let go by the caller only
// shows that it would have taken longer than it was given. Left out, such requests would make a service that
// hangs look fast; taken for answers, they would make it look faster than it is. So they count as "at least",
// as the Kaplan-Meier estimator counts them: each one is part of the crowd up to its time and says nothing
// about later. Pure; allocates at construction only.
class LatencyWindow {
public:
    struct Settings {
        std::size_t capacity = 128;
        net::Duration max_age = std::chrono::minutes(10);
        std::size_t fewest = 8;  // with fewer requests nothing is known
    };

    explicit LatencyWindow(Settings settings);

    void add(net::Duration latency, net::TimePoint now);          // it answered after this
    void add_at_least(net::Duration waited, net::TimePoint now);  // it had not answered after this

    // The time by which this share (0..1) of all requests has answered. When more of them never did, the
    // longest time any was given. Empty while nothing is known.
    std::optional<net::Duration> quantile(double share, net::TimePoint now) const;
    std::size_t count(net::TimePoint now) const;

private:
    struct Sample {
        net::TimePoint at;
        net::Duration time{};
        bool answered = true;
    };

    void put(Sample sample);
    void gather(net::TimePoint now) const;

    Settings settings_;
    std::vector<Sample> ring_;
    std::size_t oldest_ = 0;
    mutable std::vector<Sample> sorted_;  // scratch of quantile()
};

}  // namespace atlas::providers
