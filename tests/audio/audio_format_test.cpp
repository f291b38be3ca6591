#include "atlas/audio/audio_format.hpp"

#include <gtest/gtest.h>

namespace atlas::audio {
namespace {

using namespace std::chrono_literals;

TEST(AudioFormat, PrintsAndParsesTheNamesOfTheWire) {
    EXPECT_EQ(name(Codec::pcm16), "pcm16");
    EXPECT_EQ(name(Codec::opus), "opus");
    EXPECT_EQ(parse_codec("pcm16"), Codec::pcm16);
    EXPECT_EQ(parse_codec("opus"), Codec::opus);
    for (const char* other : {"", "PCM16", "opus ", "pcm", "mulaw"})
        EXPECT_EQ(parse_codec(other), std::nullopt) << other;
}

TEST(AudioFormat, AllowsEveryListedCombination) {
    for (const Codec codec : {Codec::pcm16, Codec::opus})
        for (const int rate : allowed_rates())
            for (const int frame_ms : allowed_frame_ms(codec))
                EXPECT_FALSE(find_problem({codec, rate, frame_ms})) << describe({codec, rate, frame_ms});
    EXPECT_EQ(allowed_rates().size(), 3u);
    EXPECT_EQ(allowed_frame_ms(Codec::pcm16).size(), 7u);
    EXPECT_EQ(allowed_frame_ms(Codec::opus).size(), 4u);
}

TEST(AudioFormat, NamesFieldRuleAndValueOfAWrongRate) {
    const auto problem = find_problem({Codec::pcm16, 44100, 20});
    ASSERT_TRUE(problem);
    EXPECT_EQ(problem->field, "rate");
    EXPECT_EQ(problem->message, "rate must be 16000, 24000 or 48000, got 44100");
}

TEST(AudioFormat, NamesFieldRuleAndValueOfAWrongFrameLength) {
    const auto problem = find_problem({Codec::opus, 48000, 80});
    ASSERT_TRUE(problem);
    EXPECT_EQ(problem->field, "frame_ms");
    EXPECT_EQ(problem->message, "frame_ms must be 10, 20, 40 or 60 for opus, got 80");
    EXPECT_FALSE(find_problem({Codec::pcm16, 48000, 80}));
}

TEST(AudioFormat, RefusesZeroNegativeAndExtremeNumbers) {
    for (const int number : {0, -20, 1, 30, 2147483647, -2147483647 - 1}) {
        EXPECT_TRUE(find_problem({Codec::pcm16, 16000, number})) << number;
        EXPECT_TRUE(find_problem({Codec::pcm16, number, 20})) << number;
    }
}

TEST(AudioFormat, CountsSamplesAndBytesOfAFrame) {
    EXPECT_EQ(samples_per_frame({Codec::pcm16, 24000, 40}), 960u);
    EXPECT_EQ(pcm_bytes_per_frame({Codec::pcm16, 24000, 40}), 1920u);
    EXPECT_EQ(samples_per_frame({Codec::opus, 16000, 10}), 160u);
}

TEST(AudioFormat, TurnsSamplesIntoTimeAndBack) {
    EXPECT_EQ(samples_in(250ms, 16000), 4000);
    EXPECT_EQ(ms_in(4000, 16000), 250);
    EXPECT_EQ(ms_in(4015, 16000), 250);
    EXPECT_EQ(duration_of(4000, 16000), 250ms);
    EXPECT_EQ(duration_of(0, 24000), 0ns);
    EXPECT_EQ(duration_of(1, 24000), 41667ns) << "rounded up";
}

TEST(AudioFormat, CountsLongCallsWithoutOverflow) {
    const std::int64_t year = 48000LL * 3600 * 24 * 365;
    EXPECT_EQ(duration_of(year, 48000), std::chrono::hours(24 * 365));
    EXPECT_EQ(ms_in(year, 48000), 1000LL * 3600 * 24 * 365);
    EXPECT_EQ(samples_in(std::chrono::hours(24 * 365), 48000), year);
}

TEST(AudioFormat, DescribesItselfForALogLine) {
    EXPECT_EQ(describe({Codec::opus, 24000, 20}), "opus 24000 Hz, 20 ms");
}

TEST(Pcm16, IsLittleEndianOnTheWire) {
    const std::int16_t samples[] = {0x0102, -2};
    const auto bytes = pcm16_bytes(samples);
    ASSERT_EQ(bytes.size(), 4u);
    EXPECT_EQ(bytes[0], std::byte{0x02});
    EXPECT_EQ(bytes[1], std::byte{0x01});
    EXPECT_EQ(bytes[2], std::byte{0xFE});
    EXPECT_EQ(bytes[3], std::byte{0xFF});
}

TEST(Pcm16, IsTakenFromAnyAddressAndLeavesOutAnOddByte) {
    const std::byte bytes[] = {std::byte{9},    std::byte{0x02}, std::byte{0x01},
                               std::byte{0xFE}, std::byte{0xFF}, std::byte{7}};
    std::vector<std::int16_t> samples{5};
    take_pcm16(std::span(bytes).subspan(1), samples);
    EXPECT_EQ(samples, (std::vector<std::int16_t>{5, 0x0102, -2}));
    take_pcm16(std::span(bytes).first(1), samples);
    take_pcm16({}, samples);
    EXPECT_EQ(samples.size(), 3u);
}

}  // namespace
}  // namespace atlas::audio
