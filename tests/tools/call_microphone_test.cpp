#include "atlas/audio/opus_decoder.hpp"
#include "audio/allocation_count.hpp"
#include "call/microphone.hpp"
#include "call_support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace atlas::caller {
namespace {

using namespace std::chrono_literals;
using test::constant;
using test::tone;

constexpr audio::AudioFormat format{audio::Codec::pcm16, 16000, 20};
constexpr std::size_t frame_samples = 320;
constexpr net::TimePoint opened{1h};

std::shared_ptr<const EncodedSound> sound(const std::vector<std::int16_t>& samples) {
    return std::make_shared<const EncodedSound>(samples, 16000, format);
}

// `frames` frames whose samples are all `value`.
std::shared_ptr<const EncodedSound> loud(std::size_t frames, std::int16_t value = 8000) {
    return sound(constant(frames * frame_samples, value));
}

class MicrophoneTest : public testing::Test {
protected:
    std::vector<MicrophoneFrame> frames_until(net::TimePoint now) {
        std::vector<MicrophoneFrame> frames;
        while (const auto frame = microphone.next_frame(now)) frames.push_back(*frame);
        return frames;
    }
    static std::int16_t value_of(const MicrophoneFrame& frame) {
        std::vector<std::int16_t> samples;
        audio::take_pcm16(frame.payload, samples);
        EXPECT_EQ(samples.size(), frame_samples);
        return samples.front();
    }
    std::vector<std::int16_t> values_until(net::TimePoint now) {
        std::vector<std::int16_t> values;
        while (const auto frame = microphone.next_frame(now)) values.push_back(value_of(*frame));
        return values;
    }

