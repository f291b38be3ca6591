#include "simulator/recognizer_kinds.hpp"
#include "simulator/scenario.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <tuple>

// The same conversation whatever recogniser listens, near or far.

namespace atlas::sim {
namespace {

const char* const story =
    "Once there was a ship. It sailed far away. The captain knew every star. One night the wind turned.";

class AnyRecognizer : public testing::TestWithParam<std::tuple<RecognizerKind, int>> {
protected:
    AnyRecognizer() {
        become(s.recognizer, kind());
        s.network.up = s.network.down = Milliseconds(std::get<1>(GetParam()));
        s.network.jitter = s.network.up / 2;
        s.talk.turn_limit = 3s;
    }
    static RecognizerKind kind() { return std::get<0>(GetParam()); }

    Scenario s{7};
};

TEST_P(AnyRecognizer, EveryQuestionIsAnsweredOnce) {
    s.model.says("It is noon.");
    s.model.says("It is Tuesday.");
    s.caller.asks("What time is it?").asks("And what day is it today?");
    s.run();
    ASSERT_EQ(s.turn_count(), 2U);
    EXPECT_EQ(s.turn(1).heard(), "it is noon");
    EXPECT_EQ(s.turn(2).heard(), "it is tuesday");
    EXPECT_EQ(s.turn(2).user_text(), "And what day is it today?");
}

TEST_P(AnyRecognizer, APauseForBreathDoesNotEndATurn) {
    s.caller.says("I would like to").pauses(350ms).says("book a quiet room.").listens();
    s.run();
    ASSERT_EQ(s.turn_count(), 1U);
    EXPECT_EQ(s.turn(1).user_text(), "I would like to book a quiet room.");
}

TEST_P(AnyRecognizer, ACoughInSilenceIsNoTurn) {
    s.recognizer.forgets_end_of.clear();
    s.caller.pauses(500ms).coughs(400ms).pauses(2s).asks("What time is it?");
    s.run();
    ASSERT_EQ(s.turn_count(), 1U);
    EXPECT_EQ(s.turn(1).user_text(), "What time is it?");
}

TEST_P(AnyRecognizer, ACoughInAReplyCostsNoWord) {
    s.model.says(story);
    s.caller.says("Tell me a story.").until_hears("sailed").coughs().listens();
    s.run();
    EXPECT_TRUE(s.turn(1).completed());
    EXPECT_EQ(s.turn(1).heard(), plain(story));
    EXPECT_EQ(s.turn_count(), 1U);
}

TEST_P(AnyRecognizer, WordsEndAReplyAndAreAnswered) {
    s.model.says(story);
    s.model.says("Which one would you like?");
    s.caller.says("Tell me a story.")
        .until_hears("captain")
        .says("No, tell me another one instead.")
        .listens();
    s.run();
    ASSERT_EQ(s.turn_count(), 2U);
    EXPECT_TRUE(s.turn(1).interrupted() || kind() == RecognizerKind::only_ends);
    EXPECT_EQ(s.turn(2).user_text(), "No, tell me another one instead.");
    EXPECT_EQ(s.turn(2).heard(), "which one would you like");
}

TEST_P(AnyRecognizer, ARightWordOfAListenerLeavesTheReplyAlone) {
    s.model.says(story);
    s.caller.says("Tell me a story.").until_hears("sailed").says("Mhm.").listens();
    s.run();
    ASSERT_EQ(s.turn_count(), 1U);
    EXPECT_TRUE(s.turn(1).completed());
    EXPECT_EQ(s.turn(1).ignored().size(), 1U);
}

TEST_P(AnyRecognizer, ACommitEndsTheTurnAtOnce) {
    s.recognizer.follows_patience = false;
    s.recognizer.end_silence = 6s;
    s.caller.says("What time is it?").pauses(300ms).commits().listens();
    s.run();
    ASSERT_EQ(s.turn_count(), 1U);
    EXPECT_EQ(s.turn(1).user_text(), "What time is it?");
    EXPECT_LT(*s.turn(1).waited, 2500ms);
    EXPECT_EQ(s.recognizer.asked_to_end_turn, 1);
}

TEST_P(AnyRecognizer, TheButtonAloneEndsATurnThatIsPressed) {
    s.app.config = {{"turns", "manual"}};
    s.caller.presses()
        .says("I am looking for")
        .pauses(1700ms)
        .says("a quiet place.")
        .pauses(100ms)
        .releases();
    s.caller.listens();
    s.run();
    ASSERT_EQ(s.turn_count(), 1U);
    EXPECT_EQ(s.turn(1).user_text(), "I am looking for a quiet place.");
}

TEST_P(AnyRecognizer, WhatIsSaidBeforeTheAnswerIsHeardBelongsToTheQuestion) {
    s.model.first_word = 2s;
    s.model.says("Two rooms are free.");
    s.recognizer.forgets_end_of.clear();
    s.caller.says("I need a room.").pauses(1900ms).says("For three nights please.").listens();
    s.run();
    const auto last = s.turns().back();
    EXPECT_TRUE(last.completed());
    EXPECT_EQ(last.heard(), "two rooms are free");
    EXPECT_THAT(s.history(), testing::HasSubstr("I need a room."));
    EXPECT_THAT(s.history(), testing::HasSubstr("For three nights please."));
}

INSTANTIATE_TEST_SUITE_P(Simulated, AnyRecognizer,
                         testing::Combine(testing::Values(RecognizerKind::flux, RecognizerKind::nova,
                                                          RecognizerKind::nova_forgets,
                                                          RecognizerKind::only_ends),
                                          testing::Values(10, 150)));

// ---- patience

class PausesWithin : public testing::TestWithParam<std::tuple<RecognizerKind, int>> {};

TEST_P(PausesWithin, AreLearnedUntilTheCallerIsNotCutShortAnyMore) {
    const auto& [kind, pause] = GetParam();
    Scenario s;
    become(s.recognizer, kind);
    s.recognizer.follows_patience = true;
    s.model.says("Which book do you mean?");
    for (int i = 0; i < 8; ++i)
        s.caller.says("I would like").pauses(Milliseconds(pause)).says("to buy a book.").listens();
    s.run();
    EXPECT_TRUE(s.turns().front().interrupted()) << "at first nobody knows";
    EXPECT_EQ(s.turns().back().user_text(), "I would like to buy a book.");
    EXPECT_GT(s.recognizer.patience.back(), Milliseconds(pause));
    EXPECT_LE(s.recognizer.patience.back(), s.talk.turn_end.most_patience);
}
INSTANTIATE_TEST_SUITE_P(Simulated, PausesWithin,
                         testing::Combine(testing::Values(RecognizerKind::flux, RecognizerKind::nova),
                                          testing::Values(1300, 1500)));

TEST(SimulatedPatience, IsGivenBackToACallerWhoPausesNoMore) {
    Scenario s;
    become(s.recognizer, RecognizerKind::nova);
    s.longest = 10min;
    s.model.says("All right.");
    s.caller.says("I would like").pauses(1500ms).says("to buy a book.").listens();
    for (int i = 0; i < 12; ++i) s.caller.asks("And number " + std::to_string(i) + "?");
    s.run();
    const auto& told = s.recognizer.patience;
    const auto most = *std::max_element(told.begin(), told.end());
    EXPECT_GT(most, told.front());
    EXPECT_LT(told.back(), most);
}

TEST(SimulatedPatience, AnInterruptionOfAReplyThatWasHeardTeachesNothing) {
    Scenario s;
    become(s.recognizer, RecognizerKind::nova);
    s.model.says(story);
    for (int i = 0; i < 4; ++i) s.caller.says("Tell me a story.").until_hears("captain");
    s.caller.says("Thank you, enough.").listens();
    s.run();
    EXPECT_GE(s.turn_count(), 4U);
    EXPECT_EQ(s.recognizer.patience.size(), 1U);
}

}  // namespace
}  // namespace atlas::sim
