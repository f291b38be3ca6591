#include "protocol/refusals.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

// Refusals of what configures a call and of what tools answer.
namespace atlas::protocol {
namespace {

using testing::HasSubstr;

ProtocolError refused_config(const std::string& members) {
    return refused_hello(R"("config":{)" + members + "}");
}

ProtocolError refused_tool(const std::string& members) {
    return refused_config(R"("tools":[{"name":"a"},{)" + members + "}]");
}

TEST(NativeConfigRefusal, WantsANameForEachToolThatIsItsOwn) {
    EXPECT_EQ(refused_tool(R"("description":"x")").message,
              "`config.tools[1].name` must be a string; received nothing");
    for (const std::string name : {"", "a b", "a.b", "ä", "a/b", "a\\u0000"}) {
        const ProtocolError error = refused_tool(R"("name":")" + name + "\"");
        EXPECT_EQ(error.field, "config.tools[1].name") << name;
        EXPECT_THAT(error.message, HasSubstr("must be 1 to 64 letters, digits, _ and -; received \""))
            << name;
    }
    expect_refusal(
        refused_tool(R"("name":"a")"), ErrorCode::bad_field, "config.tools[1].name",
        R"(`config.tools[1].name` must be another than those of the tools before it; received "a")");
    expect_refusal(
        refused_tool(R"("name":"end_call")"), ErrorCode::bad_field, "config.tools[1].name",
        R"(`config.tools[1].name` must be another than that of the built-in tool; received "end_call")");
    EXPECT_EQ(refused_tool(R"("name":")" + std::string(65, 'x') + "\"").code, ErrorCode::text_too_long);
}

TEST(NativeConfigRefusal, WantsParametersThatAreASchemaOfAnObject) {
    const auto refused = [](const std::string& parameters) {
        return refused_tool(R"("name":"b","parameters":)" + parameters);
    };
    expect_refusal(refused("[]"), ErrorCode::bad_field, "config.tools[1].parameters",
                   "`config.tools[1].parameters` must be an object; received an array of 0");
    expect_refusal(
        refused(R"({"properties":{}})"), ErrorCode::bad_field, "config.tools[1].parameters",
        R"(`config.tools[1].parameters` must be a JSON Schema with "type":"object"; received one without type)");
    expect_refusal(
        refused(R"({"type":"array"})"), ErrorCode::bad_field, "config.tools[1].parameters",
        R"(`config.tools[1].parameters` must be a JSON Schema with "type":"object"; received one with type the string "array")");
    const std::string filled =
        R"({"title":")" + std::string(max_tool_parameters_bytes - 27, 'x') + R"(","type":"object"})";
    expect_refusal(
        refused(filled), ErrorCode::text_too_long, "config.tools[1].parameters",
        "`config.tools[1].parameters` must be at most 8192 bytes of compact JSON; received 8193 bytes");
}

TEST(NativeConfigRefusal, NamesTheMemberOfAToolThatIsWrong) {
    EXPECT_EQ(refused_config(R"("tools":{})").field, "config.tools");
    EXPECT_EQ(refused_config(R"("tools":["a"])").field, "config.tools[0]");
    EXPECT_EQ(refused_tool(R"("name":"b","description":5)").field, "config.tools[1].description");
    expect_refusal(refused_tool(R"("name":"b","effect":"no")"), ErrorCode::bad_field,
                   "config.tools[1].effect",
                   "`config.tools[1].effect` must be true or false; received the string \"no\"");
    for (const std::string value : {"99", "120001", "1.5", "\"1s\""}) {
        EXPECT_THAT(
            refused_tool(R"("name":"b","timeout_ms":)" + value).message,
            HasSubstr("`config.tools[1].timeout_ms` must be a whole number from 100 to 120000; received"));
    }
    const std::string filler(301, 'x');
    EXPECT_EQ(refused_tool(R"("name":"b","filler":")" + filler + "\"").code, ErrorCode::text_too_long);
    const std::string description(2001, 'x');
    EXPECT_EQ(refused_tool(R"("name":"b","description":")" + description + "\"").field,
              "config.tools[1].description");
}

TEST(NativeConfigRefusal, TakesNoMoreToolsThanItsLimits) {
    std::string many = R"({"name":"t"})";
    for (int i = 0; i < 32; ++i) many += R"(,{"name":"t)" + std::to_string(i) + "\"}";
    EXPECT_THAT(refused_config(R"("tools":[)" + many + "]").message, HasSubstr("an array of 33"));
    std::string large;
    for (int i = 0; i < 5; ++i) {
        large += (i == 0 ? "" : ",") + (R"({"name":"t)" + std::to_string(i)) +
                 R"(","parameters":{"type":"object","title":")" + std::string(8000, 'x') + R"("}})";
    }
    expect_refusal(refused_config(R"("tools":[)" + large + "]"), ErrorCode::text_too_long, "config.tools",
                   "`config.tools` must be at most 32768 bytes of text in all; received 40150 bytes");
}

