#pragma once

#include "atlas/net/loop.hpp"
#include "atlas/providers/provider_failure.hpp"

#include <cstddef>
#include <string_view>
#include <vector>

namespace atlas::providers {

enum class BreakerState {
    closed,     // requests pass
    open,       // none does: the provider is down, and whoever asks is told at once
    half_open,  // one passes, to see whether the provider is back
};
std::string_view name(BreakerState state);

// Keeps requests from a provider that does not answer anyway, so that callers hear of it at once.
//
// Opens after some failures in a row, when too large a share of the last requests failed, and at once when
// the service says so itself: a rate limit for as long as it asks, a refused key, quota or model shortly.
// After the wait one request, the probe, tells: answered closes it, failed doubles the wait. Requests that
// are wrong in themselves (bad_request, refused) say nothing about the provider.
//
// Slow is failed: a request that is late is reported as timed_out before it ends. If only that opened the
// breaker, a late answer closes it. Pure.
class Breaker {
public:
    struct Settings {
        std::size_t failures_in_a_row = 4;
        double failure_share = 0.5;  // of the requests in the window, when there are enough of them
        std::size_t fewest = 10;
        net::Duration window = std::chrono::seconds(30);
        net::Duration open_for = std::chrono::seconds(5);       // doubles with every failed probe
        net::Duration longest_open = std::chrono::seconds(60);  // of all waits, a rate limit's too
        // One refused key may be the service's slip: the first wait is short, and grows like the others.
        net::Duration open_for_refusal = std::chrono::seconds(1);
    };
    enum class Admission { pass, probe, refuse };

    explicit Breaker(Settings settings);

    // Whether a request may be made now. A probe must report one of answered(), failed(), let_go_probe().
    Admission admit(net::TimePoint now);
    // The first piece of an answer came, right now.
    void answered(net::TimePoint now);
    // The answer came to its end.
    void completed(net::TimePoint now);
    void failed(const ProviderFailure& failure, bool probe, net::TimePoint now);
    // It ended before anything was known: its caller let go.
    void let_go_probe() { probe_out_ = false; }

    BreakerState state(net::TimePoint now) const;
    net::TimePoint open_until() const { return open_until_; }
    FailureReason cause() const { return cause_; }  // of the last opening

private:
    struct Outcome {
        net::TimePoint at;
        bool failed = false;
    };

    void failed_while_closed(const ProviderFailure& failure, net::TimePoint now);
    void remember(bool failed, net::TimePoint now);
    bool too_many_failed(net::TimePoint now) const;
    void open(net::Duration wait, FailureReason cause, bool by_slowness, net::TimePoint now);
    void close();

    Settings settings_;
    bool closed_ = true;
    bool probe_out_ = false;
    bool by_slowness_ = false;  // nothing but late requests opened it
    bool only_slow_ = true;     // so are all failures in the row
    std::size_t row_ = 0;       // failures
    net::Duration next_wait_;   // after a failed probe
    net::TimePoint open_until_{};
    FailureReason cause_{};
    std::vector<Outcome> recent_;  // a ring
    std::size_t oldest_ = 0;
};

}  // namespace atlas::providers
