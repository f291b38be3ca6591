#include "atlas/conversation/transcript.hpp"

#include <gtest/gtest.h>

#include <string>

namespace atlas::conversation {
namespace {

const ToolCall call{"call_1", "look_up", "{}"};
const ToolResult result{"call_1", "It rains.", false};

// About so many tokens.
std::string text_of(std::int64_t tokens) {
    return std::string(static_cast<std::size_t>(tokens * 7 / 2), 'a');
}

TEST(Transcript, DropsTheOldestTurnsWhenItIsOverItsBudgetAndBeginsWithTheCallerThen) {
    Transcript transcript(100);
    transcript.add_assistant("Hello.");
    for (int turn = 0; turn < 6; ++turn) {
        transcript.add_caller(text_of(10));
        transcript.add_assistant(text_of(10));
    }
    ASSERT_GT(transcript.tokens(), 100);
    transcript.trim();
    EXPECT_LE(transcript.tokens(), 50);
    EXPECT_EQ(transcript.messages().front().role, Message::Role::caller);
    EXPECT_EQ(transcript.tokens(), estimate_tokens(transcript.messages()));
}

TEST(Transcript, NeverKeepsAResultWithoutItsCall) {
    Transcript transcript(100);
    transcript.add_caller(text_of(40));
    transcript.add_assistant("", {call}, {result});
    transcript.trim();
    EXPECT_EQ(transcript.messages().size(), 3U) << "one turn within the budget stays whole";
    transcript.add_caller(text_of(40));
    transcript.trim();
    ASSERT_EQ(transcript.messages().size(), 1U);
    EXPECT_TRUE(transcript.messages().front().results.empty());
}

TEST(Transcript, GivesUpATurnThatAloneIsOverTheBudgetBetweenTurns) {
    Transcript transcript(60);
    transcript.add_caller(text_of(100));
    transcript.add_assistant("Yes.", {call}, {result});
    transcript.trim();
    EXPECT_TRUE(transcript.messages().empty());
    EXPECT_EQ(transcript.tokens(), 0);
}

TEST(Transcript, NeverDropsTheQuestionItself) {
    Transcript transcript(60);
    transcript.add_caller(text_of(100));
    transcript.trim();
    EXPECT_EQ(transcript.messages().size(), 1U);
}

TEST(Transcript, NeverSummarizesACallWithoutItsResult) {
    Transcript transcript(130);
    transcript.add_caller(text_of(30));
    transcript.add_assistant(text_of(20), {call}, {result});
    transcript.add_assistant(text_of(20));
    EXPECT_TRUE(transcript.to_summarize().empty()) << "there is only this turn";
    transcript.add_caller(text_of(10));
    EXPECT_EQ(transcript.to_summarize().size(), 4U) << "all but the last turn";
}

}  // namespace
}  // namespace atlas::conversation
