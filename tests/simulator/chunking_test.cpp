#include "simulator/scenario.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

// DESIGN §6.3: from text to sound, piece by piece.

namespace atlas::sim {
namespace {

TEST(SimulatedChunking, TheFirstClauseIsSpokenWhileTheRestIsStillWritten) {
    Scenario s;
    s.recognizer.eager = false;
    s.model
        .says(
            "Of course I can do that, and while I am at it I will also tell you about all the other things.")
        .one_word_every(150ms);
    s.caller.asks("Can you help me?");
    s.run();
    EXPECT_TRUE(s.turn(1).completed());
    EXPECT_GE(s.voice.requests.size(), 2U);
    EXPECT_EQ(s.voice.requests[0].text, "Of course I can do that,");
    EXPECT_LT(s.turn(1).told.first_frame.value() - s.model.requests[0].at, 150ms * 10);
}

TEST(SimulatedChunking, NoMoreThanASmallWindowIsSpokenAhead) {
    Scenario s;
    s.model.pace = 1ms;
    std::string text;
    for (int i = 0; i < 30; ++i) text += "This is the sentence with the number " + std::to_string(i) + ". ";
    s.model.says(text);
    s.model.says("All right.");
    s.caller.says("Tell me everything.")
        .until_hears("number")
        .says("Thank you very much, that is enough.")
        .listens();
    s.run();
    EXPECT_TRUE(s.turn(1).interrupted());
    EXPECT_LE(s.voice.requests.size(), 6U);
}

TEST(SimulatedChunking, ALongReplyIsHeardWholeAndInOrder) {
    Scenario s;
    std::string text;
    for (int i = 0; i < 20; ++i) text += "Here comes sentence number " + std::to_string(i) + ". ";
    s.model.says(text);
    s.voice.jitter = 700ms;
    s.caller.asks("Tell me everything.");
    s.run();
    EXPECT_EQ(s.turn(1).heard(), plain(text));
    EXPECT_LT(s.turn(1).longest_silence, 1200ms);
}

TEST(SimulatedChunking, AReplyOfMarksOnlyIsSilentAndDoesNotHang) {
    Scenario s;
    s.model.says("...");
    s.model.says("Hello.");
    s.caller.says("Say nothing.").pauses(6s).asks("Now say hello.");
    s.run();
    EXPECT_EQ(s.turns().back().heard(), "hello");
}

TEST(SimulatedChunking, AReplyOfOneWordIsHeard) {
    Scenario s;
    s.model.says("Yes");
    s.caller.asks("Are you there?");
    s.run();
    EXPECT_EQ(s.turn(1).heard(), "yes");
}

TEST(SimulatedChunking, ASentenceWithoutAnEndIsCutAndHeardWhole) {
    Scenario s;
    std::string text;
    for (int i = 0; i < 120; ++i) text += "word" + std::to_string(i) + " ";
    s.model.says(text);
    s.caller.asks("Go on and on.");
    s.run();
    EXPECT_EQ(s.turn(1).heard(), plain(text));
    for (const auto& request : s.voice.requests) EXPECT_LE(request.text.size(), 300U);
}

// What is written and what is hard to read aloud: the voice gets words, and history keeps the text.
class HardText : public testing::TestWithParam<const char*> {};

TEST_P(HardText, IsSpokenAndRememberedAsItWasWritten) {
    Scenario s;
    s.model.says(GetParam());
    s.caller.asks("Read it to me.").asks("Thank you.");
    s.run();
    EXPECT_TRUE(s.turn(1).completed());
    EXPECT_EQ(s.turn(1).told.end["heard_text"], s.turn(1).told.end["full_text"]);
    for (const auto& request : s.voice.requests)
        EXPECT_THAT(request.text,
                    testing::Not(testing::AnyOf(testing::HasSubstr("**"), testing::HasSubstr("http"),
                                                testing::HasSubstr("`"))));
}
INSTANTIATE_TEST_SUITE_P(
    Simulated, HardText,
    testing::Values("It costs $1,250.50, which is 3.5% more than on 3.4.2025.",
                    "Dr. Smith lives on St. James St. No. 5, e.g. near the U.S. embassy.",
                    "Well... I am not sure… perhaps tomorrow?",
                    "He said: \"Come here!\" and then \"Go away!\" twice.",
                    "You need:\n- two eggs\n- some flour\n- a little milk\nThat is all.",
                    "This is **very** important and *quite* simple.",
                    "Look at https://example.com/help for the details of it.",
                    "Run `make all` in the folder. Then it works.",
                    "That is great 🎉 and I am happy 😀 for you.", "你好。今天天气很好。我们去公园吧。",
                    "مرحبا بك. كيف حالك اليوم؟ أنا بخير.", "Call me at 10:30 a.m. on +43 1 234567, please.",
                    "1. First open it. 2. Then close it. 3. Ready.",
                    "A very long word: Donaudampfschifffahrtsgesellschaftskapitän. Is it not?"));

}  // namespace
}  // namespace atlas::sim
