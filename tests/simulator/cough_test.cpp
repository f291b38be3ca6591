#include "simulator/scenario.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>

// docs/turn-taking.md tells what happens when the caller coughs 300 ms into the second sentence. Here it is
// played, number by number, with both of Deepgram's recognisers behind its own client.

namespace atlas::sim {
namespace {

using testing::Contains;
using testing::EndsWith;
using testing::Not;
using testing::StartsWith;

const char* const two_sentences =
    "Your table for two is booked. The restaurant expects you on Tuesday evening at eight, and it asks you "
    "to be "
    "punctual because the kitchen closes early.";

class SecondSentence : public testing::TestWithParam<RecognizerKind> {
protected:
    SecondSentence() {
        deepgram.hearing.lateness = 120ms;
        s.model.says(two_sentences);
        s.model.says("Then on Wednesday.");
        // Its first word counts as heard in its middle, some 120 ms after its start.
        s.caller.says("Book a table.").until_hears("the").pauses(160ms).does([this] { began = s.now(); });
    }
    bool nova() const { return GetParam() == RecognizerKind::nova; }
    // From the second sentence's first sound to the caller's.
    Milliseconds into_the_second_sentence() const {
        const auto words = s.app.ear.sounds(1);
        constexpr std::size_t first_sentence = 6;
        if (words.size() <= first_sentence) return {};
        return std::chrono::duration_cast<Milliseconds>(began - words[first_sentence].from);
    }
    static Milliseconds spoken_for(const Scenario& call) {
        const auto words = call.app.ear.sounds(1);
        if (words.empty()) return {};
        return std::chrono::duration_cast<Milliseconds>(words.back().to - words.front().from);
    }
    std::ptrdiff_t pauses() const {
        const auto states = s.states();
        return std::count(states.begin(), states.end(), "paused");
    }

    Scenario s;
    SimulatedDeepgram& deepgram = s.hears_through_deepgram(GetParam());
    TimePoint began{};
};

TEST_P(SecondSentence, ACoughHoldsItForSixHundredMsAtMostAndCostsNoWord) {
    s.caller.coughs(300ms).listens();
    s.run();
    EXPECT_NEAR(static_cast<double>(into_the_second_sentence().count()), 300, 100);
    EXPECT_EQ(s.turn_count(), 1U);
    EXPECT_TRUE(s.turn(1).completed());
    EXPECT_EQ(s.turn(1).heard(), plain(two_sentences));
    EXPECT_EQ(s.app.flushes, 0);
    EXPECT_TRUE(s.turn(1).ignored().empty());
    if (!nova()) {  // Flux reports words and no sounds: it plays on
        EXPECT_EQ(pauses(), 0);
        EXPECT_FALSE(s.turn(1).told.end.contains("paused_ms"));
        return;
    }
    EXPECT_EQ(pauses(), 1);
    const int held = s.turn(1).told.end.value("paused_ms", 0);
    EXPECT_GT(held, 300);
    EXPECT_LE(held, 600);
    Scenario calm;
    calm.hears_through_deepgram(GetParam()).hearing.lateness = 120ms;
    calm.model.says(two_sentences);
    calm.caller.says("Book a table.").listens();
    calm.run();
    const auto longer = spoken_for(s) - spoken_for(calm);
    EXPECT_GE(longer, Milliseconds(held - 100)) << "the player stood still";
    EXPECT_LE(longer, Milliseconds(held + 200));
}

TEST_P(SecondSentence, AClientThatCannotPausePlaysOnWhatItHas) {
    s.app.pauses = false;
    s.caller.coughs(300ms).listens();
    s.run();
    EXPECT_TRUE(s.turn(1).completed());
    EXPECT_EQ(s.turn(1).heard(), plain(two_sentences));
    EXPECT_LT(s.turn(1).longest_gap, 300ms) << "it had 0.6 s of sound";
}

TEST_P(SecondSentence, AMhmIsTheSameAndOnRecord) {
    s.caller.says("Mhm.").listens();
    s.run();
    EXPECT_EQ(s.turn_count(), 1U);
    EXPECT_TRUE(s.turn(1).completed());
    EXPECT_EQ(s.turn(1).heard(), plain(two_sentences));
    EXPECT_EQ(s.turn(1).ignored(), Json::array({"Mhm."}));
    EXPECT_EQ(pauses(), 1);
    EXPECT_GT(s.turn(1).told.end.value("paused_ms", 0), 0);
}

TEST_P(SecondSentence, WordsStopItAndTheHistoryHasWhatWasHeardWithADash) {
    s.caller.says("Wait, not Tuesday!").listens();
    s.run();
    ASSERT_EQ(s.turn_count(), 2U);
    EXPECT_TRUE(s.turn(1).interrupted());
    EXPECT_EQ(s.turn(1).reason(), "barge_in");
    EXPECT_EQ(s.app.flushes, 1);
    EXPECT_EQ(s.turn(2).user_text(), "Wait, not Tuesday!");
    EXPECT_EQ(s.turn(2).heard(), "then on wednesday");
    const auto& messages = s.model.requests.back().what.messages;
    ASSERT_EQ(messages.size(), 3U);
    EXPECT_THAT(messages[1].text, StartsWith("Your table for two is booked."));
    EXPECT_THAT(messages[1].text, EndsWith("—"));
    const auto heard = s.turn(1).words.size();
    EXPECT_GE(heard, 7U) << "the first sentence and a word";
    EXPECT_LE(heard, 12U) << "it is silent soon";
}

TEST_P(SecondSentence, TheThirdCoughDoesNotHoldItAnyMore) {
    for (int i = 0; i < 4; ++i) s.caller.coughs(200ms).pauses(1200ms);
    s.caller.listens();
    s.run();
    EXPECT_TRUE(s.turn(1).completed());
    EXPECT_EQ(s.turn(1).heard(), plain(two_sentences));
    EXPECT_EQ(pauses(), nova() ? 2 : 0);
}

INSTANTIATE_TEST_SUITE_P(Cough, SecondSentence, testing::Values(RecognizerKind::flux, RecognizerKind::nova));

}  // namespace
}  // namespace atlas::sim
