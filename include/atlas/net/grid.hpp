#pragma once

#include "atlas/net/loop.hpp"

namespace atlas::net {

// The first multiple of `grid` at or after `time`. Who may wait that long shares a wake-up of the loop with
// all others on the same grid.
constexpr TimePoint on_grid(TimePoint time, Duration grid) {
    const Duration past = time.time_since_epoch() % grid;
    return past == Duration::zero() ? time : time - past + grid;
}

}  // namespace atlas::net
