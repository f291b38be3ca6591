#include "atlas/protocol/negotiation.hpp"

#include <gtest/gtest.h>

namespace atlas::protocol {
namespace {

using audio::AudioFormat;
using audio::Codec;

AudioChoice choice(const Hello& hello, const AudioSupport& support = {}) {
    const auto result = choose_audio(hello, support);
    if (const auto* error = std::get_if<ProtocolError>(&result)) {
        ADD_FAILURE() << error->message;
        return {};
    }
    return std::get<AudioChoice>(result);
}

ProtocolError refusal(const Hello& hello, const AudioSupport& support = {}) {
    const auto result = choose_audio(hello, support);
    const auto* error = std::get_if<ProtocolError>(&result);
    EXPECT_NE(error, nullptr);
    return error == nullptr ? ProtocolError{} : *error;
}

Hello offering(std::vector<AudioOffer> in, std::vector<AudioOffer> out = {}) {
    Hello hello;
    hello.audio_in = std::move(in);
    hello.audio_out = std::move(out);
    return hello;
}

TEST(Negotiation, TakesTheDefaultsWhenNothingIsOffered) {
    const AudioChoice chosen = choice({});
    EXPECT_EQ(chosen.in, (AudioFormat{Codec::pcm16, 16000, 20}));
    EXPECT_EQ(chosen.out, (AudioFormat{Codec::pcm16, 24000, 40}));
}

TEST(Negotiation, TakesTheFirstOfferThatItSupports) {
    const AudioChoice chosen =
        choice(offering({{"opus", 48000, 20}, {"pcm16", 16000, 20}}, {{"pcm16", 48000, 100}}));
    EXPECT_EQ(chosen.in, (AudioFormat{Codec::opus, 48000, 20}));
    EXPECT_EQ(chosen.out, (AudioFormat{Codec::pcm16, 48000, 100}));
}

TEST(Negotiation, PassesOverCodecsRatesAndLengthsItDoesNotKnow) {
    const AudioChoice chosen = choice(offering({{"g722", 16000, 20},
                                                {"pcm16", 44100, 20},
                                                {"opus", 48000, 120},
                                                {"pcm16", 16000, 25},
                                                {"pcm16", 24000, 60}}));
    EXPECT_EQ(chosen.in, (AudioFormat{Codec::pcm16, 24000, 60}));
}

TEST(Negotiation, PassesOverCodecsThatAreSwitchedOff) {
    const AudioSupport support{{Codec::pcm16}, {Codec::pcm16}};
    EXPECT_EQ(choice(offering({{"opus", 48000, 20}, {"pcm16", 16000, 40}}), support).in,
              (AudioFormat{Codec::pcm16, 16000, 40}));
    EXPECT_EQ(refusal(offering({{"opus", 48000, 20}}), support).code, ErrorCode::no_common_audio_format);
}

TEST(Negotiation, SaysWhatIsSupportedWhenNoOfferIs) {
    const ProtocolError error =
        refusal(offering({{"pcm16", 16000, 20}}, {{"pcm16", 44100, 20}, {"mp3\n", 24000, 20}}));
    EXPECT_EQ(error.code, ErrorCode::no_common_audio_format);
    EXPECT_EQ(error.field, "audio.out");
    EXPECT_TRUE(error.fatal);
    EXPECT_EQ(error.close_code, 1008);
    EXPECT_EQ(error.message,
              "`audio.out` must offer at least one of: pcm16 with rate 16000, 24000, 48000 and frame_ms 10, "
              "20, 40, 60, "
              "80, 100, 120; opus with rate 16000, 24000, 48000 and frame_ms 10, 20, 40, 60. Received: "
              "\"pcm16\" with "
              "rate 44100 and frame_ms 20; \"mp3\\n\" with rate 24000 and frame_ms 20");
}

TEST(Negotiation, RepeatsOnlyAFewOffersInItsRefusal) {
    const std::vector<AudioOffer> offers(16, AudioOffer{std::string(64, 'x'), 384000, 1000});
    EXPECT_LT(refusal(offering(offers)).message.size(), 500U);
}

}  // namespace
}  // namespace atlas::protocol
