#include "call_virtual_caller.hpp"

#include <gmock/gmock.h>

// Calls that go well, and those that do not go as they were meant.
namespace atlas::caller {
namespace {

using test::Json;
using testing::HasSubstr;
using testing::IsEmpty;

TEST_F(VirtualCallerTest, OffersItsFormatsAndAsksForTheSubprotocol) {
    plan.headers.add("Authorization", "Bearer key");
    call();
    EXPECT_EQ(gateway.peer().request.url, "ws://gateway.test/v1/voice");
    EXPECT_EQ(gateway.peer().request.subprotocol, "atlas.v1");
    EXPECT_EQ(gateway.peer().request.headers.find("authorization"), "Bearer key");
    ASSERT_EQ(gateway.received("hello").size(), 1u);
    EXPECT_EQ(gateway.received("hello")[0].at("audio").at("in")[0].at("rate"), 16000);
}

TEST_F(VirtualCallerTest, SendsNoSoundBeforeReadyAndSilenceFromThenOn) {
    gateway.answers_hello = false;
    call();
    loop.advance(100ms);
    EXPECT_EQ(gateway.frames(), 0u);
    gateway.say(gateway.ready);
    loop.advance(200ms);
    EXPECT_EQ(gateway.frames(), 10u);
    EXPECT_THAT(gateway.loud_frames(), IsEmpty());
}

TEST_F(VirtualCallerTest, SaysTheFileInRealTimeWhenNoGreetingComes) {
    call();
    const auto began = loop.now();
    loop.advance(2s);
    const auto loud = gateway.loud_frames();
    ASSERT_EQ(loud.size(), 25u);
    EXPECT_EQ(loud.front(), began + 720ms);
    EXPECT_EQ(loud.back(), began + 1200ms);
    EXPECT_EQ(gateway.frames(), 100u) << "silence goes on";
    EXPECT_EQ(gateway.last_header.timestamp, 99u * 320u);
}

TEST_F(VirtualCallerTest, HearsTheGreetingBeforeItSpeaks) {
    call();
    const auto began = loop.now();
    gateway.reply(1, "greeting", 1000ms);
    loop.advance(1000ms);
    gateway.end(1);
    loop.advance(1s);
    ASSERT_FALSE(gateway.loud_frames().empty());
    EXPECT_EQ(gateway.loud_frames().front(), began + 1320ms);
}

TEST_F(VirtualCallerTest, ACallThatGoesWellEndsWithByeAndIsGood) {
    call_and_speak();
    complete_reply(1, 1000ms);
    EXPECT_EQ(over, 0);
    loop.advance(300ms);
    EXPECT_EQ(over, 1);
    ASSERT_EQ(gateway.received("bye").size(), 1u);
    EXPECT_EQ(judge(result()), Verdict::good) << explain(result());
    EXPECT_EQ(result().close_code, 1000);
    EXPECT_EQ(result().close_reason, "user");
    ASSERT_EQ(result().turns.size(), 1u);
    const TurnResult& turn = result().turns[0];
    EXPECT_EQ(turn.user, "What time is it?");
    EXPECT_EQ(turn.agent, "It is noon.");
    EXPECT_EQ(turn.heard, "It is noon.");
    EXPECT_EQ(turn.played_ms, 1000);
    EXPECT_EQ(result().received_ms, 1000);
    EXPECT_EQ(result().heard_ms, 1000);
    EXPECT_THAT(result().problems, IsEmpty());
    EXPECT_THAT(gateway.schema_problems(), IsEmpty());
}

TEST_F(VirtualCallerTest, MeasuresTheWaitFromItsLastWordToTheFirstSound) {
    call();
    loop.advance(700ms + 520ms);  // the last word was said 20 ms ago
    loop.advance(480ms);
    gateway.reply(1, "user", 100ms);
    EXPECT_EQ(result().turns.at(0).response_ms, 500);
}

TEST_F(VirtualCallerTest, ReportsPlaybackWhileItListens) {
    call_and_speak();
    complete_reply(1, 1000ms);
    std::vector<std::int64_t> played;
    for (const Json& report : gateway.received("playback")) played.push_back(report.at("played_ms"));
    EXPECT_THAT(played, testing::ElementsAre(0, 300, 600, 900, 1000));
}

TEST_F(VirtualCallerTest, KeepsTheSoundOnlyWhenItIsWanted) {
    plan.keep_sound = true;
    call_and_speak();
    complete_reply(1, 400ms);
    EXPECT_EQ(line, test::ramp(400 * 24));
}

TEST_F(VirtualCallerTest, TheNextFileFollowsThreeHundredMillisecondsAfterTheReply) {
    plan.utterances.push_back(plan.utterances[0]);
    call_and_speak();
    complete_reply(1, 1000ms);
    const auto heard_at = loop.now();
    gateway.peer().forget_sent();
    loop.advance(1s);
    ASSERT_EQ(gateway.loud_frames().size(), 25u);
    EXPECT_GT(gateway.loud_frames().front(), heard_at + 300ms);
    EXPECT_LE(gateway.loud_frames().front(), heard_at + 320ms);
    complete_reply(2, 500ms);
    loop.advance(300ms);
    EXPECT_EQ(over, 1);
    EXPECT_EQ(judge(result()), Verdict::good) << explain(result());
}

TEST_F(VirtualCallerTest, AnInterruptionThatIsObeyedIsGood) {
    plan.utterances.push_back(plan.utterances[0]);
    plan.utterances[1].interrupts = true;
    plan.times.interrupt_after = 800ms;
    call_and_speak();
    gateway.peer().forget_sent();
    const auto audible_at = loop.now();
    gateway.reply(1, "user", 3000ms);
    loop.advance(1200ms);
    ASSERT_FALSE(gateway.loud_frames().empty());
    EXPECT_GE(gateway.loud_frames().front(), audible_at + 800ms);
    EXPECT_LE(gateway.loud_frames().front(), audible_at + 820ms);
    gateway.flush(1, 1100);
    ASSERT_FALSE(gateway.received("playback").empty());
    EXPECT_EQ(gateway.received("playback").back().at("played_ms"), 1200);
    EXPECT_EQ(gateway.received("playback").back().at("buffered_ms"), 0);
    gateway.end(1, "interrupted", "barge_in");
    loop.advance(500ms);
    complete_reply(2, 500ms);
    loop.advance(300ms);
    EXPECT_EQ(over, 1);
    EXPECT_EQ(judge(result()), Verdict::good) << explain(result());
    EXPECT_EQ(result().turns[0].status, "interrupted");
    EXPECT_EQ(result().turns[0].stop_ms, 400);
    EXPECT_EQ(result().turns[0].played_ms, 1200);
    EXPECT_THAT(gateway.schema_problems(), IsEmpty());
}

TEST_F(VirtualCallerTest, AnInterruptionThatIsNotHeardIsNotGood) {
    plan.utterances.push_back(plan.utterances[0]);
    plan.utterances[1].interrupts = true;
    plan.times.interrupt_after = 800ms;
    call_and_speak();
    complete_reply(1, 3000ms);
    complete_reply(2, 500ms);
    loop.advance(300ms);
    EXPECT_EQ(judge(result()), Verdict::turn_failed);
    EXPECT_THAT(explain(result()), HasSubstr("turn 1 was to be interrupted, but it was completed"));
}

TEST_F(VirtualCallerTest, AReplyTooShortToBeInterruptedIsNotGood) {
    plan.utterances.push_back(plan.utterances[0]);
    plan.utterances[1].interrupts = true;
    plan.times.interrupt_after = 800ms;
    call_and_speak();
    complete_reply(1, 500ms);
    loop.advance(1s);
    complete_reply(2, 500ms);
    loop.advance(300ms);
    EXPECT_EQ(over, 1);
    EXPECT_EQ(judge(result()), Verdict::turn_failed);
    EXPECT_THAT(explain(result()), HasSubstr("before it could be interrupted"));
}

TEST_F(VirtualCallerTest, ATurnThatWasInterruptedByAccidentIsNotGood) {
    call_and_speak();
    gateway.reply(1, "user", 1000ms);
    loop.advance(500ms);
    gateway.flush(1, 500);
    gateway.end(1, "interrupted", "barge_in");
    loop.advance(300ms);
    EXPECT_EQ(over, 1);
    EXPECT_EQ(explain(result()), "turn 1 was interrupted (barge_in)");
}

TEST_F(VirtualCallerTest, AFailedTurnIsNotGood) {
    call_and_speak();
    gateway.state("thinking");
    gateway.say({{"t", "turn.start"}, {"turn", 1}, {"reason", "user"}});
    gateway.end(1, "failed", "language_model_timeout");
    loop.advance(300ms);
    EXPECT_EQ(over, 1);
    EXPECT_EQ(judge(result()), Verdict::turn_failed);
    EXPECT_EQ(explain(result()), "turn 1 failed (language_model_timeout)");
}

TEST_F(VirtualCallerTest, TypesInsteadOfSpeaking) {
    plan.utterances = {{nullptr, "What time is it?", false}};
    call();
    loop.advance(720ms);
    ASSERT_EQ(gateway.received("input.text").size(), 1u);
    EXPECT_EQ(gateway.received("input.text")[0].at("text"), "What time is it?");
    gateway.reply(1, "text", 500ms);
    loop.advance(500ms);
    gateway.end(1);
    loop.advance(300ms);
    EXPECT_EQ(judge(result()), Verdict::good) << explain(result());
    EXPECT_THAT(gateway.loud_frames(), IsEmpty());
}

TEST_F(VirtualCallerTest, AnswersPingAtOnce) {
    call();
    gateway.say({{"t", "ping"}, {"time_ms", 86400123}});
    ASSERT_EQ(gateway.received("pong").size(), 1u);
    EXPECT_EQ(gateway.received("pong")[0].at("echo_ms"), 86400123);
}

TEST_F(VirtualCallerTest, SpeaksOpusBothWays) {
    const audio::AudioFormat opus{audio::Codec::opus, 16000, 20};
    plan.hello.audio_in = plan.hello.audio_out = opus;
    plan.keep_sound = true;
    gateway.ready["audio"]["in"] = gateway.ready["audio"]["out"] =
        Json{{"codec", "opus"}, {"rate", 16000}, {"frame_ms", 20}};
    call_and_speak();
    for (const std::string& message : gateway.peer().binaries()) EXPECT_LT(message.size(), 300u);
    gateway.say({{"t", "turn.start"}, {"turn", 1}, {"reason", "user"}});
    const EncodedSound reply(test::tone(440, 16000, 16000), 16000, opus);
    for (std::size_t i = 0; i < reply.frames(); ++i) {
        AudioHeader header{.kind = audio_kind, .stream = 1, .timestamp = static_cast<std::uint32_t>(i * 320)};
        if (i == 0) header.flags |= flag_first;
        if (i + 1 == reply.frames()) header.flags |= flag_last;
        const auto head = write_audio_header(header);
        std::string message(reinterpret_cast<const char*>(head.data()), head.size());
        message.append(reinterpret_cast<const char*>(reply.frame(i).data()), reply.frame(i).size());
        gateway.peer().binary(message);
    }
    loop.advance(1s);
    gateway.end(1);
    loop.advance(300ms);
    EXPECT_EQ(judge(result()), Verdict::good) << explain(result());
    EXPECT_EQ(result().received_ms, 1000);
    EXPECT_NEAR(test::strength_dbfs(line, 440, 16000), -10.3, 2);
    EXPECT_THAT(result().problems, IsEmpty());
}

}  // namespace
}  // namespace atlas::caller
