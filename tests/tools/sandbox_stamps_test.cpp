#include "sandbox/latency.hpp"
#include "sandbox/stamps.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace atlas::sandbox {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(SandboxLabel, SurvivesASentence) {
    const Label label{170, 3};
    EXPECT_EQ(label_word(label), "qbhaxdq");
    EXPECT_EQ(with_label("It is {label}, yes, {label}.", label), "It is qbhaxdq, yes, qbhaxdq.");
    EXPECT_EQ(find_label("It is qbhaxdq, yes."), label);
    EXPECT_EQ(find_label("First qaxaq, then qaxbq."), (Label{0, 1})) << "the last one";
    EXPECT_FALSE(find_label("A quick quiz, qxq."));
    EXPECT_FALSE(find_label("q"));
    EXPECT_FALSE(find_label(""));
}

TEST(SandboxStamps, NothingIsKeptUntilSomebodyAsks) {
    Stamps stamps;
    stamps.add("EndOfTurn", {1, 1});
    EXPECT_THAT(stamps.text(), Not(HasSubstr("EndOfTurn")));
    stamps.begin();
    stamps.add("EndOfTurn", {1, 1});
    EXPECT_THAT(stamps.text(), HasSubstr(" EndOfTurn qbxbq\n"));
    stamps.begin();
    EXPECT_THAT(stamps.text(), Not(HasSubstr("EndOfTurn")));
}

TEST(SandboxStamps, TheClauseIsThereWithTheCharacterBehindIt) {
    Stamps stamps;
    stamps.begin();
    stamps.model_asked({1, 2});
    for (const char* token : {"For", " qbxcq", ",", " yes"}) stamps.model_wrote({1, 2}, token);
    stamps.speech_asked("For qbxcq,");
    stamps.speech_began("For qbxcq,");
    const auto text = stamps.text();
    for (const char* what : {"model_asked", "model_began", "clause_written", "speech_asked", "speech_began"})
        EXPECT_THAT(text, HasSubstr(std::string(" ") + what + " qbxcq\n"));
}

TEST(SandboxStamps, SpeechWithoutALabelIsNotAnEdge) {
    Stamps stamps;
    stamps.begin();
    stamps.speech_asked("And so on.");
    stamps.speech_began("And so on.");
    EXPECT_THAT(stamps.text(), Not(HasSubstr("speech")));
}

TEST(SandboxLatency, TheSameSeedDrawsTheSameTimes) {
    const auto draw = [](std::uint64_t seed) {
        Random random(seed);
        const auto latency = Latency::parse("lognormal:600:0.4");
        std::vector<double> drawn;
        for (int i = 0; i < 50; ++i) drawn.push_back(latency->sample(random));
        return drawn;
    };
    EXPECT_EQ(draw(7), draw(7));
    EXPECT_NE(draw(7), draw(8));
}

}  // namespace
}  // namespace atlas::sandbox
