#include "atlas/audio/audio_pacer.hpp"

#include "audio/sounds.hpp"

#include <gtest/gtest.h>

#include <random>
#include <stdexcept>

namespace atlas::audio {
namespace {

using namespace std::chrono_literals;
using Samples = std::vector<std::int16_t>;
using TimePoint = AudioPacer::TimePoint;

constexpr std::int64_t ms = 16;            // samples
constexpr std::int64_t frame = 20 * ms;    // samples
constexpr std::size_t second = 1000 * ms;  // samples
const TimePoint start{1h};

// 20 ms frames at 16 kHz, 100 ms ahead of the listener.
class AudioPacerTest : public testing::Test {
protected:
    explicit AudioPacerTest() { pacer.begin(7); }

    // All frames due now; returns how many.
    int take(TimePoint now) {
        int frames = 0;
        while (const auto next = pacer.next_frame(now)) {
            given.insert(given.end(), next->samples.begin(), next->samples.end());
            last = next->last;
            ++frames;
        }
        return frames;
    }

    // Takes frames as an owner with an exact timer does; returns when nothing is left to give.
    TimePoint play(TimePoint now) {
        while (const auto due = pacer.next_due(now)) {
            now = *due;
            take(now);
        }
        return now;
    }

    AudioPacer pacer{{.rate = 16000, .frame_ms = 20, .lead = 100ms, .capacity = 10s}};
    Samples given;
    bool last = false;
};

TEST_F(AudioPacerTest, SendsTheLeadAtOnceAndThenKeepsIt) {
    pacer.push(test::ramp(second));
    EXPECT_EQ(pacer.next_due(start), start);
    EXPECT_EQ(take(start), 5);
    EXPECT_EQ(pacer.sent(), 100 * ms);
    for (int i = 1; i <= 10; ++i) {
        EXPECT_EQ(pacer.next_due(start + (i - 1) * 20ms), start + i * 20ms);
        EXPECT_EQ(take(start + i * 20ms - 1ns), 0);
        EXPECT_EQ(take(start + i * 20ms), 1);
    }
}

TEST_F(AudioPacerTest, KeepsTheScheduleWhenTheTimerIsLate) {
    pacer.push(test::ramp(second));
    take(start);
    EXPECT_EQ(take(start + 27ms), 1);
    EXPECT_EQ(pacer.next_due(start + 27ms), start + 40ms);
    EXPECT_EQ(take(start + 95ms), 3) << "what was missed goes out at once";
    EXPECT_EQ(pacer.next_due(start + 95ms), start + 100ms);
    EXPECT_EQ(pacer.stats().underruns, 0);
}

TEST_F(AudioPacerTest, DoesNotDriftInAnHour) {
    AudioPacer hour({.rate = 24000, .frame_ms = 40, .lead = 600ms, .capacity = 1s});
    const Samples piece = test::ramp(960);
    hour.begin(1);
    TimePoint now = start;
    for (int i = 0; i < 90000; ++i) {
        ASSERT_EQ(hour.push(piece), piece.size());
        now = *hour.next_due(now);
        ASSERT_TRUE(hour.next_frame(now));
    }
    EXPECT_EQ(now, start + 1h - 600ms);
    hour.finish();
    EXPECT_EQ(hour.playing_ends(now), start + 1h);
    EXPECT_EQ(hour.stats().underruns, 0);
}

TEST_F(AudioPacerTest, GivesOutEverySampleOnceAndInOrder) {
    const Samples sound = test::ramp(3 * second + 77);
    std::span<const std::int16_t> rest = sound;
    for (std::size_t size = 1; !rest.empty(); size = size * 7 % 1013) {
        const auto piece = rest.first(std::min(rest.size(), size));
        EXPECT_EQ(pacer.push(piece), piece.size());
        rest = rest.subspan(piece.size());
    }
    pacer.finish();
    play(start);
    EXPECT_EQ(given, sound);
    EXPECT_EQ(pacer.queued(), 0u);
}

TEST_F(AudioPacerTest, TellsThePositionOfEachFrame) {
    pacer.push(test::ramp(2 * frame + 10));
    pacer.finish();
    const auto one = pacer.next_frame(start);
    EXPECT_EQ(one->position, 0);
    EXPECT_TRUE(one->first);
    EXPECT_FALSE(one->last);
    const auto two = pacer.next_frame(start);
    EXPECT_EQ(two->position, frame);
    EXPECT_FALSE(two->first);
    const auto three = pacer.next_frame(start);
    EXPECT_EQ(three->position, 2 * frame);
    EXPECT_EQ(three->samples.size(), 10u) << "the tail as it is";
    EXPECT_TRUE(three->last);
    EXPECT_FALSE(pacer.next_frame(start));
}

TEST_F(AudioPacerTest, ReplyOfOneShortFrameIsFirstAndLast) {
    pacer.push(test::ramp(1));
    pacer.finish();
    const auto only = pacer.next_frame(start);
    ASSERT_TRUE(only);
    EXPECT_TRUE(only->first && only->last);
    EXPECT_EQ(only->samples.size(), 1u);
}

TEST_F(AudioPacerTest, HoldsAPartOfAFrameUntilMoreComesOrTheReplyIsFinished) {
    pacer.push(test::ramp(frame + 5));
    EXPECT_EQ(take(start), 1);
    EXPECT_EQ(pacer.next_due(start), std::nullopt);
    EXPECT_EQ(pacer.queued(), 5u);
    pacer.push(test::ramp(frame - 5));
    EXPECT_EQ(pacer.next_due(start), start);
    EXPECT_EQ(take(start), 1);
    pacer.push(test::ramp(3));
    EXPECT_EQ(take(start), 0);
    pacer.finish();
    EXPECT_EQ(take(start), 1);
    EXPECT_TRUE(last);
}

TEST_F(AudioPacerTest, HasNothingToGiveBeforeAReply) {
    AudioPacer idle({});
    EXPECT_EQ(idle.push(test::ramp(100)), 0u);
    idle.finish();
    idle.report_played(100, start);
    idle.pause(start);
    idle.resume(start);
    EXPECT_FALSE(idle.next_frame(start));
    EXPECT_EQ(idle.next_due(start), std::nullopt);
    EXPECT_FALSE(idle.finished_playing(start));
    EXPECT_EQ(idle.playing_ends(start), std::nullopt);
    EXPECT_EQ(idle.clear(start).sent, 0);
    EXPECT_EQ(idle.reply(), std::nullopt);
}

TEST_F(AudioPacerTest, EstimatesThePlayedPositionFromTheFirstFrameOn) {
    pacer.push(test::ramp(second));
    EXPECT_EQ(pacer.played_estimate(start), 0);
    take(start + 50ms);
    EXPECT_EQ(pacer.played_estimate(start), 0) << "time before the first frame";
    EXPECT_EQ(pacer.played_estimate(start + 50ms), 0);
    EXPECT_EQ(pacer.played_estimate(start + 80ms), 30 * ms);
    EXPECT_EQ(pacer.played_estimate(start + 10s), 100 * ms) << "never beyond what was sent";
    EXPECT_EQ(pacer.played_estimate(start + 24h * 365), 100 * ms);
}

TEST_F(AudioPacerTest, FollowsThePlaybackReports) {
    pacer.push(test::ramp(second));
    take(start);
    pacer.report_played(40 * ms, start + 90ms);
    EXPECT_EQ(pacer.played_estimate(start + 90ms), 40 * ms);
    EXPECT_EQ(pacer.played_estimate(start + 110ms), 60 * ms);
    pacer.report_played(95 * ms, start + 120ms);
    EXPECT_EQ(pacer.played_estimate(start + 121ms), 96 * ms);
}

TEST_F(AudioPacerTest, WaitsForASlowListenerAndHurriesForAFastOne) {
    pacer.push(test::ramp(second));
    take(start);
    pacer.report_played(0, start + 50ms);
    EXPECT_EQ(pacer.next_due(start + 50ms), start + 70ms);
    pacer.report_played(50 * ms, start + 60ms);
    EXPECT_EQ(take(start + 60ms), 2);
    EXPECT_EQ(pacer.next_due(start + 60ms), start + 70ms);
}

TEST_F(AudioPacerTest, BelievesNoReportThatCannotBe) {
    pacer.push(test::ramp(second));
    pacer.report_played(500, start);
    EXPECT_EQ(pacer.played_estimate(start + 1s), 0) << "nothing was sent yet";
    take(start);
    pacer.report_played(1'000'000'000'000, start + 10ms);
    EXPECT_EQ(pacer.played_estimate(start + 10ms), 100 * ms);
    pacer.report_played(-5, start + 20ms);
    EXPECT_EQ(pacer.played_estimate(start + 20ms), 0);
    EXPECT_EQ(pacer.played_estimate(start + 30ms), 10 * ms);
}

TEST_F(AudioPacerTest, CountsAnUnderrunAndTheSilenceItMade) {
    pacer.push(test::ramp(100 * ms));
    take(start);
    pacer.push(test::ramp(second));
    EXPECT_EQ(pacer.played_estimate(start + 350ms), 100 * ms);
    EXPECT_EQ(pacer.next_due(start + 350ms), start + 350ms);
    EXPECT_EQ(take(start + 350ms), 5) << "the lead is built up again";
    EXPECT_EQ(pacer.stats().underruns, 1);
    EXPECT_EQ(pacer.stats().longest_gap, 250ms);
    EXPECT_EQ(pacer.played_estimate(start + 350ms), 100 * ms) << "silence is not speech played";
    EXPECT_EQ(pacer.played_estimate(start + 360ms), 110 * ms);
    EXPECT_EQ(pacer.next_due(start + 350ms), start + 370ms);
}

TEST_F(AudioPacerTest, RemembersTheLongestOfSeveralGaps) {
    TimePoint now = start;
    for (const auto gap : {30ms, 90ms, 10ms, 0ms}) {
        pacer.push(test::ramp(100 * ms));
        take(now);
        now += 100ms + gap;
    }
    pacer.push(test::ramp(100 * ms));
    take(now);
    EXPECT_EQ(pacer.stats().underruns, 3) << "just in time is not late";
    EXPECT_EQ(pacer.stats().longest_gap, 90ms);
}

TEST_F(AudioPacerTest, MeasuresTheSilenceThoughTheClientGoesOnReporting) {
    pacer.push(test::ramp(100 * ms));
    take(start);
    pacer.report_played(100 * ms, start + 120ms);
    pacer.report_played(100 * ms, start + 420ms);
    pacer.push(test::ramp(second));
    take(start + 500ms);
    EXPECT_EQ(pacer.stats().underruns, 1);
    EXPECT_EQ(pacer.stats().longest_gap, 400ms);
}

TEST_F(AudioPacerTest, SilenceAfterTheEndIsNoUnderrun) {
    pacer.push(test::ramp(second));
    pacer.finish();
    play(start);
    EXPECT_FALSE(pacer.next_frame(start + 60s));
    EXPECT_EQ(pacer.stats().underruns, 0);
}

TEST_F(AudioPacerTest, TellsWhenTheLastSampleWillHaveBeenPlayed) {
    pacer.push(test::ramp(300 * ms));
    EXPECT_EQ(pacer.playing_ends(start), std::nullopt);
    pacer.finish();
    EXPECT_EQ(pacer.playing_ends(start), std::nullopt) << "not all was sent";
    const TimePoint now = play(start);
    EXPECT_EQ(now, start + 200ms);
    EXPECT_EQ(pacer.playing_ends(now), start + 300ms);
    EXPECT_FALSE(pacer.finished_playing(start + 300ms - 1ns));
    EXPECT_TRUE(pacer.finished_playing(start + 300ms));
    EXPECT_EQ(pacer.played_estimate(start + 300ms), 300 * ms);
}

TEST_F(AudioPacerTest, IsNotFinishedWhileMoreSpeechMayCome) {
    pacer.push(test::ramp(20 * ms));
    take(start);
    EXPECT_FALSE(pacer.finished_playing(start + 60s));
    pacer.finish();
    EXPECT_TRUE(pacer.finished_playing(start + 60s));
}

TEST_F(AudioPacerTest, BelievesTheListenerAboutTheEnd) {
    pacer.push(test::ramp(100 * ms));
    pacer.finish();
    take(start);
    pacer.report_played(50 * ms, start + 90ms);
    EXPECT_EQ(pacer.playing_ends(start + 90ms), start + 140ms);
    pacer.report_played(100 * ms, start + 120ms);
    EXPECT_TRUE(pacer.finished_playing(start + 120ms));
}

TEST_F(AudioPacerTest, ReplyWithoutSpeechIsPlayedAsSoonAsItIsFinished) {
    EXPECT_FALSE(pacer.finished_playing(start));
    pacer.finish();
    EXPECT_TRUE(pacer.finished_playing(start));
    EXPECT_EQ(pacer.playing_ends(start), start);
    EXPECT_FALSE(pacer.next_frame(start));
}

TEST_F(AudioPacerTest, TakesNoSpeechAfterTheEndOfAReply) {
    pacer.finish();
    EXPECT_EQ(pacer.push(test::ramp(100)), 0u);
}

TEST_F(AudioPacerTest, ClearTellsHowFarTheReplyGotAndForgetsIt) {
    pacer.push(test::ramp(second));
    take(start);
    const PacerPositions positions = pacer.clear(start + 42ms);
    EXPECT_EQ(positions.sent, 100 * ms);
    EXPECT_EQ(positions.played, 42 * ms);
    EXPECT_EQ(pacer.reply(), std::nullopt);
    EXPECT_EQ(pacer.queued(), 0u);
    EXPECT_EQ(pacer.memory_bytes(), 0u);
    EXPECT_FALSE(pacer.next_frame(start + 1s));
    EXPECT_EQ(pacer.next_due(start + 1s), std::nullopt);
    EXPECT_EQ(pacer.push(test::ramp(100)), 0u) << "late speech of a cancelled reply";
    EXPECT_EQ(pacer.played_estimate(start + 1s), 0);
}

TEST_F(AudioPacerTest, StatsOutliveClearUntilTheNextReply) {
    pacer.push(test::ramp(20 * ms));
    take(start);
    pacer.push(test::ramp(20 * ms));
    take(start + 100ms);
    pacer.clear(start + 110ms);
    EXPECT_EQ(pacer.stats().underruns, 1);
    pacer.begin(8);
    EXPECT_EQ(pacer.stats().underruns, 0);
    EXPECT_EQ(pacer.stats().longest_gap, 0ns);
}

TEST_F(AudioPacerTest, StartsEveryReplyAtPositionZero) {
    pacer.push(test::ramp(second));
    take(start);
    pacer.pause(start);
    pacer.begin(8);
    EXPECT_EQ(pacer.reply(), 8u);
    EXPECT_FALSE(pacer.paused());
    EXPECT_EQ(pacer.sent(), 0);
    EXPECT_EQ(pacer.pushed(), 0);
    pacer.push(test::ramp(second, 500));
    const auto first = pacer.next_frame(start + 5s);
    ASSERT_TRUE(first);
    EXPECT_EQ(first->position, 0);
    EXPECT_EQ(first->samples[0], 500);
    EXPECT_TRUE(first->first);
    EXPECT_EQ(take(start + 5s), 4);
    EXPECT_EQ(pacer.stats().underruns, 0) << "the time between replies is nobody's underrun";
}

TEST_F(AudioPacerTest, PausesAndGoesOnWithoutLosingOrRepeatingASample) {
    const Samples sound = test::ramp(second);
    pacer.push(sound);
    pacer.finish();
    take(start);
    pacer.pause(start + 10ms);
    EXPECT_TRUE(pacer.paused());
    EXPECT_EQ(take(start + 80ms), 0);
    EXPECT_EQ(pacer.next_due(start + 80ms), std::nullopt);
    pacer.resume(start + 80ms);
    EXPECT_EQ(pacer.played_estimate(start + 80ms), 80 * ms) << "the listener still had some";
    EXPECT_EQ(pacer.next_due(start + 80ms), start + 80ms);
    play(start + 80ms);
    EXPECT_EQ(given, sound);
    EXPECT_EQ(pacer.stats().underruns, 0);
}

TEST_F(AudioPacerTest, CallsTheSilenceOfAPauseNoUnderrun) {
    pacer.push(test::ramp(second));
    take(start);
    pacer.pause(start + 10ms);
    EXPECT_EQ(pacer.played_estimate(start + 2s), 100 * ms) << "what was sent plays on";
    pacer.resume(start + 2s);
    EXPECT_EQ(take(start + 2s + 3ms), 5);
    EXPECT_EQ(pacer.stats().underruns, 0);
    EXPECT_EQ(pacer.played_estimate(start + 2s + 13ms), 110 * ms);
    take(start + 5s);
    EXPECT_EQ(pacer.stats().underruns, 1) << "a later one counts";
}

TEST_F(AudioPacerTest, CountsSilenceBeforeAndAfterAPauseThatWasNotThePause) {
    pacer.push(test::ramp(100 * ms));
    take(start);
    pacer.pause(start + 130ms);
    EXPECT_EQ(pacer.stats().longest_gap, 30ms);
    pacer.resume(start + 1s);
    pacer.push(test::ramp(100 * ms));
    take(start + 1050ms);
    EXPECT_EQ(pacer.stats().underruns, 2);
    EXPECT_EQ(pacer.stats().longest_gap, 50ms) << "from resume on";
}

TEST_F(AudioPacerTest, TakesOnlyWhatFitsAndTheRestAsSpaceReturns) {
    EXPECT_EQ(pacer.push(test::ramp(9 * second)), 9 * second);
    EXPECT_EQ(pacer.room(), second);
    EXPECT_EQ(pacer.push(test::ramp(2 * second)), second);
    EXPECT_EQ(pacer.push(test::ramp(1)), 0u);
    take(start);
    EXPECT_EQ(pacer.room(), static_cast<std::size_t>(100 * ms));
    EXPECT_EQ(pacer.push(test::ramp(second)), static_cast<std::size_t>(100 * ms));
    EXPECT_EQ(pacer.pushed(), static_cast<std::int64_t>(10 * second) + 100 * ms);
}

TEST_F(AudioPacerTest, HoldsMemoryOnlyForWhatIsQueued) {
    EXPECT_EQ(pacer.memory_bytes(), 0u);
    pacer.push(test::ramp(1));
    const std::size_t block = pacer.memory_bytes();
    EXPECT_LE(block, 32u * 1024);
    pacer.push(test::ramp(8 * second));
    EXPECT_LT(pacer.memory_bytes(), 8 * second * 2 + 2 * block);
    TimePoint now = start;
    for (; pacer.queued() > second; now += 20ms) take(now);
    EXPECT_LT(pacer.memory_bytes(), second * 2 + 7 * block)
        << "goes as it is sent, but for a few spare blocks";
    pacer.finish();
    now = play(now);
    EXPECT_EQ(pacer.memory_bytes(), 0u) << "nothing once all was sent";
    EXPECT_FALSE(pacer.finished_playing(now));
}

TEST_F(AudioPacerTest, AlwaysGivesOneFrameHoweverSmallTheLead) {
    AudioPacer tight({.rate = 16000, .frame_ms = 20, .lead = 0ms, .capacity = 10s});
    tight.begin(1);
    tight.push(test::ramp(second));
    EXPECT_TRUE(tight.next_frame(start));
    EXPECT_FALSE(tight.next_frame(start));
    EXPECT_EQ(tight.next_due(start), start + 20ms);
}

// Frames that leave in groups: 60 ms together, of 100 ms ahead.
class PacedGroups : public AudioPacerTest {
protected:
    explicit PacedGroups() {
        pacer = AudioPacer({.rate = 16000, .frame_ms = 20, .lead = 100ms, .group = 60ms, .capacity = 10s});
        pacer.begin(7);
    }
};

TEST_F(PacedGroups, LeaveWhenTheListenerHasPlayedAsMuch) {
    pacer.push(test::ramp(second));
    EXPECT_EQ(take(start), 5) << "the first fill the lead";
    for (int i = 1; i <= 5; ++i) {
        EXPECT_EQ(pacer.next_due(start + (i - 1) * 60ms), start + i * 60ms);
        EXPECT_EQ(take(start + i * 60ms - 1ns), 0);
        EXPECT_EQ(take(start + i * 60ms), 3);
    }
}

TEST_F(PacedGroups, AreCompletedByWhatComesLater) {
    pacer.push(test::ramp(6 * frame));
    EXPECT_EQ(take(start), 5);
    EXPECT_EQ(take(start + 60ms), 1) << "the rest of the group is not there yet";
    pacer.push(test::ramp(second));
    EXPECT_EQ(take(start + 65ms), 2);
    EXPECT_EQ(pacer.next_due(start + 65ms), start + 120ms);
}

TEST_F(PacedGroups, AreNoLongerThanTheLead) {
    AudioPacer tight({.rate = 16000, .frame_ms = 20, .lead = 40ms, .group = 1s, .capacity = 10s});
    tight.begin(1);
    tight.push(test::ramp(second));
    EXPECT_TRUE(tight.next_frame(start));
    EXPECT_TRUE(tight.next_frame(start));
    EXPECT_FALSE(tight.next_frame(start));
    EXPECT_EQ(tight.next_due(start), start + 40ms);
}

TEST_F(PacedGroups, AreNotWaitedForAfterAnUnderrun) {
    pacer.push(test::ramp(5 * frame));
    take(start);
    pacer.push(test::ramp(2 * frame));
    EXPECT_EQ(take(start + 300ms), 2);
    EXPECT_EQ(pacer.stats().underruns, 1);
}

TEST_F(AudioPacerTest, RefusesFormatsThatNoCallMayHave) {
    EXPECT_THROW(AudioPacer({.rate = 0}), std::invalid_argument);
    EXPECT_THROW(AudioPacer({.rate = 44100}), std::invalid_argument);
    EXPECT_THROW(AudioPacer({.frame_ms = 0}), std::invalid_argument);
    EXPECT_THROW(AudioPacer({.frame_ms = 25}), std::invalid_argument);
}

// Late timers, uneven speech, wrong reports and pauses in any order.
TEST_F(AudioPacerTest, KeepsItsPromisesInAnyOrderOfEvents) {
    for (unsigned seed = 0; seed < 200; ++seed) {
        std::mt19937 random(seed);
        pacer = AudioPacer({.rate = 16000,
                            .frame_ms = 20,
                            .lead = 100ms,
                            .group = std::chrono::milliseconds(seed % 4 * 25),
                            .capacity = 10s});
        pacer.begin(seed);
        given.clear();
        TimePoint now = start;
        int next = 0;
        for (int step = 0; step < 400; ++step) {
            now += std::chrono::microseconds(random() % 30'000);
            switch (random() % 8) {
                case 0:
                    next += static_cast<int>(pacer.push(test::ramp(random() % 5000, next)));
                    break;
                case 1:
                    pacer.report_played(static_cast<std::int64_t>(random() % 100'000), now);
                    break;
                case 2:
                    pacer.pause(now);
                    break;
                case 3:
                    pacer.resume(now);
                    break;
                default:
                    while (const auto frame_now = pacer.next_frame(now)) {
                        ASSERT_FALSE(pacer.paused());
                        ASSERT_EQ(frame_now->position, static_cast<std::int64_t>(given.size()));
                        given.insert(given.end(), frame_now->samples.begin(), frame_now->samples.end());
                        ASSERT_LE(pacer.sent() - pacer.played_estimate(now), 100 * ms + 1) << seed;
                    }
                    ASSERT_GT(pacer.next_due(now).value_or(TimePoint::max()), now);
            }
            ASSERT_LE(pacer.played_estimate(now), pacer.sent());
            ASSERT_EQ(pacer.pushed(), next);
        }
        pacer.resume(now);
        pacer.finish();
        now = play(now);
        ASSERT_EQ(given, test::ramp(static_cast<std::size_t>(next))) << seed;
        ASSERT_TRUE(pacer.finished_playing(*pacer.playing_ends(now)));
        ASSERT_EQ(pacer.clear(now + 1h).played, next);
    }
}

}  // namespace
}  // namespace atlas::audio
