#include "simulator/scenario.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <tuple>

// DESIGN §6.7 in whole calls, with Deepgram's own client: its connection breaks, stalls, or is replaced for
// its age, and no word of the caller is lost or comes twice. What each connection gets to hear, and that the
// replay has neither gaps nor another order, is checked at the end of every one of these calls; see
// invariants.cpp.

namespace atlas::sim {
namespace {

using testing::IsEmpty;
using testing::Not;

const char* const monologue =
    "I would like to book a quiet room for two nights with a view of the lake and breakfast for three people "
    "who arrive late in the evening and leave early in the morning by train.";

const char* const story =
    "Once there was a ship. It sailed far away. The captain knew every star. One night the wind turned.";

// From the caller's last word to the decision that the turn is over, by the record and by the call's own
// clock.
void expect_times_are_the_calls(const Scenario& s, const Turn& turn) {
    TimePoint last_word = s.began();
    for (const auto& word : s.caller.said)
        if (word.to <= turn.told.started) last_word = std::max(last_word, word.to);
    const auto silent = std::chrono::duration_cast<Milliseconds>(turn.told.started - last_word);
    EXPECT_NEAR(static_cast<double>(turn.stage("end_of_turn").count()), static_cast<double>(silent.count()),
                120)
        << turn.user_text();
}

class DeepgramCall : public testing::TestWithParam<RecognizerKind> {
protected:
    Scenario s;
    SimulatedDeepgram& deepgram = s.hears_through_deepgram(GetParam());
};

TEST_P(DeepgramCall, IsACallLikeAnyOther) {
    s.model.says(story);
    s.model.says("Which one would you like?");
    s.caller.says("Tell me a story.").until_hears("sailed").coughs().until_hears("captain");
    s.caller.says("No, tell me another one instead.").listens();
    s.run();
    ASSERT_EQ(s.turn_count(), 2U);
    EXPECT_TRUE(s.turn(1).interrupted());
    EXPECT_EQ(s.turn(2).user_text(), "No, tell me another one instead.");
    EXPECT_EQ(s.turn(2).heard(), "which one would you like");
    EXPECT_EQ(deepgram.connector.attempts.size(), 1U);
    for (const auto& turn : s.turns()) expect_times_are_the_calls(s, turn);
}

TEST_P(DeepgramCall, RotatesInASilenceAndNobodyNotices) {
    deepgram.settings.rotate_after = 20s;
    deepgram.settings.rotate_grace = 10min;  // never inside speech
    s.longest = 5min;
    s.model.says("That is fine with me.");
    for (int i = 0; i < 10; ++i)
        s.caller.asks("This is sentence number " + std::to_string(i) + " of ten.").pauses(3s);
    s.run();
    EXPECT_GE(deepgram.counters().rotations, 2U);
    EXPECT_EQ(deepgram.counters().reconnects, 0U);
    EXPECT_THAT(s.wire.warnings, IsEmpty());
    ASSERT_EQ(s.turn_count(), 10U);
    for (std::size_t i = 0; i < 10; ++i) {
        const auto turn = s.turn(i + 1);
        EXPECT_EQ(turn.user_text(), "This is sentence number " + std::to_string(i) + " of ten.");
        EXPECT_TRUE(turn.completed());
        expect_times_are_the_calls(s, turn);
    }
}

// However long the caller talks, an old connection is replaced at last: in the middle of words.
TEST_P(DeepgramCall, RotatesWhileTheCallerSpeaksAndEveryWordCountsOnce) {
    for (const auto grace : {1s, 2s, 4s}) {
        Scenario call;
        auto& service = call.hears_through_deepgram(GetParam());
        service.settings.rotate_after = 10s;
        service.settings.rotate_grace = grace;
        call.model.says("Three people, noted.");
        call.caller.pauses(8s).asks(monologue);
        call.run();
        EXPECT_GE(service.counters().rotations, 1U);
        EXPECT_GT(service.counters().audio.replayed_samples, 0U);
        EXPECT_EQ(service.counters().reconnects, 0U);
        ASSERT_EQ(call.turn_count(), 1U);
        EXPECT_EQ(call.turn(1).user_text(), monologue);
        EXPECT_EQ(call.turn(1).heard(), "three people noted");
        expect_times_are_the_calls(call, call.turn(1));
    }
}

TEST_P(DeepgramCall, RotatesInAReplyAndAnInterruptionIsStillHeard) {
    deepgram.settings.rotate_after = 10s;
    s.model.says(story);
    s.model.says("Which one would you like?");
    s.caller.pauses(7s)
        .says("Tell me a story.")
        .until_hears("captain")
        .says("No, tell me another one instead.")
        .listens();
    s.run();
    EXPECT_GE(deepgram.counters().rotations, 1U);
    ASSERT_EQ(s.turn_count(), 2U);
    EXPECT_TRUE(s.turn(1).interrupted());
    EXPECT_EQ(s.turn(2).user_text(), "No, tell me another one instead.");
}

// The voice goes on, and the service takes it all and answers nothing more.
TEST_P(DeepgramCall, StallsWhileTheCallerSpeaksAndAnotherConnectionHearsTheWholeTurn) {
    for (const auto after : {300ms, 1500ms, 2800ms}) {
        Scenario call;
        auto& service = call.hears_through_deepgram(GetParam());
        call.model.says("Three people, noted.");
        call.caller.meanwhile(after, [&service] { service.falls_silent(); }).asks(monologue);
        call.run();
        SCOPED_TRACE(std::to_string(after.count()) + " ms");
        // Nova takes a replay hardly faster than it was spoken: the conversation may find the new connection
        // deaf.
        const std::size_t most = service.flux() ? 2 : 3;
        EXPECT_GE(service.connector.attempts.size(), 2U);
        EXPECT_LE(service.connector.attempts.size(), most);
        ASSERT_EQ(call.turn_count(), 1U);
        EXPECT_EQ(call.turn(1).user_text(), monologue);
        EXPECT_EQ(call.turn(1).heard(), "three people noted");
        expect_times_are_the_calls(call, call.turn(1));
    }
}

// The service takes all of it and answers nothing more, with the caller's last words: nothing tells that they
// were said, and they are answered all the same.
TEST_P(DeepgramCall, StallsWithTheLastWordsAndTheyAreStillAnswered) {
    s.model.says("It is noon.");
    s.caller.pauses(1s).meanwhile(200ms, [this] { deepgram.falls_silent(); });
    s.caller.says("Could you please tell me what time it is over there now?").pauses(12s).listens();
    s.run();
    EXPECT_EQ(deepgram.counters().stale_connections, 1U);
    ASSERT_EQ(s.turn_count(), 1U);
    EXPECT_EQ(s.turn(1).user_text(), "Could you please tell me what time it is over there now?");
    EXPECT_EQ(s.turn(1).heard(), "it is noon");
    EXPECT_TRUE(s.turn(1).says_why_silent("before_reply"));
}

INSTANTIATE_TEST_SUITE_P(Simulated, DeepgramCall,
                         testing::Values(RecognizerKind::flux, RecognizerKind::nova));

// At any moment of the caller's sentence, in any way, and twice in a row.
enum class Break { lost, closed, lost_twice };
void PrintTo(Break how, std::ostream* out) {
    *out << (how == Break::lost ? "lost" : how == Break::closed ? "closed" : "lost_twice");
}

class DeepgramBreaks : public testing::TestWithParam<std::tuple<RecognizerKind, Break>> {};

TEST_P(DeepgramBreaks, AnywhereInASentenceAndEveryWordCountsOnceInOrderAndInTime) {
    const auto& [kind, how] = GetParam();
    for (auto at = 0ms; at <= 4800ms; at += 320ms) {
        Scenario call;
        auto& service = call.hears_through_deepgram(kind);
        call.model.says("One room, noted.");
        call.caller.pauses(500ms).meanwhile(at, [&service, how = how] {
            how == Break::closed ? service.is_closed_by_the_service() : service.loses_connection();
        });
        if (how == Break::lost_twice)
            call.caller.meanwhile(at + 900ms, [&service] { service.loses_connection(); });
        call.caller.asks("I would like to book a quiet room with a view.").asks("And one for my brother.");
        call.run();
        SCOPED_TRACE(std::to_string(at.count()) + " ms");
        EXPECT_GE(service.counters().reconnects, 1U);
        ASSERT_EQ(call.turn_count(), 2U);
        EXPECT_EQ(call.turn(1).user_text(), "I would like to book a quiet room with a view.");
        EXPECT_EQ(call.turn(2).user_text(), "And one for my brother.");
        for (const auto& turn : call.turns()) {
            EXPECT_EQ(turn.heard(), "one room noted");
            expect_times_are_the_calls(call, turn);
        }
        if (HasFailure()) return;
    }
}
INSTANTIATE_TEST_SUITE_P(Simulated, DeepgramBreaks,
                         testing::Combine(testing::Values(RecognizerKind::flux, RecognizerKind::nova),
                                          testing::Values(Break::lost, Break::closed, Break::lost_twice)));

}  // namespace
}  // namespace atlas::sim
