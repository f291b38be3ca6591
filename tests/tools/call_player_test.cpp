#include "audio/allocation_count.hpp"
#include "audio/sounds.hpp"
#include "call/player.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace atlas::caller {
namespace {

using namespace std::chrono_literals;
using test::ramp;
using testing::ElementsAre;
using testing::IsEmpty;
using Kind = PlaybackNote::Kind;

constexpr int rate = 24000;
constexpr std::int64_t ms = rate / 1000;  // samples

class PlayerTest : public testing::Test {
protected:
    // Sound of a turn whose every sample is its position; from `from_ms` to `to_ms`.
    Received come(std::uint32_t turn, std::int64_t from_ms, std::int64_t to_ms, bool last = false) {
        const auto sound =
            ramp(static_cast<std::size_t>((to_ms - from_ms) * ms), static_cast<int>(from_ms * ms));
        return player.receive(turn, static_cast<std::uint32_t>(from_ms * ms), last, sound, now);
    }
    void pass(net::Duration time) {
        now += time;
        player.poll(now, notes);
    }
    // Lets time pass as an owner would: from one next_due() to the next.
    void play_for(net::Duration time) {
        const auto end = now + time;
        while (player.next_due() && *player.next_due() <= end) pass(*player.next_due() - now);
        pass(end - now);
    }
    std::vector<Kind> kinds() const {
        std::vector<Kind> found;
        for (const auto& note : notes) found.push_back(note.kind);
        return found;
    }
    std::vector<std::int64_t> played() const {
        std::vector<std::int64_t> found;
        for (const auto& note : notes) found.push_back(note.report.played_ms);
        return found;
    }