    Microphone microphone{format, sound(constant(frame_samples, 0)), opened};
};

TEST_F(MicrophoneTest, GivesAFrameAtTheMomentItWouldHaveBeenRecorded) {
    EXPECT_EQ(microphone.next_due(), opened + 20ms);
    EXPECT_FALSE(microphone.next_frame(opened + 19ms));
    const auto first = microphone.next_frame(opened + 20ms);
    ASSERT_TRUE(first);
    EXPECT_TRUE(first->first);
    EXPECT_EQ(first->timestamp, 0u);
    EXPECT_EQ(first->recorded_at, opened + 20ms);
    EXPECT_FALSE(microphone.next_frame(opened + 20ms));
    const auto second = microphone.next_frame(opened + 40ms);
    ASSERT_TRUE(second);
    EXPECT_FALSE(second->first);
    EXPECT_EQ(second->timestamp, frame_samples);
}

TEST_F(MicrophoneTest, LateFramesComeAtOnceAndTheScheduleDoesNotShift) {
    EXPECT_EQ(frames_until(opened + 107ms).size(), 5u);
    EXPECT_EQ(microphone.next_due(), opened + 120ms);
}

TEST_F(MicrophoneTest, SaysTheSoundFromTheNextFrameOnAndIsSilentAfterIt) {
    frames_until(opened + 100ms);
    microphone.say(loud(2));
    EXPECT_TRUE(microphone.speaking());
    EXPECT_THAT(values_until(opened + 180ms), testing::ElementsAre(8000, 8000, 0, 0));
    EXPECT_FALSE(microphone.speaking());
}

TEST_F(MicrophoneTest, TellsTheLastLoudFrameOfASoundThatEndsInSilence) {
    auto samples = constant(2 * frame_samples, 8000);
    samples.resize(5 * frame_samples);
    microphone.say(sound(samples));
    const auto frames = frames_until(opened + 100ms);
    ASSERT_EQ(frames.size(), 5u);
    EXPECT_FALSE(frames[0].end_of_speech);
    EXPECT_TRUE(frames[1].end_of_speech);
    EXPECT_EQ(frames[1].recorded_at, opened + 40ms);
    EXPECT_FALSE(frames[2].end_of_speech);
    EXPECT_FALSE(microphone.speaking());
}

TEST_F(MicrophoneTest, AFurtherSoundWaitsForTheWordsButNotForTheSilenceAfterThem) {
    auto samples = constant(2 * frame_samples, 8000);
    samples.resize(50 * frame_samples);
    microphone.say(sound(samples));
    microphone.say(loud(1, 5000));
    EXPECT_THAT(values_until(opened + 80ms), testing::ElementsAre(8000, 8000, 5000, 0));
}

TEST_F(MicrophoneTest, SkipsTimeButNoSpeechAfterALongStandstill) {
    microphone.say(loud(3));
    frames_until(opened + 20ms);
    const auto frames = frames_until(opened + 10s);
    ASSERT_EQ(frames.size(), 1u);
    EXPECT_TRUE(frames[0].discontinuity);
    EXPECT_EQ(frames[0].timestamp, 499 * frame_samples);
    EXPECT_EQ(value_of(frames[0]), 8000);
    EXPECT_EQ(microphone.next_due(), opened + 10s + 20ms);
    const auto last = frames_until(opened + 10s + 20ms);
    ASSERT_EQ(last.size(), 1u);
    EXPECT_FALSE(last[0].discontinuity);
    EXPECT_TRUE(last[0].end_of_speech);
}

TEST_F(MicrophoneTest, MarksTheFrameAfterALostOne) {
    frames_until(opened + 20ms);
    microphone.frame_was_lost();
    EXPECT_TRUE(microphone.next_frame(opened + 40ms)->discontinuity);
    EXPECT_FALSE(microphone.next_frame(opened + 60ms)->discontinuity);
}

TEST_F(MicrophoneTest, GivingOutFramesAllocatesNothing) {
    microphone.say(loud(50));
    const auto before = test::allocation_count();
    for (int frame = 1; frame <= 100; ++frame) EXPECT_TRUE(microphone.next_frame(opened + frame * 20ms));
    EXPECT_EQ(test::allocation_count(), before);
}

TEST(EncodedSound, IsResampledAndFilledUpToWholeFrames) {
    const EncodedSound from_44100(tone(440, 44100, 44100 / 2), 44100, format);
    EXPECT_EQ(from_44100.frames(), 25u);
    for (std::size_t i = 0; i < from_44100.frames(); ++i) EXPECT_EQ(from_44100.frame(i).size(), 640u);
    const EncodedSound short_end(constant(frame_samples + 1, 8000), 16000, format);
    EXPECT_EQ(short_end.frames(), 2u);
}

TEST(EncodedSound, OpusFramesDecodeToTheSound) {
    const audio::AudioFormat opus{audio::Codec::opus, 16000, 20};
    const EncodedSound encoded(tone(440, 16000, 16000), 16000, opus);
    ASSERT_EQ(encoded.frames(), 50u);
    audio::OpusDecoder decoder(16000);
    std::vector<std::int16_t> heard;
    for (std::size_t i = 0; i < encoded.frames(); ++i) {
        EXPECT_LT(encoded.frame(i).size(), 640u);
        const auto decoded = decoder.decode(encoded.frame(i));
        ASSERT_TRUE(decoded.ok()) << decoded.error;
        heard.insert(heard.end(), decoded.samples.begin(), decoded.samples.end());
    }
    EXPECT_EQ(heard.size(), 16000u);
    EXPECT_NEAR(test::strength_dbfs(heard, 440, 16000), -10.3, 2);
}

TEST(EncodedSound, KnowsThatNothingInItIsLoud) {
    EXPECT_EQ(EncodedSound(constant(16000, 10), 16000, format).spoken_frames(), 0u);
}

TEST(SoundStore, EncodesARecordingOnceForEachFormat) {
    SoundStore store;
    const auto file = test::speech(100ms);
    const audio::AudioFormat opus{audio::Codec::opus, 16000, 20};
    EXPECT_EQ(store.speech(file, format), store.speech(file, format));
    EXPECT_NE(store.speech(file, format), store.speech(file, opus));
    EXPECT_NE(store.speech(file, format), store.speech(test::speech(100ms), format));
    EXPECT_EQ(store.silence(opus), store.silence(opus));
    EXPECT_EQ(store.silence(format)->frames(), 1u);
}

TEST(LoadRecording, ReadsAWavFile) {
    const test::CallFiles files;
    const auto loaded = load_recording(files.wav("hello.wav", tone(440, 8000, 4000), 8000));
    ASSERT_TRUE(std::holds_alternative<std::shared_ptr<const Recording>>(loaded)) << std::get<1>(loaded);
    EXPECT_EQ(std::get<0>(loaded)->name, "hello.wav");
    EXPECT_EQ(std::get<0>(loaded)->length(), 500ms);
}

TEST(LoadRecording, SaysWhatIsWrongWithAFileThatIsNoWav) {
    const test::CallFiles files;
    const auto text = load_recording(files.text("notes.wav", "These are not the sounds you look for."));
    ASSERT_TRUE(std::holds_alternative<std::string>(text));
    EXPECT_THAT(std::get<std::string>(text), testing::HasSubstr("notes.wav: not a WAV file"));
    const auto missing = load_recording(files.path("nothing.wav"));
    ASSERT_TRUE(std::holds_alternative<std::string>(missing));
    EXPECT_THAT(std::get<std::string>(missing), testing::HasSubstr("nothing.wav"));
    const auto empty = load_recording(files.wav("empty.wav", {}));
    ASSERT_TRUE(std::holds_alternative<std::string>(empty));
    EXPECT_THAT(std::get<std::string>(empty), testing::HasSubstr("holds no sound"));
}

}  // namespace
}  // namespace atlas::caller
