#include "call/call_result.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace atlas::caller {
namespace {

using nlohmann::json;
using testing::HasSubstr;

// A call of one turn in which all went well.
CallResult good() {
    CallResult result;
    result.ready = Ready{};
    result.ready->json = R"({"call_id":"c_1"})";
    result.utterances = result.said = 1;
    result.everything_answered = true;
    result.close_code = 1000;
    result.close_reason = "user";
    result.usage = R"({"turns":1})";
    result.sent_ms = 4000;
    result.received_ms = 900;
    TurnResult& turn = result.turn(1);
    turn.cause = "user";
    turn.user = "What time is it?";
    turn.agent = turn.heard = "It is noon.";
    turn.status = "completed";
    turn.stages_ms = {{"end_of_turn", 200}, {"response", 501}};
    turn.response_ms = 510;
    return result;
}

TEST(CallResult, IsOneLineOfJson) {
    const std::string text = to_json(good());
    EXPECT_EQ(text.find('\n'), std::string::npos);
    const json told = json::parse(text);
    EXPECT_EQ(told.at("ready").at("call_id"), "c_1");
    const json& turn = told.at("turns").at(0);
    EXPECT_EQ(turn.at("turn"), 1);
    EXPECT_EQ(turn.at("user"), "What time is it?");
    EXPECT_EQ(turn.at("agent"), "It is noon.");
    EXPECT_EQ(turn.at("heard"), "It is noon.");
    EXPECT_EQ(turn.at("status"), "completed");
    EXPECT_EQ(turn.at("stages_ms").at("end_of_turn"), 200);
    EXPECT_EQ(turn.at("response_ms"), 510);
    EXPECT_EQ(told.at("close").at("code"), 1000);
    EXPECT_EQ(told.at("close").at("reason"), "user");
    EXPECT_EQ(told.at("audio").at("sent_ms"), 4000);
    EXPECT_EQ(told.at("audio").at("received_ms"), 900);
    EXPECT_EQ(told.at("usage").at("turns"), 1);
    EXPECT_EQ(told.at("verdict").at("exit_code"), 0);
    EXPECT_FALSE(told.contains("refused"));
}

TEST(CallResult, JsonOfARefusalHoldsStatusAndBody) {
    CallResult result;
    result.http_status = 503;
    result.http_body = "too many \xFF calls";
    result.connect_error = "the server answered 503";
    const json told = json::parse(to_json(result));
    EXPECT_TRUE(told.at("ready").is_null());
    EXPECT_EQ(told.at("turns"), json::array());
    EXPECT_EQ(told.at("refused").at("status"), 503);
    EXPECT_THAT(told.at("refused").at("body").get<std::string>(), HasSubstr("too many"));
    EXPECT_EQ(told.at("verdict").at("exit_code"), 3);
}

TEST(CallResult, TheExitCodesAreTheDocumentedOnes) {
    EXPECT_EQ(static_cast<int>(judge(good())), 0);
    auto failed = good();
    failed.turns[0].status = "failed";
    EXPECT_EQ(static_cast<int>(judge(failed)), 1);
    EXPECT_EQ(static_cast<int>(judge(CallResult{})), 3);
    auto slow = good();
    slow.timed_out = true;
    EXPECT_EQ(static_cast<int>(judge(slow)), 4);
}

TEST(CallResult, AnInterruptedTurnIsGoodOnlyWhenThatWasAsked) {
    auto result = good();
    result.turns[0].status = "interrupted";
    result.turns[0].reason = "barge_in";
    EXPECT_EQ(explain(result), "turn 1 was interrupted (barge_in)");
    result.turns[0].to_be_interrupted = true;
    EXPECT_EQ(explain(result), "turn 1 was interrupted without audio.flush");
    result.turns[0].flushed = true;
    EXPECT_EQ(explain(result), "");
}

TEST(CallResult, AGreetingThatFailedIsATurnThatFailed) {
    auto result = good();
    result.turns[0].cause = "greeting";
    result.turns[0].status = "failed";
    EXPECT_EQ(judge(result), Verdict::turn_failed);
}

TEST(CallResult, SaysWhichPartOfTheCallIsMissing) {
    auto result = good();
    result.everything_answered = false;
    EXPECT_EQ(explain(result), "the last utterance was not answered");
    result.utterances = 3;
    EXPECT_EQ(explain(result), "the call ended after 1 of 3 utterances");
}

TEST(CallResult, KeepsABoundedNumberOfProblems) {
    CallResult result;
    for (int i = 0; i < 1000; ++i) result.note_problem("again");
    EXPECT_EQ(result.problems.size(), 100u);
}

}  // namespace
}  // namespace atlas::caller
