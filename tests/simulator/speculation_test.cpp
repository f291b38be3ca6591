#include "simulator/scenario.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <tuple>

// DESIGN §6.2: a reply that is begun before the turn is surely over.

namespace atlas::sim {
namespace {

std::int64_t tries(const Turn& turn) {
    return turn.told.end.value("speculation", Json::object()).value("tries", 0);
}
bool hit(const Turn& turn) { return turn.told.end.value("speculation", Json::object()).value("hit", false); }

TEST(SimulatedSpeculation, ARightGuessSavesTheTimeItHadBefore) {
    Scenario with, without;
    without.app.config = {{"speculation", false}};
    for (Scenario* s : {&with, &without}) {
        s->recognizer.end_silence = 900ms;
        s->model.says("It is noon.");
        s->caller.asks("What time is it?");
        s->run();
    }
    EXPECT_TRUE(hit(with.turn(1)));
    EXPECT_EQ(tries(without.turn(1)), 0);
    EXPECT_GE(*without.turn(1).waited - *with.turn(1).waited, 400ms);
    EXPECT_EQ(with.model.questions(), 1U);
}

TEST(SimulatedSpeculation, NothingOfItIsHeardBeforeTheTurnIsOver) {
    Scenario s;
    s.recognizer.end_silence = 2500ms;
    s.model.says("It is noon.");
    s.caller.asks("What time is it?");
    s.run();
    EXPECT_TRUE(hit(s.turn(1)));
    EXPECT_GE(s.turn(1).told.first_frame.value(), s.turn(1).told.started);
    EXPECT_EQ(s.turn(1).stage("accepted"), 0ms);
}

TEST(SimulatedSpeculation, AWrongGuessLeavesNoTraceInHistory) {
    Scenario s;
    s.model.says_when_asked("Berlin", "It rains there.");
    s.model.says_when_asked("weather", "Where do you mean?");
    s.caller.says("What is the weather").pauses(400ms).says("in Berlin?").listens();
    s.run();
    ASSERT_EQ(s.turn_count(), 1U);
    EXPECT_EQ(s.turn(1).heard(), "it rains there");
    EXPECT_EQ(tries(s.turn(1)), 2);
    EXPECT_TRUE(hit(s.turn(1)));
    const auto& messages = s.model.requests.back().what.messages;
    EXPECT_EQ(messages.size(), 1U);
    EXPECT_TRUE(s.model.requests.front().abandoned || s.model.requests.size() == 2);
}

TEST(SimulatedSpeculation, AtMostThreeGuessesInATurn) {
    Scenario s;
    auto& caller = s.caller;
    for (int i = 0; i < 6; ++i) caller.says("and number " + std::to_string(i)).pauses(400ms);
    caller.listens();
    s.run();
    EXPECT_EQ(tries(s.turns().back()), 3);
}

TEST(SimulatedSpeculation, ManyWrongGuessesMakeItCareful) {
    Scenario s;
    auto& caller = s.caller;
    for (int turn = 0; turn < 6; ++turn) {
        caller.says("I would like to").pauses(400ms).says("have number").pauses(400ms);
        caller.says(std::to_string(turn) + ".").listens();
    }
    s.run();
    EXPECT_GT(tries(s.turn(1)), 1);
    EXPECT_EQ(tries(s.turns().back()), 0);
}

TEST(SimulatedSpeculation, AnUnsureGuessIsNotTried) {
    Scenario s;
    s.recognizer.eager_confidence = 0.3;
    s.caller.asks("What time is it?");
    s.run();
    EXPECT_EQ(tries(s.turn(1)), 0);
}

TEST(SimulatedSpeculation, ItsTokensAreLimited) {
    Scenario s;
    s.talk.speculation.wasted_tokens = 1;
    s.caller.says("What is the weather").pauses(400ms).says("in Berlin?").listens();
    s.caller.says("And how is it").pauses(400ms).says("in Vienna?").listens();
    s.run();
    EXPECT_EQ(tries(s.turn(1)), 1);
    EXPECT_EQ(tries(s.turns().back()), 0);
}

TEST(SimulatedSpeculation, WordsThatComeAfterTheGuessDropItEvenWithoutResumed) {
    Scenario s;
    s.recognizer.misfires_after_word = {2};
    s.model.says("Answer to all of it.");
    s.caller.asks("Please tell me the whole truth.");
    s.run();
    EXPECT_EQ(s.turn(1).user_text(), "Please tell me the whole truth.");
    EXPECT_EQ(s.turn(1).heard(), "answer to all of it");
}

TEST(SimulatedSpeculation, AModelThatFailsOnAGuessIsAskedAgainWhenItCounts) {
    Scenario s;
    s.model.says("It is noon.").fails_after(0);
    s.caller.asks("What time is it?");
    s.run();
    EXPECT_TRUE(s.turn(1).completed());
    EXPECT_EQ(s.turn(1).heard(), "it is noon");
    EXPECT_FALSE(hit(s.turn(1)));
}

TEST(SimulatedSpeculation, AVoiceThatFailsOnAGuessIsAskedAgainWhenItCounts) {
    Scenario s;
    s.recognizer.end_silence = 1500ms;
    s.voice.fails(1);
    s.model.says("It is noon.");
    s.caller.asks("What time is it?");
    s.run();
    EXPECT_TRUE(s.turn(1).completed());
    EXPECT_EQ(s.turn(1).heard(), "it is noon");
}

TEST(SimulatedSpeculation, OnlyTheFirstClauseIsSpokenAhead) {
    Scenario s;
    s.recognizer.end_silence = 2500ms;
    s.model.says(
        "First of all this. Then comes the second thing. And here is the third one. A fourth follows it.");
    s.caller.asks("What time is it?");
    s.run();
    std::size_t ahead = 0;
    for (const auto& request : s.voice.requests) ahead += request.at < s.turn(1).told.started ? 1 : 0;
    EXPECT_EQ(ahead, 1U);
    EXPECT_TRUE(s.turn(1).completed());
}

TEST(SimulatedSpeculation, ContextThatArrivesMeanwhileDropsTheGuess) {
    Scenario s;
    s.recognizer.end_silence = 1500ms;
    s.caller.says("What do I see?").pauses(500ms).injects("The map of Vienna is open.").listens();
    s.run();
    EXPECT_FALSE(hit(s.turn(1)));
    EXPECT_EQ(s.model.questions(), 2U);
    EXPECT_THAT(s.history(), testing::HasSubstr("map of Vienna"));
}

TEST(SimulatedSpeculation, ATypedTurnDropsTheGuess) {
    Scenario s;
    s.recognizer.end_silence = 2500ms;
    s.caller.says("What do I see?").pauses(600ms).types("Never mind").listens();
    s.run();
    EXPECT_EQ(s.turns().back().told.reason, "text");
    EXPECT_TRUE(s.turns().back().completed());
}

TEST(SimulatedSpeculation, HangingUpDropsTheGuess) {
    Scenario s;
    s.recognizer.end_silence = 2500ms;
    s.caller.says("What do I see?").pauses(600ms).hangs_up();
    s.run();
    EXPECT_EQ(s.turn_count(), 0U);
    EXPECT_EQ(s.closed()["reason"], "user");
}

TEST(SimulatedSpeculation, InManualModeNothingIsGuessed) {
    Scenario s;
    s.app.config = {{"turns", "manual"}};
    s.caller.presses().says("What time").pauses(600ms).says("is it?").pauses(600ms).releases().listens();
    s.run();
    EXPECT_EQ(tries(s.turn(1)), 0);
    EXPECT_EQ(s.model.questions(), 1U);
}

TEST(SimulatedSpeculation, RightGuessesMakeItBolderAgain) {
    Scenario s;
    s.longest = 10min;
    s.recognizer.eager_confidence = 0.48;
    s.caller.says("I would like to").pauses(400ms).says("have").pauses(400ms).says("one.").listens();
    for (int turn = 0; turn < 3; ++turn) s.caller.asks("Question number " + std::to_string(turn) + "?");
    s.caller.does([&s] { s.recognizer.eager_confidence = 0.9; });
    for (int turn = 0; turn < 8; ++turn) s.caller.asks("Sure question " + std::to_string(turn) + "?");
    s.caller.does([&s] { s.recognizer.eager_confidence = 0.48; });
    s.caller.asks("Is it tried again?");
    s.run();
    EXPECT_EQ(tries(s.turn(2)), 0) << "two misses asked for more than 0.48";
    EXPECT_EQ(tries(s.turns().back()), 1);
}

TEST(SimulatedSpeculation, WhatAWrongGuessCostIsOnRecord) {
    Scenario with, without;
    without.app.config = {{"speculation", false}};
    for (Scenario* s : {&with, &without}) {
        s->recognizer.end_silence = 900ms;
        s->model.first_word = 50ms;
        s->model.says("It rains.");
        s->caller.says("What is the weather").pauses(700ms).says("in Berlin?").listens();
        s->run();
    }
    EXPECT_EQ(tries(with.turn(1)), 2);
    const auto input = [](const Scenario& s) { return s.turn(1).told.end["tokens"]["input"].get<int>(); };
    EXPECT_GT(input(with), input(without) * 3 / 2);
}

TEST(SimulatedSpeculation, ACapitalOrACommaDoesNotSpoilAGuessButAnotherWordDoes) {
    for (const bool same : {true, false}) {
        Scenario s;
        s.recognizer.ends_with = [same](std::string text) {
            return same ? "What time, is it?" : text.replace(5, 4, "dime");
        };
        s.caller_words_may_go = !same;
        s.model.says("It is noon.");
        s.caller.asks("what time is it?");
        s.run();
        EXPECT_EQ(hit(s.turn(1)), same);
        EXPECT_EQ(s.turn(1).heard(), "it is noon");
    }
}

// The sound is the same with and without it, and so is what is said while the caller waits: a line of our own
// is heard only when nothing is audible 2.5 s after the end of the turn.
class GuessWithLatency : public testing::TestWithParam<int> {};

TEST_P(GuessWithLatency, IsTheSameReplyAsWithoutIt) {
    Scenario s(static_cast<std::uint64_t>(GetParam()));
    s.recognizer.end_silence = 900ms;
    s.model.first_word = Milliseconds(GetParam());
    s.model.says("First of all, it is noon. And later it will be evening.");
    s.caller.asks("What time is it?");
    s.run();
    constexpr int head_start = 660;
    constexpr int until_audible = 280;  // the words of a clause, and their voice
    const bool late = GetParam() + until_audible - head_start > 2500;
    EXPECT_TRUE(hit(s.turn(1)));
    EXPECT_EQ(s.turn(1).heard(), std::string(late ? "one moment please " : "") +
                                     "first of all it is noon and later it will be evening");
}
INSTANTIATE_TEST_SUITE_P(Simulated, GuessWithLatency,
                         testing::Values(10, 200, 500, 640, 660, 700, 900, 1500, 2400, 2800, 3000));

class GuessAhead : public testing::TestWithParam<std::tuple<int, int>> {};

TEST_P(GuessAhead, SavesWhatItWasAheadAndNeverMoreThanTheReplyTook) {
    const auto& [silence, first_word] = GetParam();
    Scenario with, without;
    without.app.config = {{"speculation", false}};
    for (Scenario* s : {&with, &without}) {
        s->recognizer.end_silence = Milliseconds(silence);
        s->model.first_word = Milliseconds(first_word);
        s->model.says("It is noon.");
        s->caller.asks("What time is it?");
        s->run();
    }
    const auto saved = *without.turn(1).waited - *with.turn(1).waited;
    const auto could = std::min(silence - 240, first_word + 200);
    EXPECT_NEAR(static_cast<double>(saved.count()), could, 60);
    EXPECT_EQ(with.turn(1).heard(), without.turn(1).heard());
}
INSTANTIATE_TEST_SUITE_P(Simulated, GuessAhead,
                         testing::Combine(testing::Values(500, 900, 1600), testing::Values(100, 400, 1000)));

}  // namespace
}  // namespace atlas::sim
