#include "atlas/net/asio_loop.hpp"

#include "support/run_until.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <csignal>
#include <thread>
#include <unistd.h>

namespace atlas::net {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using test::run_out;
using test::run_until;
using testing::ElementsAre;

TEST(AsioLoop, RunsPostedWorkInOrderAndNeverInsideTheCall) {
    AsioLoop loop;
    std::vector<int> seen;
    loop.post([&] {
        loop.post([&] { seen.push_back(3); });
        seen.push_back(1);
    });
    loop.post([&] { seen.push_back(2); });
    EXPECT_TRUE(seen.empty());
    loop.run();
    EXPECT_THAT(seen, ElementsAre(1, 2, 3));
}

TEST(AsioLoop, RunsAgainAfterItHadNothingLeft) {
    AsioLoop loop;
    loop.run();
    bool ran = false;
    loop.post([&] { ran = true; });
    loop.run();
    EXPECT_TRUE(ran);
}

TEST(AsioTimer, ExpiresOnceForItsLatestDeadline) {
    AsioLoop loop;
    int expiries = 0;
    const auto timer = loop.make_timer([&] { ++expiries; });
    timer->expire_after(hours(1));
    timer->expire_after(milliseconds(1));
    timer->expire_at(loop.now());
    ASSERT_TRUE(run_out(loop));
    EXPECT_EQ(expiries, 1);
}

TEST(AsioTimer, IsSilentOnceCancelledEvenWhenAlreadyDue) {
    AsioLoop loop;
    int expiries = 0;
    const auto timer = loop.make_timer([&] { ++expiries; });
    // The work runs first, when the timer's deadline has passed as well.
    loop.post([&] { timer->cancel(); });
    timer->expire_at(loop.now() - milliseconds(1));
    ASSERT_TRUE(run_out(loop));
    EXPECT_EQ(expiries, 0);
}

TEST(AsioTimer, IsSilentOnceDestroyed) {
    AsioLoop loop;
    int expiries = 0;
    auto timer = loop.make_timer([&] { ++expiries; });
    timer->expire_at(loop.now());
    timer.reset();
    ASSERT_TRUE(run_out(loop));
    EXPECT_EQ(expiries, 0);
}

TEST(AsioTimer, MayBeDestroyedAndReplacedByItsOwnCallback) {
    AsioLoop loop;
    std::unique_ptr<Timer> timer;
    std::vector<std::string> seen;
    const std::string captured = "a string long enough to live on the heap, captured by the callback";
    timer = loop.make_timer([&, captured] {
        timer = loop.make_timer([&] { seen.push_back("second"); });
        timer->expire_at(loop.now());
        seen.push_back(captured);
    });
    timer->expire_at(loop.now());
    ASSERT_TRUE(run_out(loop));
    EXPECT_THAT(seen, ElementsAre(captured, "second"));
}

TEST(AsioTimer, MayBeArmedAgainByItsOwnCallback) {
    AsioLoop loop;
    int expiries = 0;
    std::unique_ptr<Timer> timer;
    timer = loop.make_timer([&] {
        if (++expiries < 5) timer->expire_at(loop.now());
    });
    timer->expire_at(loop.now());
    ASSERT_TRUE(run_out(loop));
    EXPECT_EQ(expiries, 5);
}

TEST(AsioLoop, ReportsEverySignalUntilToldToIgnoreThem) {
    AsioLoop loop;
    std::vector<int> seen;
    loop.on_signal({SIGTERM, SIGUSR1}, [&](int number) {
        seen.push_back(number);
        if (seen.size() == 3) loop.ignore_signals();
    });
    for (const int number : {SIGTERM, SIGUSR1, SIGTERM}) {
        const std::size_t before = seen.size();
        std::raise(number);
        ASSERT_TRUE(run_until(loop, "the signal", [&] { return seen.size() > before; }));
    }
    EXPECT_THAT(seen, ElementsAre(SIGTERM, SIGUSR1, SIGTERM));
    EXPECT_TRUE(run_out(loop));
}

TEST(AsioLoop, MeasuresHowLateItIs) {
    AsioLoop loop;
    EXPECT_EQ(loop.lag().max, Duration::zero());
    Duration told{};
    int measured = 0;
    loop.start_lag_probe([&](Duration late) {
        ++measured;
        told = std::max(told, late);
    });
    loop.start_lag_probe();
    loop.post([] { std::this_thread::sleep_for(milliseconds(150)); });  // what a blocked loop is like
    ASSERT_TRUE(run_until(loop, "a late tick", [&] { return loop.lag().max >= milliseconds(40); }));
    EXPECT_GE(loop.lag().max, loop.lag().p99);
    EXPECT_EQ(told, loop.lag().max);
    EXPECT_GE(measured, 1);
    loop.stop_lag_probe();
    EXPECT_TRUE(run_out(loop));
}

TEST(AsioLoop, SurvivesAWriteToABrokenPipe) {
    AsioLoop loop;
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    close(ends[0]);
    EXPECT_EQ(write(ends[1], "x", 1), -1);
    EXPECT_EQ(errno, EPIPE);
    close(ends[1]);
}

}  // namespace
}  // namespace atlas::net