TEST(NativeConfigRefusal, NamesTheMemberOfTheConfigurationThatIsWrong) {
    const std::vector<std::pair<std::string, std::string>> wrong{
        {R"("end_call":1)", "config.end_call"},
        {R"("idle":true)", "config.idle"},
        {R"("idle":{"prompt":1})", "config.idle.prompt"},
        {R"("idle":{"after_s":2})", "config.idle.after_s"},
        {R"("idle":{"after_s":601})", "config.idle.after_s"},
        {R"("idle":{"prompts":6})", "config.idle.prompts"},
        {R"("idle":{"prompts":-1})", "config.idle.prompts"},
        {R"("max_duration_s":9)", "config.max_duration_s"},
        {R"("max_duration_s":86401)", "config.max_duration_s"},
        {R"("goodbye":false)", "config.goodbye"},
        {R"("protect_greeting":"yes")", "config.protect_greeting"},
        {R"("turns":"automatic")", "config.turns"},
        {R"("turns":1)", "config.turns"},
        {R"("speculation":0)", "config.speculation"},
        {R"("interruption":"none")", "config.interruption"},
        {R"("interruption":{"enabled":"no"})", "config.interruption.enabled"},
        {R"("interruption":{"min_words":0})", "config.interruption.min_words"},
        {R"("interruption":{"min_words":6})", "config.interruption.min_words"},
        {R"("context_tokens":999)", "config.context_tokens"},
        {R"("context_tokens":200001)", "config.context_tokens"},
    };
    for (const auto& [members, field] : wrong) EXPECT_EQ(refused_config(members).field, field) << members;
    EXPECT_EQ(refused_config(R"("turns":"push")").message,
              R"(`config.turns` must be "auto" or "manual"; received the string "push")");
}

TEST(NativeConfigRefusal, TakesAChangeOfTheConfigurationByTheSameRules) {
    EXPECT_EQ(refusal(R"({"t":"config","idle":{"after_s":1}})").field, "idle.after_s");
    EXPECT_EQ(refusal(R"({"t":"config","interruption":{"min_words":9}})").field, "interruption.min_words");
    EXPECT_EQ(refusal(R"({"t":"config","turns":"x","s":3})").ref, 3U);
    EXPECT_EQ(refusal(R"({"t":"config","goodbye":[]})").field, "goodbye");
    EXPECT_EQ(refusal(R"({"t":"config","instructions":")" + std::string(32769, 'x') + "\"}").field,
              "instructions");
}

TEST(NativeConfigRefusal, WantsEitherAResultOfAToolOrAnError) {
    expect_refusal(refusal(R"({"t":"tool.result","call":"c"})"), ErrorCode::bad_field, "result",
                   "`result` must be present, or else `error`; received neither");
    EXPECT_EQ(refusal(R"({"t":"tool.result","call":"c","error":null})").field, "result");
    expect_refusal(refusal(R"({"t":"tool.result","call":"c","result":[1],"error":"x"})"),
                   ErrorCode::bad_field, "result",
                   "`result` must be absent when there is an `error`; received an array of 1");
    EXPECT_EQ(refusal(R"({"t":"tool.result","call":"c","error":{"code":5}})").field, "error");
    EXPECT_EQ(refusal(R"({"t":"tool.result","result":1})").field, "call");
    EXPECT_EQ(refusal(R"({"t":"tool.result","call":"","result":1})").field, "call");
    EXPECT_EQ(refusal(R"({"t":"tool.result","call":7,"result":1})").field, "call");
}

TEST(NativeConfigRefusal, TakesNoResultOfAToolAboveItsLimit) {
    const auto answer = [](const std::string& member) {
        return R"({"t":"tool.result","call":"c",)" + member + "}";
    };
    const std::string text(max_tool_result_bytes + 1, 'x');
    expect_refusal(refusal(answer(R"("result":")" + text + "\"")), ErrorCode::text_too_long, "result",
                   "`result` must be at most 16384 bytes of text; received 16385 bytes");
    EXPECT_THAT(refusal(answer(R"("result":[")" + text.substr(4) + "\"]")).message,
                HasSubstr("received 16385 bytes"));
    EXPECT_EQ(refusal(answer(R"("error":")" + std::string(2001, 'x') + "\"")).code, ErrorCode::text_too_long);
    EXPECT_EQ(refusal(R"({"t":"tool.result","result":1,"call":")" + std::string(129, 'x') + "\"}").field,
              "call");
}

TEST(NativeConfigRefusal, WantsWordsToInject) {
    EXPECT_EQ(refusal(R"({"t":"inject"})").field, "text");
    EXPECT_EQ(refusal(R"({"t":"inject","text":" \n"})").message,
              R"(`text` must be more than white space; received " \n")");
    EXPECT_EQ(refusal(R"({"t":"inject","text":"x","reply":1})").field, "reply");
    EXPECT_EQ(refusal(R"({"t":"inject","text":")" + std::string(4001, 'x') + "\"}").code,
              ErrorCode::text_too_long);
}

TEST(NativeConfigRefusal, WantsToKnowWhetherTheButtonIsDown) {
    expect_refusal(refusal(R"({"t":"ptt"})"), ErrorCode::bad_field, "down",
                   "`down` must be true or false; received nothing");
    EXPECT_EQ(refusal(R"({"t":"ptt","down":null})").message, "`down` must be true or false; received null");
    EXPECT_EQ(refusal(R"({"t":"ptt","down":1})").field, "down");
}

}  // namespace
}  // namespace atlas::protocol
