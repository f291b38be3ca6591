#include "simulator/scenario.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <tuple>

// DESIGN §6.11: what the model is told. That it remembers exactly what was heard is checked at every request.

namespace atlas::sim {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

const char* const long_answer =
    "This is an answer of some length, so that a conversation of a few turns becomes long enough for a "
    "summary "
    "of its older part, which is what this is about.";

std::int64_t tokens(const SimulatedModel::Request& request) {
    std::int64_t chars = 0;
    for (const auto& message : request.what.messages) chars += static_cast<std::int64_t>(message.text.size());
    return chars / 4;
}

TEST(SimulatedContext, ALongCallStaysInsideItsBudget) {
    Scenario s;
    s.history_may_be_cut = true;
    s.talk.context_tokens = 300;
    s.talk.summarize = false;
    s.longest = 10min;
    s.model.says(long_answer);
    for (int i = 0; i < 14; ++i)
        s.caller.asks("Please tell me about subject number " + std::to_string(i) + ".");
    s.run();
    EXPECT_EQ(s.turn_count(), 14U);
    for (const auto& request : s.model.requests) EXPECT_LE(tokens(request), 400);
}

// Of a turn some 70 tokens. A summary is due at three quarters of the budget and leaves a third of it.
class Budget : public testing::TestWithParam<std::tuple<int, int, int>> {};

TEST_P(Budget, IsKeptBySummariesOfTheOlderPart) {
    const auto& [budget, fewest, most] = GetParam();
    Scenario s;
    s.history_may_be_cut = true;
    s.talk.context_tokens = budget;
    s.longest = 10min;
    s.model.says(long_answer);
    s.model.summary = "The caller asks about subjects.";
    for (int i = 0; i < 12; ++i)
        s.caller.asks("Please tell me about subject number " + std::to_string(i) + ".");
    s.run();
    const auto summaries = std::count_if(s.model.requests.begin(), s.model.requests.end(),
                                         [](const auto& request) { return request.summary; });
    EXPECT_GE(summaries, fewest);
    EXPECT_LE(summaries, most);
    EXPECT_EQ(s.history().find("The caller asks about subjects.") != std::string::npos, fewest > 0);
    for (const auto& request : s.model.requests)
        if (!request.summary) {
            EXPECT_LE(tokens(request), budget + 30);
        }
}
INSTANTIATE_TEST_SUITE_P(Simulated, Budget,
                         testing::Values(std::tuple(300, 3, 5), std::tuple(500, 1, 3), std::tuple(700, 1, 2),
                                         std::tuple(4000, 0, 0)));

TEST(SimulatedContext, ASummaryDelaysNobody) {
    Scenario s;
    s.history_may_be_cut = true;
    s.talk.context_tokens = 300;
    s.longest = 10min;
    s.model.says(long_answer);
    for (int i = 0; i < 10; ++i)
        s.caller.asks("Please tell me about subject number " + std::to_string(i) + ".");
    s.run();
    for (const auto& turn : s.turns()) EXPECT_LT(*turn.waited, 1500ms);
}

TEST(SimulatedContext, ThePromptCacheIsHitFromTurnToTurn) {
    Scenario s;
    s.model.says("That is a good question, and here is an answer.");
    for (int i = 0; i < 6; ++i)
        s.caller.asks("Please tell me about subject number " + std::to_string(i) + ".");
    s.run();
    const auto& requests = s.model.requests;
    for (std::size_t i = 2; i < requests.size(); ++i)
        if (!requests[i].abandoned && requests[i].what.messages.size() > 2) {
            EXPECT_GT(requests[i].cached, requests[2].cached / 2) << i;
        }
    EXPECT_GT(s.closed()["usage"]["tokens"]["cache_read"], 0);
}

TEST(SimulatedContext, VariablesAreInThePrompt) {
    Scenario s;
    s.app.config = {{"instructions", "You help {{name}}."}, {"variables", {{"name", "Ada"}}}};
    s.caller.asks("Hello.");
    s.run();
    EXPECT_EQ(s.model.requests[0].what.system, "You help Ada.");
}

TEST(SimulatedContext, NewInstructionsHoldFromTheNextAnswerOn) {
    Scenario s;
    s.caller.asks("Hello.").changes({{"instructions", "Be brief."}}).pauses(300ms).asks("Hello again.");
    s.run();
    EXPECT_EQ(s.model.requests.back().what.system, "Be brief.");
    EXPECT_EQ(s.told("config.ok").size(), 1U);
}

TEST(SimulatedContext, WhatTheAppToldIsKnownFromTheNextAnswerOn) {
    Scenario s;
    s.caller.injects("The user opened the map of Vienna.").pauses(300ms).asks("What do I see?");
    s.run();
    EXPECT_EQ(s.turn_count(), 1U);
    EXPECT_THAT(s.history(), HasSubstr("map of Vienna"));
}

TEST(SimulatedContext, WhatTheAppWantsAnsweredIsAnsweredAtOnce) {
    Scenario s;
    s.model.says("You paid, thank you.");
    s.caller.pauses(500ms).injects("The payment came through.", true).listens();
    s.run();
    EXPECT_EQ(s.turn(1).told.reason, "inject");
    EXPECT_EQ(s.turn(1).heard(), "you paid thank you");
}

TEST(SimulatedContext, WhatTheAppWantsAnsweredInterruptsAReply) {
    Scenario s;
    s.model.says("This is a long answer that goes on for quite some time, so that much can happen.");
    s.model.says("You paid, thank you.");
    s.caller.says("Tell me more.").until_hears("answer").injects("The payment came through.", true).listens();
    s.run();
    EXPECT_TRUE(s.turn(1).interrupted());
    EXPECT_EQ(s.turn(2).heard(), "you paid thank you");
}

TEST(SimulatedContext, ASummaryThatFailsChangesNothing) {
    Scenario s;
    s.history_may_be_cut = true;
    s.talk.context_tokens = 300;
    s.longest = 10min;
    s.model.summary = "";
    s.model.says(long_answer);
    for (int i = 0; i < 10; ++i)
        s.caller.asks("Please tell me about subject number " + std::to_string(i) + ".");
    s.run();
    EXPECT_EQ(s.turn_count(), 10U);
    for (const auto& turn : s.turns()) EXPECT_TRUE(turn.completed());
}

TEST(SimulatedContext, ASummaryThatComesAfterAnInterruptionForgetsNothing) {
    Scenario s;
    s.history_may_be_cut = true;
    s.talk.context_tokens = 300;
    s.longest = 10min;
    s.model.says(long_answer);
    s.model.summary = "The caller asks about subjects.";
    for (int i = 0; i < 8; ++i) {
        s.caller.says("Please tell me about subject number " + std::to_string(i) + ".").until_hears("length");
        s.caller.says("Thank you, that is enough about it.").listens();
    }
    s.run();
    EXPECT_THAT(s.history(), HasSubstr("The caller asks about subjects."));
    EXPECT_THAT(s.history(), HasSubstr("that is enough about it"));
}

TEST(SimulatedContext, ATurnThatIsLargerThanTheBudgetIsStillAnswered) {
    Scenario s;
    s.history_may_be_cut = true;
    s.talk.context_tokens = 100;
    std::string text;
    for (int i = 0; i < 80; ++i) text += "word" + std::to_string(i) + " ";
    s.model.says("That was long.");
    s.caller.asks("Hello.").asks(text).asks("Was it too long?");
    s.run();
    ASSERT_EQ(s.turn_count(), 3U);
    for (const auto& turn : s.turns()) EXPECT_TRUE(turn.completed());
}

TEST(SimulatedContext, NewInstructionsInTheMiddleOfAReplyDoNotDisturbIt) {
    Scenario s;
    s.model.says("This is a long answer that goes on for quite some time, so that much can happen.");
    s.caller.says("Tell me more.").until_hears("answer").changes({{"instructions", "Be brief."}}).listens();
    s.caller.asks("And now?");
    s.run();
    EXPECT_TRUE(s.turn(1).completed());
    EXPECT_EQ(s.model.requests.front().what.system, "You are a good listener.");
    EXPECT_EQ(s.model.requests.back().what.system, "Be brief.");
}

TEST(SimulatedContext, WhatTheAppToldWhileTheCallerSpeaksIsKnownInTheAnswer) {
    Scenario s;
    s.caller.says("Could you please tell me")
        .injects("The user opened the map of Vienna.")
        .says("what I see?");
    s.caller.listens();
    s.run();
    EXPECT_EQ(s.turn_count(), 1U);
    EXPECT_THAT(s.history(), HasSubstr("map of Vienna"));
}

TEST(SimulatedContext, WhatTheAppToldInAReplyIsNotSaidToTheCallerButKnownAfterIt) {
    Scenario s;
    s.model.says("This is a long answer that goes on for quite some time, so that much can happen.");
    s.model.says("Yes.");
    s.caller.says("Tell me more.").until_hears("answer").injects("The battery is low.").listens();
    s.caller.asks("Is there news?");
    s.run();
    ASSERT_EQ(s.turn_count(), 2U);
    EXPECT_TRUE(s.turn(1).completed());
    EXPECT_THAT(s.history(), HasSubstr("battery is low"));
}

TEST(SimulatedContext, VariablesAreInGreetingAndGoodbyeToo) {
    Scenario s;
    s.app.config = {{"greeting", "Hello {{name}}."},
                    {"goodbye", "Farewell {{name}}."},
                    {"idle", {{"after_s", 4}, {"prompts", 1}}},
                    {"variables", {{"name", "Ada"}}}};
    s.caller.stays();
    s.run();
    EXPECT_EQ(s.turn(1).heard(), "hello ada");
    EXPECT_EQ(s.turns().back().heard(), "farewell ada");
}

}  // namespace
}  // namespace atlas::sim
