#pragma once

#include "atlas/net/loop.hpp"

namespace atlas::net {

// How long to wait before a retry: base, 2*base, 4*base, ... up to cap, of which the upper half is left to
// chance, so that a thousand callers that failed together do not come back together. `attempt` is 0 before
// the first retry; `random01` lies in [0, 1]. Pure.
Duration backoff_delay(int attempt, double random01, Duration base, Duration cap);

}  // namespace atlas::net
