#include "call/client_message.hpp"
#include "call/server_message.hpp"
#include "support/schema_check.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace atlas::caller {
namespace {

using testing::HasSubstr;
using testing::Not;

template <class Message>
Message parse(std::string_view text) {
    auto received = parse_server_message(text);
    EXPECT_EQ(received.problem, "");
    EXPECT_TRUE(std::holds_alternative<Message>(received.message)) << text;
    const auto* message = std::get_if<Message>(&received.message);
    return message == nullptr ? Message{} : *message;
}

std::string problem_of(std::string_view text) { return parse_server_message(text).problem; }

constexpr std::string_view ready = R"({"t": "ready", "s": 1, "call_id": "c_7Q",
    "resume": {"token": "r1.Zm9v", "ttl_ms": 30000},
    "audio": {"in": {"codec": "opus", "rate": 16000, "frame_ms": 20}, "out": {"codec": "pcm16", "rate": 24000, "frame_ms": 40}},
    "heartbeat_ms": 15000, "limits": {}, "server": {"region": "fra", "machine": "32", "version": "0.1.0"}, "resumed": false})";

TEST(ServerMessage, ReadsReady) {
    const auto message = parse<Ready>(ready);
    EXPECT_EQ(message.call_id, "c_7Q");
    EXPECT_EQ(message.audio_in, (audio::AudioFormat{audio::Codec::opus, 16000, 20}));
    EXPECT_EQ(message.audio_out, (audio::AudioFormat{audio::Codec::pcm16, 24000, 40}));
    EXPECT_EQ(message.heartbeat_ms, 15000);
    EXPECT_EQ(message.region, "fra");
    EXPECT_FALSE(message.resumed);
}

TEST(ServerMessage, KeepsReadyForTheReportWithoutTheSecretToken) {
    const auto message = parse<Ready>(ready);
    EXPECT_THAT(message.json, HasSubstr(R"("call_id":"c_7Q")"));
    EXPECT_THAT(message.json, HasSubstr(R"("ttl_ms":30000)"));
    EXPECT_THAT(message.json, Not(HasSubstr("r1.Zm9v")));
}

TEST(ServerMessage, ReadsTurnEndWithItsStagesInTheOrderOfTime) {
    const auto end =
        parse<TurnEnd>(R"({"t": "turn.end", "s": 17, "turn": 2, "status": "interrupted", "reason": "barge_in",
        "user_text": "What?", "heard_text": "It is", "full_text": "It is sunny.",
        "stages_ms": {"end_of_turn": 260, "asked": 0, "response": 981, "a_new_one": 5}})");
    EXPECT_EQ(end.turn, 2u);
    EXPECT_EQ(end.status, "interrupted");
    EXPECT_EQ(end.reason, "barge_in");
    EXPECT_EQ(end.heard_text, "It is");
    EXPECT_EQ(end.stages_ms,
              (Stages{{"end_of_turn", 260}, {"asked", 0}, {"response", 981}, {"a_new_one", 5}}));
}

TEST(ServerMessage, ReadsTheOthers) {
    EXPECT_EQ(parse<State>(R"({"t":"state","s":9,"state":"thinking","turn":2})").state, "thinking");
    EXPECT_EQ(parse<UserSpeech>(R"({"t":"user.speech","s":5,"state":"started","at_ms":4160})").at_ms, 4160);
    const auto words = parse<UserTranscript>(
        R"({"t":"user.transcript","s":7,"turn":2,"rev":3,"text":"What is","stable_chars":4,"final":true,"confidence":0.94})");
    EXPECT_EQ(words.text, "What is");
    EXPECT_EQ(words.rev, 3u);
    EXPECT_TRUE(words.final);
    EXPECT_EQ(parse<TurnStart>(R"({"t":"turn.start","s":10,"turn":2,"reason":"user"})").reason, "user");
    EXPECT_EQ(parse<AgentText>(R"({"t":"agent.text","s":12,"turn":2,"seg":0,"text":"It is"})").text, "It is");
    const auto flush =
        parse<AudioFlush>(R"({"t":"audio.flush","s":15,"turn":2,"reason":"barge_in","keep_ms":1480})");
    EXPECT_EQ(flush.keep_ms, 1480);
    EXPECT_EQ(parse<Ping>(R"({"t":"ping","s":18,"time_ms":86400123})").time_ms, 86400123);
    EXPECT_EQ(parse<Error>(R"({"t":"error","s":2,"code":"idle","message":"m","fatal":true})").fatal, true);
    EXPECT_EQ(parse<Closed>(R"({"t":"closed","s":23,"reason":"user","usage":{"turns":3}})").usage,
              R"({"turns":3})");
    EXPECT_EQ(parse<UnknownMessage>(R"({"t":"tool.call","s":24})").type, "tool.call");
}

