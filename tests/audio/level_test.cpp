#include "atlas/audio/level.hpp"

#include "audio/sounds.hpp"

#include <gtest/gtest.h>

namespace atlas::audio {
namespace {

TEST(Level, OfSilenceAndOfNothingIsTheFloor) {
    for (const Level& level : {measure_level({}), measure_level(test::constant(160, 0))}) {
        EXPECT_EQ(level.rms_dbfs, silence_dbfs);
        EXPECT_EQ(level.peak_dbfs, silence_dbfs);
    }
}

TEST(Level, OfTheLoudestSoundIsZero) {
    const Level level = measure_level(test::constant(10000, -32768));
    EXPECT_DOUBLE_EQ(level.rms_dbfs, 0);
    EXPECT_DOUBLE_EQ(level.peak_dbfs, 0);
}

TEST(Level, OfAFullScaleSineIsThreeDecibelsBelowItsPeak) {
    const Level level = measure_level(test::tone(1000, 16000, 16000, 32767));
    EXPECT_NEAR(level.peak_dbfs, 0, 0.01);
    EXPECT_NEAR(level.rms_dbfs, -3.01, 0.01);
}

TEST(Level, FallsBySixDecibelsWithHalfTheAmplitude) {
    const Level loud = measure_level(test::tone(300, 16000, 16000, 8000));
    const Level soft = measure_level(test::tone(300, 16000, 16000, 4000));
    EXPECT_NEAR(loud.rms_dbfs - soft.rms_dbfs, 6.02, 0.01);
}

TEST(Level, TellsAClickFromSpeechByItsRms) {
    auto click = test::constant(1600, 0);
    click[800] = 20000;
    const Level level = measure_level(click);
    EXPECT_GT(level.peak_dbfs, -5);
    EXPECT_LT(level.rms_dbfs, -35);
}

TEST(Level, NeverFallsBelowTheFloor) {
    auto nearly_silent = test::constant(10'000'000, 0);
    nearly_silent[0] = 1;
    EXPECT_EQ(measure_level(nearly_silent).rms_dbfs, silence_dbfs);
    EXPECT_NEAR(measure_level(nearly_silent).peak_dbfs, -90.3, 0.1);
}

}  // namespace
}  // namespace atlas::audio
