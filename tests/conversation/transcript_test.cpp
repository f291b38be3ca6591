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

TEST(Transcript, KeepsNothingThatSaysNothing) {
    Transcript transcript(100);
    transcript.add_caller(" \n");
    transcript.add_note("");
    transcript.add_assistant("  ");
    transcript.add_interrupted_assistant("\t");
    EXPECT_TRUE(transcript.messages().empty());
    EXPECT_EQ(transcript.tokens(), 0);
    transcript.add_assistant("  ", {call}, {result});
    ASSERT_EQ(transcript.messages().size(), 2U) << "a call without a word is something";
    EXPECT_EQ(transcript.messages()[0].text, "");
}

TEST(Transcript, ALateResultTakesTheOldOnesPlaceAndIsCounted) {
    Transcript transcript(1000);
    const ToolCall other{"call_2", "book", "{}"};
    transcript.add_caller("Do both.");
    transcript.add_assistant("", {call, other}, {result, {"call_2", "still running", false}});
    transcript.add_caller("And now?");
    EXPECT_TRUE(transcript.set_result("call_2", "There was no room left on any of the days.", true));
    const auto& results = transcript.messages()[2].results;
    EXPECT_EQ(results[0].content, "It rains.");
    EXPECT_EQ(results[1].content, "There was no room left on any of the days.");
    EXPECT_TRUE(results[1].is_error);
    EXPECT_EQ(transcript.tokens(), estimate_tokens(transcript.messages()));
    EXPECT_FALSE(transcript.set_result("call_3", "late", false));
    EXPECT_EQ(transcript.tokens(), estimate_tokens(transcript.messages()));
}

TEST(Transcript, ASummaryStandsForExactlyWhatItWasMadeOf) {
    Transcript transcript(1000);
    for (const char* text : {"One.", "Two.", "Three."}) transcript.add_caller(text);
    transcript.set_summary("They counted.", 0);
    transcript.set_summary("They counted.", 4);
    EXPECT_EQ(transcript.messages().size(), 3U) << "nothing was summarised, or what is gone already";
    transcript.set_summary(" They counted. ", 2);
    ASSERT_EQ(transcript.messages().size(), 2U);
    EXPECT_EQ(transcript.messages()[0].text,
              "[Summary of the call so far, not said by the caller: They counted.]");
    EXPECT_EQ(transcript.messages()[1].text, "Three.");
    EXPECT_EQ(transcript.dropped(), 2U);
    EXPECT_EQ(transcript.tokens(), estimate_tokens(transcript.messages()));
    transcript.set_summary("All of it.", 2);
    EXPECT_EQ(transcript.messages().size(), 1U);
}

TEST(Transcript, IsSummarizedFromThreeQuartersOfItsBudgetOnAndAThirdIsLeft) {
    Transcript transcript(400);
    int turns = 0;
    while (transcript.to_summarize().empty()) {
        EXPECT_LE(transcript.tokens(), 300 + 32);
        transcript.add_caller(text_of(10));
        transcript.add_assistant(text_of(10));
        ASSERT_LT(++turns, 20);
    }
    EXPECT_GT(transcript.tokens(), 300);
    const auto older = transcript.to_summarize();
    EXPECT_LE(transcript.tokens() - estimate_tokens(older), 400 / 3);
    EXPECT_GT(transcript.tokens() - estimate_tokens(older), 400 / 3 - 40);
    EXPECT_EQ(transcript.messages()[older.size()].role, Message::Role::caller);
}

TEST(Transcript, TokensAreCountedByScript) {
    EXPECT_EQ(estimate_tokens(""), 0);
    EXPECT_EQ(estimate_tokens("1234567"), 2);
    EXPECT_EQ(estimate_tokens("你好"), 2);
    EXPECT_EQ(estimate_tokens("Müller"), 3) << "five of ASCII and one other";
    const Message calls{Message::Role::assistant, "", {{"a", "1234567", "1234567"}}};
    EXPECT_EQ(estimate_tokens(std::vector<Message>{calls}), 6 + 6 + 2 + 2);
}

}  // namespace
}  // namespace atlas::conversation
