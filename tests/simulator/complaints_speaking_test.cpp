#include "simulator/scenario.hpp"
#include "support/live_bytes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

// What hurts the users of other voice systems: those of 25 complaints that are about answering, lasting and
// ending. docs/complaints.md tells them all. What a simulated call cannot show is proven elsewhere:
//
//   11  more than a few calls in a process   system.ScriptedCall.ManyCallsAtOnceAreEachAnswered
//       disturb each other                   net.AsioLoop.MeasuresHowLateItIs
//                                            server.HttpRoutes.HealthIs503WhenFullLateOrDraining
//   12  a burst of calls                     server.GatewayTest.
//                                            NeverTakesMoreThanItsLimitHoweverManyComeAtOnce
//   14  memory grows, of the waiting sound   audio.AudioPacerTest.HoldsMemoryOnlyForWhatIsQueued
//   17  no resume                            call.Hello.AskingToResumeGivesANewCallAndAWarning
//   21  a send without a limit               net.RawClient.ThatReadsNothingIsClosedAfterTheWriteTimeout
//                                            call.Ending.AClientThatTakesNothingIsLetGoAsSlow
//   25  the voice's long connections         providers_openai.RealtimeSynthesizerTest.
//                                            ReplacesASocketBeforeTheServiceEndsItsSession

