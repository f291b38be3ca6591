#include "atlas/protocol/native_codec.hpp"
#include "audio/allocation_count.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace atlas::protocol {
namespace {

using testing::ElementsAre;

constexpr audio::AudioFormat pcm{audio::Codec::pcm16, 16000, 20};
constexpr audio::AudioFormat opus{audio::Codec::opus, 48000, 20};

std::vector<std::byte> bytes(std::initializer_list<int> header, std::size_t payload = 0) {
    std::vector<std::byte> bytes;
    for (const int value : header) bytes.push_back(static_cast<std::byte>(value));
    bytes.resize(bytes.size() + payload, std::byte{0x55});
    return bytes;
}

DecodedAudio decode(const std::vector<std::byte>& message, const audio::AudioFormat& format = pcm) {
    return NativeCodec().decode_audio(message, format);
}

void expect_refusal(const DecodedAudio& decoded, ErrorCode code, std::string_view message) {
    const auto* error = std::get_if<ProtocolError>(&decoded);
    ASSERT_NE(error, nullptr);
    EXPECT_EQ(info(error->code).name, info(code).name);
    EXPECT_EQ(error->message, message);
    EXPECT_FALSE(error->fatal);
}

TEST(NativeAudio, ReadsTheHeaderLittleEndian) {
    const auto message = bytes({1, 9, 0x34, 0x12, 0x40, 0x01, 0x00, 0x80}, 640);
    const auto frame = std::get<AudioFrame>(decode(message));
    EXPECT_EQ(frame.flags, audio_first | audio_discontinuity);
    EXPECT_EQ(frame.stream, 0x1234);
    EXPECT_EQ(frame.timestamp, 0x80000140U);
    EXPECT_EQ(frame.payload.data(), message.data() + 8);
    EXPECT_EQ(frame.payload.size(), 640U);
}

TEST(NativeAudio, WritesTheHeaderLittleEndian) {
    const auto header = NativeCodec().encode_audio_header(audio_first, 0x12345, 320);
    EXPECT_THAT(header, ElementsAre(std::byte{1}, std::byte{1}, std::byte{0x45}, std::byte{0x23},
                                    std::byte{0x40}, std::byte{0x01}, std::byte{0}, std::byte{0}));
}

TEST(NativeAudio, ReadsWhatItWrites) {
    const auto header = NativeCodec().encode_audio_header(audio_last, 65535, 4294967295U);
    const auto frame = std::get<AudioFrame>(decode({header.begin(), header.end()}));
    EXPECT_EQ(frame.flags, audio_last);
    EXPECT_EQ(frame.stream, 65535);
    EXPECT_EQ(frame.timestamp, 4294967295U);
    EXPECT_TRUE(frame.payload.empty());
}

TEST(NativeAudio, TakesAMessageWithoutAByteAsAKeepAlive) {
    EXPECT_TRUE(std::holds_alternative<EmptyMessage>(decode({})));
}

TEST(NativeAudio, TakesUpTo120MillisecondsOfPcm) {
    EXPECT_TRUE(std::holds_alternative<AudioFrame>(decode(bytes({1, 0, 0, 0, 0, 0, 0, 0}, 3840))));
    expect_refusal(
        decode(bytes({1, 0, 0, 0, 0, 0, 0, 0}, 3842)), ErrorCode::audio_frame_too_large,
        "the payload of a message of pcm16 16000 Hz, 20 ms must have at most 3840 bytes; received 3842");
}

TEST(NativeAudio, TakesOpusPacketsUpTo1500BytesOfAnyLength) {
    EXPECT_TRUE(std::holds_alternative<AudioFrame>(decode(bytes({1, 0, 0, 0, 0, 0, 0, 0}, 1499), opus)));
    EXPECT_TRUE(std::holds_alternative<AudioFrame>(decode(bytes({1, 0, 0, 0, 0, 0, 0, 0}, 1500), opus)));
    expect_refusal(
        decode(bytes({1, 0, 0, 0, 0, 0, 0, 0}, 1501), opus), ErrorCode::audio_frame_too_large,
        "the payload of a message of opus 48000 Hz, 20 ms must have at most 1500 bytes; received 1501");
}

TEST(NativeAudio, RefusesHalfASample) {
    expect_refusal(decode(bytes({1, 0, 0, 0, 0, 0, 0, 0}, 639)), ErrorCode::audio_odd_length,
                   "the payload of a pcm16 message must be whole samples of 2 bytes; received 639 bytes");
}

TEST(NativeAudio, RefusesLessThanAHeader) {
    expect_refusal(decode(bytes({1, 0, 0, 0, 0, 0, 0})), ErrorCode::audio_header_too_short,
                   "a binary message must begin with a header of 8 bytes; received 7 bytes in all");
}

TEST(NativeAudio, RefusesAKindItDoesNotKnow) {
    expect_refusal(decode(bytes({2, 0, 0, 0, 0, 0, 0, 0}, 640)), ErrorCode::audio_kind_unknown,
                   "the first byte of a binary message must be 1 (audio); received 2");
}

TEST(NativeAudio, AllocatesNothingForAFrame) {
    const NativeCodec codec;
    const auto message = bytes({1, 0, 0, 0, 0, 0, 0, 0}, 640);
    std::size_t payload = 0;
    const auto before = test::allocation_count();
    for (std::uint32_t i = 0; i < 1000; ++i) {
        const auto decoded = codec.decode_audio(message, pcm);
        payload += std::get<AudioFrame>(decoded).payload.size() + codec.encode_audio_header(0, 1, i).size();
    }
    EXPECT_EQ(test::allocation_count(), before);
    EXPECT_EQ(payload, 648'000U);
}

}  // namespace
}  // namespace atlas::protocol
