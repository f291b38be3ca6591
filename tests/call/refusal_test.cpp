#include "call/one_call.hpp"

#include <gtest/gtest.h>

namespace atlas::test {
namespace {

// Refused, and the call goes on: the next word is answered.
void expect_refused_alive(OneCall& one, const std::string& code, const std::string& field = {}) {
    const auto error = one.message("error");
    ASSERT_FALSE(error.is_null()) << "no error; wanted " << code;
    EXPECT_EQ(error["code"], code);
    EXPECT_EQ(error["fatal"], false);
    EXPECT_EQ(error.value("field", ""), field);
    EXPECT_FALSE(one.peer->client_close.has_value());
    one.send({{"t", "ping"}, {"time_ms", 1}});
    EXPECT_FALSE(one.message("pong").is_null());
}

void expect_refused_dead(const OneCall& one, const std::string& code, int close_code) {
    const auto error = one.message("error");
    ASSERT_FALSE(error.is_null()) << "no error; wanted " << code;
    EXPECT_EQ(error["code"], code);
    EXPECT_EQ(error["fatal"], true);
    ASSERT_TRUE(one.peer->client_close.has_value());
    EXPECT_EQ(one.peer->client_close->code, close_code);
    EXPECT_EQ(one.peer->client_close->reason, code);
    EXPECT_EQ(one.times_over, 1);
}

// ---- inside a call

TEST(Refusal, TextThatIsNotJson) {
    OneCall one;
    one.begin();
    one.send_text("{\"t\": \"ping\"");
    expect_refused_alive(one, "not_json");
}

TEST(Refusal, JsonThatIsNoMessage) {
    OneCall one;
    one.begin();
    one.send_text("[1, 2]");
    expect_refused_alive(one, "not_an_object");
    one.send_text("{}");
    expect_refused_alive(one, "missing_type", "t");
    one.send_text(std::string(20, '['));
    expect_refused_alive(one, "nested_too_deep");
}

TEST(Refusal, AFieldThatIsWrongIsNamedWithTheMessagesNumber) {
    OneCall one;
    one.begin();
    one.send({{"t", "playback"}, {"s", 9}, {"turn", 1}, {"played_ms", "12"}});
    expect_refused_alive(one, "bad_field", "played_ms");
    EXPECT_EQ(one.message("error")["ref"], 9);
}

TEST(Refusal, TypedTextOverTheLimit) {
    OneCall one;
    one.begin();
    one.send({{"t", "input.text"}, {"text", std::string(4001, 'x')}});
    expect_refused_alive(one, "text_too_long", "text");
    EXPECT_TRUE(one.model.asked.empty());
}

TEST(Refusal, ASecondHello) {
    OneCall one;
    one.begin();
    one.send({{"t", "hello"}, {"proto", "atlas.v1"}});
    expect_refused_alive(one, "duplicate_hello");
    EXPECT_EQ(one.recognizers.started.size(), 1U);
}

TEST(Refusal, ABinaryMessageShorterThanItsHeader) {
    OneCall one;
    one.begin();
    one.send_binary(std::string(7, '\1'));
    expect_refused_alive(one, "audio_header_too_short");
}

TEST(Refusal, ABinaryMessageOfAnotherKind) {
    OneCall one;
    one.begin();
    one.send_binary(std::string(100, '\2'));
    expect_refused_alive(one, "audio_kind_unknown");
}

TEST(Refusal, HalfASample) {
    OneCall one;
    one.begin();
    one.send_binary(audio_message(std::vector<std::int16_t>(160)) + "x");
    expect_refused_alive(one, "audio_odd_length");
    EXPECT_EQ(one.recognizers.last().samples_heard, 0);
}

TEST(Refusal, AMessageLongerThan120Ms) {
    OneCall one;
    one.begin();
    one.send_binary(audio_message(std::vector<std::int16_t>(1920)));
    EXPECT_TRUE(one.message("error").is_null()) << "120 ms at 16 kHz are allowed";
    one.send_binary(audio_message(std::vector<std::int16_t>(1921)));
    expect_refused_alive(one, "audio_frame_too_large");
}

TEST(Refusal, OpusThatDoesNotDecode) {
    OneCall one;
    const Json opus{{"codec", "opus"}, {"rate", 16000}, {"frame_ms", 20}};
    one.begin({{"audio", {{"in", {opus}}}}});
    one.send_binary(audio_message({}) + std::string("\xFF\xFF\xFF", 3));
    expect_refused_alive(one, "audio_undecodable");
    one.send_binary(audio_message({}) + std::string(1501, '\0'));
    expect_refused_alive(one, "audio_frame_too_large");
    EXPECT_EQ(one.recognizers.last().samples_heard, 0);
}

TEST(Refusal, AudioFasterThanItCanBeRecordedIsDroppedAndToldOnce) {
    OneCall one;
    one.begin();
    const auto frame = audio_message(std::vector<std::int16_t>(1600));  // 100 ms
    for (int i = 0; i < 250; ++i) one.send_binary(frame);
    EXPECT_EQ(one.recognizers.last().samples_heard, 20 * 16000);
    EXPECT_EQ(one.messages("error").size(), 1U);
    expect_refused_alive(one, "audio_too_fast");
    one.pass(1s);
    for (int i = 0; i < 10; ++i) one.send_binary(frame);
    EXPECT_EQ(one.recognizers.last().samples_heard, 21 * 16000);
}

TEST(Refusal, ALongSilenceIsNoLicenceToSendAllOfItAtOnce) {
    OneCall one;
    one.begin();
    one.pass(5min);
    const auto frame = audio_message(std::vector<std::int16_t>(1600));
    for (int i = 0; i < 300; ++i) one.send_binary(frame);
    EXPECT_EQ(one.recognizers.last().samples_heard, 20 * 16000);
}

TEST(Refusal, MoreThanFiftyErrorsEndTheCall) {
    OneCall one;
    one.begin();
    for (int i = 0; i < 50; ++i) one.send_text("no");
    EXPECT_FALSE(one.peer->client_close.has_value());
    one.send_text("no");
    expect_refused_dead(one, "too_many_errors", 1008);
}

TEST(Refusal, AMessageOver64KiBEndsTheCall) {
    OneCall one;
    one.begin();
    one.send({{"t", "input.text"}, {"text", std::string(66'000, 'x')}});
    expect_refused_dead(one, "message_too_large", 1009);
}

// ---- before the call has begun

TEST(RefusalBeforeReady, NoHelloInTime) {
    OneCall one;
    one.connect();
    one.pass(9999ms);
    EXPECT_FALSE(one.peer->client_close.has_value());
    one.pass(1ms);
    expect_refused_dead(one, "hello_timeout", 1008);
}

TEST(RefusalBeforeReady, AudioBeforeHello) {
    OneCall one;
    one.connect();
    one.send_binary(audio_message(std::vector<std::int16_t>(320)));
    expect_refused_dead(one, "hello_expected", 1008);
    EXPECT_TRUE(one.recognizers.started.empty());
}

TEST(RefusalBeforeReady, AnotherMessageBeforeHello) {
    OneCall one;
    one.connect();
    one.send({{"t", "input.text"}, {"text", "Hello"}});
    expect_refused_dead(one, "hello_expected", 1008);
}

TEST(RefusalBeforeReady, AnAudioFormatNobodyKnows) {
    OneCall one;
    const Json alien{{"codec", "speex"}, {"rate", 16000}, {"frame_ms", 20}};
    one.begin({{"s", 1}, {"audio", {{"out", {alien}}}}});
    expect_refused_dead(one, "no_common_audio_format", 1008);
    EXPECT_EQ(one.message("error")["field"], "audio.out");
    EXPECT_TRUE(one.recognizers.started.empty());
}

TEST(RefusalBeforeReady, AnotherProtocol) {
    OneCall one;
    one.connect();
    one.send({{"t", "hello"}, {"proto", "atlas.v9"}});
    expect_refused_dead(one, "unsupported_protocol", 1008);
}

TEST(RefusalBeforeReady, EverySmallMistakeIsFatal) {
    OneCall one;
    one.connect();
    one.send_text("hello?");
    expect_refused_dead(one, "not_json", 1008);
}

TEST(RefusalBeforeReady, WhatComesAfterTheRefusalIsNotRead) {
    OneCall one;
    one.connect();
    one.peer->answers_close = false;
    one.send_text("hello?");
    one.send({{"t", "hello"}, {"proto", "atlas.v1"}});
    EXPECT_TRUE(one.recognizers.started.empty());
    EXPECT_EQ(one.types(), std::vector<std::string>{"error"});
}

}  // namespace
}  // namespace atlas::test
