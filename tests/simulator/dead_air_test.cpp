#include "simulator/scenario.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <tuple>

// DESIGN §6.6: never dead air. That every silence above 1.5 s has its reason is checked in every scenario.

namespace atlas::sim {
namespace {

using testing::Contains;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

const char* const story =
    "Once there was a ship, and it sailed far away. The captain knew every star by name. "
    "One night the wind changed, and nobody knew where they were.";
const char* const apology = "sorry i had a problem just then could you say that again";

TEST(SimulatedDeadAir, ASlowModelIsBridgedByAKeptLine) {
    Scenario s;
    s.model.says("It is noon.").first_word_after(4s);
    s.caller.asks("What time is it?");
    s.run();
    EXPECT_EQ(s.turn(1).heard(), "one moment please it is noon");
    EXPECT_LT(*s.turn(1).waited, 4s);
    EXPECT_TRUE(s.turn(1).completed());
}

TEST(SimulatedDeadAir, ASlowVoiceIsBridgedByAKeptLine) {
    Scenario s;
    s.voice.is_slow(1, 4s);
    s.model.says("It is noon.");
    s.caller.asks("What time is it?");
    s.run();
    EXPECT_EQ(s.turn(1).heard(), "one moment please it is noon");
    EXPECT_TRUE(s.turn(1).completed());
}

TEST(SimulatedDeadAir, WithoutKeptLinesASlowModelIsStillHeard) {
    Scenario s;
    s.kept_lines = false;
    s.model.says("It is noon.").first_word_after(4s);
    s.caller.asks("What time is it?");
    s.run();
    EXPECT_EQ(s.turn(1).heard(), "it is noon");
    EXPECT_TRUE(s.turn(1).completed());
}

TEST(SimulatedDeadAir, AModelThatNeverAnswersEndsInAnApology) {
    Scenario s;
    s.model.says("").never_comes().every_time();
    s.caller.asks("What time is it?");
    s.run();
    EXPECT_TRUE(s.turn(1).failed());
    EXPECT_THAT(s.turn(1).heard(), HasSubstr("sorry i had a problem"));
    EXPECT_EQ(s.turn(1).reason(), "language_model_timed_out");
}

TEST(SimulatedDeadAir, AfterAnApologyTheCallGoesOn) {
    Scenario s;
    s.model.says("").never_comes().every_time();
    s.model.says("It is noon.");
    s.caller.asks("What day is it?").asks("And what time is it?");
    s.run();
    EXPECT_TRUE(s.turn(1).failed());
    EXPECT_TRUE(s.turn(2).completed());
}

TEST(SimulatedDeadAir, AModelThatFailsAtOnceEndsInAnApologyWithItsReason) {
    Scenario s;
    s.recognizer.eager = false;
    s.model.says("x").fails_after(0, providers::FailureReason::overloaded).every_time();
    s.caller.asks("What time is it?");
    s.run();
    EXPECT_TRUE(s.turn(1).failed());
    EXPECT_EQ(s.turn(1).reason(), "language_model_overloaded");
    EXPECT_THAT(s.turn(1).heard(), HasSubstr("sorry"));
    EXPECT_THAT(s.wire.warnings, Contains("language_model_failed"));
}

TEST(SimulatedDeadAir, AnEmptyAnswerEndsInAnApology) {
    Scenario s;
    s.model.says("");
    s.caller.asks("What time is it?");
    s.run();
    EXPECT_TRUE(s.turn(1).failed());
    EXPECT_THAT(s.turn(1).reason(), StartsWith("language_model_said_nothing"));
}

TEST(SimulatedDeadAir, ARefusalWithoutWordsEndsInAnApology) {
    Scenario s;
    s.model.says("").stops_for("refusal");
    s.caller.asks("What time is it?");
    s.run();
    EXPECT_THAT(s.turn(1).reason(), HasSubstr("refusal"));
    EXPECT_THAT(s.turn(1).heard(), HasSubstr("sorry"));
}

// The connection to the model breaks after any number of words.
class TextBreaksOff : public testing::TestWithParam<int> {};

TEST_P(TextBreaksOff, AndGoesOnWithoutAWordLostOrRepeated) {
    Scenario s;
    s.recognizer.eager = false;
    s.model.says(story).fails_after(GetParam());
    s.caller.asks("Tell me a story.");
    s.run();
    EXPECT_EQ(s.turn(1).heard(), plain(story));
    EXPECT_TRUE(s.turn(1).completed());
    EXPECT_GE(s.turn(1).told.end.value("retries", 0), 1);
}
INSTANTIATE_TEST_SUITE_P(Simulated, TextBreaksOff, testing::Values(5, 7, 10, 14, 17, 20, 25, 28));

TEST(SimulatedDeadAir, TextThatBreaksOffTwiceIsSaidAsFarAsItGoesAndApologisedFor) {
    Scenario s;
    s.recognizer.eager = false;
    s.model.says(story).fails_after(10).every_time();
    s.caller.asks("Tell me a story.");
    s.run();
    EXPECT_TRUE(s.turn(1).failed());
    EXPECT_EQ(s.turn(1).reason(), "language_model_disconnected");
    EXPECT_THAT(s.turn(1).heard(), StartsWith("once there was a ship and it sailed far away"));
    EXPECT_THAT(s.turn(1).heard(), EndsWith(apology));
}

TEST(SimulatedDeadAir, TextThatStopsInTheMiddleForEverIsSaidAsFarAsItGoes) {
    Scenario s;
    s.recognizer.eager = false;
    s.model.says(story).stalls_after(12).every_time();
    s.caller.asks("Tell me a story.");
    s.run();
    EXPECT_TRUE(s.turn(1).failed());
    EXPECT_THAT(s.turn(1).heard(), StartsWith("once there was a ship and it sailed far away"));
    EXPECT_THAT(s.turn(1).heard(), EndsWith(apology));
    EXPECT_FALSE(s.turn(1).reason().empty());
}

// The voice breaks off after any length of sound, mostly inside a word: that word is heard in part, and its
// rest is counted as said or is said again. No other word may be lost or come twice.
class SpeechBreaksOff : public testing::TestWithParam<std::tuple<int, int>> {};

TEST_P(SpeechBreaksOff, AndGoesOnWhereItStopped) {
    const auto& [request, ms] = GetParam();
    Scenario s;
    s.recognizer.eager = false;
    s.voice_breaks_off = true;
    // After 800 ms "was" is cut in its middle: the ear has just less than half of it, the estimate just more.
    s.words_off = request == 1 && ms == 800 ? 1 : 0;
    s.voice.fails(request, Milliseconds(ms));
    s.model.says(story);
    s.caller.asks("Tell me a story.");
    s.run();
    EXPECT_TRUE(s.turn(1).completed());
    EXPECT_EQ(plain(s.turn(1).told.end["heard_text"].get<std::string>()), plain(story));
    auto expected = plain_words(story);
    if (s.words_off == 1) std::erase(expected, "was");
    EXPECT_EQ(s.turn(1).words, expected);
    EXPECT_GE(s.turn(1).told.end.value("retries", 0), 1);
}
INSTANTIATE_TEST_SUITE_P(Simulated, SpeechBreaksOff,
                         testing::Combine(testing::Values(1, 2, 3), testing::Values(300, 800, 1100)));

// Of a clip all words are there, and its closing pause is not: nothing is lost, and nothing comes twice.
class SpeechBreaksInAPause : public testing::TestWithParam<std::tuple<int, int>> {};

TEST_P(SpeechBreaksInAPause, AndEveryWordIsHeardOnce) {
    const auto& [request, ms] = GetParam();
    Scenario s;
    s.recognizer.eager = false;
    s.voice.fails_before_end(request, Milliseconds(ms));
    s.model.says(story);
    s.caller.asks("Tell me a story.");
    s.run();
    EXPECT_TRUE(s.turn(1).completed());
    EXPECT_EQ(s.turn(1).heard(), plain(story));
    EXPECT_EQ(s.turn(1).told.end["heard_text"], story);
    EXPECT_EQ(s.turn(1).told.end.value("retries", 0), 0);
    EXPECT_THAT(s.wire.warnings, Contains("speech_failed"));
}
INSTANTIATE_TEST_SUITE_P(Simulated, SpeechBreaksInAPause,
                         testing::Combine(testing::Values(1, 2, 3), testing::Values(20, 150, 310)));

// How far a clip was that broke off is estimated: here its last word counts as half said, and comes twice.
TEST(SimulatedDeadAir, WhereTheLastWordIsInDoubtItIsSaidAgainAndNotLost) {
    Scenario s;
    s.recognizer.eager = false;
    s.voice_breaks_off = true;
    s.words_off = 1;
    s.voice.fails_before_end(4, 150ms);
    s.model.says(story);
    s.caller.asks("Tell me a story.");
    s.run();
    EXPECT_TRUE(s.turn(1).completed());
    EXPECT_EQ(s.turn(1).heard(), plain(story) + " were");
}

TEST(SimulatedDeadAir, AClipWithoutSoundIsAskedForAgain) {
    for (int request = 1; request <= 4; ++request) {
        Scenario s;
        s.recognizer.eager = false;
        s.voice.is_silent(request);
        s.model.says(story);
        s.caller.asks("Tell me a story.");
        s.run();
        EXPECT_TRUE(s.turn(1).completed());
        EXPECT_EQ(s.turn(1).heard(), plain(story)) << "request " << request;
        EXPECT_EQ(s.turn(1).told.end.value("retries", 0), 1);
    }
}

TEST(SimulatedDeadAir, AClipThatStaysWithoutSoundIsNotHeardAndApologisedFor) {
    Scenario s;
    s.recognizer.eager = false;
    s.voice.is_silent(2);
    for (int request = 3; request <= 6; ++request) s.voice.is_silent(request);
    s.model.says(story);
    s.caller.asks("Tell me a story.");
    s.run();
    EXPECT_TRUE(s.turn(1).failed());
    EXPECT_EQ(s.turn(1).reason(), "speech_without_sound");
    EXPECT_EQ(s.turn(1).heard(), std::string("once there was a ship ") + apology);
}

// The voice breaks off for good, in any clip and after any length of sound: the caller hears what there is of
// it and, at once, an apology.
class SpeechBreaksOffForGood : public testing::TestWithParam<std::tuple<int, int>> {};

TEST_P(SpeechBreaksOffForGood, AndTheCallerHearsAnApology) {
    const auto& [request, ms] = GetParam();
    Scenario s;
    s.recognizer.eager = false;
    s.voice_breaks_off = true;
    s.voice.fails(request, Milliseconds(ms));
    for (int again = request + 1; again <= request + 4; ++again) s.voice.fails(again);
    s.model.says(story);
    s.caller.asks("Tell me a story.");
    s.run();
    EXPECT_TRUE(s.turn(1).failed());
    EXPECT_EQ(s.turn(1).reason(), "speech_disconnected");
    EXPECT_THAT(s.turn(1).heard(), StartsWith("once"));
    EXPECT_THAT(s.turn(1).heard(), EndsWith(apology));
    EXPECT_THAT(plain(s.turn(1).told.end["heard_text"].get<std::string>()), EndsWith(apology));
    EXPECT_LT(s.turn(1).longest_silence, 1500ms);
}
INSTANTIATE_TEST_SUITE_P(Simulated, SpeechBreaksOffForGood,
                         testing::Combine(testing::Values(1, 2, 3), testing::Values(700, 1100)));

TEST(SimulatedDeadAir, TheCallGoesOnBehindASpeechThatBrokeOff) {
    Scenario s;
    s.recognizer.eager = false;
    s.voice.fails(2);
    s.model.says(story);
    s.caller.asks("Tell me a story.").asks("And once more please.");
    s.run();
    EXPECT_TRUE(s.turn(1).failed());
    EXPECT_THAT(s.turn(1).heard(), EndsWith(apology));
    EXPECT_TRUE(s.turn(2).completed());
}

TEST(SimulatedDeadAir, AnApologyInTheMiddleCanBeInterrupted) {
    Scenario s;
    s.recognizer.eager = false;
    for (int request = 2; request <= 6; ++request) s.voice.fails(request);
    s.model.says(story);
    s.caller.says("Tell me a story.").until_hears("sorry").says("Tell it again please.").listens();
    s.run();
    EXPECT_TRUE(s.turn(1).interrupted());
    EXPECT_THAT(s.turn(1).heard(), StartsWith("once there was a ship sorry"));
}

TEST(SimulatedDeadAir, AModelThatRestsInTheMiddleGoesOnAndTheGapIsItsOwn) {
    Scenario s;
    s.recognizer.eager = false;
    s.model.says(story).rests_after(17, 6s);
    s.caller.asks("Tell me a story.");
    s.run();
    EXPECT_TRUE(s.turn(1).completed());
    EXPECT_THAT(s.turn(1).heard(), testing::EndsWith("where they were"));
    EXPECT_GT(s.turn(1).longest_gap, 1500ms);
    ASSERT_FALSE(s.turn(1).silences().empty());
    for (const auto& silence : s.turn(1).silences()) EXPECT_EQ(silence["reason"], "language_model");
}

TEST(SimulatedDeadAir, AVoiceThatRestsInTheMiddleGoesOnAndTheGapIsItsOwn) {
    Scenario s;
    s.recognizer.eager = false;
    s.voice.rests(2, 200ms, 6s);
    s.model.says(story);
    s.caller.asks("Tell me a story.");
    s.run();
    EXPECT_TRUE(s.turn(1).completed());
    EXPECT_THAT(s.turn(1).heard(), testing::EndsWith("where they were"));
    ASSERT_FALSE(s.turn(1).silences().empty());
    for (const auto& silence : s.turn(1).silences()) EXPECT_EQ(silence["reason"], "speech");
}

TEST(SimulatedDeadAir, AVoiceThatFailsAtOnceEndsInAKeptApology) {
    Scenario s;
    s.recognizer.eager = false;
    s.voice.is_gone();
    s.model.says(story);
    s.caller.asks("Tell me a story.");
    s.run();
    EXPECT_TRUE(s.turn(1).failed());
    EXPECT_EQ(s.turn(1).reason(), "speech_unreachable");
    EXPECT_THAT(s.turn(1).heard(), HasSubstr("sorry i had a problem"));
}

TEST(SimulatedDeadAir, AVoiceThatIsGoneWithoutKeptLinesIsSaidSoToTheApp) {
    Scenario s;
    s.recognizer.eager = false;
    s.kept_lines = false;
    s.voice.is_gone();
    s.model.says(story);
    s.caller.asks("Tell me a story.");
    s.run();
    EXPECT_TRUE(s.turn(1).failed());
    EXPECT_FALSE(s.turn(1).reason().empty());
    EXPECT_THAT(s.wire.warnings, Contains("speech_failed"));
    EXPECT_EQ(s.turn(1).heard(), "");
}

TEST(SimulatedDeadAir, AVoiceThatComesBackIsHeardAgain) {
    Scenario s;
    s.recognizer.eager = false;
    s.voice.is_gone();
    s.model.says(story);
    s.caller.asks("Tell me a story.").does([&s] { s.voice.is_gone(false); }).asks("And once more.");
    s.run();
    EXPECT_TRUE(s.turn(1).failed());
    EXPECT_TRUE(s.turn(2).completed());
    EXPECT_EQ(s.turn(2).heard(), plain(story));
}

TEST(SimulatedDeadAir, AVoiceThatStopsInTheMiddleForEverDoesNotHangTheReply) {
    Scenario s;
    s.recognizer.eager = false;
    s.voice.stalls(2, 500ms);
    s.model.says(story);
    s.caller.asks("Tell me a story.");
    s.run();
    EXPECT_FALSE(s.turn(1).completed());
    EXPECT_FALSE(s.turn(1).reason().empty());
}

TEST(SimulatedDeadAir, ClipsThatAreReadyInTheWrongOrderAreHeardInTheRightOne) {
    Scenario s;
    s.recognizer.eager = false;
    s.voice.is_slow(2, 1200ms);
    s.model.says(story);
    s.caller.asks("Tell me a story.");
    s.run();
    EXPECT_TRUE(s.turn(1).completed());
    EXPECT_EQ(s.turn(1).heard(), plain(story));
}

// How the voice delivers: the time to its first sound, what chance may add, and its speed.
struct Delivery {
    Duration first_audio, jitter;
    double speed;
};
void PrintTo(const Delivery& delivery, std::ostream* out) {
    *out << delivery.first_audio / 1ms << " ms, up to " << delivery.jitter / 1ms << " ms more, "
         << delivery.speed << " times as fast as it is spoken";
}

// Clips are asked for when little is left to hear: a voice as slow as those that can be had must not be heard
// to be slow, whatever the lengths of the sentences.
class SlowDelivery : public testing::TestWithParam<Delivery> {};

TEST_P(SlowDelivery, LeavesNoSilenceBetweenTheSentences) {
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
        Scenario s(seed);
        s.voice.first_audio = GetParam().first_audio;
        s.voice.jitter = GetParam().jitter;
        s.voice.speed = GetParam().speed;
        std::string text = "Well, ";
        for (int i = 0; i < 5; ++i)
            text +=
                "here it comes. Once there was a ship with a captain who knew every star by its name, and "
                "it sailed far away. Then the wind changed. Nobody knew where they were that night. ";
        s.model.says(text);
        s.caller.asks("Tell me a story.");
        s.run();
        EXPECT_EQ(s.turn(1).heard(), plain(text));
        EXPECT_LT(s.turn(1).longest_gap, 150ms) << "seed " << seed;
    }
}
INSTANTIATE_TEST_SUITE_P(Simulated, SlowDelivery,
                         testing::Values(Delivery{10ms, 0ms, 20}, Delivery{500ms, 500ms, 4},
                                         Delivery{1s, 0ms, 4}, Delivery{1s, 700ms, 3},
                                         Delivery{800ms, 400ms, 1.2}));

TEST(SimulatedDeadAir, AVoiceThatTakesVeryLongIsHeardToDoSoAtTheBeginningOnly) {
    Scenario s;
    s.voice.first_audio = 2800ms;
    s.talk.one_moment_after = 10s;
    std::string text;
    for (int i = 0; i < 8; ++i) text += "Once there was a captain who knew every star by its own name. ";
    s.model.says(text);
    s.caller.asks("Tell me a story.");
    s.run();
    EXPECT_EQ(s.turn(1).heard(), plain(text));
    EXPECT_LT(s.turn(1).longest_gap, 150ms);
}

TEST(SimulatedDeadAir, AVoiceThatBecomesSlowIsHeardToDoSoOnce) {
    Scenario s;
    std::string text;
    for (int i = 0; i < 8; ++i) text += "Once there was a captain who knew every star by its own name. ";
    s.model.says(text);
    s.model.says(text);
    s.caller.asks("Tell me a story.").does([&s] { s.voice.first_audio = 2s; }).asks("And once more.");
    for (int request = 3; request <= 8; ++request) s.voice.is_slow(request, 2s);
    s.run();
    EXPECT_GT(s.turn(1).longest_gap, 300ms);
    EXPECT_LT(s.turn(2).longest_gap, 150ms);
}

TEST(SimulatedDeadAir, AClipThatIsMuchTooLateLeavesAGapWithAReason) {
    Scenario s;
    s.recognizer.eager = false;
    s.voice.is_slow(2, 6s);
    s.model.says(story);
    s.caller.asks("Tell me a story.");
    s.run();
    EXPECT_TRUE(s.turn(1).completed());
    EXPECT_GT(s.turn(1).longest_silence, 1500ms);
    EXPECT_TRUE(s.turn(1).says_why_silent("in_reply"));
}

TEST(SimulatedDeadAir, AModelThatWritesSlowerThanOneSpeaksIsHeardToTheEnd) {
    Scenario s;
    s.model.says(story).one_word_every(700ms);
    s.caller.asks("Tell me a story.");
    s.run();
    EXPECT_TRUE(s.turn(1).completed());
}

TEST(SimulatedDeadAir, AHedgeAnswersForASlowModel) {
    Scenario s;
    s.hedged = true;
    s.recognizer.eager = false;
    s.model.says("It is noon.").never_comes();  // the first request only
    s.caller.asks("What time is it?");
    s.run();
    EXPECT_TRUE(s.turn(1).completed());
    EXPECT_EQ(s.turn(1).told.end.value("hedges", 0), 1);
    EXPECT_THAT(s.turn(1).heard(), HasSubstr("it is noon"));
    EXPECT_LT(*s.turn(1).waited, 4s);
}

TEST(SimulatedDeadAir, AHedgeAnswersForASlowVoice) {
    Scenario s;
    s.hedged = true;
    s.recognizer.eager = false;
    s.voice.is_slow(1, 20s);
    s.model.says("It is noon.");
    s.caller.asks("What time is it?");
    s.run();
    EXPECT_TRUE(s.turn(1).completed());
    EXPECT_EQ(s.turn(1).told.end.value("hedges", 0), 1);
    EXPECT_LT(*s.turn(1).waited, 4s);
}

// Three extra requests a process begins with; each ordinary one earns a twentieth. Four questions of which
// each needs one: three are answered with its help, and the last is not left in silence.
void expect_three_hedges_and_an_apology(Scenario& s) {
    s.hedged = true;
    s.recognizer.eager = false;
    for (const char* number : {"one", "two", "three", "four"})
        s.caller.asks(std::string("What is the answer to question ") + number + "?");
    s.run();
    ASSERT_EQ(s.turn_count(), 4U);
    int hedges = 0;
    for (const auto& turn : s.turns()) hedges += turn.told.end.value("hedges", 0);
    EXPECT_EQ(hedges, 3);
    for (std::size_t turn = 1; turn <= 3; ++turn) EXPECT_TRUE(s.turn(turn).completed()) << turn;
    EXPECT_TRUE(s.turn(4).failed());
    EXPECT_THAT(s.turn(4).heard(), HasSubstr("sorry i had a problem"));
}

TEST(SimulatedDeadAir, AnExhaustedBudgetOfHedgesEndsInAnApologyAndNotInSilence) {
    Scenario s;
    for (const char* answer : {"It is one.", "It is two.", "It is three.", "It is four.", "It is five."})
        s.model.says(answer).never_comes();
    expect_three_hedges_and_an_apology(s);
}

// The same of the voice: its kept line needs none.
TEST(SimulatedDeadAir, AnExhaustedBudgetOfTheVoiceEndsInAKeptLineAndNotInSilence) {
    Scenario s;
    s.model.says("It is noon.");
    for (int request = 1; request <= 7; request += 2) s.voice.is_slow(request, 60s);
    s.voice.is_slow(8, 60s);
    expect_three_hedges_and_an_apology(s);
    EXPECT_LT(*s.turn(4).waited, 4s) << "one moment, please";
}

TEST(SimulatedDeadAir, BehindABreakerTheApologyComesAtOnce) {
    Scenario s;
    s.hedged = true;
    s.recognizer.eager = false;
    s.model.says("x").fails_after(0, providers::FailureReason::overloaded).every_time();
    for (int i = 0; i < 8; ++i) s.caller.asks("Question number " + std::to_string(i) + "?");
    s.run();
    EXPECT_TRUE(s.turns().back().failed());
    EXPECT_LT(*s.turns().back().waited, 1500ms);
    EXPECT_LT(s.model.questions(), 8U * 2U);
}

class Slowness : public testing::TestWithParam<std::tuple<int, int, int>> {};

TEST_P(Slowness, OfAnyServiceNeverLosesAWord) {
    const auto& [first_word, first_audio, speed] = GetParam();
    Scenario s(static_cast<std::uint64_t>(first_word + first_audio + speed));
    s.model.first_word = Milliseconds(first_word);
    s.voice.first_audio = Milliseconds(first_audio);
    s.voice.jitter = Milliseconds(first_audio);
    s.voice.speed = speed / 100.0;
    s.model.says(story);
    s.caller.asks("Tell me a story.");
    s.run();
    EXPECT_TRUE(s.turn(1).completed());
    EXPECT_THAT(s.turn(1).heard(), testing::EndsWith("where they were"));
}
INSTANTIATE_TEST_SUITE_P(Simulated, Slowness,
                         testing::Combine(testing::Values(100, 1200, 3000), testing::Values(50, 900),
                                          testing::Values(80, 150, 1000)));

}  // namespace
}  // namespace atlas::sim
