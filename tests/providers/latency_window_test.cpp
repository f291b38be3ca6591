#include "atlas/providers/latency_window.hpp"

#include <gtest/gtest.h>

#include <random>

namespace atlas::providers {
namespace {

using namespace std::chrono_literals;

class LatencyWindowTest : public testing::Test {
protected:
    void add(net::Duration latency) { window.add(latency, now += 1s); }
    void add_at_least(net::Duration waited) { window.add_at_least(waited, now += 1s); }
    std::optional<net::Duration> quantile(double share) const { return window.quantile(share, now); }

    net::TimePoint now{1h};
    LatencyWindow window{{.capacity = 100, .max_age = 10min, .fewest = 8}};
};

TEST_F(LatencyWindowTest, KnowsNothingFromFewRequests) {
    for (int i = 0; i < 7; ++i) add(500ms);
    EXPECT_FALSE(quantile(0.95));
    add(500ms);
    EXPECT_EQ(quantile(0.95), 500ms);
}

TEST_F(LatencyWindowTest, GivesTheTimeByWhichAShareHasAnswered) {
    for (int i = 100; i >= 1; --i) add(i * 10ms);
    EXPECT_EQ(quantile(0.5), 500ms);
    EXPECT_EQ(quantile(0.95), 950ms);
    EXPECT_EQ(quantile(1.0), 1000ms);
}

TEST_F(LatencyWindowTest, ForgetsTheOldestOfTooMany) {
    for (int i = 0; i < 100; ++i) add(5s);
    for (int i = 0; i < 100; ++i) add(100ms);
    EXPECT_EQ(window.count(now), 100u);
    EXPECT_EQ(quantile(1.0), 100ms);
}

TEST_F(LatencyWindowTest, ForgetsWhatIsTooOld) {
    for (int i = 0; i < 50; ++i) add(5s);
    now += 9min + 30s;
    for (int i = 0; i < 10; ++i) add(100ms);
    EXPECT_LT(window.count(now), 50u);
    now += 1min;
    EXPECT_EQ(quantile(0.95), 100ms);
    now += 10min;
    EXPECT_FALSE(quantile(0.95));
}

TEST_F(LatencyWindowTest, RaisesTheTailByRequestsThatHang) {
    for (int i = 0; i < 90; ++i) add(500ms);
    for (int i = 0; i < 10; ++i) add_at_least(3s);
    EXPECT_EQ(quantile(0.9), 500ms);
    EXPECT_EQ(quantile(0.95), 3s);
}

TEST_F(LatencyWindowTest, IsNotMadeFasterByCallersWhoLetGoEarly) {
    for (int i = 1; i <= 50; ++i) add(i * 20ms);
    for (int i = 0; i < 50; ++i) add_at_least(10ms);
    EXPECT_EQ(quantile(0.5), 500ms);
}

// Half of the requests are cut at a random moment; the estimate is that of the uncut ones.
TEST_F(LatencyWindowTest, EstimatesTheTailAlthoughHalfOfTheRequestsAreCutShort) {
    std::mt19937 random(7);
    std::exponential_distribution<double> seconds(1.0);
    LatencyWindow many({.capacity = 20'000, .max_age = 1h, .fewest = 8});
    for (int i = 0; i < 20'000; ++i) {
        const double answer = seconds(random);
        const double cut = seconds(random);
        const auto time = [](double s) { return net::Duration(static_cast<std::int64_t>(s * 1e9)); };
        if (answer < cut)
            many.add(time(answer), now);
        else
            many.add_at_least(time(cut), now);
    }
    const auto p90 = many.quantile(0.9, now);  // ln 10 = 2.303 s
    ASSERT_TRUE(p90);
    EXPECT_NEAR(std::chrono::duration<double>(*p90).count(), 2.303, 0.15);
}

TEST_F(LatencyWindowTest, GivesTheLongestWaitWhenNothingEverAnswers) {
    for (int i = 1; i <= 20; ++i) add_at_least(i * 100ms);
    EXPECT_EQ(quantile(0.5), 2s);
}

}  // namespace
}  // namespace atlas::providers
