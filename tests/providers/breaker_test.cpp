#include "atlas/providers/breaker.hpp"

#include "support/fake_providers.hpp"

#include <gtest/gtest.h>

namespace atlas::providers {
namespace {

using namespace std::chrono_literals;
using Admission = Breaker::Admission;

class BreakerTest : public testing::Test {
protected:
    void fail(FailureReason reason, bool probe = false) { breaker.failed(test::failure(reason), probe, now); }
    void fail_times(int times, FailureReason reason = FailureReason::overloaded) {
        for (int i = 0; i < times; ++i) fail(reason);
    }
    BreakerState state() const { return breaker.state(now); }
    Admission admit() { return breaker.admit(now); }
    // Down, and the wait is over: the next request is the probe.
    void wait_until_half_open() {
        fail_times(4);
        now += 5s;
        ASSERT_EQ(state(), BreakerState::half_open);
    }

    net::TimePoint now{1h};
    Breaker breaker{Breaker::Settings{}};
};

TEST_F(BreakerTest, PassesAllRequestsWhileClosed) {
    for (int i = 0; i < 100; ++i) EXPECT_EQ(admit(), Admission::pass);
}

TEST_F(BreakerTest, OpensAfterFourFailuresInARow) {
    fail_times(3);
    EXPECT_EQ(state(), BreakerState::closed);
    fail_times(1);
    EXPECT_EQ(state(), BreakerState::open);
    EXPECT_EQ(admit(), Admission::refuse);
}

TEST_F(BreakerTest, ForgetsTheRowWithAnAnswer) {
    for (int i = 0; i < 3; ++i) {
        fail_times(3);
        for (int good = 0; good < 8; ++good) breaker.completed(now);
    }
    EXPECT_EQ(state(), BreakerState::closed);
}

TEST_F(BreakerTest, OpensWhenHalfOfTheRequestsFail) {
    for (int i = 0; i < 4; ++i) {
        breaker.completed(now);
        fail_times(1);
    }
    EXPECT_EQ(state(), BreakerState::closed) << "eight requests are too few to tell";
    breaker.completed(now);
    fail_times(1);
    EXPECT_EQ(state(), BreakerState::open);
}

TEST_F(BreakerTest, ForgetsFailuresOfLongAgo) {
    for (int i = 0; i < 50; ++i) {
        fail_times(1);
        breaker.completed(now);
        now += 10s;
    }
    EXPECT_EQ(state(), BreakerState::closed) << "seven requests in half a minute are too few to tell";
}

TEST_F(BreakerTest, CountsWhatSaysThatTheProviderIsInTrouble) {
    for (const auto reason : {FailureReason::unreachable, FailureReason::overloaded, FailureReason::timed_out,
                              FailureReason::stalled, FailureReason::disconnected, FailureReason::truncated,
                              FailureReason::protocol, FailureReason::rate_limited}) {
        breaker = Breaker(Breaker::Settings{});
        fail_times(4, reason);
        EXPECT_EQ(state(), BreakerState::open) << name(reason);
    }
}

TEST_F(BreakerTest, DoesNotCountWhatIsWrongInTheRequest) {
    fail_times(100, FailureReason::bad_request);
    fail_times(100, FailureReason::refused);
    EXPECT_EQ(state(), BreakerState::closed);
}

TEST_F(BreakerTest, OpensAtOnceWhenTheServiceRefusesUsAndForLongerWhenItDoesAgain) {
    for (const auto reason :
         {FailureReason::unauthorized, FailureReason::quota, FailureReason::model_retired}) {
        breaker = Breaker(Breaker::Settings{});
        fail(reason);
        EXPECT_EQ(breaker.open_until(), now + 1s) << name(reason);
        now += 1s;
        ASSERT_EQ(breaker.admit(now), Breaker::Admission::probe);
        breaker.failed(test::failure(reason), true, now);
        EXPECT_EQ(breaker.open_until(), now + 10s) << name(reason);
    }
}

TEST_F(BreakerTest, IsOpenForAsLongAsARateLimitAsks) {
    ProviderFailure failure = test::failure(FailureReason::rate_limited);
    failure.retry_after = 12s;
    breaker.failed(failure, false, now);
    EXPECT_EQ(breaker.open_until(), now + 12s);
    breaker = Breaker(Breaker::Settings{});
    failure.retry_after = 24h;
    breaker.failed(failure, false, now);
    EXPECT_EQ(breaker.open_until(), now + 60s);
}

TEST_F(BreakerTest, LetsOneProbePassAfterFiveSeconds) {
    fail_times(4);
    now += 5s - 1ns;
    EXPECT_EQ(admit(), Admission::refuse);
    now += 1ns;
    EXPECT_EQ(admit(), Admission::probe);
    for (int i = 0; i < 10; ++i) EXPECT_EQ(admit(), Admission::refuse);
}

TEST_F(BreakerTest, ClosesWithTheFirstPieceOfTheProbesAnswer) {
    wait_until_half_open();
    EXPECT_EQ(admit(), Admission::probe);
    breaker.answered(now);
    EXPECT_EQ(state(), BreakerState::closed);
    EXPECT_EQ(admit(), Admission::pass);
    fail_times(3);
    EXPECT_EQ(state(), BreakerState::closed) << "nothing is left of the old row";
}

TEST_F(BreakerTest, ClosesWhenTheProbeIsRefusedForItsOwnFault) {
    wait_until_half_open();
    EXPECT_EQ(admit(), Admission::probe);
    fail(FailureReason::bad_request, true);
    EXPECT_EQ(state(), BreakerState::closed);
}

TEST_F(BreakerTest, WaitsTwiceAsLongAfterEachFailedProbeUpToAMinute) {
    wait_until_half_open();
    for (const auto wait : {10s, 20s, 40s, 60s, 60s}) {
        EXPECT_EQ(admit(), Admission::probe);
        fail(FailureReason::unreachable, true);
        EXPECT_EQ(breaker.open_until(), now + wait);
        now += wait;
    }
    EXPECT_EQ(admit(), Admission::probe);
    breaker.answered(now);
    fail_times(4);
    EXPECT_EQ(breaker.open_until(), now + 5s);
}

TEST_F(BreakerTest, LetsAnotherProbePassWhenTheCallerOfTheFirstLetGo) {
    wait_until_half_open();
    EXPECT_EQ(admit(), Admission::probe);
    breaker.let_go_probe();
    EXPECT_EQ(admit(), Admission::probe);
}

TEST_F(BreakerTest, IsNotMovedByWhatWasAskedBeforeItOpened) {
    fail_times(4);
    const auto until = breaker.open_until();
    fail_times(10);
    EXPECT_EQ(breaker.open_until(), until);
    breaker.completed(now);
    EXPECT_EQ(state(), BreakerState::open);
    now += 5s;
    fail_times(10);
    EXPECT_EQ(admit(), Admission::probe);
}

TEST_F(BreakerTest, IsClosedByALateAnswerWhenOnlySlownessOpenedIt) {
    fail_times(4, FailureReason::timed_out);
    EXPECT_EQ(state(), BreakerState::open);
    breaker.answered(now);
    EXPECT_EQ(state(), BreakerState::closed);
}

TEST_F(BreakerTest, StaysOpenAtALateAnswerWhenMoreThanSlownessOpenedIt) {
    fail(FailureReason::overloaded);
    fail_times(3, FailureReason::timed_out);
    breaker.answered(now);
    EXPECT_EQ(state(), BreakerState::open);
}

TEST_F(BreakerTest, IsNotOpenedByAnOldProbeOnceItIsClosed) {
    wait_until_half_open();
    EXPECT_EQ(admit(), Admission::probe);
    breaker.answered(now);  // of an older request
    fail(FailureReason::unreachable, true);
    EXPECT_EQ(state(), BreakerState::closed);
}

}  // namespace
}  // namespace atlas::providers
