#include "simulator/scenario.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

// What hurts the users of other voice systems: those of 25 complaints that are about hearing and being heard.
// The others are in complaints_speaking_test.cpp, all of them in docs/complaints.md. Proven elsewhere,
// because it is about a service's own connection:
//
//   18  the connection dies quietly  providers_deepgram.DeepgramStalls.
//                                    AVoiceWithoutAnyAnswerIsAFaultAfterFourSeconds
//   20  stale streams still counted  providers_deepgram.DeepgramRecognizer.SaysGoodbyeWhenItIsDestroyed
//                                    providers_deepgram.DeepgramRecovery.WaitsAsLongAsA429Asks

namespace atlas::sim {
namespace {

using testing::Contains;

const char* const story =
    "Once there was a ship, and it sailed far away. The captain knew every star by name. "
    "One night the wind changed, and nobody knew where they were. In the morning they found an island.";

const char* const long_question =
    "I would like to know when the next train to Salzburg leaves from here today";

TEST(Complaints, No01_WordsThatTheCallerHeardDoNotVanishFromHistory) {
    for (const char* word : {"ship", "away", "star", "changed", "found"}) {
        Scenario s;
        s.model.says(story);
        s.model.says("Of course.");
        s.caller.says("Tell me a story.").until_hears(word).says("Please go a bit slower.").listens();
        s.run();
        EXPECT_TRUE(s.turn(1).interrupted());
        EXPECT_GE(plain_words(s.turn(1).told.end["heard_text"].get<std::string>()).size() + 1,
                  s.turn(1).words.size());
    }
}

TEST(Complaints, No02_WordsThatTheCallerDidNotHearAreNotInHistory) {
    for (const char* word : {"ship", "away", "star", "changed", "found"}) {
        Scenario s;
        s.model.pace = 1ms;
        s.voice.speed = 20;  // all of it is there long before it is heard
        s.model.says(story);
        s.model.says("Of course.");
        s.caller.says("Tell me a story.").until_hears(word).says("Please go a bit slower.").listens();
        s.run();
        EXPECT_TRUE(s.turn(1).interrupted());
        EXPECT_LE(plain_words(s.turn(1).told.end["heard_text"].get<std::string>()).size(),
                  s.turn(1).words.size() + 1);
    }
}

TEST(Complaints, No03_ACoughDoesNotKillTheReplyNorLeaveSilence) {
    Scenario s;
    s.recognizer.ends_noise = false;
    s.model.says(story);
    s.caller.says("Tell me a story.").until_hears("captain").coughs(400ms).listens();
    s.run();
    EXPECT_TRUE(s.turn(1).completed());
    EXPECT_EQ(s.turn(1).heard(), plain(story));
    EXPECT_LT(s.turn(1).longest_silence, 1500ms);
}

TEST(Complaints, No04_RepeatedStartsOfSpeechDoNotStarveTheCallerOfAnAnswer) {
    Scenario s;
    s.recognizer.repeats_start = 5;
    s.model.says(story);
    auto& caller = s.caller.says("Tell me a story.");
    for (int i = 0; i < 8; ++i) caller.pauses(700ms).coughs(200ms);
    caller.listens();
    s.run();
    ASSERT_EQ(s.turn_count(), 1U);
    EXPECT_TRUE(s.turn(1).completed());
    EXPECT_LE(s.model.questions(), 2U);
    EXPECT_LE(s.turn(1).told.end.value("paused_ms", 0), 1500);
}

TEST(Complaints, No18_ARecognizerThatGoesDeafQuietlyIsNoticedAndHearsWhatItMissed) {
    Scenario s;
    s.recognizer.goes_deaf_after_turn = 1;
    s.app.config = {{"idle", {{"after_s", 6}, {"prompts", 1}}}};
    s.caller.asks("Hello my friend.").says(long_question).pauses(3s).listens();
    s.run();
    EXPECT_EQ(s.recognizer.restarts, 1);
    EXPECT_THAT(s.wire.warnings, Contains("recognizer_restarted"));
    EXPECT_EQ(plain(s.turn(2).user_text()), plain(long_question));
}

TEST(Complaints, No19_ACallerWhoTalksIsNeitherAskedNorHungUpOnBecauseTheRecognizerIsDeaf) {
    Scenario s;
    s.recognizer.goes_deaf_after_turn = 1;
    s.app.config = {{"idle", {{"after_s", 5}, {"prompts", 1}}}};
    s.caller.asks("Hello my friend.").says(long_question).pauses(3s).listens();
    s.run();
    EXPECT_EQ(s.closed()["reason"], "user");
    ASSERT_EQ(s.turn_count(), 2U);
    EXPECT_EQ(s.turn(2).told.reason, "user");
    EXPECT_TRUE(s.turn(2).completed());
}

TEST(Complaints, No20_ACallHasOneRecognizerAndLetsGoOfIt) {
    Scenario s;
    auto& deepgram = s.hears_through_deepgram(RecognizerKind::flux);
    s.caller.asks("What time is it?").asks("And what day?");
    s.run();
    ASSERT_EQ(deepgram.connector.attempts.size(), 1U);
    EXPECT_TRUE(deepgram.connector.last().let_go);
    EXPECT_EQ(deepgram.connector.last().texts().back(), R"({"type":"CloseStream"})") << "else it counts on";
}

TEST(Complaints, No22_TheAssistantDoesNotInterruptItself) {
    Scenario s;
    s.model.says(story);
    s.caller.says("Tell me a story.").until_hears("captain").says("the captain knew every star").listens();
    s.run();
    EXPECT_TRUE(s.turn(1).completed());
    EXPECT_EQ(s.turn_count(), 1U);
}

TEST(Complaints, No23_MhmAndFillersDoNotStopTheAssistant) {
    for (const char* sound : {"Mhm.", "Yeah.", "Uh huh.", "Okay.", "I see.", "Right."}) {
        Scenario s;
        s.model.says(story);
        s.caller.says("Tell me a story.").until_hears("captain").says(sound).listens();
        s.run();
        EXPECT_TRUE(s.turn(1).completed()) << sound;
        EXPECT_EQ(s.turn(1).ignored().size(), 1U) << sound;
    }
}

TEST(Complaints, No24_EvenAClientThatThrowsNothingAwayIsSoonSilentAfterAnInterruption) {
    Scenario s;
    s.ear_is_no_witness = true;
    s.app.obeys_flush = s.app.pauses = false;
    s.model.pace = 1ms;
    s.voice.speed = 50;  // all of it is there long before it is heard
    s.model.says(story);
    s.model.says("Of course.");
    s.caller.says("Tell me a story.").until_hears("captain").says("Please go a bit slower.").listens();
    s.run();
    EXPECT_EQ(s.told("audio.flush").size(), 1U);
    ASSERT_TRUE(s.turn(1).interrupted());
    EXPECT_LT(s.app.ear.sounds(1).back().to - s.turn(1).told.ended, 800ms);
}

}  // namespace
}  // namespace atlas::sim
