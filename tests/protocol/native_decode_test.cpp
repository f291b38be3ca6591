#include "atlas/protocol/native_codec.hpp"

#include <gtest/gtest.h>

namespace atlas::protocol {
namespace {

ReceivedMessage decode(std::string_view text) {
    auto decoded = NativeCodec().decode_text(text);
    if (const auto* error = std::get_if<ProtocolError>(&decoded)) {
        ADD_FAILURE() << text << "\n" << error->message;
        return {};
    }
    return std::get<ReceivedMessage>(std::move(decoded));
}

template <typename Message>
void expect_message(std::string_view text, const Message& expected) {
    const ClientMessage message = decode(text).message;
    ASSERT_TRUE(std::holds_alternative<Message>(message)) << text;
    EXPECT_TRUE(std::get<Message>(message) == expected) << text;
}

TEST(NativeDecode, ReadsAHelloWithEverything) {
    Hello expected;
    expected.client = {"ios 26.1", "3.2.0", "wifi"};
    expected.audio_in = {{"opus", 48000, 20}, {"g722", 8000, 30}};
    expected.audio_out = {{"pcm16", 24000, 40}};
    expected.features = {"captions"};
    expected.resume = ResumeRequest{"r1.Zm9v", 41, 3, 1200, 4294967295};
    expected.config = {"Be brief.", {{"a_1", "x"}, {"name", "Ada"}}, "Hello!", "de-AT"};
    expect_message(
        R"({"t":"hello","proto":"atlas.v1","client":{"platform":"ios 26.1","version":"3.2.0","net":"wifi"},
        "audio":{"in":[{"codec":"opus","rate":48000,"frame_ms":20},{"codec":"g722","rate":8000,"frame_ms":30}],
                 "out":[{"codec":"pcm16","rate":24000,"frame_ms":40}]},"features":["captions"],
        "resume":{"token":"r1.Zm9v","last_seq":41,"turn":3,"played_ms":1200,"mic_ts":4294967295},
        "config":{"instructions":"Be brief.","variables":{"name":"Ada","a_1":"x"},"greeting":"Hello!","language":"de-AT"}})",
        expected);
}

TEST(NativeDecode, ReadsAHelloWithNothingButTheProtocol) {
    expect_message(R"({"t":"hello","proto":"atlas.v1"})", Hello{});
}

TEST(NativeDecode, TellsAnEmptyGreetingFromNone) {
    Hello expected;
    expected.config.greeting = "";
    expect_message(R"({"t":"hello","proto":"atlas.v1","config":{"greeting":""}})", expected);
}

Hello hello_with(CallOverrides config) {
    Hello hello;
    hello.config = std::move(config);
    return hello;
}

std::string configured(const std::string& config) {
    return R"({"t":"hello","proto":"atlas.v1","config":{)" + config + "}}";
}

TEST(NativeDecode, ReadsAConfigurationWithEverything) {
    CallOverrides config;
    config.tools = {
        {ToolDeclaration{"find", "Finds.", R"({"properties":{"a":{}},"type":"object"})", false, 100, ""},
         ToolDeclaration{"book-1_B", "", R"({"properties":{},"type":"object"})", true, 120'000,
                         "One moment."}}};
    config.end_call = false;
    config.idle = {"Hello?", 3, 5};
    config.max_duration_s = 86'400;
    config.goodbye = "";
    config.protect_greeting = true;
    config.turns = TurnMode::manual;
    config.speculation = false;
    config.interruption = {true, 5};
    config.context_tokens = 1000;
    expect_message(
        configured(R"("tools":[{"name":"find","description":"Finds.","effect":false,"timeout_ms":100,
        "filler":"","parameters": {"type": "object", "properties": {"a": {}}}},
        {"name":"book-1_B","effect":true,"timeout_ms":120000,"filler":"One moment."}],
        "end_call":false,"idle":{"prompt":"Hello?","after_s":3,"prompts":5},"max_duration_s":86400,"goodbye":"",
        "protect_greeting":true,"turns":"manual","speculation":false,
        "interruption":{"enabled":true,"min_words":5},"context_tokens":1000)"),
        hello_with(config));
}