    std::vector<std::int16_t> line;  // what came out of the loudspeaker
    Player player{PlayerSettings{}, [this](std::span<const std::int16_t> samples) {
                      line.insert(line.end(), samples.begin(), samples.end());
                  }};
    net::TimePoint now{1h};
    std::vector<PlaybackNote> notes;
};

TEST_F(PlayerTest, PlaysAtTheSpeedOfTheClockHoweverTheSoundArrives) {
    come(1, 0, 200);
    pass(10ms);
    come(1, 200, 500, true);
    pass(90ms);
    EXPECT_EQ(line, ramp(100 * ms));
    pass(1s);
    EXPECT_EQ(line, ramp(500 * ms));
    EXPECT_FALSE(player.playing());
}

TEST_F(PlayerTest, ReportsAtStartEvery300MsAndAtTheEnd) {
    come(1, 0, 1000, true);
    play_for(2s);
    EXPECT_THAT(kinds(),
                ElementsAre(Kind::started, Kind::progress, Kind::progress, Kind::progress, Kind::finished));
    EXPECT_THAT(played(), ElementsAre(0, 300, 600, 900, 1000));
    EXPECT_EQ(notes[0].report.buffered_ms, 1000);
    EXPECT_EQ(notes[1].report.buffered_ms, 700);
    EXPECT_EQ(notes.back().report.buffered_ms, 0);
    EXPECT_EQ(notes.back().at, net::TimePoint(1h) + 1s);
}

TEST_F(PlayerTest, ALatePollReportsOnceAndKeepsTheSchedule) {
    come(1, 0, 2000, true);
    pass(700ms);
    EXPECT_THAT(played(), ElementsAre(0, 700));
    EXPECT_EQ(player.next_due(), net::TimePoint(1h) + 900ms);
}

TEST_F(PlayerTest, FlushKeepsWhatLiesBeforeKeepMs) {
    come(1, 0, 1000);
    pass(200ms);
    player.flush(1, 350, now);
    EXPECT_TRUE(player.playing());
    notes.clear();
    play_for(1s);
    EXPECT_EQ(line, ramp(350 * ms));
    EXPECT_THAT(kinds(), ElementsAre(Kind::progress, Kind::flushed));
    EXPECT_EQ(notes.back().report.played_ms, 350);
    EXPECT_EQ(notes.back().at, net::TimePoint(1h) + 350ms);
}

TEST_F(PlayerTest, FlushBehindThePlayingPositionStopsAtOnce) {
    come(1, 0, 1000);
    pass(400ms);
    notes.clear();
    player.flush(1, 350, now);
    EXPECT_FALSE(player.playing());
    pass(1s);
    EXPECT_EQ(line, ramp(400 * ms));
    ASSERT_THAT(kinds(), ElementsAre(Kind::flushed));
    EXPECT_EQ(notes[0].report.played_ms, 400);
    EXPECT_EQ(notes[0].report.buffered_ms, 0);
}

TEST_F(PlayerTest, IgnoresSoundOfAFlushedTurn) {
    come(1, 0, 400);
    pass(100ms);
    player.flush(1, 0, now);
    EXPECT_EQ(come(1, 400, 800), Received::ignored);
    pass(1s);
    EXPECT_EQ(line, ramp(100 * ms));
}

TEST_F(PlayerTest, IgnoresSoundThatComesBetweenTheFlushAndKeepMs) {
    come(1, 0, 400);
    player.flush(1, 300, now);
    EXPECT_EQ(come(1, 400, 800), Received::ignored);
    play_for(1s);
    EXPECT_EQ(line, ramp(300 * ms));
}

TEST_F(PlayerTest, AFlushBeforeAnySoundIsReportedAsZero) {
    player.flush(3, 500, now);
    pass(0ms);
    ASSERT_THAT(kinds(), ElementsAre(Kind::flushed));
    EXPECT_EQ(notes[0].report.turn, 3u);
    EXPECT_EQ(notes[0].report.played_ms, 0);
    EXPECT_EQ(come(3, 0, 100), Received::ignored);
}

TEST_F(PlayerTest, SurvivesAFlushWithAnAbsurdPosition) {
    come(1, 0, 100);
    player.flush(1, std::numeric_limits<std::int64_t>::max(), now);
    play_for(1s);
    EXPECT_EQ(line, ramp(100 * ms));
    come(2, 0, 100);
    player.flush(2, -5, now);
    EXPECT_FALSE(player.playing());
}

TEST_F(PlayerTest, CountsAnUnderrunWhenSoundComesAfterAWait) {
    come(1, 0, 100);
    play_for(250ms);
    EXPECT_THAT(kinds(), ElementsAre(Kind::started, Kind::ran_dry));
    EXPECT_EQ(notes.back().report.underruns, 0u);
    EXPECT_FALSE(player.next_due());
    come(1, 100, 200, true);
    play_for(1s);
    EXPECT_THAT(kinds(), ElementsAre(Kind::started, Kind::ran_dry, Kind::resumed, Kind::finished));
    EXPECT_EQ(notes.back().report.underruns, 1u);
    EXPECT_EQ(notes.back().report.played_ms, 200);
    // 100 ms of sound, 150 ms of silence, the rest: as it was heard.
    ASSERT_EQ(line.size(), static_cast<std::size_t>(350 * ms));
    EXPECT_EQ(std::vector(line.begin() + 100 * ms, line.begin() + 250 * ms), test::constant(150 * ms, 0));
    EXPECT_EQ(std::vector(line.begin() + 250 * ms, line.end()), ramp(100 * ms, 100 * ms));
}

TEST_F(PlayerTest, RunningOutBeforeTurnEndIsNoUnderrun) {
    come(1, 0, 100);
    play_for(150ms);
    player.end_turn(1, now);
    pass(0ms);
    EXPECT_FALSE(player.playing());
    EXPECT_EQ(notes.back().kind, Kind::finished);
    EXPECT_EQ(notes.back().report.underruns, 0u);
}

TEST_F(PlayerTest, TurnEndLetsWhatCameBePlayed) {
    come(1, 0, 500);
    pass(100ms);
    player.end_turn(1, now);
    EXPECT_TRUE(player.playing());
    play_for(1s);
    EXPECT_EQ(line, ramp(500 * ms));
}

TEST_F(PlayerTest, TheNextTurnWaitsUntilTheOneBeforeItWasHeard) {
    come(1, 0, 300);
    come(2, 0, 200, true);
    play_for(1s);
    ASSERT_EQ(line.size(), static_cast<std::size_t>(500 * ms));
    EXPECT_EQ(std::vector(line.begin() + 300 * ms, line.end()), ramp(200 * ms));
    const auto started = std::find_if(notes.begin(), notes.end(), [](const PlaybackNote& note) {
        return note.kind == Kind::started && note.report.turn == 2;
    });
    ASSERT_NE(started, notes.end());
    EXPECT_EQ(started->at, net::TimePoint(1h) + 300ms);
}

TEST_F(PlayerTest, PausesBetweenTurnsAreSilenceOfTheirLength) {
    come(1, 0, 100, true);
    play_for(600ms);
    come(2, 0, 100, true);
    play_for(1s);
    ASSERT_EQ(line.size(), static_cast<std::size_t>(700 * ms));
    EXPECT_EQ(std::vector(line.begin() + 100 * ms, line.begin() + 600 * ms), test::constant(500 * ms, 0));
    EXPECT_EQ(player.heard_samples(), 200 * ms);
}

TEST_F(PlayerTest, MissingSoundIsFilledUpWithSilence) {
    come(1, 0, 100);
    EXPECT_EQ(come(1, 150, 250, true), Received::gap);
    play_for(1s);
    ASSERT_EQ(line.size(), static_cast<std::size_t>(250 * ms));
    EXPECT_EQ(line[100 * ms], 0);
    EXPECT_EQ(line[150 * ms], 150 * ms);
}

TEST_F(PlayerTest, RepeatedSoundIsHeardOnce) {
    come(1, 0, 100);
    EXPECT_EQ(come(1, 50, 150, true), Received::repeated);
    play_for(1s);
    EXPECT_EQ(line, ramp(150 * ms));
}

TEST_F(PlayerTest, DropsWhatThereIsNoRoomFor) {
    EXPECT_EQ(come(1, 0, 9'900), Received::played);
    EXPECT_EQ(come(1, 9'900, 10'300), Received::no_room);
    EXPECT_EQ(come(1, 2'000'000, 2'000'100), Received::no_room);
    play_for(20s);
    EXPECT_EQ(player.heard_samples(), 10'000 * ms);
}

TEST_F(PlayerTest, ATurnWithoutSoundEndsAtOnce) {
    player.receive(1, 0, true, {}, now);
    pass(0ms);
    ASSERT_THAT(kinds(), ElementsAre(Kind::finished));
    EXPECT_FALSE(player.playing());
    EXPECT_THAT(line, IsEmpty());
}

TEST_F(PlayerTest, CountsTheSameWithoutALoudspeaker) {
    Player silent{PlayerSettings{}};
    silent.receive(1, 0, false, ramp(500 * ms), now);
    silent.receive(1, 600 * ms, false, ramp(100 * ms), now);
    silent.poll(now + 400ms, notes);
    EXPECT_EQ(notes.back().report.played_ms, 400);
    EXPECT_EQ(notes.back().report.buffered_ms, 300);
    silent.flush(1, 450, now + 400ms);
    silent.poll(now + 1s, notes);
    EXPECT_EQ(notes.back().report.played_ms, 450);
}

TEST_F(PlayerTest, PlayingAllocatesNothing) {
    line.reserve(10 * rate);
    notes.reserve(100);
    const auto sound = ramp(40 * ms);
    player.receive(1, 0, false, sound, now);
    pass(0ms);
    const auto before = test::allocation_count();
    for (std::uint32_t frame = 1; frame < 100; ++frame) {
        player.receive(1, frame * 40 * ms, false, sound, now);
        pass(40ms);
    }
    EXPECT_EQ(test::allocation_count(), before);
    EXPECT_EQ(player.heard_samples(), 99 * 40 * ms);
}

}  // namespace
}  // namespace atlas::caller
