#include "simulator/scenario.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <ostream>
#include <string>
#include <tuple>

// DESIGN §6.4: two stages, and no word lost or repeated. What was heard is compared with what the server
// believes in every scenario; see invariants.cpp.

namespace atlas::sim {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::Not;

const char* const story =
    "Once there was a ship, and it sailed far away. The captain knew every star by name. "
    "One night the wind changed, and nobody knew where they were. In the morning they found an island.";

TEST(SimulatedInterruption, ACoughInTheSecondSentenceHoldsTheReplyAndLosesNoWord) {
    Scenario s;
    s.model.says(story);
    s.caller.says("Tell me a story.").until_hears("captain").coughs().listens();
    s.run();
    EXPECT_TRUE(s.turn(1).completed());
    EXPECT_EQ(s.turn(1).heard(), plain(story));
    EXPECT_THAT(s.states(), Contains("paused"));
    EXPECT_LT(s.turn(1).longest_silence, 1000ms);
    EXPECT_EQ(s.app.flushes, 0);
}

TEST(SimulatedInterruption, AfterACoughTheReplyIsAudibleAgainWithin900Ms) {
    Scenario s;
    s.model.says("one two three four five six seven eight nine ten eleven twelve thirteen fourteen");
    s.caller.says("Count please.").until_hears("five").coughs(200ms).listens();
    s.run();
    EXPECT_TRUE(s.turn(1).completed());
    EXPECT_LE(s.turn(1).longest_silence, 900ms);
}

TEST(SimulatedInterruption, ACoughWhoseEndIsNeverReportedHoldsTheReplyOnlyForMoments) {
    Scenario s;
    s.recognizer.ends_noise = false;
    s.model.says(story);
    s.caller.says("Tell me a story.").until_hears("captain").coughs().listens();
    s.run();
    EXPECT_TRUE(s.turn(1).completed());
    EXPECT_EQ(s.turn(1).heard(), plain(story));
    EXPECT_LT(s.turn(1).longest_silence, 1000ms);
}

TEST(SimulatedInterruption, ALongFitOfCoughingStillLeadsToTheWholeReply) {
    Scenario s;
    s.model.says(story);
    s.caller.says("Tell me a story.").until_hears("ship").coughs(2s).pauses(900ms).coughs(1500ms).listens();
    s.run();
    EXPECT_TRUE(s.turn(1).completed());
    EXPECT_EQ(s.turn(1).heard(), plain(story));
}

TEST(SimulatedInterruption, TheThirdNoiseInOneReplyDoesNotHoldItAnyMore) {
    Scenario s;
    s.model.says(story);
    auto& caller = s.caller.says("Tell me a story.").until_hears("ship");
    for (int i = 0; i < 5; ++i) caller.coughs(150ms).pauses(1300ms);
    caller.listens();
    s.run();
    EXPECT_TRUE(s.turn(1).completed());
    const auto states = s.states();
    EXPECT_EQ(std::count(states.begin(), states.end(), "paused"), 2);
}

TEST(SimulatedInterruption, AMhmLetsTheReplyGoOnAndIsOnRecord) {
    Scenario s;
    s.model.says(story);
    s.caller.says("Tell me a story.").until_hears("captain").says("Mhm.").listens();
    s.run();
    EXPECT_TRUE(s.turn(1).completed());
    EXPECT_EQ(s.turn(1).heard(), plain(story));
    EXPECT_EQ(s.turn(1).ignored(), Json::array({"Mhm."}));
    EXPECT_EQ(s.turn_count(), 1U);
}

TEST(SimulatedInterruption, ACallerWhoSaysMhmAllTheTimeHearsTheWholeStory) {
    Scenario s;
    s.model.says(story);
    auto& caller = s.caller.says("Tell me a story.").until_hears("ship");
    for (const char* sound : {"Mhm.", "Yeah.", "Okay.", "Aha."}) caller.says(sound).pauses(2s);
    caller.listens();
    s.run();
    EXPECT_TRUE(s.turn(1).completed());
    EXPECT_EQ(s.turn(1).heard(), plain(story));
    EXPECT_EQ(s.turn(1).ignored().size(), 4U);
}

TEST(SimulatedInterruption, WordsEndTheReplyAndAreAnswered) {
    Scenario s;
    s.model.says(story);
    s.model.says("A short one then.");
    s.caller.says("Tell me a story.")
        .until_hears("captain")
        .says("Actually make it shorter please.")
        .listens();
    s.run();
    EXPECT_TRUE(s.turn(1).interrupted());
    EXPECT_EQ(s.turn(1).reason(), "barge_in");
    EXPECT_TRUE(s.turn(2).completed());
    EXPECT_EQ(s.turn(2).user_text(), "Actually make it shorter please.");
    EXPECT_EQ(s.app.flushes, 1);
}

TEST(SimulatedInterruption, TheModelLearnsWhereItWasCut) {
    Scenario s;
    s.model.says(story);
    s.model.says("A short one then.");
    s.caller.says("Tell me a story.")
        .until_hears("captain")
        .says("Actually make it shorter please.")
        .listens();
    s.run();
    const auto& messages = s.model.requests.back().what.messages;
    ASSERT_EQ(messages.size(), 3U);
    EXPECT_THAT(messages[1].text, testing::EndsWith("—"));
    EXPECT_THAT(messages[1].text, testing::StartsWith("Once there was a ship"));
}

TEST(SimulatedInterruption, OneStopWordIsEnough) {
    Scenario s;
    s.model.says(story);
    s.model.says("All right, I am quiet.");
    s.caller.says("Tell me a story.").until_hears("captain").says("Stop!").listens();
    s.run();
    EXPECT_TRUE(s.turn(1).interrupted());
    EXPECT_TRUE(s.turn(2).completed());
}

TEST(SimulatedInterruption, AMhmThatBecomesASentenceInterrupts) {
    Scenario s;
    s.model.says(story);
    s.model.says("His name was Brown.");
    s.caller.says("Tell me a story.").until_hears("captain").says("Mhm, and what was his name?").listens();
    s.run();
    EXPECT_TRUE(s.turn(1).interrupted());
    EXPECT_EQ(s.turn(2).user_text(), "Mhm, and what was his name?");
}

TEST(SimulatedInterruption, ItsOwnEchoDoesNotInterruptTheReply) {
    Scenario s;
    s.model.says(story);
    s.caller.says("Tell me a story.").until_hears("captain").says("captain knew every star").listens();
    s.run();
    EXPECT_TRUE(s.turn(1).completed());
    EXPECT_EQ(s.turn(1).heard(), plain(story));
    EXPECT_EQ(s.turn_count(), 1U);
}

TEST(SimulatedInterruption, YesAfterAQuestionIsAnAnswer) {
    Scenario s;
    s.model.says(
        "Shall I book the hotel for you? You can also say no, and then I will look for another one.");
    s.model.says("It is booked.");
    s.caller.says("Find me a hotel.").until_hears("you").pauses(300ms).says("Yes.").listens();
    s.run();
    EXPECT_TRUE(s.turn(1).interrupted());
    EXPECT_EQ(s.turn(2).user_text(), "Yes.");
}

TEST(SimulatedInterruption, ACoughWhileItThinksDelaysTheReplyAndDoesNotLoseIt) {
    Scenario s;
    s.model.says("Here is what you wanted to know.").first_word_after(700ms);
    s.caller.says("What is new?").until_state("thinking").coughs().listens();
    s.run();
    EXPECT_TRUE(s.turn(1).completed());
    EXPECT_EQ(s.turn(1).heard(), "here is what you wanted to know");
    EXPECT_LT(*s.turn(1).waited, 3s);
}

TEST(SimulatedInterruption, ACallerWhoGoesOnBeforeTheReplyIsHeardIsNotTalkedOver) {
    Scenario s;
    s.model.says_when_asked("tomorrow", "Tomorrow it rains.");
    s.model.says_when_asked("weather", "Today it is sunny.").first_word_after(1200ms);
    s.caller.says("What is the weather").pauses(900ms).says("like tomorrow in Vienna?").listens();
    s.run();
    EXPECT_EQ(s.turns().back().heard(), "tomorrow it rains");
    EXPECT_TRUE(s.turns().back().completed());
}

TEST(SimulatedInterruption, AProtectedGreetingIsHeardToItsEndAndTheWordsAreAnsweredAfterIt) {
    Scenario s;
    s.talk.lines.greeting = "Hello and welcome to the telephone service of our little company.";
    s.talk.interruption.protect_greeting = true;
    s.model.says("Sure, what kind of room?");
    s.caller.until_hears("welcome").says("I need a room.").listens();
    s.run();
    EXPECT_TRUE(s.turn(1).completed());
    EXPECT_EQ(s.turn(2).user_text(), "I need a room.");
    EXPECT_TRUE(s.turn(2).completed());
}

TEST(SimulatedInterruption, AGreetingThatIsNotProtectedIsInterrupted) {
    Scenario s;
    s.talk.lines.greeting = "Hello and welcome to the telephone service of our little company.";
    s.model.says("Sure, what kind of room?");
    s.caller.until_hears("welcome").says("I need a room.").listens();
    s.run();
    EXPECT_TRUE(s.turn(1).interrupted());
    EXPECT_TRUE(s.turn(2).completed());
}

TEST(SimulatedInterruption, WithInterruptionSwitchedOffWordsWaitForTheEnd) {
    Scenario s;
    s.app.config = {{"interruption", {{"enabled", false}}}};
    s.model.says(story);
    s.model.says("It was the morning star.");
    s.caller.says("Tell me a story.").until_hears("captain").says("Which star was the brightest?").listens();
    s.run();
    EXPECT_TRUE(s.turn(1).completed());
    EXPECT_EQ(s.turn(1).heard(), plain(story));
    EXPECT_EQ(s.turn(2).user_text(), "Which star was the brightest?");
}

TEST(SimulatedInterruption, WithInterruptionSwitchedOffACoughChangesNothing) {
    Scenario s;
    s.app.config = {{"interruption", {{"enabled", false}}}};
    s.model.says(story);
    s.caller.says("Tell me a story.").until_hears("captain").coughs().listens();
    s.run();
    EXPECT_TRUE(s.turn(1).completed());
    EXPECT_THAT(s.states(), Not(Contains("paused")));
}

TEST(SimulatedInterruption, FewerWordsThanAskedForDoNotInterrupt) {
    Scenario s;
    s.app.config = {{"interruption", {{"min_words", 3}}}};
    s.model.says(story);
    s.caller.says("Tell me a story.").until_hears("captain").says("lovely weather").listens();
    s.run();
    EXPECT_TRUE(s.turn(1).completed());
    EXPECT_EQ(s.turn(1).heard(), plain(story));
}

TEST(SimulatedInterruption, AsManyWordsAsAskedForInterrupt) {
    Scenario s;
    s.app.config = {{"interruption", {{"min_words", 3}}}};
    s.model.says(story);
    s.caller.says("Tell me a story.").until_hears("captain").says("lovely weather outside today").listens();
    s.run();
    EXPECT_TRUE(s.turn(1).interrupted());
}

TEST(SimulatedInterruption, ATapOnStopEndsTheReplyAtOnce) {
    Scenario s;
    s.model.says(story);
    s.caller.says("Tell me a story.").until_hears("captain").taps_stop().pauses(500ms);
    s.run();
    EXPECT_TRUE(s.turn(1).interrupted());
    EXPECT_EQ(s.turn(1).reason(), "cancelled");
    EXPECT_EQ(s.app.flushes, 1);
}

TEST(SimulatedInterruption, ATapThatComesAfterTheEndCutsNothing) {
    Scenario s;
    s.model.says("Short answer.");
    s.caller.asks("First question.").taps_stop().asks("Second question.");
    s.run();
    for (const auto& turn : s.turns()) EXPECT_TRUE(turn.completed());
    EXPECT_EQ(s.app.flushes, 0);
}

TEST(SimulatedInterruption, ATypedTurnInterruptsTheReply) {
    Scenario s;
    s.model.says(story);
    s.model.says("Typed is fine as well.");
    s.caller.says("Tell me a story.").until_hears("captain").types("Something else please").listens();
    s.run();
    EXPECT_TRUE(s.turn(1).interrupted());
    EXPECT_EQ(s.turn(2).told.reason, "text");
    EXPECT_TRUE(s.turn(2).completed());
}

TEST(SimulatedInterruption, AnInterruptionAfterACoughKeepsWhatWasHeardBeforeIt) {
    Scenario s;
    s.model.says(story);
    s.model.says("Of course.");
    s.caller.says("Tell me a story.")
        .until_hears("captain")
        .coughs(200ms)
        .says("Please talk a bit slower.")
        .listens();
    s.run();
    EXPECT_TRUE(s.turn(1).interrupted());
    EXPECT_TRUE(s.turn(2).completed());
}

TEST(SimulatedInterruption, AReplyThatWentOnAfterACoughCanStillBeInterrupted) {
    Scenario s;
    s.model.says(story);
    s.model.says("Of course.");
    s.caller.says("Tell me a story.")
        .until_hears("captain")
        .coughs(200ms)
        .until_hears("wind")
        .says("Please talk a bit slower.")
        .listens();
    s.run();
    EXPECT_TRUE(s.turn(1).interrupted());
    EXPECT_TRUE(s.turn(1).told.end.contains("paused_ms"));
}

TEST(SimulatedInterruption, ThreeInterruptionsInARowLeadToThreeAnswersAndTheLastIsHeard) {
    Scenario s;
    s.model.says(story);
    s.caller.says("Tell me a story.").until_hears("ship");
    s.caller.says("Actually take another one please.").until_hears("ship");
    s.caller.says("Rather a happy one please.").until_hears("ship");
    s.caller.says("Well then with animals please.").listens();
    s.run();
    EXPECT_EQ(s.turn_count(), 4U);
    EXPECT_TRUE(s.turns().back().completed());
}

TEST(SimulatedInterruption, GermanListenersAreUnderstoodToo) {
    Scenario s;
    s.app.config = {{"language", "de"}};
    s.model.says("Es war einmal ein Schiff. Der Kapitän kannte jeden Stern. Eines Nachts drehte der Wind.");
    s.caller.says("Erzähl mir was.").until_hears("schiff").says("Ja genau.").listens();
    s.run();
    EXPECT_TRUE(s.turn(1).completed());
    EXPECT_EQ(s.turn(1).ignored().size(), 1U);
}

// Whatever the moment, the client and its network: a cough costs no word.
enum class Client { usual, without_pause, without_reports, with_neither };
void PrintTo(Client client, std::ostream* out) {
    constexpr std::array names{"usual", "without_pause", "without_reports", "with_neither"};
    *out << names.at(static_cast<std::size_t>(client));
}
class ACoughAnywhere : public testing::TestWithParam<std::tuple<std::string, int, Client>> {};

TEST_P(ACoughAnywhere, CostsNoWord) {
    const auto& [word, length, client] = GetParam();
    Scenario s(static_cast<std::uint64_t>(length));
    s.app.pauses = client == Client::usual || client == Client::without_reports;
    s.app.reports = client == Client::usual || client == Client::without_pause;
    s.model.says(story);
    s.caller.says("Tell me a story.").until_hears(word).coughs(Milliseconds(length)).listens();
    s.run();
    EXPECT_TRUE(s.turn(1).completed());
    EXPECT_EQ(s.turn(1).heard(), plain(story));
}
INSTANTIATE_TEST_SUITE_P(Simulated, ACoughAnywhere,
                         testing::Combine(testing::Values<std::string>("once", "sailed", "star", "island"),
                                          testing::Values(120, 700),
                                          testing::Values(Client::usual, Client::without_pause,
                                                          Client::without_reports, Client::with_neither)));

// The same for words: what was heard is known, at any place and over any network.
class WordsAnywhere : public testing::TestWithParam<std::tuple<std::string, int>> {};

TEST_P(WordsAnywhere, EndTheReplyWhereTheyWereSaid) {
    const auto& [word, latency] = GetParam();
    Scenario s(static_cast<std::uint64_t>(latency));
    s.network.up = s.network.down = Milliseconds(latency);
    s.network.jitter = Milliseconds(latency / 2);
    s.model.says(story);
    s.model.says("I see.");
    s.caller.says("Tell me a story.").until_hears(word).says("Excuse me please, one question.").listens();
    s.run();
    EXPECT_EQ(s.turns().back().user_text(), "Excuse me please, one question.");
    EXPECT_TRUE(s.turns().back().completed());
}
INSTANTIATE_TEST_SUITE_P(Simulated, WordsAnywhere,
                         testing::Combine(testing::Values<std::string>("once", "away", "knew", "night",
                                                                       "morning"),
                                          testing::Values(10, 60, 200)));

}  // namespace
}  // namespace atlas::sim
