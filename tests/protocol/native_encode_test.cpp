#include "atlas/protocol/native_codec.hpp"
#include "support/schema_check.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cmath>

namespace atlas::protocol {
namespace {

using nlohmann::json;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

std::string encode(const ServerMessage& message, std::uint64_t seq = 7) {
    return NativeCodec().encode(message, seq);
}

// Each message with every optional member.
std::vector<ServerMessage> full_messages() {
    Ready ready{"c_1",
                ResumeOffer{"r1.x", 30000},
                {audio::Codec::opus, 48000, 20},
                {audio::Codec::pcm16, 24000, 40},
                15000,
                {65536, 4000, 3600, 10000, 32},
                {"fra", "m1", "0.1.0"},
                true,
                12};
    return {ready,
            State{CallState::thinking, 2},
            UserSpeech{false, 4160},
            UserTranscript{2, 3, "What is", 4, true, 0.5, true},
            TurnStart{2, TurnReason::notice},
            AgentText{2, 0, "It is", 0},
            ToolCall{2, "toolu_1", "find", R"({"city":{"name":"Vienna"}})", 5000},
            ToolCancel{"toolu_1", "timeout"},
            ConfigOk{12},
            AudioFlush{2, FlushReason::cancelled, 1480},
            TurnEnd{2,
                    TurnStatus::interrupted,
                    "barge_in",
                    "What?",
                    "It",
                    "It is noon.",
                    {{"end_of_turn", 260}, {"asked", 0}},
                    {120, 1840, 96, 31},
                    0.001152,
                    {2, true, 310},
                    1,
                    2,
                    {{false, 1640, "tool"}, {true, 1800, "speech"}},
                    {"mhm"},
                    420,
                    {{"find", 1210, "ok"}}},
            Ping{86400123},
            Pong{1763920000123, 86400140},
            Warning{"unknown_type", "…", 8},
            Error{ErrorCode::at_capacity, "full", true, "field", 5000, 9},
            GoingAway{20000, GoingAwayReason::deploy, 350},
            Closed{CloseReason::user, {48210, 3, 47900, 12480, {410, 5520, 388, 104}, 0.0141}}};
}

// The same with nothing optional.
std::vector<ServerMessage> bare_messages() {
    Ready ready;
    ready.call_id = "c_1";
    return {ready,
            AgentText{1, 0, "", {}},
            TurnEnd{1, TurnStatus::completed, "", "", "", "", {}},
            ConfigOk{},
            ToolCall{1, "c", "n", "{}", 1},
            Pong{1, {}},
            Warning{"x", "y", {}},
            Error{ErrorCode::internal, "z", true, "", {}, {}}};
}

TEST(NativeEncode, KeepsToTheSchemas) {
    const auto schemas = test::server_schemas();
    std::set<std::string> types;
    for (const auto& message : full_messages()) {
        EXPECT_EQ(schemas.find_problem(encode(message)), std::nullopt) << encode(message);
        types.insert(json::parse(encode(message)).at("t").get<std::string>());
    }
    for (const auto& message : bare_messages()) {
        EXPECT_EQ(schemas.find_problem(encode(message)), std::nullopt) << encode(message);
    }
    EXPECT_EQ(types.size(), std::variant_size_v<ServerMessage>);
    EXPECT_EQ(types.size(), schemas.types().size());
}

TEST(NativeEncode, KeepsToTheSchemasWithEveryErrorCodeAndEnumerator) {
    const auto schemas = test::server_schemas();
    std::vector<ServerMessage> messages;
    for (const auto& line : error_codes()) messages.push_back(Error{line.code, "x", line.fatal, "", {}, {}});
    for (int i = 0; i <= static_cast<int>(CallState::ended); ++i)
        messages.push_back(State{static_cast<CallState>(i), 0});
    for (int i = 0; i <= static_cast<int>(TurnReason::inject); ++i)
        messages.push_back(TurnStart{1, static_cast<TurnReason>(i)});
    for (int i = 0; i <= static_cast<int>(FlushReason::error); ++i)
        messages.push_back(AudioFlush{1, static_cast<FlushReason>(i), 0});
    for (int i = 0; i <= static_cast<int>(TurnStatus::failed); ++i)
        messages.push_back(TurnEnd{1, static_cast<TurnStatus>(i), "", "", "", "", {}});
    for (int i = 0; i <= static_cast<int>(GoingAwayReason::rebalance); ++i)
        messages.push_back(GoingAway{1, static_cast<GoingAwayReason>(i), 0});
    for (int i = 0; i <= static_cast<int>(CloseReason::failed); ++i)
        messages.push_back(Closed{static_cast<CloseReason>(i), {}});
    for (const auto& message : messages)
        EXPECT_EQ(schemas.find_problem(encode(message)), std::nullopt) << encode(message);
}

TEST(NativeEncode, BeginsWithTypeAndNumber) {
    EXPECT_EQ(encode(State{CallState::user_speaking, 2}, 9),
              R"({"t":"state","s":9,"state":"user_speaking","turn":2})");
}

TEST(NativeEncode, WritesTheMembersOfReadyWhereTheDocumentHasThem) {
    const json ready = json::parse(encode(full_messages().front(), 1));
    EXPECT_EQ(ready.at("audio").at("in"), (json{{"codec", "opus"}, {"rate", 48000}, {"frame_ms", 20}}));
    EXPECT_EQ(ready.at("audio").at("out"), (json{{"codec", "pcm16"}, {"rate", 24000}, {"frame_ms", 40}}));
    EXPECT_EQ(ready.at("resume"), (json{{"token", "r1.x"}, {"ttl_ms", 30000}}));
    EXPECT_EQ(ready.at("limits").at("max_call_s"), 3600);
    EXPECT_EQ(ready.at("replay_from"), 12);
}

TEST(NativeEncode, KeepsTheStagesInTheOrderOfTime) {
    TurnEnd end{
        1, TurnStatus::completed, "", "a", "b", "b", {{"first_text", 3}, {"asked", 1}, {"audible", 2}}};
    EXPECT_THAT(encode(end), HasSubstr(R"("stages_ms":{"first_text":3,"asked":1,"audible":2})"));
}

TEST(NativeEncode, WritesTheRecordOfATurnAsTheDocumentHasIt) {
    TurnEnd end;
    end.turn = 1;
    end.tokens.output = 9;
    end.cost_usd = 0.0012345678;
    end.speculation = {1, false, 0};
    end.retries = 1;
    end.silences = {{true, 1600, "speech"}};
    end.ignored = {"mhm", "ja"};
    end.paused_ms = 5;
    end.tools = {{"find", 12, "timeout"}};
    EXPECT_EQ(
        encode(end),
        R"({"t":"turn.end","s":7,"turn":1,"status":"completed","user_text":"","heard_text":"","full_text":"",)"
        R"("stages_ms":{},"tokens":{"input":0,"cache_read":0,"cache_written":0,"output":9},"cost_usd":0.001235,)"
        R"("speculation":{"tries":1,"hit":false,"saved_ms":0},"retries":1,)"
        R"("silences":[{"at":"in_reply","ms":1600,"reason":"speech"}],"ignored":["mhm","ja"],"paused_ms":5,)"
        R"("tools":[{"name":"find","ms":12,"outcome":"timeout"}]})");
}

TEST(NativeEncode, LeavesOutOfTheRecordWhatIsEmptyOrZero) {
    TurnEnd end;
    end.turn = 1;
    for (const double cost : {0.0, 1e-7, -0.5, std::nan(""), HUGE_VAL}) {
        end.cost_usd = cost;
        EXPECT_EQ(encode(end),
                  R"({"t":"turn.end","s":7,"turn":1,"status":"completed","user_text":"","heard_text":"",)"
                  R"("full_text":"","stages_ms":{}})")
            << cost;
    }
    EXPECT_EQ(encode(Closed{}), R"({"t":"closed","s":7,"reason":"user","usage":)"
                                R"({"duration_ms":0,"turns":0,"audio_in_ms":0,"audio_out_ms":0}})");
}

TEST(NativeEncode, MentionsThatATranscriptIsIgnoredOnlyWhenItIs) {
    UserTranscript transcript;
    EXPECT_THAT(encode(transcript), Not(HasSubstr("ignored")));
    transcript.ignored = true;
    EXPECT_THAT(encode(transcript), HasSubstr(R"("ignored":true)"));
}

TEST(NativeEncode, KeepsTheArgumentsOfAToolInTheOrderTheModelWroteThem) {
    EXPECT_EQ(
        encode(ToolCall{2, "toolu_1", "find", R"({ "z": 1, "a": [ "é" ] })", 5000}),
        R"({"t":"tool.call","s":7,"turn":2,"call":"toolu_1","name":"find","arguments":{"z":1,"a":["é"]},"timeout_ms":5000})");
}

TEST(NativeEncode, SendsNoArgumentsThatAreNoObject) {
    const std::string deep =
        std::string(max_tool_json_depth - 1, '[') + std::string(max_tool_json_depth - 1, ']');
    EXPECT_TRUE(is_tool_arguments("{}"));
    EXPECT_TRUE(is_tool_arguments(R"({"a":)" + deep + "}"));
    const std::string huge = R"({"a":")" + std::string(max_tool_arguments_bytes, 'x') + R"("})";
    for (const std::string& arguments :
         std::vector<std::string>{"", "[]", "null", R"({"a":)", "{\"a\":\"\xFF\"}", R"({"a":1e999})",
                                  R"({"a":[)" + deep + "]}", huge}) {
        EXPECT_FALSE(is_tool_arguments(arguments)) << arguments.substr(0, 100);
        EXPECT_THAT(encode(ToolCall{1, "c", "n", arguments, 1}), HasSubstr(R"("arguments":{},)"));
    }
}

TEST(NativeEncode, LeavesOutWhatIsNotKnown) {
    EXPECT_EQ(encode(AgentText{1, 0, "Hi", {}}), R"({"t":"agent.text","s":7,"turn":1,"seg":0,"text":"Hi"})");
    EXPECT_EQ(encode(Error{ErrorCode::bad_field, "m", false, "", {}, {}}),
              R"({"t":"error","s":7,"code":"bad_field","message":"m","fatal":false})");
}

TEST(NativeEncode, WritesTextThatIsNotUtf8AsReplacementCharacters) {
    EXPECT_EQ(json::parse(encode(AgentText{1,
                                           0,
                                           "a\xFF"
                                           "b",
                                           {}}))
                  .at("text"),
              "a\xEF\xBF\xBD"
              "b");
}

TEST(NativeEncode, WritesAConfidenceThatIsNoNumberAsZero) {
    EXPECT_EQ(json::parse(encode(UserTranscript{1, 1, "", 0, false, std::nan("")})).at("confidence"), 0.0);
    EXPECT_EQ(json::parse(encode(UserTranscript{1, 1, "", 0, false, 1.01})).at("confidence"), 1.0);
}

TEST(NativeEncode, StaysBelow64KiBWhateverWasSaid) {
    for (const std::string piece : {"Straßenbahn ", "\"\\", "\x01", "\xFF", "\xED\xA0\x80", "😀"}) {
        std::string endless;
        while (endless.size() < 100'000) endless += piece;
        TurnEnd end{1, TurnStatus::failed, endless, endless, endless, endless, {}};
        end.silences.assign(1000, {false, 9'000'000, endless});
        end.ignored.assign(1000, endless);
        end.tools.assign(1000, {endless, 9'000'000, endless});
        const std::string text = encode(end);
        EXPECT_EQ(test::server_schemas().find_problem(text), std::nullopt) << piece;
        EXPECT_LT(text.size(), std::size_t{64 * 1024}) << piece;
        EXPECT_GT(text.size(), std::size_t{40 * 1024}) << piece;
        EXPECT_THAT(json::parse(text).at("full_text").get<std::string>(), EndsWith("…"));
    }
}

}  // namespace
}  // namespace atlas::protocol
