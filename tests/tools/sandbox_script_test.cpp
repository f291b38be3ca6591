#include "sandbox/report.hpp"
#include "sandbox/script.hpp"
#include "sandbox/transport/message.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace atlas::sandbox {
namespace {

using Json = nlohmann::json;
using testing::HasSubstr;

TEST(SandboxLatency, ReadsBothKindsAndNothingElse) {
    Random random(7);
    EXPECT_EQ(Latency::parse("constant:12.5")->sample(random), 12.5);
    ASSERT_TRUE(Latency::parse("lognormal:100:0.5"));
    for (const char* text :
         {"", "12", "constant:", "constant:-1", "constant:x", "lognormal:100", "lognormal:1:9"})
        EXPECT_FALSE(Latency::parse(text)) << text;
}

TEST(SandboxLatency, IsTheSameForTheSameSeed) {
    const auto latency = *Latency::parse("lognormal:100:0.5");
    Random one(5), two(5), three(6);
    const double first = latency.sample(one);
    EXPECT_EQ(first, latency.sample(two));
    EXPECT_NE(first, latency.sample(three));
}

TEST(SandboxScript, SpendsAFaultOnTheRequestsItNames) {
    Script script(1);
    ASSERT_EQ(script.apply(R"({"faults":[
        {"service":"claude","fault":"status","status":529,"skip":1,"times":2},
        {"service":"claude","fault":["byte_by_byte","crlf"],"times":"always"}]})"),
              "");
    EXPECT_FALSE(script.take_fault("openai_speech"));
    EXPECT_FALSE(script.take_fault("claude"));
    for (int i = 0; i < 2; ++i) {
        const auto fault = script.take_fault("claude");
        ASSERT_TRUE(fault);
        EXPECT_TRUE(fault->has("status"));
        EXPECT_EQ(fault->number("status", 0), 529);
    }
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(script.take_fault("claude")->has("crlf"));
}

TEST(SandboxScript, KeepsFaultsOfRealtimeSocketsAndResponsesApart) {
    Script script(1);
    ASSERT_EQ(script.apply(R"({"faults":[{"service":"openai_realtime","fault":"reword"},
                                         {"service":"openai_realtime","fault":"close","code":1011}]})"),
              "");
    EXPECT_TRUE(script.take_fault("openai_realtime", "socket")->has("close"));
    EXPECT_FALSE(script.take_fault("openai_realtime", "socket"));
    EXPECT_TRUE(script.take_fault("openai_realtime", "response")->has("reword"));
}

TEST(SandboxScript, ChangesNothingWhenAnythingIsWrong) {
    Script script(1);
    EXPECT_THAT(script.apply(R"({"old_flux":true,"faults":[{"service":"claude","fault":"explode"}]})"),
                HasSubstr("unknown fault \"explode\""));
    EXPECT_FALSE(script.old_flux);
    EXPECT_THAT(script.apply(R"({"tempo":1})"), HasSubstr("unknown key \"tempo\""));
    EXPECT_THAT(script.apply(R"({"profiles":{"claude.first_token":"soon"}})"),
                HasSubstr("claude.first_token"));
    EXPECT_NE(script.apply("[]"), "");
    EXPECT_NE(script.apply("{"), "");
}

TEST(SandboxScript, AnswersByMatchFirstAndElseInTurn) {
    Script script(1);
    ASSERT_EQ(script.apply(R"({"replies":["one","two",{"match":"Weather","text":"rain"}]})"), "");
    EXPECT_EQ(script.reply("hello")->text, "one");
    EXPECT_EQ(script.reply("and the WEATHER?")->text, "rain");
    EXPECT_EQ(script.reply("hello")->text, "two");
    EXPECT_EQ(script.reply("hello")->text, "one");
}

