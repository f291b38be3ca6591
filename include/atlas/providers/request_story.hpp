#pragma once

#include <chrono>

namespace atlas::providers {

// How an answer came about, for records and metrics.
struct RequestStory {
    int attempts = 1;  // requests that were made for it, hedges included
    int hedges = 0;    // of these: made because an earlier one was slow
    bool hedge_won = false;
    std::chrono::milliseconds hedged_after{};  // 0: never
};

}  // namespace atlas::providers
