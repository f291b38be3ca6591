#include "call/load_script.hpp"

#include "call/reply_watch.hpp"

#include <gtest/gtest.h>

namespace atlas::caller {
namespace {

using namespace std::chrono_literals;

const net::TimePoint start{1000s};

// Ticks until the caller talks; how long that took, or nothing within the limit.
std::optional<net::Duration> until_it_talks(LoadScript& script, net::TimePoint from,
                                            net::Duration limit = 2min) {
    for (net::Duration passed{}; passed <= limit; passed += 5ms)
        if (script.talks(from + passed)) return passed;
    return {};
}

// The call up to the end of the first words.
net::TimePoint say_something(LoadScript& script, net::TimePoint from) {
    const auto pause = until_it_talks(script, from);
    const net::TimePoint ended = from + pause.value_or(0ms) + 3s;
    script.talk_ended(ended);
    return ended;
}

TEST(LoadScript, ACallerTalksAfterAShortPauseAndThenWaitsForTheReply) {
    LoadScript script({}, 1, 1);
    EXPECT_FALSE(until_it_talks(script, start));
    script.ready(start);
    const auto pause = until_it_talks(script, start);
    ASSERT_TRUE(pause);
    EXPECT_GE(*pause, 300ms);
    EXPECT_LE(*pause, 905ms);
    EXPECT_FALSE(until_it_talks(script, start + *pause, 10s)) << "one is talking already";
    script.talk_ended(start + 4s);
    EXPECT_FALSE(until_it_talks(script, start + 4s, 19s));
    EXPECT_EQ(script.missing_replies(), 0);
}

TEST(LoadScript, AReplyThatDoesNotComeIsCountedAndTheCallerGoesOn) {
    LoadScript script({}, 1, 1);
    script.ready(start);
    const auto said = say_something(script, start);
    const auto again = until_it_talks(script, said);
    ASSERT_TRUE(again);
    EXPECT_GE(*again, 20s);
    EXPECT_EQ(script.missing_replies(), 1);
}

TEST(LoadScript, AReplyThatNeverEndsIsCounted) {
    LoadScript script({}, 1, 1);
    script.ready(start);
    auto now = say_something(script, start);
    script.reply_began(now + 1s);
    const auto again = until_it_talks(script, now + 1s);
    ASSERT_TRUE(again);
    EXPECT_GE(*again, 60s);
    EXPECT_EQ(script.missing_replies(), 1);
}

TEST(LoadScript, OneReplyInFourIsInterruptedAfterItsTime) {
    LoadScript script({}, 1, 0);
    script.ready(start);
    net::TimePoint now = start;
    int interrupted = 0;
    for (int reply = 0; reply < 12; ++reply) {
        now = say_something(script, now);
        script.reply_began(now);
        const auto into_it = until_it_talks(script, now, 6s);
        if (into_it) {
            ++interrupted;
            EXPECT_EQ(*into_it, 1200ms);
            script.reply_flushed(now + 1300ms);
            script.talk_ended(now + 4200ms);
            script.reply_began(now + 5s);
            ++reply;
            now += 5s;
        }
        script.reply_ended(now + 6s);
        now += 6s;
    }
    EXPECT_EQ(interrupted, 3);
}

TEST(LoadScript, WordsWithoutAFlushAreCountedAndTheReplyToThemIsStillAwaited) {
    LoadPace pace;
    pace.interrupt_every = 1;
    LoadScript script(pace, 1, 0);
    script.ready(start);
    const auto now = say_something(script, start);
    script.reply_began(now);
    ASSERT_TRUE(until_it_talks(script, now, 2s));
    script.talk_ended(now + 4s);
    EXPECT_FALSE(until_it_talks(script, now + 4s, 10s));
    EXPECT_EQ(script.missing_flushes(), 1);
    EXPECT_EQ(script.missing_replies(), 0);
}

TEST(LoadScript, WithoutInterruptionsEveryReplyIsHeardToItsEnd) {
    LoadPace pace;
    pace.interrupt_every = 0;
    LoadScript script(pace, 1, 0);
    script.ready(start);
    const auto now = say_something(script, start);
    script.reply_began(now);
    EXPECT_FALSE(until_it_talks(script, now, 50s));
}

TEST(LoadScript, TheSameSeedPausesAlikeAndCallersDiffer) {
    const auto first_pause = [](std::uint64_t seed, int caller) {
        LoadScript script({}, seed, caller);
        script.ready(start);
        return until_it_talks(script, start);
    };
    EXPECT_EQ(first_pause(7, 3), first_pause(7, 3));
    EXPECT_NE(first_pause(7, 3), first_pause(7, 4));
}

constexpr std::int64_t frame = 960;  // 40 ms at 24 kHz

TEST(ReplyWatch, FramesInTimeAreNeitherLateNorMissing) {
    ReplyWatch reply(1, 24000);
    for (std::uint32_t i = 0; i < 50; ++i) {
        const auto arrival = reply.frame(i * 960, frame, i == 49, start + 40ms * i);
        EXPECT_EQ(arrival.first, i == 0);
        EXPECT_FALSE(arrival.gap);
        EXPECT_EQ(arrival.late_by, 0ms);
    }
    EXPECT_EQ(reply.played_ms(start + 1200ms), 1000);
    EXPECT_FALSE(reply.heard_all(start + 2100ms));
    EXPECT_TRUE(reply.heard_all(start + 2200ms));
}

TEST(ReplyWatch, AFrameIsLateWhenTheClientsBufferHasRunDryAndOneStallIsOneLateFrame) {
    ReplyWatch reply(1, 24000);
    reply.frame(0, frame, false, start);
    EXPECT_EQ(reply.frame(960, frame, false, start + 240ms).late_by, 0ms);
    EXPECT_EQ(reply.frame(1920, frame, false, start + 400ms).late_by, 120ms);
    EXPECT_EQ(reply.frame(2880, frame, false, start + 440ms).late_by, 0ms);
}

TEST(ReplyWatch, WhatWasHeldBackIsNotLate) {
    ReplyWatch reply(1, 24000);
    reply.frame(0, frame, false, start);
    reply.held();
    EXPECT_EQ(reply.frame(960, frame, false, start + 2s).late_by, 0ms);
    EXPECT_EQ(reply.frame(1920, frame, false, start + 3s).late_by, 960ms) << "held only once";
}

TEST(ReplyWatch, AJumpInTimestampsIsAGap) {
    ReplyWatch reply(1, 24000);
    EXPECT_FALSE(reply.frame(0, frame, false, start).gap);
    EXPECT_TRUE(reply.frame(1920, frame, false, start).gap);
    EXPECT_FALSE(reply.frame(2880, frame, false, start).gap);
    EXPECT_TRUE(reply.frame(2880, frame, false, start).gap) << "it came again";
}

TEST(ReplyWatch, AFlushKeepsWhatWasPlayedAndNotMore) {
    ReplyWatch reply(1, 24000);
    reply.frame(0, frame * 50, false, start);
    reply.flushed(1500, start + 700ms);
    EXPECT_EQ(reply.received_ms(), 500);
    EXPECT_TRUE(reply.cut());
    ReplyWatch early(2, 24000);
    early.frame(0, frame * 50, false, start);
    early.flushed(100, start + 700ms);
    EXPECT_EQ(early.received_ms(), 100);
}

}  // namespace
}  // namespace atlas::caller
