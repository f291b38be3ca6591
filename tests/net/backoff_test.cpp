#include "atlas/net/backoff.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace atlas::net {
namespace {

using std::chrono::milliseconds;

Duration longest(int attempt) { return backoff_delay(attempt, 1.0, milliseconds(250), milliseconds(8000)); }
Duration shortest(int attempt) { return backoff_delay(attempt, 0.0, milliseconds(250), milliseconds(8000)); }

TEST(Backoff, DoublesWithEveryAttemptUpToTheCap) {
    EXPECT_EQ(longest(0), milliseconds(250));
    EXPECT_EQ(longest(1), milliseconds(500));
    EXPECT_EQ(longest(4), milliseconds(4000));
    EXPECT_EQ(longest(5), milliseconds(8000));
    EXPECT_EQ(longest(6), milliseconds(8000));
}

TEST(Backoff, LeavesTheUpperHalfToChance) {
    EXPECT_EQ(shortest(0), milliseconds(125));
    EXPECT_EQ(shortest(6), milliseconds(4000));
    EXPECT_EQ(backoff_delay(0, 0.5, milliseconds(200), milliseconds(8000)), milliseconds(150));
}

TEST(Backoff, NeverOverflowsHoweverManyAttemptsFailed) {
    EXPECT_EQ(longest(std::numeric_limits<int>::max()), milliseconds(8000));
    EXPECT_EQ(backoff_delay(200, 1.0, milliseconds(1), Duration::max()), Duration::max());
}

TEST(Backoff, KeepsToTheCapWhenTheBaseIsLarger) {
    EXPECT_EQ(backoff_delay(0, 1.0, milliseconds(500), milliseconds(100)), milliseconds(100));
}

TEST(Backoff, TakesOddInputsForTheNearestSensibleOne) {
    EXPECT_EQ(longest(-3), milliseconds(250));
    EXPECT_EQ(backoff_delay(0, 7.0, milliseconds(250), milliseconds(8000)), milliseconds(250));
    EXPECT_EQ(backoff_delay(0, -7.0, milliseconds(250), milliseconds(8000)), milliseconds(125));
}

}  // namespace
}  // namespace atlas::net