TEST(NativeDecode, TellsNoToolsFromToolsThatAreNotMentioned) {
    CallOverrides none;
    none.tools.emplace();
    expect_message(configured(R"("tools":[])"), hello_with(none));
    expect_message(
        configured(R"("tools":null,"end_call":null,"idle":null,"max_duration_s":null,"goodbye":null,
        "protect_greeting":null,"turns":null,"speculation":null,"interruption":null,"context_tokens":null)"),
        Hello{});
    expect_message(configured(R"("idle":{"prompt":null},"interruption":{})"), Hello{});
}

TEST(NativeDecode, GivesAToolTheDefaultsThatAreDocumented) {
    CallOverrides config;
    config.tools = {
        {ToolDeclaration{"a", "", R"({"properties":{},"type":"object"})", true, 10'000, std::nullopt}}};
    expect_message(configured(R"("tools":[{"name":"a"}])"), hello_with(config));
    expect_message(configured(R"("tools":[{"name":"a","description":null,"parameters":null,"effect":null,
        "timeout_ms":null,"filler":null}])"),
                   hello_with(config));
}

TEST(NativeDecode, KnowsWhatAClientIsAbleTo) {
    Hello hello;
    EXPECT_FALSE(hello.has_feature(feature_pause));
    hello.features = {"captions", "pause"};
    EXPECT_TRUE(hello.has_feature(feature_pause));
}

TEST(NativeDecode, TakesTheResultOfAToolAsText) {
    const auto result = [](const std::string& json) {
        return R"({"t":"tool.result","call":"c","result":)" + json + "}";
    };
    expect_message(result(R"("21 \u00b0C")"), ToolResult{"c", "21 °C"});
    expect_message(result(R"("")"), ToolResult{"c", ""});
    expect_message(result(R"({ "b": [1, 2.5, null], "a": "x" })"),
                   ToolResult{"c", R"({"a":"x","b":[1,2.5,null]})"});
    expect_message(result("false"), ToolResult{"c", "false"});
    expect_message(result("0"), ToolResult{"c", "0"});
    expect_message(result("null"), ToolResult{"c", "null"});
    expect_message(R"({"t":"tool.result","call":"c","result":1,"error":null})", ToolResult{"c", "1"});
}

TEST(NativeDecode, TellsTheFailureOfAToolFromItsResult) {
    expect_message(R"({"t":"tool.result","call":"c","error":"No such city."})",
                   ToolResult{"c", "No such city.", true});
    expect_message(R"({"t":"tool.result","call":"c","result":null,"error":""})", ToolResult{"c", "", true});
}

TEST(NativeDecode, ReadsAChangeOfTheConfiguration) {
    expect_message(R"({"t":"config"})", ConfigChange{});
    expect_message(
        R"({"t":"config","instructions":"Be brief.","turns":"auto","interruption":{"min_words":2},
        "idle":{"prompts":0},"goodbye":"Bye.","language":"de"})",
        ConfigChange{
            "Be brief.", TurnMode::automatic, {std::nullopt, 2}, {std::nullopt, std::nullopt, 0}, "Bye."});
}

TEST(NativeDecode, ReadsNullAsAbsentWhereAMemberIsOptional) {
    expect_message(
        R"({"t":"hello","s":null,"proto":"atlas.v1","client":null,"audio":{"in":null,"out":null},"features":null,
        "resume":null,"config":{"instructions":null,"variables":null,"greeting":null,"language":null}})",
        Hello{});
    expect_message(R"({"t":"playback","turn":1,"played_ms":5,"buffered_ms":null,"underruns":null})",
                   Playback{1, 5, 0, 0});
}

