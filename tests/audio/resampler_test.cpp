#include "atlas/audio/resampler.hpp"

#include "audio/sounds.hpp"

#include <gtest/gtest.h>

#include <random>
#include <stdexcept>
#include <tuple>

namespace atlas::audio {
namespace {

using test::strength_dbfs;
using test::tone;
using Samples = std::vector<std::int16_t>;

Samples convert_whole(Resampler& resampler, std::span<const std::int16_t> sound) {
    Samples out;
    resampler.process(sound, out);
    resampler.flush(out);
    return out;
}

class ResamplerBetween : public testing::TestWithParam<std::tuple<int, int>> {
protected:
    int in() const { return std::get<0>(GetParam()); }
    int out() const { return std::get<1>(GetParam()); }
    std::size_t samples_in(double seconds) const { return static_cast<std::size_t>(seconds * in()); }
};

using Rates = std::tuple<int, int>;
INSTANTIATE_TEST_SUITE_P(TheRatesOfCallsAndProviders, ResamplerBetween,
                         testing::Values(Rates{24000, 16000}, Rates{24000, 48000}, Rates{16000, 24000},
                                         Rates{16000, 48000}, Rates{48000, 16000}, Rates{48000, 24000},
                                         Rates{8000, 16000}, Rates{24000, 8000}, Rates{48000, 48000}),
                         [](const auto& rates) {
                             return std::to_string(std::get<0>(rates.param)) + "To" +
                                    std::to_string(std::get<1>(rates.param));
                         });

TEST_P(ResamplerBetween, KeepsAToneInPitchStrengthAndTime) {
    Resampler resampler(in(), out());
    const Samples result = convert_whole(resampler, tone(1000, in(), samples_in(0.5)));
    const Samples ideal = tone(1000, out(), result.size());
    double error = 0;
    // The first and last milliseconds ring, because the tone begins and ends at once.
    for (std::size_t i = result.size() / 10; i < result.size() * 9 / 10; ++i)
        error = std::max(error, std::abs(static_cast<double>(result[i] - ideal[i])));
    EXPECT_LT(error, 60) << "of 10000: no delay, no change of strength";
}

TEST_P(ResamplerBetween, GivesTheSameForAnyPieces) {
    const Samples sound = tone(700, in(), samples_in(0.3));
    Resampler whole(in(), out());
    Resampler pieces(in(), out());
    Samples result;
    std::mt19937 random(7);
    for (std::span<const std::int16_t> rest = sound; !rest.empty();) {
        const auto piece = rest.first(std::min<std::size_t>(rest.size(), random() % 400));
        pieces.process(piece, result);
        rest = rest.subspan(piece.size());
    }
    pieces.flush(result);
    EXPECT_EQ(result, convert_whole(whole, sound));
}

TEST_P(ResamplerBetween, GivesAsMuchTimeOutAsCameIn) {
    Resampler resampler(in(), out());
    for (const std::size_t count : {0u, 1u, 2u, 3u, 159u, 160u, 161u, 4801u, 30011u}) {
        const auto expected = (count * static_cast<std::size_t>(out()) + static_cast<std::size_t>(in()) - 1) /
                              static_cast<std::size_t>(in());
        EXPECT_EQ(convert_whole(resampler, test::constant(count, 100)).size(), expected) << count;
    }
}

TEST_P(ResamplerBetween, DoesNotSwallowTheEndOfASentence) {
    Samples sound(samples_in(0.2), 0);
    const Samples end = tone(500, in(), samples_in(0.01));
    sound.insert(sound.end(), end.begin(), end.end());
    Resampler resampler(in(), out());
    const Samples result = convert_whole(resampler, sound);
    const auto last = static_cast<std::size_t>(out() / 100);
    EXPECT_NEAR(measure_level(std::span(result).last(last)).rms_dbfs, measure_level(end).rms_dbfs, 0.5);
}

TEST_P(ResamplerBetween, StartsAfreshAfterFlush) {
    Resampler resampler(in(), out());
    const Samples sound = tone(900, in(), samples_in(0.1));
    const Samples first = convert_whole(resampler, sound);
    EXPECT_EQ(convert_whole(resampler, sound), first);
}

TEST_P(ResamplerBetween, ForgetsAnInterruptedClipOnReset) {
    Resampler fresh(in(), out());
    Resampler used(in(), out());
    Samples thrown_away;
    used.process(test::constant(777, 30000), thrown_away);
    used.reset();
    const Samples sound = tone(900, in(), samples_in(0.1));
    EXPECT_EQ(convert_whole(used, sound), convert_whole(fresh, sound));
}

TEST_P(ResamplerBetween, DoesNotWrapWhenItIsLoud) {
    Samples square(samples_in(0.1));
    const std::size_t half = square.size() / 40;
    for (std::size_t i = 0; i < square.size(); ++i) square[i] = (i / half) % 2 == 0 ? 32767 : -32768;
    Resampler resampler(in(), out());
    const Samples result = convert_whole(resampler, square);
    const std::size_t half_out = result.size() / 40;
    for (std::size_t i = 0; i < 40; ++i) {
        const int middle = result[i * half_out + half_out / 2];
        if (i % 2 == 0)
            EXPECT_GT(middle, 25000) << i;
        else
            EXPECT_LT(middle, -25000) << i;
    }
}

TEST(Resampler, PassesThroughUnchangedWhenRatesAreEqual) {
    Resampler resampler(24000, 24000);
    const Samples sound = test::ramp(1001);
    Samples out;
    resampler.process(sound, out);
    EXPECT_EQ(out, sound);
    resampler.flush(out);
    EXPECT_EQ(out.size(), sound.size());
}

TEST(Resampler, AppendsToWhatIsThere) {
    Resampler resampler(24000, 16000);
    Samples out{1, 2, 3};
    resampler.process(test::constant(300, 0), out);
    resampler.flush(out);
    ASSERT_EQ(out.size(), 203u);
    EXPECT_EQ(out[2], 3);
}

TEST(Resampler, RemovesWhatTheLowerRateCannotHold) {
    Resampler resampler(48000, 16000);
    const Samples result = convert_whole(resampler, tone(11000, 48000, 48000));
    const auto middle = std::span(result).subspan(1000, 14000);
    EXPECT_LT(measure_level(middle).rms_dbfs, -60);
}

TEST(Resampler, KeepsTheSpeechBand) {
    Resampler resampler(24000, 16000);
    const Samples result = convert_whole(resampler, tone(6000, 24000, 24000));
    const auto middle = std::span(result).subspan(1000, 14000);
    EXPECT_NEAR(strength_dbfs(middle, 6000, 16000), 20 * std::log10(10000.0 / 32768), 1);
}

TEST(Resampler, TakesTheOddRatesOfFiles) {
    for (const int rate : {11025, 22050, 32000, 44100}) {
        Resampler resampler(rate, 16000);
        const Samples result = convert_whole(resampler, tone(440, rate, static_cast<std::size_t>(rate)));
        ASSERT_EQ(result.size(), 16000u) << rate;
        EXPECT_NEAR(strength_dbfs(std::span(result).subspan(1000, 14000), 440, 16000), -10.3, 0.5) << rate;
    }
}

TEST(Resampler, RefusesRatesThatAreNotSpeech) {
    EXPECT_THROW(Resampler(0, 16000), std::invalid_argument);
    EXPECT_THROW(Resampler(16000, 7999), std::invalid_argument);
    EXPECT_THROW(Resampler(96000, 48000), std::invalid_argument);
    EXPECT_THROW(Resampler(-16000, -16000), std::invalid_argument);
}

}  // namespace
}  // namespace atlas::audio
