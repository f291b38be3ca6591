#include "simulator/recognizer_kinds.hpp"
#include "simulator/scenario.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <tuple>

// DESIGN §6.7: no word of the caller is lost. Every word's sound must reach the recogniser whole and once,
// and every word must be in a turn or on record as ignored: checked in every scenario. How a recogniser's
// client replays what its connection lost is proven beside it, in tests/providers.

namespace atlas::sim {
namespace {

using testing::Contains;
using testing::HasSubstr;

TEST(SimulatedNoWordLost, WordsSaidWhileTheReplyIsBeingMadeAreInTheNextTurn) {
    Scenario s;
    s.model.first_word = 1500ms;
    s.caller.says("What is the weather?").pauses(900ms).says("I mean the one in Vienna tomorrow.").listens();
    s.run();
    EXPECT_TRUE(s.turns().back().completed());
}

TEST(SimulatedNoWordLost, ARecognizerThatDiesIsSaidToTheCallerBeforeTheEnd) {
    Scenario s;
    s.caller_words_may_go = true;
    s.recognizer.dies_after_word = 3;
    s.caller.stays().says("I would like to book a room.");
    s.run();
    EXPECT_THAT(s.turns().back().heard(), HasSubstr("i cannot hear you"));
    EXPECT_EQ(s.closed()["reason"], "failed");
    EXPECT_THAT(s.wire.warnings, Contains("recognizer_failed"));
}

TEST(SimulatedNoWordLost, ARecognizerThatDiesInAReplyLetsItEndFirst) {
    Scenario s;
    s.caller_words_may_go = true;
    s.recognizer.dies_after_word = 5;
    s.model.says("This is a long answer that goes on for quite some time, so that much can happen in it.");
    s.caller.stays().says("Tell me something nice.").until_hears("answer").says("Yes mhm mhm.");
    s.run();
    EXPECT_THAT(s.turns().back().heard(), HasSubstr("i cannot hear you"));
    EXPECT_EQ(s.closed()["reason"], "failed");
}

TEST(SimulatedNoWordLost, WithoutVoiceAndRecognizerTheKeptLineIsHeard) {
    Scenario s;
    s.caller_words_may_go = true;
    s.voice.is_gone();
    s.recognizer.dies_after_word = 2;
    s.caller.stays().says("Hello my friend.");
    s.run();
    EXPECT_THAT(s.turns().back().heard(), HasSubstr("i cannot hear you"));
    EXPECT_EQ(s.closed()["reason"], "failed");
}

TEST(SimulatedNoWordLost, ADeafRecognizerIsRestartedAndHearsWhatItMissed) {
    Scenario s;
    s.recognizer.goes_deaf_after_word = 8;
    s.recognizer.eager = false;
    s.caller.asks("This is my first question now.");
    s.caller.says("I would like to know when the next train to Salzburg leaves from here today").pauses(10s);
    s.caller.listens();
    s.run();
    EXPECT_EQ(s.recognizer.restarts, 1);
    EXPECT_THAT(s.wire.warnings, Contains("recognizer_restarted"));
    EXPECT_THAT(s.turn(2).user_text(), HasSubstr("train to Salzburg"));
    EXPECT_TRUE(s.turn(2).completed());
}

TEST(SimulatedNoWordLost, ADeafRecognizerIsRestartedWhileTheCallerStillSpeaks) {
    Scenario s;
    s.recognizer.goes_deaf_after_word = 3;
    s.recognizer.eager = false;
    std::string all = "I would like";
    for (int i = 0; i < 8; ++i) all += " to know of train number " + std::to_string(i);
    s.caller.asks(all + ".");
    s.run();
    EXPECT_EQ(s.recognizer.restarts, 1);
    ASSERT_EQ(s.turn_count(), 1U);
    EXPECT_EQ(s.turn(1).user_text(), all + ".");
    EXPECT_LT(*s.turn(1).waited, 2s) << "it has caught up long before the end";
}

TEST(SimulatedNoWordLost, ARecognizerThatGoesDeafWithTheLastWordDoesNotHangTheTurn) {
    Scenario s;
    s.recognizer.goes_deaf_after_word = 4;
    s.recognizer.eager = false;
    s.model.says("It is noon.");
    s.caller.says("What time is it?").pauses(14s).listens();
    s.run();
    EXPECT_EQ(s.turn(1).user_text(), "What time is it?");
    EXPECT_TRUE(s.turn(1).completed());
    EXPECT_LT(*s.turn(1).waited, 13s);
    EXPECT_TRUE(s.turn(1).says_why_silent("before_reply"));
}

TEST(SimulatedNoWordLost, ARecognizerThatTellsTurnsOnlyIsNotTakenForDeaf) {
    Scenario s;
    s.recognizer.sends_updates = false;
    std::string all = "I would like";
    for (int i = 0; i < 16; ++i) all += " to know of train number " + std::to_string(i);
    s.caller.asks("What time is it?").asks(all + ".");
    s.run();
    EXPECT_EQ(s.recognizer.restarts, 0);
    ASSERT_EQ(s.turn_count(), 2U);
    EXPECT_EQ(s.turn(2).user_text(), all + ".");
}

TEST(SimulatedNoWordLost, WordsAtTheVeryBeginningOfTheCallCount) {
    Scenario s;
    s.network.up = s.network.down = 250ms;
    s.caller.asks("Hello? Is somebody there?");
    s.run();
    EXPECT_EQ(s.turn(1).user_text(), "Hello? Is somebody there?");
}

TEST(SimulatedNoWordLost, ATurnInWhichTheRecognizerReportsNothingButItsEndLosesNothing) {
    Scenario s;
    s.recognizer.sends_updates = false;
    s.caller.asks("One two three four.").asks("Five six seven.");
    s.run();
    EXPECT_EQ(s.turn_count(), 2U);
}

// The recogniser's connection breaks behind any word, and another one hears the open turn from its start:
// what was told is told again, from its first word on, and then more.
class RecognizerBreaks : public testing::TestWithParam<std::tuple<RecognizerKind, int, int>> {
protected:
    RecognizerBreaks() {
        const auto& [kind, word, outage] = GetParam();
        become(s.recognizer, kind);
        s.recognizer.breaks_after_word = {word};
        s.recognizer.outage = Milliseconds(outage);
    }
    Scenario s;
};

TEST_P(RecognizerBreaks, AndTheTurnIsWholeAndItsTimesAreTheCalls) {
    s.caller.asks("I would like to book a quiet room.");
    s.run();
    ASSERT_EQ(s.turn_count(), 1U);
    EXPECT_EQ(s.turn(1).user_text(), "I would like to book a quiet room.");
    EXPECT_EQ(s.recognizer.restarts, 0) << "its own client repairs it";
    const auto silent =
        std::chrono::duration_cast<Milliseconds>(s.turn(1).told.started - s.caller.said.back().to);
    EXPECT_NEAR(static_cast<double>(s.turn(1).stage("end_of_turn").count()),
                static_cast<double>(silent.count()), 120)
        << "since the last word, by the call's clock";
}

TEST_P(RecognizerBreaks, WhileItInterruptsAndTheWordsCountOnce) {
    s.model.says(
        "Once there was a ship. It sailed far away. The captain knew every star. One night the wind turned.");
    s.model.says("Which one would you like?");
    const int in_the_interruption = 4 + std::get<1>(GetParam());
    s.recognizer.breaks_after_word = {in_the_interruption};
    s.caller.says("Tell me a story.")
        .until_hears("captain")
        .says("No, tell me another one instead please now.");
    s.caller.listens();
    s.run();
    ASSERT_EQ(s.turn_count(), 2U);
    EXPECT_TRUE(s.turn(1).interrupted());
    EXPECT_EQ(s.turn(2).user_text(), "No, tell me another one instead please now.");
}

INSTANTIATE_TEST_SUITE_P(Simulated, RecognizerBreaks,
                         testing::Combine(testing::Values(RecognizerKind::flux, RecognizerKind::nova),
                                          testing::Values(1, 2, 5, 7, 8), testing::Values(300, 1500)));

// The network holds sound up and lets it go in bursts; not one word comes twice or not at all.
class JitteryNetwork : public testing::TestWithParam<std::tuple<int, int>> {};

TEST_P(JitteryNetwork, ThatHoldsSoundUpLosesNoWordEitherWay) {
    const auto& [latency, seed] = GetParam();
    Scenario s(static_cast<std::uint64_t>(seed));
    s.network.up = s.network.down = Milliseconds(latency);
    s.network.jitter = Milliseconds(latency * 2);
    s.model.says("That is good to know, and I will think about it for a while.");
    s.caller.asks("I have two children and a dog.").asks("The dog is called Bello and it barks.");
    s.run();
    ASSERT_EQ(s.turn_count(), 2U);
    for (const auto& turn : s.turns())
        EXPECT_EQ(turn.heard(), "that is good to know and i will think about it for a while");
}
INSTANTIATE_TEST_SUITE_P(Simulated, JitteryNetwork,
                         testing::Combine(testing::Values(20, 120, 300), testing::Values(1, 2, 3)));

}  // namespace
}  // namespace atlas::sim