namespace atlas::sim {
namespace {

using testing::AnyOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

const char* const story =
    "Once there was a ship, and it sailed far away. The captain knew every star by name. "
    "One night the wind changed, and nobody knew where they were. In the morning they found an island.";

TEST(Complaints, No05_AStateOfSpeakingWithoutSoundIsNoticed) {
    Scenario s;
    s.recognizer.eager = false;
    s.voice.stalls(1, 400ms);
    s.model.says(story);
    s.model.says("Sure.");
    s.caller.asks("Tell me a story.").asks("Are you there?");
    s.run();
    EXPECT_FALSE(s.turn(1).completed());
    EXPECT_LT(s.turn(1).told.ended - s.turn(1).told.started, 15s);
    EXPECT_TRUE(s.turn(2).completed());
}

TEST(Complaints, No06_SpeculationDoesNotDoubleTheTokenBill) {
    Scenario s;
    s.longest = 10min;
    auto& caller = s.caller;
    for (int turn = 0; turn < 15; ++turn)
        caller.says("I would like to")
            .pauses(400ms)
            .says("have number " + std::to_string(turn) + ".")
            .listens();
    s.run();
    std::int64_t wasted = 0;
    for (const auto& request : s.model.requests) wasted += request.abandoned ? 1 : 0;
    EXPECT_LE(wasted, 12);
    EXPECT_LT(s.model.questions(), 2U * 15U);
}

TEST(Complaints, No07_SpeculationHasNoSideEffects) {
    Scenario s;
    s.model.first_word = 50ms;  // so that the guess gets as far as the function
    s.app.config = {
        {"tools", Json::array({{{"name", "pay"}, {"effect", true}, {"parameters", {{"type", "object"}}}}})}};
    s.app.tools["pay"] = {.result = "paid"};
    s.model.says_when_asked("nothing", "I will not.");
    s.model.says_when_asked("Pay", "").calls("pay").then_says("It is paid.");
    s.caller.says("Pay the bill").pauses(560ms).says("or rather pay nothing at all.").listens();
    s.run();
    EXPECT_TRUE(s.told("tool.call").empty());
    EXPECT_THAT(s.history(), Not(HasSubstr("paid")));
}

TEST(Complaints, No08_ThereAreNeverTwoRepliesAtOnce) {
    Scenario s;  // two turns at once, and sound of a dead reply, fail any scenario
    s.model.says(story);
    s.caller.says("Tell me a story.")
        .until_hears("once")
        .types("First of all this")
        .pauses(100ms)
        .types("And that");
    s.caller.pauses(50ms).says("And also this one here.").pauses(50ms).types("Last one").listens();
    s.run();
    const auto turns = s.turns();
    ASSERT_GE(turns.size(), 4U);
    EXPECT_TRUE(turns.back().completed());
    for (std::size_t i = 0; i + 1 < turns.size(); ++i) {
        EXPECT_TRUE(turns[i].interrupted()) << i;
        EXPECT_LE(turns[i].told.ended, turns[i + 1].told.started) << i;
    }
    // Sound of one turn is over when that of the next begins.
    for (std::size_t i = 1; i < s.app.ear.words().size(); ++i)
        EXPECT_GE(s.app.ear.words()[i].turn, s.app.ear.words()[i - 1].turn);
    // Nobody works on an answer that is not wanted any more.
    for (std::size_t i = 0; i + 1 < s.model.requests.size(); ++i) {
        const bool early = s.model.requests[i + 1].at - s.model.requests[i].at < s.model.first_word;
        EXPECT_TRUE(s.model.requests[i].abandoned || !early) << "request " << i;
    }
}

TEST(Complaints, No09_AModelThatStallsInTheMiddleOfASentenceIsContinued) {
    Scenario s;
    s.recognizer.eager = false;
    s.model.says(story).fails_after(13, providers::FailureReason::stalled);
    s.caller.asks("Tell me a story.");
    s.run();
    EXPECT_EQ(s.turn(1).heard(), plain(story));
    EXPECT_TRUE(s.turn(1).completed());
}

TEST(Complaints, No10_AVoiceWithALongTailIsHedged) {
    Scenario s;
    s.hedged = true;
    s.recognizer.eager = false;
    s.voice.is_slow(1, 25s);
    s.model.says("It is noon.");
    s.caller.asks("What time is it?");
    s.run();
    EXPECT_TRUE(s.turn(1).completed());
    EXPECT_LT(*s.turn(1).waited, 4s);
}

TEST(Complaints, No13_TheDecisionThatATurnIsOverTakesNoTimeOfItsOwn) {
    Scenario s;
    s.recognizer.eager = false;
    s.network.jitter = 80ms;
    s.longest = 10min;
    s.model.says("It is noon, and later it will be evening.");
    for (int i = 0; i < 20; ++i) s.caller.asks("What time is it at place number " + std::to_string(i) + "?");
    s.run();
    ASSERT_EQ(s.turn_count(), 20U);
    ASSERT_EQ(s.recognizer.ends_told.size(), 20U);
    for (std::size_t i = 0; i < 20; ++i) {  // no tail: not one of them waits for anything
        EXPECT_EQ(s.model.requests[i].at, s.recognizer.ends_told[i]) << i;
        EXPECT_EQ(s.turn(i + 1).told.started, s.recognizer.ends_told[i]) << i;
        EXPECT_EQ(s.turn(i + 1).stage("asked"), 0ms) << i;
    }
}

TEST(Complaints, No14_ALongCallKeepsOnlyItsBudgetOfHistory) {
    Scenario s;
    s.history_may_be_cut = true;
    s.talk.context_tokens = 300;
    s.longest = 15min;
    s.model.says(story);
    for (int i = 0; i < 15; ++i) s.caller.asks("Please tell me story number " + std::to_string(i) + ".");
    s.run();
    EXPECT_LT(s.model.requests.back().what.messages.size(), 12U);
}

TEST(Complaints, No15_NothingGoesOnAfterAHangUp) {
    Scenario s;
    s.model.says(story).one_word_every(400ms);
    std::size_t asked = 0;
    s.caller.says("Tell me a story.").until_hears("once");
    s.caller.does([&] { asked = s.voice.requests.size() + s.model.requests.size(); }).hangs_up();
    s.run();
    EXPECT_EQ(s.closed()["reason"], "user");
    EXPECT_LT(s.length(), 8s);
    EXPECT_TRUE(s.model.requests.back().abandoned);
    EXPECT_EQ(s.voice.requests.size() + s.model.requests.size(), asked);
    EXPECT_EQ(s.turn(1).reason(), "user");
    EXPECT_LT(s.turn(1).words.size(), 5U) << "it is silent at once";
}

TEST(Complaints, No16_AMachineThatStopsDoesNotCutASentence) {
    Scenario s;
    s.model.says(story);
    s.machine_stops_after = 3500ms;
    s.caller.stays().says("Tell me a story.");
    s.run();
    EXPECT_EQ(s.closed()["reason"], "deploy");
    EXPECT_THAT(s.turn(1).heard(), AnyOf(EndsWith("away"), EndsWith("name"), EndsWith("were")));
    EXPECT_THAT(s.turn(1).heard(), Not(HasSubstr("island"))) << "it does not go on for ever either";
    EXPECT_EQ(s.told("going_away").size(), 1U);
    const auto stopped = s.began() + 3500ms;
    EXPECT_LT(s.app.ear.sounds(1).front().from, stopped);
    EXPECT_GT(s.app.ear.sounds(1).back().to, stopped) << "it was in the middle of a sentence";
    EXPECT_LT(s.app.ear.sounds(1).back().to, stopped + 10s);
}

// The call itself is not taken up again: see the table.
TEST(Complaints, No17_ALostConnectionEndsTheCallInOrder) {
    Scenario s;
    s.ear_is_no_witness = true;
    s.model.says(story).one_word_every(400ms);
    std::size_t asked = 0;
    TimePoint cut{};
    s.caller.says("Tell me a story.").until_hears("once").does([&] {
        asked = s.voice.requests.size() + s.model.requests.size();
        cut = s.now();
    });
    s.caller.is_cut_off();
    s.run();
    EXPECT_TRUE(s.model.requests.back().abandoned);
    EXPECT_EQ(s.voice.requests.size() + s.model.requests.size(), asked)
        << "nobody is asked for a caller who is gone";
    ASSERT_TRUE(s.over_since());
    EXPECT_LT(*s.over_since() - cut, 100ms) << "it is over at once, and all of it is let go";
}

TEST(Complaints, No21_AClientThatNeverReportsLeavesNothingStuck) {
    Scenario s;
    s.app.reports = false;
    s.model.says(story);
    s.caller.asks("Tell me a story.").asks("And another one.");
    s.caller.says("And a third one.").until_hears("captain").says("Please go a bit slower.").listens();
    s.run();
    ASSERT_EQ(s.turn_count(), 4U);
    for (const std::size_t turn : {1U, 2U, 4U}) {
        EXPECT_TRUE(s.turn(turn).completed());
        EXPECT_EQ(s.turn(turn).heard(), plain(story));
    }
    EXPECT_TRUE(s.turn(3).interrupted());
}

TEST(Complaints, No21_AClientThatReportsNoMoreInTheMiddleLeavesNothingStuck) {
    Scenario s;
    s.model.says(story);
    s.caller.says("Tell me a story.").until_hears("captain").does([&s] { s.app.reports = false; }).listens();
    s.caller.asks("And another one.");
    s.run();
    ASSERT_EQ(s.turn_count(), 2U);
    EXPECT_LT(s.turn(1).told.ended - s.app.ear.sounds(1).back().to, 2s);
    EXPECT_EQ(s.turn(2).heard(), plain(story));
}

// A service that ends connections after a while, and a call that lasts for five of them.
TEST(Complaints, No25_ALongCallWithManyTurnsGoesOn) {
    for (const auto kind : {RecognizerKind::flux, RecognizerKind::nova}) {
        Scenario s;
        auto& deepgram = s.hears_through_deepgram(kind);
        deepgram.settings.rotate_after = 2min;
        s.longest = 40min;
        s.history_may_be_cut = true;
        s.model.says("That is fine with me.");
        for (int i = 0; i < 25; ++i)
            s.caller.asks("This is sentence number " + std::to_string(i) + ".").pauses(20s);
        s.run();
        ASSERT_EQ(s.turn_count(), 25U);
        for (std::size_t i = 0; i < 25; ++i) {
            EXPECT_TRUE(s.turn(i + 1).completed());
            EXPECT_EQ(s.turn(i + 1).user_text(), "This is sentence number " + std::to_string(i) + ".");
        }
        EXPECT_GT(s.length(), 10min);
        EXPECT_GE(deepgram.counters().rotations, 4U);
        EXPECT_EQ(deepgram.counters().reconnects, 0U);
        for (std::size_t i = 1; i < deepgram.connector.attempts.size(); ++i)
            EXPECT_LT(deepgram.connector.attempt_times[i] - deepgram.connector.attempt_times[i - 1], 3min);
    }
}

// The same call again and again: what it took is given back, to the byte. Processes that live for months take
// thousands of them.
TEST(Complaints, No14_AHundredCallsLeaveNothingBehind) {
    const auto call = [] {
        Scenario s;
        s.app.config = {
            {"tools",
             Json::array({{{"name", "look_up"}, {"effect", false}, {"parameters", {{"type", "object"}}}}})}};
        s.app.tools["look_up"] = {.result = "nothing"};
        s.model.says("Let me look. ").calls("look_up").then_says("There is nothing, and I am sorry.");
        s.model.says(story);
        s.caller.asks("What is new?").says("Tell me a story.").until_hears("captain").coughs();
        s.caller.says("Please go a bit slower.").until_hears("once").hangs_up();
        s.run();
    };
    for (int i = 0; i < 3; ++i) call();  // what is made once: tables, metrics
    const auto before = test::live_bytes();
    for (int i = 0; i < 100; ++i) call();
    EXPECT_LE(test::live_bytes(), before + 1'000);
}

}  // namespace
}  // namespace atlas::sim
