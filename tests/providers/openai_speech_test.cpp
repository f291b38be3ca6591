#include "atlas/providers/openai/audio_delta.hpp"
#include "atlas/providers/openai/pcm_assembler.hpp"
#include "atlas/providers/openai/speech.hpp"
#include "openai_wire.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace atlas::providers::openai {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::IsEmpty;

Voice mini_tts() {
    Voice voice;
    voice.model = "gpt-4o-mini-tts";
    return voice;
}

TEST(SpeechRequest, IsTheSameBytesEveryTime) {
    Voice voice = mini_tts();
    EXPECT_EQ(write_speech_request(voice, "Hi \"you\"", true),
              R"({"model":"gpt-4o-mini-tts","input":"Hi \"you\"","voice":"marin","response_format":"pcm",)"
              R"("stream_format":"sse"})");
    voice.instructions = "Warm.";
    voice.speed = 1.25;
    EXPECT_EQ(write_speech_request(voice, "Hi", false),
              R"({"model":"gpt-4o-mini-tts","input":"Hi","voice":"marin","instructions":"Warm.",)"
              R"("response_format":"pcm","speed":1.25})");
}

TEST(SpeechRequest, LeavesOutWhatTts1DoesNotTake) {
    Voice voice = mini_tts();
    voice.model = "tts-1-hd";
    voice.instructions = "Warm.";
    EXPECT_FALSE(can_stream_events(voice.model));
    EXPECT_FALSE(can_stream_events("tts-1"));
    EXPECT_TRUE(can_stream_events("gpt-4o-mini-tts"));
    EXPECT_TRUE(can_stream_events("kokoro"));
    EXPECT_EQ(write_speech_request(voice, "Hi", false).find("instructions"), std::string::npos);
}

TEST(SpeechRequest, NamesAnOwnVoiceByItsId) {
    Voice voice = mini_tts();
    voice.name = "voice_123";
    EXPECT_THAT(write_speech_request(voice, "Hi", true), HasSubstr(R"("voice":{"id":"voice_123"})"));
}

TEST(SpeechEvents, AreReadInTheirVariants) {
    std::string scratch;
    const auto audio = [&scratch](std::string_view data) {
        const SpeechEvent event = read_speech_event(data, scratch, {});
        const auto* part = std::get_if<SpeechAudioPart>(&event);
        return part ? std::string(part->base64) : "none";
    };
    EXPECT_EQ(audio(R"({"type":"speech.audio.delta","audio":"AAAA"})"), "AAAA");
    EXPECT_EQ(audio(R"({"type":"speech.audio.delta","delta":"BBBB"})"), "BBBB");
    EXPECT_EQ(audio(R"({"audio":"CCCC","n":1.5e3,"ok":true,"type" : "speech.audio.delta"})"), "CCCC");
    EXPECT_EQ(audio(R"({"type":"speech.audio.delta","meta":{"a":[1]},"audio":"DD\/D"})"), "DD/D");
    EXPECT_EQ(audio(R"({"type":"speech.something.new"})"), "none");
}

TEST(SpeechEvents, EndWithDoneOrWithTheDoneMark) {
    std::string scratch;
    EXPECT_TRUE(std::holds_alternative<SpeechDone>(
        read_speech_event(R"({"type":"speech.audio.done","usage":{}})", scratch, {})));
    EXPECT_TRUE(std::holds_alternative<SpeechDone>(read_speech_event("[DONE]", scratch, {})));
}

TEST(SpeechEvents, MayBeErrors) {
    std::string scratch;
    const auto reason = [&scratch](std::string_view data) {
        const SpeechEvent event = read_speech_event(data, scratch, {});
        const auto* failure = std::get_if<ProviderFailure>(&event);
        return failure ? name(failure->reason) : "none";
    };
    EXPECT_EQ(reason(R"({"error":{"type":"server_error","message":"m"}})"), "overloaded");
    EXPECT_EQ(reason(R"({"type":"error","error":{"code":"insufficient_quota"}})"), "quota");
    EXPECT_EQ(reason(R"({"error":{"message":"m"}})"), "protocol");
    EXPECT_EQ(reason("garbage"), "protocol");
    EXPECT_EQ(reason("{\"type\":\"speech.audio.del"), "protocol");
}

TEST(AudioDelta, IsReadOnlyFromWholeFlatMessages) {
    const std::string message = audio_delta("resp_1", "abc");
    const auto read = read_audio_delta(message);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->response_id, "resp_1");
    EXPECT_EQ(read->base64, base64("abc"));
    for (std::size_t cut = 0; cut < message.size(); ++cut)
        EXPECT_FALSE(read_audio_delta(std::string_view(message).substr(0, cut))) << cut;
    EXPECT_FALSE(read_audio_delta(message + "x"));
    EXPECT_FALSE(read_audio_delta(R"({"type":"response.output_text.delta","delta":"x"})"));
}

std::vector<std::int16_t> assembled(std::string_view bytes, std::size_t piece, bool as_base64) {
    PcmAssembler pcm;
    std::vector<std::int16_t> all;
    while (!bytes.empty()) {
        const std::string_view part = bytes.substr(0, piece);
        const auto samples = as_base64 ? pcm.add_base64(base64(part)).value() : pcm.add(part);
        all.insert(all.end(), samples.begin(), samples.end());
        bytes.remove_prefix(part.size());
    }
    return all;
}