TEST(NativeDecode, ReadsEachMessageOfACall) {
    expect_message(R"({"t":"playback","turn":2,"played_ms":1240,"buffered_ms":560,"underruns":1})",
                   Playback{2, 1240, 560, 1});
    expect_message(R"({"t":"interrupt","turn":2,"played_ms":1480})", Interrupt{2, 1480});
    expect_message(R"({"t":"interrupt","turn":2})", Interrupt{2, {}});
    expect_message(R"({"t":"input.text","text":"Grüß Gott \ud83d\ude00"})", InputText{"Grüß Gott 😀"});
    expect_message(R"({"t":"input.commit"})", InputCommit{});
    expect_message(R"({"t":"inject","text":"The map is open."})", Inject{"The map is open.", false});
    expect_message(R"({"t":"inject","text":"Paid.","reply":true})", Inject{"Paid.", true});
    expect_message(R"({"t":"ptt","down":true})", PushToTalk{true});
    expect_message(R"({"t":"ptt","down":false})", PushToTalk{false});
    expect_message(R"({"t":"ping","time_ms":1763920000123})", Ping{1763920000123});
    expect_message(R"({"t":"pong","echo_ms":-5,"time_ms":9007199254740991})", Pong{-5, 9007199254740991});
    expect_message(R"({"t":"bye","reason":"hung up"})", Bye{"hung up"});
    expect_message(R"({"t":"bye"})", Bye{});
}

TEST(NativeDecode, IgnoresMembersItDoesNotKnow) {
    expect_message(R"({"t":"playback","turn":2,"played_ms":1,"volume":0.5,"more":{"a":[1]}})",
                   Playback{2, 1, 0, 0});
}

TEST(NativeDecode, PassesOnTypesItDoesNotKnowShortened) {
    expect_message(R"({"t":"mark.ack","id":1})", UnknownMessage{"mark.ack"});
    const auto message = decode(R"({"t":")" + std::string(500, 'x') + R"("})").message;
    EXPECT_LE(std::get<UnknownMessage>(message).type.size(), max_name_chars);
}

TEST(NativeDecode, ReadsTheNumberOfAMessage) {
    EXPECT_EQ(decode(R"({"t":"input.commit","s":17})").seq, 17U);
    EXPECT_EQ(decode(R"({"t":"input.commit"})").seq, std::nullopt);
}

TEST(NativeDecode, TakesAWholeNumberWrittenWithAPoint) {
    expect_message(R"({"t":"playback","turn":1.0,"played_ms":1.24e3})", Playback{1, 1240, 0, 0});
}

TEST(NativeDecode, CountsBracketsInsideStringsAsText) {
    const std::string brackets(200, '[');
    expect_message(R"({"t":"input.text","text":"\"\\)" + brackets + "\"}", InputText{"\"\\" + brackets});
}

TEST(NativeDecode, TakesTheDeepestNestingThatIsAllowed) {
    const std::string open(max_json_depth - 1, '[');
    const std::string close(max_json_depth - 1, ']');
    expect_message(R"({"t":"input.commit","x":)" + open + close + "}", InputCommit{});
}

TEST(NativeDecode, TakesDeeperNestingInSchemasAndResultsOfTools) {
    const auto deep = [](std::size_t levels) { return std::string(levels, '[') + std::string(levels, ']'); };
    expect_message(R"({"t":"tool.result","call":"c","result":)" + deep(max_tool_json_depth - 1) + "}",
                   ToolResult{"c", deep(max_tool_json_depth - 1)});
    const std::string schema = R"({"enum":)" + deep(max_tool_json_depth - 5) + R"(,"type":"object"})";
    const auto message = decode(configured(R"("tools":[{"name":"a","parameters":)" + schema + "}]")).message;
    EXPECT_EQ(std::get<Hello>(message).config.tools->front().parameters, schema);
}

}  // namespace
}  // namespace atlas::protocol
