#include "atlas/audio/opus_decoder.hpp"
#include "audio/sounds.hpp"
#include "call/one_call.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace atlas::test {
namespace {

Json format(const char* codec, int rate, int frame_ms) {
    return {{"codec", codec}, {"rate", rate}, {"frame_ms", frame_ms}};
}

Json audio(const Json& in, const Json& out) { return {{"audio", {{"in", {in}}, {"out", {out}}}}}; }

TEST(Hello, IsAnsweredWithEverythingTheClientNeeds) {
    OneCall one;
    const Json ready = one.begin();
    ASSERT_FALSE(ready.is_null());
    EXPECT_EQ(ready["call_id"], "call_1");
    EXPECT_EQ(ready["audio"]["in"], format("pcm16", 16000, 20));
    EXPECT_EQ(ready["audio"]["out"], format("pcm16", 24000, 40));
    EXPECT_EQ(ready["limits"]["max_message_bytes"], 65536);
    EXPECT_EQ(ready["limits"]["max_call_s"], 3600);
    EXPECT_EQ(ready["limits"]["hello_timeout_ms"], 10000);
    EXPECT_EQ(ready["heartbeat_ms"], 15000);
    EXPECT_EQ(ready["server"]["region"], "test");
    EXPECT_EQ(ready["resumed"], false);
    EXPECT_EQ(one.types().front(), "ready");
}

TEST(Hello, StartsARecogniserForTheAgreedSoundAndLanguage) {
    OneCall one;
    auto hello = audio(format("pcm16", 48000, 20), format("pcm16", 24000, 40));
    hello["config"] = {{"language", "de-AT"}};
    one.begin(hello);
    ASSERT_EQ(one.recognizers.started.size(), 1U);
    EXPECT_EQ(one.recognizers.last().request.sample_rate, 48000);
    EXPECT_EQ(one.recognizers.last().request.language, "de-AT");
}

TEST(Hello, PutsVariablesIntoPromptAndGreeting) {
    OneCall one;
    one.begin({{"config",
                {{"instructions", "You help {{name}}. Ask {{who}}."},
                 {"greeting", "Hello {{name}}, welcome."},
                 {"variables", {{"name", "Ada {{who}}"}}}}}});
    ASSERT_EQ(one.synthesizer.asked.size(), 2U);
    EXPECT_EQ(one.synthesizer.request(0).request.text, "Hello Ada {{who}},");
    EXPECT_EQ(one.synthesizer.request(1).request.text, "welcome.");
    one.caller_says("Hello");
    EXPECT_EQ(one.model.last().request.system, "You help Ada {{who}}. Ask {{who}}.");
}

TEST(Hello, IsRefusedWhenVariablesBlowUpThePrompt) {
    for (const char* field : {"instructions", "greeting"}) {
        OneCall one;
        std::string many;
        for (int i = 0; i < 150; ++i) many += "{{a}}";
        one.begin({{"config", {{field, many}, {"variables", {{"a", std::string(2000, 'x')}}}}}});
        EXPECT_EQ(one.message("error")["code"], "text_too_long");
        EXPECT_EQ(one.message("error")["field"], "config." + std::string(field));
        EXPECT_EQ(one.peer->client_close->code, 1008);
        EXPECT_TRUE(one.recognizers.started.empty());
    }
}

TEST(Hello, AskingToResumeGivesANewCallAndAWarning) {
    OneCall one;
    const Json ready = one.begin({{"s", 7}, {"resume", {{"token", "r1.old"}, {"last_seq", 12}}}});
    EXPECT_EQ(ready["resumed"], false);
    EXPECT_EQ(one.message("warning")["code"], "resume_unavailable");
}

TEST(Hello, TheFirstSupportedOfferOfEachDirectionIsTaken) {
    OneCall one;
    const Json offers{
        {"audio",
         {{"in", {format("speex", 16000, 20), format("pcm16", 44100, 20), format("opus", 16000, 60)}},
          {"out", {format("opus", 24000, 7), format("pcm16", 48000, 100)}}}}};
    const Json ready = one.begin(offers);
    EXPECT_EQ(ready["audio"]["in"], format("opus", 16000, 60));
    EXPECT_EQ(ready["audio"]["out"], format("pcm16", 48000, 100));
}

// ---- every format we say we speak really carries the voice

struct OutCase {
    const char* codec;
    int rate;
    int frame_ms;
};

std::vector<std::int16_t> decode(const OneCall& one, const OutCase& out) {
    if (std::string_view(out.codec) == "pcm16") return one.sound(1);
    audio::OpusDecoder decoder(out.rate);
    std::vector<std::int16_t> all;
    for (const auto& frame : one.frames(1)) {
        const auto sound = decoder.decode(std::as_bytes(std::span(frame.payload)));
        EXPECT_TRUE(sound.ok()) << sound.error;
        all.insert(all.end(), sound.samples.begin(), sound.samples.end());
    }
    return all;
}

class SpokenFormat : public testing::TestWithParam<OutCase> {};

TEST_P(SpokenFormat, CarriesTheSynthesisedSoundWholeAndInTune) {
    const auto out = GetParam();
    OneCall one;
    one.synthesizer.speak_at_once = 1930ms;  // no multiple of any frame
    one.begin(audio(format("pcm16", 16000, 20), format(out.codec, out.rate, out.frame_ms)));
    one.model.answer = "One sentence.";
    one.caller_says("Hello");
    one.pass(5s);
    const auto sound = decode(one, out);
    const auto frame = static_cast<std::size_t>(out.rate * out.frame_ms / 1000);
    const auto wanted = static_cast<std::size_t>(out.rate) * 193 / 100;
    EXPECT_GE(sound.size() + frame, wanted);
    EXPECT_LE(sound.size(), wanted + frame);
    const double wanted_dbfs = 20 * std::log10(10'000.0 / 32768);
    EXPECT_NEAR(strength_dbfs(std::span(sound).first(wanted - frame), 440, out.rate), wanted_dbfs, 2.0);

    const auto frames = one.frames(1);
    std::uint32_t next = 0;
    for (std::size_t i = 0; i < frames.size(); ++i) {
        EXPECT_EQ(frames[i].timestamp, next) << "frame " << i;
        next += static_cast<std::uint32_t>(frame);
        EXPECT_EQ(frames[i].flags & 1, i == 0 ? 1 : 0) << "frame " << i;
        EXPECT_EQ(frames[i].flags & 2, i + 1 == frames.size() ? 2 : 0) << "frame " << i;
    }
    EXPECT_EQ(one.message("turn.end")["status"], "completed");
}

INSTANTIATE_TEST_SUITE_P(Formats, SpokenFormat,
                         testing::Values(OutCase{"pcm16", 16000, 20}, OutCase{"pcm16", 24000, 40},
                                         OutCase{"pcm16", 48000, 120}, OutCase{"pcm16", 16000, 10},
                                         OutCase{"opus", 16000, 20}, OutCase{"opus", 24000, 60},
                                         OutCase{"opus", 48000, 20}, OutCase{"opus", 48000, 10}),
                         [](const auto& shown) {
                             return shown.param.codec + std::to_string(shown.param.rate / 1000) + "kHz" +
                                    std::to_string(shown.param.frame_ms) + "ms";
                         });

TEST(Hearing, OpusReachesTheRecogniserDecoded) {
    OneCall one;
    one.begin(audio(format("opus", 16000, 20), format("pcm16", 24000, 40)));
    audio::OpusEncoder encoder({.rate = 16000, .frame_ms = 20});
    const auto sound = tone(440, 16000, 16000);
    std::array<std::byte, audio::max_opus_packet_bytes> packet{};
    for (std::size_t at = 0; at < sound.size(); at += 320) {
        const auto encoded = encoder.encode(std::span(sound).subspan(at, 320), packet);
        auto message = audio_message({}, static_cast<std::uint32_t>(at));
        message.append(reinterpret_cast<const char*>(packet.data()), encoded.size);
        one.send_binary(message);
        one.pass(20ms);
    }
    const auto& heard = one.recognizers.last().heard;
    EXPECT_EQ(heard.size(), 16000U);
    EXPECT_NEAR(strength_dbfs(heard, 440, 16000), 20 * std::log10(10'000.0 / 32768), 2.0);
}

TEST(Hearing, PcmReachesTheRecogniserUnchanged) {
    OneCall one;
    one.begin(audio(format("pcm16", 24000, 20), format("pcm16", 24000, 40)));
    const auto sound = ramp(480, 100);
    one.send_binary(audio_message(sound));
    EXPECT_EQ(one.recognizers.last().heard, sound);
}

TEST(Hearing, AMessageWithoutAByteOrWithoutSoundIsNoError) {
    OneCall one;
    one.begin();
    one.send_binary("");
    one.send_binary(audio_message({}, 0, 4));
    EXPECT_TRUE(one.message("error").is_null());
    EXPECT_EQ(one.recognizers.last().samples_heard, 0);
}

}  // namespace
}  // namespace atlas::test
