#include "simulator/scenario.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>
#include <string>
#include <tuple>

// DESIGN §6.10: greeting, idle prompts, the longest call, a goodbye that is heard.

namespace atlas::sim {
namespace {

using testing::EndsWith;
using testing::HasSubstr;

TEST(SimulatedGreeting, IsHeardAndRemembered) {
    Scenario s;
    s.app.config = {{"greeting", "Hello {{name}}, how can I help you?"}, {"variables", {{"name", "Ada"}}}};
    s.caller.listens().asks("Tell me the time.");
    s.run();
    EXPECT_EQ(s.turn(1).told.reason, "greeting");
    EXPECT_EQ(s.turn(1).heard(), "hello ada how can i help you");
    EXPECT_THAT(s.history(), HasSubstr("assistant: Hello Ada"));
}

TEST(SimulatedGreeting, WithoutOneTheCallerBegins) {
    Scenario s;
    s.caller.pauses(1s).asks("Tell me the time.");
    s.run();
    EXPECT_EQ(s.turn(1).told.reason, "user");
}

TEST(SimulatedGreeting, ThatCannotBeSpokenDoesNotHangTheCall) {
    Scenario s;
    s.talk.lines.greeting = "Hello and welcome.";
    s.voice.fails(1);
    s.caller.pauses(6s).asks("Is anybody there?");
    s.run();
    EXPECT_TRUE(s.turn(1).failed());
    EXPECT_TRUE(s.turn(2).completed());
}

TEST(SimulatedGreeting, ACallerWhoSpeaksAtOnceIsHeardThroughIt) {
    Scenario s;
    s.talk.lines.greeting = "Hello and welcome to our little company.";
    s.caller.says("I need a room for tonight.").listens();
    s.run();
    EXPECT_EQ(s.turns().back().user_text(), "I need a room for tonight.");
    EXPECT_TRUE(s.turns().back().completed());
}

TEST(SimulatedIdle, SilenceIsAskedAboutTwiceAndThenTheCallEndsWithAGoodbye) {
    Scenario s;
    s.app.config = {{"idle", {{"prompt", "Are you still there?"}, {"after_s", 5}, {"prompts", 2}}},
                    {"goodbye", "I hang up now. Goodbye!"}};
    s.caller.stays();
    s.run();
    ASSERT_EQ(s.turn_count(), 3U);
    EXPECT_EQ(s.turn(1).told.reason, "idle");
    EXPECT_EQ(s.turn(2).told.reason, "idle");
    EXPECT_EQ(s.turn(3).heard(), "i hang up now goodbye");
    EXPECT_EQ(s.closed()["reason"], "idle");
}

TEST(SimulatedIdle, ACallerWhoAnswersThePromptGoesOn) {
    Scenario s;
    s.app.config = {{"idle", {{"prompt", "Are you still there?"}, {"after_s", 5}, {"prompts", 1}}}};
    s.caller.until_hears("there").pauses(700ms).says("Yes, I am.").listens();
    s.run();
    EXPECT_EQ(s.turn(2).user_text(), "Yes, I am.");
    EXPECT_EQ(s.closed()["reason"], "user");
}

TEST(SimulatedIdle, PromptsCountAnewAfterTheCallerSpoke) {
    Scenario s;
    s.app.config = {{"idle", {{"after_s", 4}, {"prompts", 1}}}};
    s.caller.until_hears("there").pauses(700ms).says("Yes, I am.").until_hears("there").stays();
    s.run();
    EXPECT_EQ(s.closed()["reason"], "idle");
    EXPECT_EQ(s.turn_count(), 4U);
}

TEST(SimulatedIdle, WithoutPromptsTheCallEndsAtItsLimit) {
    Scenario s;
    s.talk.idle_limit = 20s;
    s.caller.stays();
    s.run();
    EXPECT_EQ(s.turn_count(), 0U);
    EXPECT_EQ(s.closed()["reason"], "idle");
    EXPECT_NEAR(static_cast<double>(s.length().count()), 20'000, 500);
}

TEST(SimulatedIdle, AnEmptyGoodbyeIsNotSpoken) {
    Scenario s;
    s.app.config = {{"idle", {{"after_s", 4}, {"prompts", 1}}}, {"goodbye", ""}};
    s.caller.stays();
    s.run();
    EXPECT_EQ(s.turn_count(), 1U);
    EXPECT_EQ(s.closed()["reason"], "idle");
}

TEST(SimulatedIdle, CanBeChangedWithinTheCall) {
    Scenario s;
    s.caller.pauses(200ms).changes({{"idle", {{"after_s", 3}, {"prompts", 1}, {"prompt", "Hm?"}}}}).stays();
    s.run();
    EXPECT_EQ(s.turn(1).heard(), "hm");
    EXPECT_EQ(s.closed()["reason"], "idle");
    EXPECT_LT(s.length(), 20s);
}

TEST(SimulatedEnd, TheLongestCallEndsAfterTheSentenceAndAGoodbye) {
    Scenario s;
    s.app.config = {{"max_duration_s", 10}, {"goodbye", "Our time is over. Goodbye!"}};
    s.model.says(
        "One sentence is here. Another sentence follows. A third one comes. A fourth one as well. A fifth "
        "one too.");
    s.caller.stays().pauses(6s).says("Tell me more.");
    s.run();
    EXPECT_EQ(s.closed()["reason"], "expired");
    EXPECT_EQ(s.turns().back().heard(), "our time is over goodbye");
}

TEST(SimulatedEnd, TheLongestCallEndsInSilenceToo) {
    Scenario s;
    s.app.config = {{"max_duration_s", 10}};
    s.caller.stays();
    s.run();
    EXPECT_EQ(s.closed()["reason"], "expired");
    EXPECT_THAT(s.turns().back().heard(), EndsWith("goodbye"));
}

TEST(SimulatedEnd, TheLongestCallEndsWhileTheCallerSpeaks) {
    Scenario s;
    s.caller_words_may_go = true;
    s.app.config = {{"max_duration_s", 10}};
    std::string text;
    for (int i = 0; i < 60; ++i) text += "word" + std::to_string(i) + " ";
    s.caller.stays().says(text);
    s.run();
    EXPECT_EQ(s.closed()["reason"], "expired");
    EXPECT_LT(s.length(), 20s);
}

TEST(SimulatedEnd, AGoodbyeThatCannotBeSpokenDoesNotKeepTheCallOpen) {
    Scenario s;
    s.voice.is_gone();
    s.kept_lines = false;
    s.app.config = {{"max_duration_s", 10}};
    s.caller.stays();
    s.run();
    EXPECT_EQ(s.closed()["reason"], "expired");
    EXPECT_LT(s.length(), 40s);
}

TEST(SimulatedEnd, HangingUpInTheMiddleOfAReplyEndsTheCallAtOnce) {
    Scenario s;
    s.model.says("This is a long answer that nobody will hear to its very end, because the caller leaves.");
    s.caller.says("Tell me more.").until_hears("answer").hangs_up();
    s.run();
    EXPECT_EQ(s.closed()["reason"], "user");
    EXPECT_TRUE(s.turn(1).interrupted());
}

TEST(SimulatedEnd, AConnectionThatIsLostEndsTheCall) {
    Scenario s;
    s.model.says("This is a long answer that nobody will hear to its very end.");
    s.ear_is_no_witness = true;
    s.caller.says("Tell me more.").until_hears("answer").is_cut_off();
    s.run();
    EXPECT_TRUE(s.closed().is_null());
}

TEST(SimulatedEnd, AConnectionThatIsLostWhileListeningEndsTheCall) {
    Scenario s;
    s.caller.pauses(2s).is_cut_off();
    s.run();
    EXPECT_EQ(s.turn_count(), 0U);
}

TEST(SimulatedEnd, AMachineThatStopsLetsTheSentenceEnd) {
    Scenario s;
    s.model.says(
        "One sentence is here. Another sentence follows. A third one comes. A fourth one as well. A fifth "
        "one too.");
    s.machine_stops_after = 4s;
    s.caller.stays().says("Tell me more.");
    s.run();
    EXPECT_EQ(s.closed()["reason"], "deploy");
    EXPECT_EQ(s.told("going_away").size(), 1U);
    EXPECT_THAT(s.turn(1).heard(), testing::StartsWith("one sentence is here"));
    EXPECT_LT(s.length(), 14'500ms);
}

TEST(SimulatedEnd, AMachineThatStopsLeavesAListeningCallAtOnce) {
    Scenario s;
    s.machine_stops_after = 3s;
    s.caller.stays();
    s.run();
    EXPECT_EQ(s.closed()["reason"], "deploy");
    EXPECT_LT(s.length(), 4s);
}

TEST(SimulatedEnd, AMachineThatStopsWaitsForTheCallersTurnAndItsAnswer) {
    Scenario s;
    s.model.says("Here is your answer.");
    s.machine_stops_after = 1s;
    s.caller.stays().says("Could you please tell me what time it is now?");
    s.run();
    EXPECT_EQ(s.closed()["reason"], "deploy");
    EXPECT_THAT(s.turn(1).heard(), HasSubstr("here is your answer"));
}

// The longest call ends with a goodbye that is heard, whatever is going on at that moment.
struct Moment {
    const char* name;
    void (*go)(Scenario& s);
};
void PrintTo(const Moment& moment, std::ostream* out) { *out << moment.name; }

class TimeIsUp : public testing::TestWithParam<std::tuple<Moment, int>> {};

TEST_P(TimeIsUp, AndTheGoodbyeIsHeardToItsEnd) {
    Scenario s;
    s.app.config = {{"max_duration_s", 10}, {"goodbye", "Our time is over. Goodbye!"}};
    s.network.up = s.network.down = Milliseconds(std::get<1>(GetParam()));
    s.network.jitter = s.network.up;
    s.model.says(
        "One sentence is here. Another sentence follows. A third one comes. A fourth one as well. "
        "A fifth one too. A sixth one ends it.");
    s.caller.stays();
    std::get<0>(GetParam()).go(s);
    s.run();
    EXPECT_EQ(s.closed()["reason"], "expired");
    EXPECT_EQ(s.turns().back().heard(), "our time is over goodbye");
    EXPECT_TRUE(s.turns().back().completed());
    EXPECT_GE(s.length(), 10s);
    EXPECT_LT(s.length(), 25s);
}
INSTANTIATE_TEST_SUITE_P(
    Simulated, TimeIsUp,
    testing::Combine(
        testing::Values(Moment{"listening", [](Scenario& s) { s.caller.asks("Hello."); }},
                        Moment{"speaking", [](Scenario& s) { s.caller.pauses(6500ms).says("Tell me."); }},
                        Moment{"thinking",
                               [](Scenario& s) {
                                   s.model.first_word = 2400ms;
                                   s.caller.pauses(7500ms).says("Tell me.");
                               }},
                        Moment{"paused",
                               [](Scenario& s) {
                                   s.recognizer.ends_noise = false;
                                   s.caller.pauses(6s).says("Tell me.").pauses(2300ms).coughs(900ms);
                               }},
                        Moment{"guessing",
                               [](Scenario& s) {
                                   s.recognizer.end_silence = 2500ms;
                                   s.caller.pauses(8200ms).says("Tell me.");
                               }},
                        Moment{"caller speaking",
                               [](Scenario& s) {
                                   s.caller_words_may_go = true;
                                   s.caller.pauses(8s).says(
                                       "I would like to know a lot about all of these things here.");
                               }}),
        testing::Values(20, 250)));

class GreetingFarAway : public testing::TestWithParam<int> {};

TEST_P(GreetingFarAway, IsHeardWholeBeforeTheFirstQuestion) {
    Scenario s(static_cast<std::uint64_t>(GetParam() + 1));
    s.app.config = {{"greeting", "Hello and welcome. How can I help you?"}};
    s.network.up = s.network.down = Milliseconds(GetParam());
    s.network.jitter = Milliseconds(GetParam());
    s.caller.listens().asks("Tell me the time.");
    s.run();
    ASSERT_EQ(s.turn_count(), 2U);
    EXPECT_EQ(s.turn(1).heard(), "hello and welcome how can i help you");
    EXPECT_TRUE(s.turn(1).completed());
}
INSTANTIATE_TEST_SUITE_P(Simulated, GreetingFarAway, testing::Values(0, 20, 100, 300, 600));

}  // namespace
}  // namespace atlas::sim
