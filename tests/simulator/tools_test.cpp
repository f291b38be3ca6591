#include "simulator/scenario.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

// DESIGN §6.9: functions of the app. That calls and results come in pairs is checked at every request.

namespace atlas::sim {
namespace {

using testing::Contains;
using testing::HasSubstr;

Json tool(const std::string& name, bool effect, int timeout_ms = 5000, const std::string& filler = "") {
    return {{"name", name},     {"description", "As its name says."},
            {"effect", effect}, {"timeout_ms", timeout_ms},
            {"filler", filler}, {"parameters", {{"type", "object"}, {"properties", Json::object()}}}};
}

Scenario& with_tools(Scenario& s, std::initializer_list<Json> tools) {
    s.app.config = {{"tools", Json::array()}};
    for (const auto& declared : tools) s.app.config["tools"].push_back(declared);
    return s;
}

TEST(SimulatedTools, AToolIsAskedAndItsResultIsSpokenOf) {
    Scenario s;
    with_tools(s, {tool("weather", false)});
    s.app.tools["weather"] = {.result = "sunny, 25 degrees"};
    s.model.says("Let me look. ")
        .calls("weather", R"({"city":"Vienna"})")
        .then_says("It is sunny in Vienna.");
    s.caller.asks("How is the weather?");
    s.run();
    EXPECT_TRUE(s.turn(1).completed());
    EXPECT_EQ(s.turn(1).heard(), "let me look it is sunny in vienna");
    EXPECT_EQ(s.turn(1).told.end["tools"][0]["outcome"], "ok");
    EXPECT_EQ(s.told("tool.call")[0]["arguments"]["city"], "Vienna");
    EXPECT_THAT(s.history(), HasSubstr("sunny, 25 degrees"));
}

TEST(SimulatedTools, AToolWithoutAWordBeforeItIsBridged) {
    Scenario s;
    with_tools(s, {tool("weather", false, 8000, "Let me see.")});
    s.app.tools["weather"] = {.result = "sunny", .after = 3s};
    s.model.says("").calls("weather").then_says("It is sunny.");
    s.caller.asks("How is the weather?");
    s.run();
    EXPECT_TRUE(s.turn(1).completed());
    EXPECT_EQ(s.turn(1).heard(), "let me see it is sunny");
    EXPECT_LT(*s.turn(1).waited, 4s);
}

TEST(SimulatedTools, AFillerThatCannotBeSaidDoesNotCostTheAnswer) {
    for (const bool gone_at_once : {true, false}) {
        Scenario s;
        s.recognizer.eager = false;
        with_tools(s, {tool("weather", false, 8000, "Let me see.")});
        s.app.tools["weather"] = {.result = "sunny", .after = 4s};
        gone_at_once ? s.voice.fails(2) : s.voice.is_silent(2);
        s.model.says("I will find out.").calls("weather").then_says("It is sunny.");
        s.caller.asks("How is the weather?");
        s.run();
        EXPECT_TRUE(s.turn(1).completed());
        EXPECT_EQ(s.turn(1).heard(), "i will find out one moment please it is sunny");
    }
}

TEST(SimulatedTools, TwoToolsAtOnceMayAnswerInAnyOrder) {
    Scenario s;
    with_tools(s, {tool("weather", false), tool("hotels", false)});
    s.app.tools["weather"] = {.result = "sunny", .after = 1500ms};
    s.app.tools["hotels"] = {.result = "three free", .after = 100ms};
    s.model.says("Let me look.")
        .calls("weather")
        .calls("hotels")
        .then_says("It is sunny and three are free.");
    s.caller.asks("How is it there?");
    s.run();
    EXPECT_TRUE(s.turn(1).completed());
    EXPECT_EQ(s.turn(1).told.end["tools"].size(), 2U);
    const auto& messages = s.model.requests.back().what.messages;
    EXPECT_EQ(messages.back().results.size(), 2U);
    EXPECT_EQ(messages.back().results[0].content, "sunny");
}

TEST(SimulatedTools, AToolThatNeverAnswersIsGivenUpAndTheCallerHearsSo) {
    Scenario s;
    with_tools(s, {tool("weather", false, 2000)});
    s.model.says("Let me look.").calls("weather").then_says("I could not find out.");
    s.caller.asks("How is the weather?");
    s.run();
    EXPECT_TRUE(s.turn(1).completed());
    EXPECT_THAT(s.turn(1).heard(), testing::EndsWith("i could not find out"));
    EXPECT_EQ(s.turn(1).told.end["tools"][0]["outcome"], "timeout");
    EXPECT_EQ(s.told("tool.cancel")[0]["reason"], "timeout");
}

TEST(SimulatedTools, AToolThatFailsIsTheModelsToExplain) {
    Scenario s;
    with_tools(s, {tool("weather", false)});
    s.app.tools["weather"] = {.error = "no such city"};
    s.model.says("Let me look.").calls("weather").then_says("I do not know that city.");
    s.caller.asks("How is the weather?");
    s.run();
    EXPECT_TRUE(s.turn(1).completed());
    EXPECT_EQ(s.turn(1).told.end["tools"][0]["outcome"], "error");
}

TEST(SimulatedTools, AToolThatDoesNotExistIsAnsweredWithAnError) {
    Scenario s;
    with_tools(s, {tool("weather", false)});
    s.model.says("Let me look.").calls("rocket").then_says("I cannot do that.");
    s.caller.asks("Fly me to the moon.");
    s.run();
    EXPECT_TRUE(s.turn(1).completed());
    EXPECT_TRUE(s.told("tool.call").empty());
}

TEST(SimulatedTools, AModelThatCallsToolsForEverMustAnswerAtLast) {
    Scenario s;
    with_tools(s, {tool("weather", false)});
    s.app.tools["weather"] = {.result = "sunny"};
    s.model.says("Again.").calls("weather");
    s.caller.asks("How is the weather?");
    s.longest = 2min;
    s.run();
    EXPECT_FALSE(s.model.requests.back().what.may_call_tools);
    EXPECT_LE(s.told("tool.call").size(), 8U);
}

TEST(SimulatedTools, AnEffectWaitsUntilTheTurnIsSurelyOver) {
    Scenario s;
    with_tools(s, {tool("book", true)});
    s.recognizer.end_silence = 2500ms;
    s.app.tools["book"] = {.result = "booked"};
    s.model.says("").calls("book").then_says("It is booked.");
    s.caller.asks("Book the room.");
    s.run();
    ASSERT_EQ(s.told("tool.call").size(), 1U);
    for (const auto& [at, message] : s.wire.all)
        if (message["t"] == "tool.call") {
            EXPECT_GE(at, s.turn(1).told.started);
        }
    EXPECT_THAT(s.turn(1).heard(), testing::EndsWith("it is booked"));
}

TEST(SimulatedTools, AnEffectOfAWrongGuessNeverHappens) {
    Scenario s;
    with_tools(s, {tool("book", true)});
    s.model.first_word = 50ms;  // so that the guess gets as far as the function
    s.app.tools["book"] = {.result = "booked"};
    s.model.says_when_asked("tomorrow", "Then I will wait.");
    s.model.says_when_asked("Book", "").calls("book").then_says("It is booked.");
    s.caller.says("Book the room").pauses(560ms).says("only after tomorrow please.").listens();
    s.run();
    EXPECT_TRUE(s.told("tool.call").empty());
    EXPECT_GE(s.model.questions(), 2U) << "there was a guess";
    EXPECT_EQ(s.turn(1).heard(), "then i will wait");
}

TEST(SimulatedTools, AnInterruptedLookUpIsCancelledAndItsPairIsComplete) {
    Scenario s;
    with_tools(s, {tool("weather", false)});
    s.model.says_when_asked("weather", "I am looking for that now, it may take a moment or two.")
        .calls("weather")
        .then_says("Sunny.");
    s.model.says_when_asked("never", "All right then.");
    s.caller.says("How is the weather?").until_hears("looking").says("No, never mind that.").listens();
    s.run();
    EXPECT_TRUE(s.turn(1).interrupted());
    EXPECT_EQ(s.told("tool.cancel")[0]["reason"], "interrupted");
    EXPECT_TRUE(s.turn(2).completed());
}

TEST(SimulatedTools, AnInterruptedEffectGoesOnAndItsResultIsRemembered) {
    Scenario s;
    with_tools(s, {tool("book", true)});
    s.app.tools["book"] = {.result = "booked under number 17", .after = 5s};
    s.model.says_when_asked("room", "I am booking it for you now, it may take a moment or two.")
        .calls("book")
        .then_says("Done.");
    s.model.says_when_asked("number", "It is number 17.");
    s.model.says_when_asked("breakfast", "At seven.");
    s.caller.says("Book the room.").until_hears("booking").says("When do you serve breakfast?").listens();
    s.caller.pauses(5s).asks("What number is it?");
    s.run();
    EXPECT_TRUE(s.turn(1).interrupted());
    EXPECT_TRUE(s.told("tool.cancel").empty());
    EXPECT_THAT(s.history(), HasSubstr("booked under number 17"));
}

TEST(SimulatedTools, AResultThatNobodyAskedForIsRefusedGently) {
    Scenario s;
    s.caller.pauses(200ms).does([&s] {
        s.app.send({{"t", "tool.result"}, {"call", "call_99"}, {"result", "surprise"}});
    });
    s.caller.pauses(300ms).asks("Hello there.");
    s.run();
    EXPECT_THAT(s.wire.warnings, Contains("unknown_tool_call"));
    EXPECT_TRUE(s.turn(1).completed());
}

TEST(SimulatedTools, TheModelHangsUpAndItsGoodbyeIsHeard) {
    Scenario s;
    s.model.says("It was nice to talk to you. Goodbye!").calls("end_call");
    s.caller.stays().says("That is all, thank you.");
    s.run();
    EXPECT_EQ(s.turn(1).heard(), "it was nice to talk to you goodbye");
    EXPECT_EQ(s.closed()["reason"], "agent");
}

TEST(SimulatedTools, TheGoodbyeCannotBeInterrupted) {
    Scenario s;
    s.caller_words_may_go = true;
    s.model.says("It was nice to talk to you, and I hope that we meet again soon. Goodbye!")
        .calls("end_call");
    s.caller.stays().says("That is all, thank you.").until_hears("nice").says("Same to you my friend.");
    s.run();
    EXPECT_THAT(s.turn(1).heard(), testing::EndsWith("goodbye"));
    EXPECT_EQ(s.closed()["reason"], "agent");
}

TEST(SimulatedTools, AModelThatHangsUpWithoutAWordStillSaysGoodbye) {
    Scenario s;
    s.model.says("").calls("end_call");
    s.caller.stays().says("That is all, thank you.");
    s.run();
    EXPECT_THAT(s.turn(1).heard(), HasSubstr("goodbye"));
    EXPECT_EQ(s.closed()["reason"], "agent");
}

TEST(SimulatedTools, AGuessedHangUpDoesNotHappenWhenTheCallerGoesOn) {
    Scenario s;
    s.model.says_when_asked("hotel", "The hotel is open.");
    s.model.says_when_asked("all", "Goodbye then!").calls("end_call");
    s.caller.says("That is all").pauses(400ms).says("I need to know about the hotel.").listens();
    s.run();
    EXPECT_EQ(s.closed()["reason"], "user");
    EXPECT_EQ(s.turn(1).heard(), "the hotel is open");
}

TEST(SimulatedTools, HangingUpWhileAToolRunsCancelsIt) {
    Scenario s;
    with_tools(s, {tool("weather", false, 8000)});
    s.model.says("Let me look.").calls("weather").then_says("Sunny.");
    s.caller.says("How is the weather?").until_hears("look").pauses(1s).hangs_up();
    s.run();
    EXPECT_EQ(s.told("tool.cancel").size(), 1U);
    EXPECT_EQ(s.closed()["reason"], "user");
}

class ToolTakes : public testing::TestWithParam<int> {};

TEST_P(ToolTakes, AsLongAsItTakesAndTheCallerIsNotLeftInSilenceWithoutAReason) {
    Scenario s;
    with_tools(s, {tool("weather", false, 15000, "I am still looking.")});
    s.app.tools["weather"] = {.result = "sunny", .after = Milliseconds(GetParam())};
    s.model.says("Let me look.").calls("weather").then_says("It is sunny in Vienna.");
    s.caller.asks("How is the weather?");
    s.run();
    EXPECT_TRUE(s.turn(1).completed());
    // Said 1.5 s after its own words were heard, if nothing has come by then.
    const bool filled = GetParam() >= 4000;
    if (GetParam() != 2500) {
        EXPECT_EQ(s.turn(1).heard(), filled ? "let me look i am still looking it is sunny in vienna"
                                            : "let me look it is sunny in vienna");
    }
    if (GetParam() < 4000) return;
    ASSERT_FALSE(s.turn(1).silences().empty());
    for (const auto& silence : s.turn(1).silences())
        if (silence["at"] == "in_reply") {
            EXPECT_EQ(silence["reason"], "tool") << s.turn(1).silences().dump();
        }
}
INSTANTIATE_TEST_SUITE_P(Simulated, ToolTakes, testing::Values(0, 300, 900, 1600, 2500, 4000, 9000, 14000));

}  // namespace
}  // namespace atlas::sim
