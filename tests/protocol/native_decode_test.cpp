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
    expect_message(R"({"t":"tool.result","id":1})", UnknownMessage{"tool.result"});
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

}  // namespace
}  // namespace atlas::protocol
