#include "atlas/net/backoff.hpp"

#include <algorithm>

namespace atlas::net {

Duration backoff_delay(int attempt, double random01, Duration base, Duration cap) {
    Duration full = std::min(base, cap);
    for (int i = 0; i < attempt && full < cap; ++i) full = full > cap / 2 ? cap : full * 2;
    const Duration half = full / 2;
    const double chance = std::clamp(random01, 0.0, 1.0);
    return half + std::chrono::duration_cast<Duration>(std::chrono::duration<double, Duration::period>(
                      static_cast<double>((full - half).count()) * chance));
}

}  // namespace atlas::net
