#pragma once

#include "atlas/net/asio_loop.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string_view>

namespace atlas::test {

// Runs the loop until `condition` holds: ASSERT_TRUE(run_until(loop, "the answer", [&] { return ...; })).
// The budget is only for a test that fails; it then says what it waited for.
template <class Condition>
testing::AssertionResult run_until(net::AsioLoop& loop, std::string_view what, Condition condition,
                                   net::Duration budget = std::chrono::seconds(20)) {
    const net::TimePoint end = loop.now() + budget;
    while (!condition()) {
        const net::Duration left = end - loop.now();
        if (left <= net::Duration::zero()) {
            return testing::AssertionFailure() << "waited in vain for " << what;
        }
        loop.run_one_for(left);
    }
    return testing::AssertionSuccess();
}

// Runs the loop until nothing is left on it; a test that ends with it has leaked no socket and no timer.
inline testing::AssertionResult run_out(net::AsioLoop& loop,
                                        net::Duration budget = std::chrono::seconds(20)) {
    const net::TimePoint end = loop.now() + budget;
    while (loop.now() < end) {
        if (!loop.run_one_for(end - loop.now())) return testing::AssertionSuccess();
    }
    return testing::AssertionFailure() << "something is still left on the loop";
}

}  // namespace atlas::test
