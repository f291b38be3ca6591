#include "atlas/net/websocket_watch.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace atlas::net {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;

const TimePoint start{std::chrono::hours(1)};

WebsocketOptions options() {
    WebsocketOptions result;
    result.ping_interval = seconds(15);
    result.pong_timeout = seconds(5);
    result.write_timeout = seconds(10);
    result.close_timeout = seconds(2);
    return result;
}

TEST(WebsocketWatch, PingsAtTheIntervalOnly) {
    WebsocketWatch watch(options(), start);
    EXPECT_EQ(watch.next(), start + seconds(15));
    EXPECT_FALSE(watch.ping_due(start + seconds(14)));
    EXPECT_TRUE(watch.ping_due(start + seconds(15)));
    watch.pinged(start + seconds(15));
    EXPECT_FALSE(watch.ping_due(start + seconds(16)));
    EXPECT_TRUE(watch.ping_due(start + seconds(30)));
}

TEST(WebsocketWatch, GivesUpWhenNothingFollowsAPing) {
    WebsocketWatch watch(options(), start);
    watch.pinged(start + seconds(15));
    EXPECT_EQ(watch.next(), start + seconds(20));
    EXPECT_EQ(watch.failure(start + seconds(19)), "");
    EXPECT_THAT(watch.failure(start + seconds(20)), HasSubstr("after a ping"));
}

TEST(WebsocketWatch, AnyByteAnswersAPing) {
    WebsocketWatch watch(options(), start);
    watch.pinged(start + seconds(15));
    watch.heard(start + seconds(16));
    EXPECT_EQ(watch.failure(start + seconds(100)), "");
}

TEST(WebsocketWatch, ASecondPingDoesNotProlongTheFirst) {
    WebsocketWatch watch(options(), start);
    watch.pinged(start + seconds(1));
    watch.pinged(start + seconds(4));
    EXPECT_NE(watch.failure(start + seconds(6)), "");
}

TEST(WebsocketWatch, GivesUpOnAWriteThatTheOtherSideDoesNotTake) {
    WebsocketWatch watch(options(), start);
    watch.write_began(start);
    EXPECT_EQ(watch.failure(start + seconds(9)), "");
    EXPECT_EQ(watch.next(), start + seconds(10));
    EXPECT_THAT(watch.failure(start + seconds(10)), HasSubstr("did not take a message"));
    watch.write_ended();
    EXPECT_EQ(watch.failure(start + seconds(10)), "");
}

TEST(WebsocketWatch, BoundsTheCloseAndStopsPinging) {
    WebsocketWatch watch(options(), start);
    watch.close_began(start);
    watch.close_began(start + seconds(1));
    EXPECT_EQ(watch.next(), start + seconds(2));
    EXPECT_THAT(watch.failure(start + seconds(2)), HasSubstr("close"));
    EXPECT_FALSE(watch.ping_due(start + seconds(60)));
}

TEST(WebsocketWatch, ZeroSwitchesATimeOff) {
    WebsocketOptions off;
    off.write_timeout = off.close_timeout = Duration::zero();
    WebsocketWatch watch(off, start);
    watch.write_began(start);
    watch.pinged(start);
    watch.close_began(start);
    EXPECT_FALSE(watch.next());
    EXPECT_EQ(watch.failure(start + std::chrono::hours(9)), "");
    EXPECT_FALSE(watch.ping_due(start + std::chrono::hours(9)));
}

}  // namespace
}  // namespace atlas::net
