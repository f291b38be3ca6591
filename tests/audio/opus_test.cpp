#include "atlas/audio/audio_format.hpp"
#include "atlas/audio/opus_decoder.hpp"
#include "atlas/audio/opus_encoder.hpp"
#include "audio/sounds.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <opus/opus.h>

#include <array>
#include <random>
#include <stdexcept>

namespace atlas::audio {
namespace {

using Samples = std::vector<std::int16_t>;
using Packet = std::vector<std::byte>;
using testing::HasSubstr;

Packet encode(OpusEncoder& encoder, std::span<const std::int16_t> frame) {
    Packet packet(max_opus_packet_bytes);
    const EncodedAudio result = encoder.encode(frame, packet);
    EXPECT_TRUE(result.ok()) << result.error;
    packet.resize(result.size);
    return packet;
}

std::vector<Packet> encode_all(OpusEncoder& encoder, std::span<const std::int16_t> sound) {
    std::vector<Packet> packets;
    while (!sound.empty()) {
        const auto frame = sound.first(std::min(sound.size(), encoder.frame_samples()));
        packets.push_back(encode(encoder, frame));
        sound = sound.subspan(frame.size());
    }
    return packets;
}

Samples decode_all(OpusDecoder& decoder, std::span<const Packet> packets) {
    Samples sound;
    for (const Packet& packet : packets) {
        const DecodedAudio piece = decoder.decode(packet);
        EXPECT_TRUE(piece.ok()) << piece.error;
        sound.insert(sound.end(), piece.samples.begin(), piece.samples.end());
    }
    return sound;
}

Packet bytes(std::initializer_list<int> values) {
    Packet packet;
    for (const int value : values) packet.push_back(static_cast<std::byte>(value));
    return packet;
}

TEST(Opus, BringsAToneThroughAtEveryRateAndFrameLength) {
    for (const int rate : allowed_rates())
        for (const int frame_ms : allowed_frame_ms(Codec::opus)) {
            OpusEncoder encoder({.rate = rate, .frame_ms = frame_ms});
            OpusDecoder decoder(rate);
            const auto second = static_cast<std::size_t>(rate);
            const auto packets = encode_all(encoder, test::tone(440, rate, 6 * second / 5));
            const Samples sound = decode_all(decoder, packets);
            ASSERT_EQ(sound.size(), packets.size() * encoder.frame_samples());
            EXPECT_NEAR(test::strength_dbfs(std::span(sound).subspan(second / 5, second), 440, rate), -10.3,
                        1)
                << rate << " Hz, " << frame_ms << " ms";
        }
}

TEST(OpusDecoder, TurnsTheSendersRateIntoItsOwn) {
    OpusEncoder encoder({.rate = 48000, .frame_ms = 20});
    OpusDecoder decoder(16000);
    const Samples sound = decode_all(decoder, encode_all(encoder, test::tone(440, 48000, 48000)));
    EXPECT_EQ(sound.size(), 16000u);
    EXPECT_NEAR(test::strength_dbfs(std::span(sound).subspan(3200, 12800), 440, 16000), -10.3, 1);
}

TEST(OpusDecoder, MixesAStereoStreamToMono) {
    int error = 0;
    auto* stereo = opus_encoder_create(48000, 2, OPUS_APPLICATION_VOIP, &error);
    ASSERT_NE(stereo, nullptr);
    Samples interleaved;
    for (const std::int16_t sample : test::tone(440, 48000, 960))
        interleaved.insert(interleaved.end(), {sample, 0});
    std::array<unsigned char, 1500> data{};
    OpusDecoder decoder(16000);
    for (int i = 0; i < 10; ++i) {
        const int size = opus_encode(stereo, interleaved.data(), 960, data.data(), data.size());
        ASSERT_GT(size, 0);
        const auto result =
            decoder.decode(std::as_bytes(std::span(data)).first(static_cast<std::size_t>(size)));
        EXPECT_TRUE(result.ok()) << result.error;
        EXPECT_EQ(result.samples.size(), 320u);
    }
    opus_encoder_destroy(stereo);
}

TEST(OpusDecoder, RefusesAnEmptyPacket) {
    OpusDecoder decoder(16000);
    const auto result = decoder.decode({});
    EXPECT_FALSE(result.ok());
    EXPECT_TRUE(result.samples.empty());
    EXPECT_EQ(result.error, "an Opus packet must not be empty");
}

TEST(OpusDecoder, RefusesAPacketOverItsLimitOfBytes) {
    OpusDecoder decoder(16000);
    EXPECT_EQ(decoder.decode(Packet(1501)).error,
              "an Opus packet must not be longer than 1500 bytes, got 1501");
}

TEST(OpusDecoder, RefusesMoreThan120Milliseconds) {
    OpusDecoder decoder(16000);
    // RFC 6716 §3.1: configuration 3 is 60 ms, code 3 tells the number of frames in the next byte.
    EXPECT_EQ(decoder.decode(bytes({3 << 3 | 3, 3, 0, 0, 0})).error,
              "an Opus packet must not hold more than 120 ms, got 180");
    EXPECT_EQ(decoder.decode(bytes({3 << 3 | 3, 63, 0, 0, 0})).error,
              "an Opus packet must not hold more than 120 ms, got 3780");
}

TEST(OpusDecoder, RefusesAPacketThatEndsInItsHeader) {
    OpusDecoder decoder(16000);
    EXPECT_THAT(decoder.decode(bytes({3})).error, HasSubstr("no valid header"));
    EXPECT_THAT(decoder.decode(bytes({2, 200})).error, HasSubstr("of 2 bytes cannot be decoded"));
}

TEST(OpusDecoder, TakesThePacketOfASilentMoment) {
    OpusDecoder decoder(24000);
    const auto result = decoder.decode(bytes({1 << 3}));  // 20 ms with nothing in them (DTX)
    EXPECT_TRUE(result.ok()) << result.error;
    EXPECT_EQ(result.samples.size(), 480u);
}

TEST(OpusDecoder, SurvivesGarbageAndGoesOn) {
    OpusDecoder decoder(16000);
    std::mt19937 random(11);
    int refused = 0;
    for (int i = 0; i < 3000; ++i) {
        Packet packet(random() % 300);
        for (std::byte& byte : packet) byte = static_cast<std::byte>(random());
        const auto result = decoder.decode(packet);
        EXPECT_LE(result.samples.size(), 1920u);
        EXPECT_EQ(result.ok(), !result.samples.empty());
        refused += result.ok() ? 0 : 1;
    }
    EXPECT_GT(refused, 0);
    EXPECT_LT(refused, 3000);
    OpusEncoder encoder({.rate = 16000});
    const Samples sound = decode_all(decoder, encode_all(encoder, test::tone(440, 16000, 16000)));
    EXPECT_NEAR(test::strength_dbfs(std::span(sound).subspan(8000, 8000), 440, 16000), -10.3, 1);
}

TEST(OpusDecoder, StartsANewStreamOnReset) {
    OpusEncoder encoder({.rate = 16000});
    const auto packets = encode_all(encoder, test::tone(440, 16000, 3200));
    OpusDecoder fresh(16000);
    OpusDecoder used(16000);
    decode_all(used, packets);
    used.reset();
    EXPECT_EQ(decode_all(used, packets), decode_all(fresh, packets));
}

TEST(OpusDecoder, RefusesARateOutsideTheList) {
    EXPECT_THROW(OpusDecoder(44100), std::invalid_argument);
    EXPECT_THROW(OpusDecoder(0), std::invalid_argument);
}

TEST(OpusEncoder, FillsAShortLastFrameWithSilence) {
    OpusEncoder padded({.rate = 24000, .frame_ms = 40});
    OpusEncoder whole({.rate = 24000, .frame_ms = 40});
    Samples sound = test::tone(440, 24000, 500);
    const Packet packet = encode(padded, sound);
    sound.resize(960, 0);
    EXPECT_EQ(packet, encode(whole, sound));
}

TEST(OpusEncoder, LeavesNothingOfAnEarlierShortFrameInTheNext) {
    OpusEncoder used({.rate = 16000});
    encode(used, test::tone(440, 16000, 319));
    used.reset();
    OpusEncoder fresh({.rate = 16000});
    EXPECT_EQ(encode(used, test::constant(1, 5)), encode(fresh, test::constant(1, 5)));
}

TEST(OpusEncoder, RefusesAFrameOfTheWrongLength) {
    OpusEncoder encoder({.rate = 16000, .frame_ms = 20});
    Packet out(1500);
    EXPECT_EQ(encoder.encode({}, out).error, "a frame must have 1..320 samples, got 0");
    EXPECT_EQ(encoder.encode(Samples(321), out).error, "a frame must have 1..320 samples, got 321");
}

TEST(OpusEncoder, SaysWhenThereIsNoRoomForThePacket) {
    OpusEncoder encoder({.rate = 16000, .frame_ms = 20});
    const auto result = encoder.encode(Samples(320), {});
    EXPECT_FALSE(result.ok());
    EXPECT_THAT(result.error, HasSubstr("no room for a packet: 0 bytes"));
}

TEST(OpusEncoder, StaysInsideTheRoomItGets) {
    OpusEncoder encoder({.rate = 48000, .frame_ms = 60, .bitrate = 128000});
    std::mt19937 random(5);
    Samples noise(encoder.frame_samples());
    for (std::int16_t& sample : noise) sample = static_cast<std::int16_t>(random());
    Packet out(100);
    const auto result = encoder.encode(noise, out);
    EXPECT_TRUE(result.ok()) << result.error;
    EXPECT_LE(result.size, 100u);
}

// RFC 6716 §3.1: of the 32 configurations in a packet's first five bits the last 16 are the low-delay mode.
TEST(OpusEncoder, UsesTheModeThatCostsAThird) {
    for (const int rate : {16000, 24000, 48000}) {
        OpusEncoder encoder({.rate = rate, .frame_ms = 20});
        for (const Packet& packet :
             encode_all(encoder, test::tone(440, rate, static_cast<std::size_t>(rate))))
            EXPECT_GE(std::to_integer<int>(packet.at(0)) >> 3, 16) << rate;
    }
}

TEST(OpusEncoder, KeepsItsBitrateOnAverage) {
    OpusEncoder encoder({.rate = 24000, .frame_ms = 20, .bitrate = 24000});
    std::mt19937 random(5);
    Samples noise(5 * 24000);
    for (std::int16_t& sample : noise)
        sample = static_cast<std::int16_t>(static_cast<int>(random() % 8000) - 4000);
    std::size_t total = 0;
    for (const Packet& packet : encode_all(encoder, noise)) total += packet.size();
    EXPECT_LT(total * 8 / 5, 24000u * 13 / 10);
    EXPECT_GT(total * 8 / 5, 24000u / 2);
}

TEST(OpusEncoder, StartsANewStreamOnReset) {
    OpusEncoder fresh({.rate = 24000});
    OpusEncoder used({.rate = 24000});
    const Samples sound = test::tone(440, 24000, 4800);
    encode_all(used, test::tone(1000, 24000, 9600));
    used.reset();
    EXPECT_EQ(encode_all(used, sound), encode_all(fresh, sound));
}

TEST(OpusEncoder, RefusesSettingsOutsideTheirRanges) {
    EXPECT_THROW(OpusEncoder({.rate = 44100}), std::invalid_argument);
    EXPECT_THROW(OpusEncoder({.frame_ms = 80}), std::invalid_argument);
    EXPECT_THROW(OpusEncoder({.bitrate = 5999}), std::invalid_argument);
    EXPECT_THROW(OpusEncoder({.bitrate = 128001}), std::invalid_argument);
    EXPECT_THROW(OpusEncoder({.complexity = 11}), std::invalid_argument);
    EXPECT_THROW(OpusEncoder({.complexity = -1}), std::invalid_argument);
}

}  // namespace
}  // namespace atlas::audio
