#include "atlas/providers/hedge_budget.hpp"

#include <gtest/gtest.h>

namespace atlas::providers {
namespace {

TEST(HedgeBudgetTest, BeginsWithABurst) {
    HedgeBudget budget({.share = 0.05, .burst = 3});
    EXPECT_TRUE(budget.take());
    EXPECT_TRUE(budget.take());
    EXPECT_TRUE(budget.take());
    EXPECT_FALSE(budget.take());
    EXPECT_EQ(budget.extra(), 3);
}

TEST(HedgeBudgetTest, EarnsOneExtraRequestWithTwentyOrdinaryOnes) {
    HedgeBudget budget({.share = 0.05, .burst = 3});
    while (budget.take()) continue;
    for (int i = 0; i < 19; ++i) budget.count_request();
    EXPECT_FALSE(budget.take());
    budget.count_request();
    EXPECT_TRUE(budget.take());
    EXPECT_FALSE(budget.take());
}

TEST(HedgeBudgetTest, SavesNoMoreThanTheBurst) {
    HedgeBudget budget({.share = 0.05, .burst = 3});
    for (int i = 0; i < 10'000; ++i) budget.count_request();
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(budget.take());
    EXPECT_FALSE(budget.take());
}

TEST(HedgeBudgetTest, HoldsTheShareHoweverOftenItIsAsked) {
    HedgeBudget budget({.share = 0.05, .burst = 3});
    for (int i = 0; i < 10'000; ++i) {
        budget.count_request();
        [[maybe_unused]] const bool more = budget.take() && budget.take();
    }
    EXPECT_GE(budget.extra(), 500);
    EXPECT_LE(budget.extra(), 503);
    EXPECT_EQ(budget.requests(), 10'000);
}

TEST(HedgeBudgetTest, OfNothingGivesNothing) {
    HedgeBudget budget({.share = 0, .burst = 0});
    for (int i = 0; i < 100; ++i) budget.count_request();
    EXPECT_FALSE(budget.take());
}

}  // namespace
}  // namespace atlas::providers
