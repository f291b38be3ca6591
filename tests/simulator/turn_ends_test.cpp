#include "simulator/scenario.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <tuple>

// DESIGN §6.1: when the caller's turn is over.

namespace atlas::sim {
namespace {

TEST(SimulatedTurnEnd, AQuestionIsAnsweredOnce) {
    Scenario s;
    s.model.says("It is noon.");
    s.caller.asks("What time is it?");
    s.run();
    ASSERT_EQ(s.turn_count(), 1U);
    EXPECT_TRUE(s.turn(1).completed());
    EXPECT_EQ(s.turn(1).heard(), "it is noon");
    EXPECT_EQ(s.turn(1).user_text(), "What time is it?");
}

TEST(SimulatedTurnEnd, AShortPauseDoesNotEndTheTurn) {
    Scenario s;
    s.caller.says("I would like to").pauses(300ms).says("book a room.").listens();
    s.run();
    ASSERT_EQ(s.turn_count(), 1U);
    EXPECT_EQ(s.turn(1).user_text(), "I would like to book a room.");
}

TEST(SimulatedTurnEnd, ALongPauseInTheMiddleOfASentenceCostsNoWord) {
    Scenario s;
    s.caller.says("I would like to").pauses(1500ms).says("book a room for two nights.").listens();
    s.run();
    EXPECT_TRUE(s.turns().back().completed());
}

TEST(SimulatedTurnEnd, AMissedEndIsNoticedByTheTimer) {
    Scenario s;
    s.talk.turn_limit = 2s;
    s.recognizer.forgets_end_of = {1};
    s.model.says("It is noon.");
    s.caller.says("What time is it?").listens();
    s.run();
    EXPECT_TRUE(s.turn(1).completed());
    EXPECT_EQ(s.recognizer.asked_to_end_turn, 1);
}

TEST(SimulatedTurnEnd, SoundWithoutWordsThatNeverEndsLeadsBackToListening) {
    Scenario s;
    s.talk.turn_limit = 2s;
    s.recognizer.ends_noise = false;
    s.caller.coughs(400ms).pauses(4s).asks("What time is it?");
    s.run();
    EXPECT_EQ(s.turn_count(), 1U);
    EXPECT_TRUE(s.turn(1).completed());
}

TEST(SimulatedTurnEnd, ACoughIsNoTurn) {
    Scenario s;
    s.caller.coughs().pauses(3s);
    s.run();
    EXPECT_EQ(s.turn_count(), 0U);
    EXPECT_EQ(s.model.questions(), 0U);
}

TEST(SimulatedTurnEnd, PushToTalkAnswersAtTheReleaseOfTheButton) {
    Scenario s;
    s.app.config = {{"turns", "manual"}};
    s.recognizer.end_silence = 5s;
    s.caller.presses().says("What time is it now?").pauses(300ms).releases().listens();
    s.run();
    ASSERT_EQ(s.turn_count(), 1U);
    EXPECT_EQ(s.turn(1).user_text(), "What time is it now?");
    EXPECT_LT(*s.turn(1).waited, 1500ms);
}

TEST(SimulatedTurnEnd, WhileTheButtonIsHeldNoPauseEndsTheTurn) {
    Scenario s;
    s.app.config = {{"turns", "manual"}};
    s.caller.presses().says("I am looking for").pauses(3s).says("a quiet place.").pauses(200ms).releases();
    s.caller.listens();
    s.run();
    ASSERT_EQ(s.turn_count(), 1U);
    EXPECT_EQ(s.turn(1).user_text(), "I am looking for a quiet place.");
}

TEST(SimulatedTurnEnd, AButtonPressedWithoutAWordIsNoTurn) {
    Scenario s;
    s.app.config = {{"turns", "manual"}};
    s.caller.presses()
        .pauses(500ms)
        .releases()
        .pauses(2s)
        .presses()
        .says("Hello there.")
        .releases()
        .listens();
    s.run();
    EXPECT_EQ(s.turn_count(), 1U);
}

TEST(SimulatedTurnEnd, TheButtonInterruptsTheReply) {
    Scenario s;
    s.app.config = {{"turns", "manual"}};
    s.model.says("This is a rather long answer that nobody wants to hear to its very end.");
    s.model.says("Sure.");
    s.caller.presses().says("What is new?").pauses(200ms).releases();
    s.caller.until_hears("long").presses().says("Something else.").pauses(200ms).releases().listens();
    s.run();
    EXPECT_TRUE(s.turn(1).interrupted());
    EXPECT_TRUE(s.turn(2).completed());
}

TEST(SimulatedTurnEnd, WithoutTheButtonWordsDoNotInterruptInManualMode) {
    Scenario s;
    s.app.config = {{"turns", "manual"}};
    s.model.says("This is a rather long answer that everybody wants to hear to its very end.");
    s.caller.presses().says("What is new?").pauses(200ms).releases();
    s.caller.until_hears("long").says("Look over there my friend.").pauses(6s).commits().listens();
    s.run();
    EXPECT_TRUE(s.turn(1).completed());
}

TEST(SimulatedTurnEnd, ACommitAnswersWithoutWaitingForSilence) {
    Scenario s;
    s.recognizer.end_silence = 4s;
    s.recognizer.eager = false;
    s.caller.says("What time is it?").pauses(200ms).commits().listens();
    s.run();
    EXPECT_TRUE(s.turn(1).completed());
    EXPECT_LT(*s.turn(1).waited, 1500ms);
}

TEST(SimulatedTurnEnd, ACommitInSilenceDoesNothing) {
    Scenario s;
    s.caller.pauses(500ms).commits().pauses(1s).asks("What time is it?");
    s.run();
    EXPECT_EQ(s.turn_count(), 1U);
}

TEST(SimulatedTurnEnd, ACommitBeforeTheLastWordsArriveStillHasThem) {
    Scenario s;
    s.recognizer.latency = 350ms;
    s.recognizer.end_silence = 4s;
    s.recognizer.eager = false;
    s.caller.says("What time is it?").pauses(40ms).commits().listens();
    s.run();
    EXPECT_EQ(s.turn(1).user_text(), "What time is it?");
}

TEST(SimulatedTurnEnd, PatienceGrowsForACallerWhoPauses) {
    Scenario s;
    s.recognizer.follows_patience = true;
    auto& caller = s.caller;
    for (int i = 0; i < 3; ++i) caller.says("I would like").pauses(1500ms).says("to buy a book.").listens();
    s.run();
    ASSERT_GE(s.recognizer.patience.size(), 2U);
    EXPECT_GT(s.recognizer.patience.back(), s.recognizer.patience.front());
    EXPECT_LE(s.recognizer.patience.back(), 3000ms);
}

TEST(SimulatedTurnEnd, PatienceStaysInsideItsBounds) {
    Scenario s;
    s.talk.turn_end.most_patience = 1400ms;
    auto& caller = s.caller;
    s.recognizer.end_silence = 4s;
    for (int i = 0; i < 3; ++i)
        caller.says("I would like").pauses(3s).says("to buy a book.").pauses(200ms).commits().listens();
    s.run();
    for (const auto pause : s.recognizer.patience) {
        EXPECT_GE(pause, 600ms);
        EXPECT_LE(pause, 1400ms);
    }
}

TEST(SimulatedTurnEnd, AQuickCallerIsNotMadeToWait) {
    Scenario s;
    s.recognizer.follows_patience = true;
    for (int i = 0; i < 6; ++i) s.caller.asks("What about number " + std::to_string(i) + "?");
    s.run();
    EXPECT_LE(s.recognizer.patience.back(), 1200ms);
}

TEST(SimulatedTurnEnd, ARecognizerThatOnlyReportsTheEndIsEnough) {
    Scenario s;
    s.recognizer.sends_updates = s.recognizer.eager = false;
    s.model.says("It is noon.");
    s.caller.asks("What time is it?");
    s.run();
    EXPECT_EQ(s.turn(1).heard(), "it is noon");
}

TEST(SimulatedTurnEnd, ATypedTurnIsAnsweredAsASpokenOne) {
    Scenario s;
    s.model.says("It is noon.");
    s.caller.types("What time is it?").listens();
    s.run();
    EXPECT_EQ(s.turn(1).told.reason, "text");
    EXPECT_EQ(s.turn(1).heard(), "it is noon");
}

TEST(SimulatedTurnEnd, WhatWasHalfSaidBeforeATypedTurnIsNotForgotten) {
    Scenario s;
    s.recognizer.eager = false;
    s.caller.says("My name is Ada and").types("What time is it?").listens();
    s.run();
    const auto& messages = s.model.requests.back().what.messages;
    std::string all;
    for (const auto& message : messages) all += message.text + " ";
    EXPECT_THAT(all, testing::HasSubstr("My name is Ada"));
    EXPECT_THAT(all, testing::HasSubstr("What time is it?"));
}

TEST(SimulatedTurnEnd, ManualTurnsCanBeSwitchedOnWithinTheCall) {
    Scenario s;
    s.caller.asks("First question?").changes({{"turns", "manual"}}).pauses(300ms);
    s.caller.says("Second question").pauses(2s).says("goes on.").pauses(200ms).commits().listens();
    s.run();
    ASSERT_EQ(s.turn_count(), 2U);
    EXPECT_EQ(s.turn(2).user_text(), "Second question goes on.");
}

TEST(SimulatedTurnEnd, AndSwitchedOffAgain) {
    Scenario s;
    s.app.config = {{"turns", "manual"}};
    s.caller.pauses(200ms).changes({{"turns", "auto"}}).pauses(300ms).asks("Does it hear me?");
    s.run();
    EXPECT_EQ(s.turn_count(), 1U);
}

TEST(SimulatedTurnEnd, MisheardWordsAreAnsweredAsHeard) {
    Scenario s;
    s.recognizer.mishears = {{"vienna", "Siena"}};
    s.caller.asks("How far is Vienna from here?");
    s.run();
    EXPECT_EQ(s.turn(1).user_text(), "How far is Siena from here?");
}

TEST(SimulatedTurnEnd, ATurnOfThirtySecondsIsOneTurn) {
    Scenario s;
    std::string text;
    for (int i = 0; i < 90; ++i) text += "word" + std::to_string(i) + " ";
    s.caller.says(text).listens();
    s.run();
    ASSERT_EQ(s.turn_count(), 1U);
    EXPECT_TRUE(s.turn(1).completed());
}

TEST(SimulatedTurnEnd, TenTurnsInARowAllComeThrough) {
    Scenario s;
    s.model.says("That is fine with me.");
    for (int i = 0; i < 10; ++i) s.caller.asks("This is sentence number " + std::to_string(i) + ".");
    s.run();
    EXPECT_EQ(s.turn_count(), 10U);
    for (const auto& turn : s.turns()) EXPECT_TRUE(turn.completed());
}

// A slow recogniser or network costs time and nothing else.
class AnySpeed : public testing::TestWithParam<std::tuple<int, int, int>> {};

TEST_P(AnySpeed, OfRecognizerAndNetworkGivesTheSameConversation) {
    const auto& [recognizer, network, silence] = GetParam();
    Scenario s(static_cast<std::uint64_t>(recognizer + network + silence));
    s.recognizer.latency = Milliseconds(recognizer);
    s.recognizer.end_silence = Milliseconds(silence);
    s.network.up = s.network.down = Milliseconds(network);
    s.network.jitter = Milliseconds(network);
    s.model.says("Fine, and how are you today?");
    s.caller.asks("How are you doing?").asks("Very well indeed, thanks for asking.");
    s.run();
    ASSERT_EQ(s.turn_count(), 2U);
    EXPECT_EQ(s.turn(1).heard(), "fine and how are you today");
    EXPECT_EQ(s.turn(2).heard(), "fine and how are you today");
}
INSTANTIATE_TEST_SUITE_P(Simulated, AnySpeed,
                         testing::Combine(testing::Values(40, 300, 800), testing::Values(5, 150),
                                          testing::Values(400, 900)));

}  // namespace
}  // namespace atlas::sim