TEST(PcmAssembler, GivesTheSameSamplesHoweverTheBytesAreCut) {
    const auto sound = ramp(1000);
    for (std::size_t piece = 1; piece < 40; ++piece) {
        EXPECT_EQ(assembled(bytes_of(sound), piece, false), sound) << piece;
        EXPECT_EQ(assembled(bytes_of(sound), piece, true), sound) << piece;
    }
}

TEST(PcmAssembler, HoldsAnOddByteUntilTheNextOrUntilCleared) {
    PcmAssembler pcm;
    EXPECT_THAT(pcm.add("\x01"), IsEmpty());
    EXPECT_TRUE(pcm.holds_half_a_sample());
    EXPECT_THAT(pcm.add(""), IsEmpty());
    EXPECT_THAT(pcm.add("\x02"), testing::ElementsAre(0x0201));
    EXPECT_FALSE(pcm.holds_half_a_sample());
    static_cast<void>(pcm.add("\x01"));
    pcm.clear();
    EXPECT_THAT(pcm.add("\x03\x04"), testing::ElementsAre(0x0403));
}

TEST(PcmAssembler, RefusesWhatIsNoBase64) {
    PcmAssembler pcm;
    EXPECT_FALSE(pcm.add_base64("AAA"));
    EXPECT_FALSE(pcm.add_base64("A*A="));
    EXPECT_TRUE(pcm.add_base64(""));
}

TEST(AudioFile, IsToldFromBareAudioByItsFirstBytes) {
    EXPECT_EQ(audio_file_kind("RIFF1234WAVE"), "WAV");
    EXPECT_EQ(audio_file_kind("ID3\x04"), "MP3");
    EXPECT_FALSE(audio_file_kind("\x01\x02\x03\x04"));
    EXPECT_FALSE(audio_file_kind(""));
}

TEST(SpeakableText, HasSomethingToSpeakAndALimit) {
    EXPECT_THAT(problem_with_text("Hi."), IsEmpty());
    EXPECT_THAT(problem_with_text("你好"), IsEmpty());
    for (const char* text : {"", "  ", "?!", "...\n", "…—"})
        EXPECT_THAT(problem_with_text(text), HasSubstr("nothing"));
    std::string longest;
    for (int i = 0; i < 4096; ++i) longest += "é";
    EXPECT_THAT(problem_with_text(longest), IsEmpty());
    EXPECT_THAT(problem_with_text(longest + "x"), HasSubstr("4097"));
}

TEST(SpeechLength, GrowsWithTheTextAndShrinksWithTheSpeed) {
    EXPECT_EQ(shortest_speech("Hello, world.", 1.0), 250ms);
    EXPECT_EQ(shortest_speech("Hello, world.", 2.0), 125ms);
    EXPECT_GT(longest_speech("1234567890", 1.0), 10s);
}

struct Refusal {
    int status;
    const char* body;
    FailureReason reason;
};

TEST(SpeechRefusal, MapsStatusAndCode) {
    const std::vector<Refusal> rows = {
        {400, R"({"error":{"type":"invalid_request_error","code":null,"message":"m"}})",
         FailureReason::bad_request},
        {400, R"({"error":{"type":"invalid_request_error","code":"model_not_found"}})",
         FailureReason::model_retired},
        {401, R"({"error":{"code":"invalid_api_key"}})", FailureReason::unauthorized},
        {403, "", FailureReason::unauthorized},
        {404, R"({"error":{"type":"invalid_request_error","code":"model_not_found"}})",
         FailureReason::model_retired},
        {410, "<html>", FailureReason::model_retired},
        {429, R"({"error":{"type":"insufficient_quota","code":"insufficient_quota"}})", FailureReason::quota},
        {429, R"({"error":{"code":"rate_limit_exceeded"}})", FailureReason::quota},
        {500, R"({"error":{"type":"server_error"}})", FailureReason::overloaded},
        {503, "", FailureReason::overloaded},
        {200, R"({"status":"ok"})", FailureReason::protocol},
    };
    for (const Refusal& row : rows) {
        const ProviderFailure failure =
            failure_of_refusal(row.status, {{"x-request-id", "r1"}}, row.body, {});
        EXPECT_EQ(failure.reason, row.reason) << row.status << ' ' << row.body << ' ' << name(failure.reason);
        EXPECT_EQ(failure.http_status, row.status);
        EXPECT_EQ(failure.request_id, "r1");
    }
}

TEST(SpeechRefusal, Tells429WithRetryAfterFromQuota) {
    const net::HttpHeaders soon{{"retry-after", "1"}};
    const auto limited = failure_of_refusal(429, soon, R"({"error":{"code":"rate_limit_exceeded"}})", {});
    EXPECT_EQ(limited.reason, FailureReason::rate_limited);
    EXPECT_EQ(limited.retry_after, 1000ms);
    EXPECT_EQ(failure_of_refusal(429, soon, R"({"error":{"code":"insufficient_quota"}})", {}).reason,
              FailureReason::quota);
}

TEST(SpeechRefusal, HidesTheKeyThatTheServiceRepeats) {
    const auto failure = failure_of_refusal(
        401, {}, R"({"error":{"code":"invalid_api_key","message":"Incorrect API key provided: sk-pr***9."}})",
        {});
    EXPECT_EQ(failure.message, "HTTP 401 (invalid_api_key): Incorrect API key provided: [hidden]");
}

}  // namespace
}  // namespace atlas::providers::openai