TEST(SandboxScript, AnswersToolResultsBeforeTextAndTextBeforeTheRest) {
    Script script(1);
    ASSERT_EQ(script.apply(R"({"replies":["else",{"match":"weather","text":"call"},
        {"match_result":"Rain","text":"wet"},{"match":"rome","match_result":"sun","text":"both"}]})"),
              "");
    EXPECT_EQ(script.reply("the weather?")->text, "call");
    EXPECT_EQ(script.reply("", "some RAIN\n")->text, "wet");
    EXPECT_EQ(script.reply("and the weather?", "rain")->text, "wet");
    EXPECT_EQ(script.reply("in Rome?", "sun")->text, "both");
    EXPECT_EQ(script.reply("in Paris?", "sun")->text, "else");
    EXPECT_EQ(script.reply("in Rome?", "snow")->text, "else");
}

TEST(SandboxScript, KeepsAReplyWithItsCallsWhenItIsReadBack) {
    Script script(1);
    ASSERT_EQ(script.apply(R"({"replies":["plain",{"match":"x","text":"t","stop_reason":"max_tokens",
        "tool_calls":[{"name":"a","input":{"b":1}},{"name":"c","input_text":"{half"}]}]})"),
              "");
    const Json replies = Json::parse(script.to_json())["replies"];
    EXPECT_EQ(replies[0], "plain");
    Script again(1);
    ASSERT_EQ(again.apply(Json{{"replies", replies}}.dump()), "");
    const ScriptedReply* reply = again.reply("x");
    ASSERT_EQ(reply->calls.size(), 2u);
    EXPECT_EQ(reply->calls[0].input_json, R"({"b":1})");
    EXPECT_EQ(reply->calls[1].input_json, "{half");
    EXPECT_EQ(reply->stop_reason, "max_tokens");
    EXPECT_THAT(script.apply(R"({"replies":[{"tool_calls":[{"input":{}}]}]})"), HasSubstr("name"));
    EXPECT_THAT(script.apply(R"({"replies":[{"tool_calls":[{"name":"a","args":{}}]}]})"), HasSubstr("args"));
}

TEST(SandboxScript, CountsTurnsPerConnectionUnlessShared) {
    Script script(1);
    ASSERT_EQ(script.apply(R"({"transcripts":["a","b"]})"), "");
    EXPECT_EQ(script.transcript(1), "b");
    ASSERT_EQ(script.apply(R"({"transcripts_shared":true})"), "");
    EXPECT_EQ(script.transcript(1), "a");
    script.transcript_used();
    EXPECT_EQ(script.transcript(0), "b");
}

TEST(SandboxReport, CountsViolationsByRuleAndForgetsThemOnReset) {
    Report report;
    report.violation("claude", 3, "unknown_key", "voice");
    report.violation("claude", 4, "unknown_key", "voice");
    report.warning("claude", 4, "odd", "x");
    const Json json = Json::parse(report.to_json());
    EXPECT_EQ(json["violation_count"], 2);
    EXPECT_EQ(json["violations_by_rule"]["claude: unknown_key"], 2);
    EXPECT_EQ(json["violations"][1]["connection"], 4);
    EXPECT_EQ(json["warning_count"], 1);
    report.reset();
    EXPECT_EQ(report.violations(), 0u);
}

TEST(SandboxReport, TellsHowLongAServiceWasWithoutAConnection) {
    Report report;
    const auto first = report.connection("deepgram_v2", 1);
    EXPECT_FALSE(first->since_previous_ms);
    report.connection_closed(*first);
    EXPECT_TRUE(report.connection("deepgram_v2", 2)->since_previous_ms);
}

TEST(SandboxTarget, DecodesTheQueryInOrder) {
    Request request;
    read_target("/v1/listen?keyterm=a%20b&keyterm=c+d&x", request);
    EXPECT_EQ(request.path, "/v1/listen");
    ASSERT_EQ(request.query.size(), 3u);
    EXPECT_EQ(request.query[0].second, "a b");
    EXPECT_EQ(request.query[1].second, "c d");
    EXPECT_EQ(request.query[2].second, "");
    EXPECT_TRUE(request.query_problems.empty());
    read_target("/?a=%4", request);
    EXPECT_FALSE(request.query_problems.empty());
}

}  // namespace
}  // namespace atlas::sandbox
