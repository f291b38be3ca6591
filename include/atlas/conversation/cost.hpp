#pragma once

#include "atlas/conversation/conversation_settings.hpp"
#include "atlas/conversation/events.hpp"

#include <cstdint>

namespace atlas::conversation {

Effort& operator+=(Effort& sum, const Effort& more);

// In millionths of a dollar, by the settings' prices: an estimate, not a bill.
std::int64_t cost_of(const Prices& prices, const Effort& effort, Duration listened, AudioTime spoken);

}  // namespace atlas::conversation