TEST(ServerMessage, IgnoresMembersItDoesNotKnow) {
    EXPECT_EQ(parse<State>(R"({"t":"state","s":9,"state":"dreaming","turn":2,"depth":[1,{}]})").state,
              "dreaming");
}

TEST(ServerMessage, NamesTheMemberAndTheRuleThatIsBroken) {
    EXPECT_EQ(problem_of("noise"), "a text message must be a JSON object");
    EXPECT_EQ(problem_of("[]"), "a text message must be a JSON object");
    EXPECT_EQ(problem_of("{}"), "a message: `t` must be a string; it is missing");
    EXPECT_EQ(problem_of(R"({"t":"state","s":1,"turn":1})"),
              "\"state\": `state` must be a string; it is missing");
    EXPECT_EQ(problem_of(R"({"t":"state","s":1,"state":5,"turn":1})"), "\"state\": `state` must be a string");
    EXPECT_THAT(problem_of(R"({"t":"turn.start","s":1,"turn":4294967296,"reason":"user"})"),
                HasSubstr("`turn`"));
    EXPECT_THAT(problem_of(R"({"t":"turn.start","s":1,"turn":-1,"reason":"user"})"), HasSubstr("`turn`"));
    EXPECT_THAT(problem_of(R"({"t":"turn.start","s":1,"turn":1.5,"reason":"user"})"), HasSubstr("`turn`"));
    EXPECT_THAT(problem_of(R"({"t":"ping","time_ms":5})"), HasSubstr("`s`"));
    EXPECT_THAT(
        problem_of(
            R"({"t":"ready","s":1,"call_id":"c","audio":{"in":{"codec":"mp3","rate":1,"frame_ms":2}}})"),
        HasSubstr("`audio.in.codec` must be pcm16 or opus"));
}

TEST(ClientMessage, EveryOneIsAsDocumented) {
    CallerHello hello;
    hello.version = "0.1.0";
    hello.instructions = "Be brief.";
    hello.greeting = "";
    hello.language = "de-AT";
    const auto schemas = test::client_schemas();
    for (const std::string& message :
         {write_hello(hello, 1), write_hello(CallerHello{}, 1), write_playback({2, 1240, 560, 1}, 2),
          write_input_text("Two nights.", 3), write_pong(86400123, 4), write_bye("done", 5)}) {
        EXPECT_EQ(schemas.find_problem(message), std::nullopt) << message;
    }
}

TEST(ClientMessage, WhatIsNotUtf8IsReplaced) {
    EXPECT_THAT(write_input_text("caf\xE9", 1), HasSubstr("caf\xEF\xBF\xBD"));
}

TEST(ClientMessage, WritesTheAudioHeaderAsTheDocumentShowsIt) {
    // 20 ms of pcm16 at 16000 Hz, the second message: client-protocol.md §6.
    const auto bytes = write_audio_header({.kind = 1, .flags = 0, .stream = 0, .timestamp = 320});
    EXPECT_THAT(bytes, testing::ElementsAre(std::byte{1}, std::byte{0}, std::byte{0}, std::byte{0},
                                            std::byte{0x40}, std::byte{1}, std::byte{0}, std::byte{0}));
    const auto header = read_audio_header(bytes);
    ASSERT_TRUE(header);
    EXPECT_EQ(header->timestamp, 320u);
    EXPECT_FALSE(read_audio_header(std::span(bytes).first(7)));
}

}  // namespace
}  // namespace atlas::caller
