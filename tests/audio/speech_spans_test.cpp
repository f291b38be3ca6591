#include "atlas/audio/speech_spans.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <random>

namespace atlas::audio {
namespace {

using namespace std::chrono_literals;
using Span = SpeechSpans::Span;
using Samples = std::vector<std::int16_t>;

Samples tone(int ms, double dbfs) {
    Samples samples(static_cast<std::size_t>(ms) * 24);
    const double amplitude = 32768 * std::pow(10, dbfs / 20);
    for (std::size_t i = 0; i < samples.size(); ++i) {
        samples[i] = static_cast<std::int16_t>(amplitude * std::sin(static_cast<double>(i) * 0.05));
    }
    return samples;
}
Samples silence(int ms) { return Samples(static_cast<std::size_t>(ms) * 24, 0); }
Samples operator+(Samples first, const Samples& second) {
    first.insert(first.end(), second.begin(), second.end());
    return first;
}
Samples noisy(Samples samples, int amplitude) {
    std::mt19937 random(1);
    for (std::int16_t& sample : samples) {
        sample = static_cast<std::int16_t>(sample + static_cast<int>(random() % 1000) * 2 * amplitude / 1000 -
                                           amplitude);
    }
    return samples;
}

std::vector<Span> spans_of(const Samples& samples) {
    SpeechSpans found;
    found.add(samples);
    return found.spans();
}

TEST(SpeechSpans, NothingAndSilenceHoldNoSpeech) {
    EXPECT_TRUE(SpeechSpans().spans().empty());
    EXPECT_TRUE(spans_of(silence(500)).empty());
}
TEST(SpeechSpans, AreWhereTheClipIsLoud) {
    EXPECT_EQ(spans_of(silence(200) + tone(300, -20) + silence(250) + tone(400, -20) + silence(100)),
              (std::vector<Span>{{200ms, 500ms}, {750ms, 1150ms}}));
}
TEST(SpeechSpans, TheGapOfAConsonantIsNoPause) {
    EXPECT_EQ(spans_of(tone(200, -20) + silence(60) + tone(200, -20)), (std::vector<Span>{{0ms, 460ms}}));
    EXPECT_EQ(spans_of(tone(200, -20) + silence(150) + tone(200, -20)).size(), 2U);
}
TEST(SpeechSpans, AWeakConsonantBelongsToItsWord) {
    EXPECT_EQ(spans_of(tone(300, -20) + tone(100, -44) + silence(200)), (std::vector<Span>{{0ms, 400ms}}));
}
TEST(SpeechSpans, ASoftVoiceIsFoundLikeALoudOne) {
    for (const double level : {-3.0, -20.0, -40.0}) {
        EXPECT_EQ(spans_of(silence(200) + tone(300, level) + silence(200)),
                  (std::vector<Span>{{200ms, 500ms}}))
            << level;
    }
}
TEST(SpeechSpans, NoiseBehindTheVoiceIsNoSpeech) {
    EXPECT_EQ(
        spans_of(noisy(silence(300) + tone(300, -15) + silence(300) + tone(300, -15) + silence(300), 100)),
        (std::vector<Span>{{300ms, 600ms}, {900ms, 1200ms}}));
}
TEST(SpeechSpans, ANoiseFarBelowSpeechIsSilence) { EXPECT_TRUE(spans_of(noisy(silence(500), 10)).empty()); }
TEST(SpeechSpans, TheSizeOfThePiecesMakesNoDifference) {
    const Samples samples = silence(130) + tone(333, -20) + silence(217) + tone(101, -30);
    for (const std::size_t size : {1U, 7U, 239U, 240U, 241U, 5000U}) {
        SpeechSpans found;
        for (std::size_t at = 0; at < samples.size(); at += size) {
            found.add(std::span(samples).subspan(at, std::min(size, samples.size() - at)));
        }
        EXPECT_EQ(found.spans(), spans_of(samples)) << size;
        EXPECT_EQ(found.length(), 781ms) << size;
    }
}
TEST(SpeechSpans, AClipThatGrowsMayBeAskedAtAnyTime) {
    SpeechSpans found;
    found.add(silence(100) + tone(200, -20));
    EXPECT_EQ(found.spans(), (std::vector<Span>{{100ms, 300ms}}));
    found.add(silence(200) + tone(100, -20));
    EXPECT_EQ(found.spans(), (std::vector<Span>{{100ms, 300ms}, {500ms, 600ms}}));
}
TEST(SpeechSpans, ALongClipIsKeptCoarselyAndInBounds) {
    SpeechSpans found;
    for (int i = 0; i < 600; ++i) found.add(tone(200, -20) + silence(200));  // four minutes
    const auto spans = found.spans();
    EXPECT_EQ(found.length(), 240s);
    ASSERT_FALSE(spans.empty());
    EXPECT_LE(spans.size(), SpeechSpans::most_spans);
    EXPECT_LE(spans.back().to, 240s);
}
TEST(SpeechSpans, AMinuteOfSpeechStillShowsItsPauses) {
    SpeechSpans found;
    for (int i = 0; i < 30; ++i) found.add(tone(1600, -20) + silence(400));
    EXPECT_EQ(found.spans().size(), 30U);
}
TEST(SpeechSpans, TheLoudestSamplesDoNotOverflow) {
    SpeechSpans found;
    found.add(Samples(24000, INT16_MIN));
    EXPECT_EQ(found.spans(), (std::vector<Span>{{0ms, 1000ms}}));
}

}  // namespace
}  // namespace atlas::audio
