#include "atlas/providers/deepgram/audio_backlog.hpp"
#include "atlas/providers/deepgram/audio_sender.hpp"
#include "atlas/providers/deepgram/stream_clock.hpp"
#include "support/fake_websocket.hpp"
#include "support/manual_loop.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

namespace atlas::providers::deepgram {
namespace {

using namespace std::chrono_literals;
using Samples = std::vector<std::int16_t>;

Samples counting(std::size_t first, std::size_t count) {
    Samples samples(count);
    for (std::size_t index = 0; index < count; ++index)
        samples[index] = static_cast<std::int16_t>((first + index) % 32000 + 1);
    return samples;
}

Samples joined(const AudioBacklog::Stretch& stretch) {
    Samples all(stretch.head.begin(), stretch.head.end());
    all.insert(all.end(), stretch.tail.begin(), stretch.tail.end());
    return all;
}

TEST(AudioBacklog, GivesBackWhatItWasGivenAcrossTheBordersOfItsBlocks) {
    AudioBlockPool pool;
    AudioBacklog backlog(pool, 5 * block_samples);
    std::size_t given = 0;
    for (const std::size_t size : {1ul, 319ul, block_samples - 320, 7ul, 2 * block_samples, 100ul}) {
        backlog.append(counting(given, size));
        given += size;
    }
    ASSERT_EQ(backlog.end(), static_cast<SamplePosition>(given));
    for (std::size_t at = 0; at + 1280 <= given; at += 777)
        EXPECT_EQ(joined(backlog.read(static_cast<SamplePosition>(at), 1280)), counting(at, 1280)) << at;
}

TEST(AudioBacklog, ForgetsTheOldestWhenFull) {
    AudioBlockPool pool;
    AudioBacklog backlog(pool, 2 * block_samples);
    for (std::size_t at = 0; at < 9; ++at) backlog.append(counting(at * 5000, 5000));
    EXPECT_EQ(backlog.end(), 45000);
    EXPECT_EQ(backlog.begin(), 45000 - static_cast<SamplePosition>(2 * block_samples));
    EXPECT_EQ(joined(backlog.read(backlog.begin(), 1000)),
              counting(static_cast<std::size_t>(backlog.begin()), 1000));
}

TEST(AudioBacklog, ReturnsItsBlocksToThePoolAsItForgets) {
    AudioBlockPool pool;
    {
        AudioBacklog backlog(pool, 8 * block_samples);
        backlog.append(counting(0, 4 * block_samples));
        EXPECT_EQ(pool.spare(), 0u);
        backlog.forget_before(static_cast<SamplePosition>(3 * block_samples) + 1);
        EXPECT_EQ(pool.spare(), 3u);
        backlog.forget_before(1'000'000'000);
        EXPECT_EQ(backlog.begin(), backlog.end());
        backlog.append(counting(0, 10));
        EXPECT_EQ(pool.spare(), 3u);
    }
    EXPECT_EQ(pool.spare(), 4u);
}

TEST(StreamClock, CountsFromTheFirstSampleOfTheConnection) {
    StreamClock clock(16000);
    clock.restart(32000);
    clock.sent_audio(32000, 16000);
    EXPECT_EQ(clock.to_call(0), 32000);
    EXPECT_EQ(clock.to_call(0.5), 40000);
    EXPECT_EQ(clock.to_time(clock.to_call(0.5)), 2500ms);
}

TEST(StreamClock, LeavesOutSilenceAndJumpsOverWhatWasDropped) {
    StreamClock clock(16000);
    clock.sent_audio(0, 16000);
    clock.sent_silence(8000);
    clock.sent_silence(8000);
    clock.sent_audio(16000, 16000);
    clock.sent_audio(48000, 16000);  // a second was dropped
    EXPECT_EQ(clock.to_call(1.0), 16000);
    EXPECT_EQ(clock.to_call(1.7), 16000);
    EXPECT_EQ(clock.to_call(2.5), 24000);
    EXPECT_EQ(clock.to_call(3.5), 56000);
}

TEST(StreamClock, KeepsNonsenseInsideWhatWasSent) {
    StreamClock clock(16000);
    clock.sent_audio(0, 16000);
    EXPECT_EQ(clock.to_call(1e300), 16000);
    EXPECT_EQ(clock.to_call(-3), 0);
    EXPECT_EQ(clock.to_call(std::numeric_limits<double>::quiet_NaN()), 0);
}

TEST(StreamClock, ForgetsOnlyWhatIsLongPast) {
    StreamClock clock(16000);
    for (SamplePosition second = 0; second < 1000; ++second) {
        clock.sent_audio(second * 16000, 16000);
        clock.sent_silence(16000);
    }
    EXPECT_EQ(clock.to_call(1998.5), 999 * 16000 + 8000);
    EXPECT_EQ(clock.to_call(1990.5), 995 * 16000 + 8000);
}

class AudioSenderTest : public testing::Test {
protected:
    AudioSenderTest() { sender_.begin_stream(loop_.now(), 1.25, 8s); }

    AudioSender::Outcome send() { return sender_.send(*pair_.websocket, loop_.now(), 1'000'000'000); }
    void append_seconds(std::size_t seconds) {
        sender_.append(counting(given_, seconds * 16000));
        given_ += seconds * 16000;
    }

    test::ManualLoop loop_;
    test::FakeWebsocketPair pair_ = test::make_fake_websocket(loop_);
    DeepgramSettings settings_;
    AudioCounters counters_;
    AudioBlockPool pool_;
    AudioSender sender_{settings_, 16000, pool_, counters_};
    std::size_t given_ = 0;
};

TEST_F(AudioSenderTest, GroupsFramesIntoMessagesOfEightyMilliseconds) {
    for (std::size_t frame = 0; frame < 11; ++frame) {
        sender_.append(counting(frame * 320, 320));
        EXPECT_EQ(send(), AudioSender::Outcome::caught_up);
    }
    const auto messages = pair_.peer->binaries();
    ASSERT_EQ(messages.size(), 2u);
    EXPECT_EQ(messages[0].size(), 2560u);
    EXPECT_EQ(messages[1].size(), 2560u);
    EXPECT_EQ(pair_.peer->samples(), counting(0, 2560));
}

TEST_F(AudioSenderTest, SendsABacklogInOrderAtOneAndAQuarterTimesRealTime) {
    append_seconds(7);
    const net::TimePoint start = loop_.now();
    while (send() == AudioSender::Outcome::paced) {
        ASSERT_GT(sender_.paced_until(), loop_.now());
        loop_.advance(sender_.paced_until() - loop_.now());
        const std::chrono::duration<double> passed = loop_.now() - start;
        EXPECT_LE(pair_.peer->samples().size(), 16000 * (1.0 + 1.25 * passed.count()) + 1);
    }
    // 87 whole messages, of which a second's worth could go at once
    EXPECT_EQ(pair_.peer->samples(), counting(0, 87 * 1280));
    EXPECT_NEAR(std::chrono::duration<double>(loop_.now() - start).count(), (87 * 0.08 - 1) / 1.25, 0.01);
}

TEST_F(AudioSenderTest, DropsAndCountsTheOldestOfTooLargeABacklog) {
    append_seconds(17);
    EXPECT_EQ(sender_.waiting(), 15s);
    EXPECT_EQ(counters_.dropped_samples, 2u * 16000);
}

TEST_F(AudioSenderTest, SendsEverythingFromThePositionOnceMore) {
    append_seconds(1);
    ASSERT_EQ(send(), AudioSender::Outcome::caught_up);
    sender_.end_stream(4000);
    EXPECT_EQ(counters_.replayed_samples, 12u * 1280 - 4000);
    pair_.peer->forget_sent();
    sender_.begin_stream(loop_.now(), 1.25, 8s);
    ASSERT_EQ(send(), AudioSender::Outcome::caught_up);
    EXPECT_EQ(pair_.peer->samples(), counting(4000, 9 * 1280));
    EXPECT_EQ(sender_.clock().to_call(0), 4000);
}

TEST_F(AudioSenderTest, CutsAReplayThatWouldNeverCatchUp) {
    append_seconds(10);
    sender_.begin_stream(loop_.now(), 1.25, 8s);
    EXPECT_EQ(sender_.waiting(), 8s);
    EXPECT_EQ(counters_.dropped_samples, 2u * 16000);
    EXPECT_EQ(sender_.clock().to_call(0), 2 * 16000);
}

// ---- a replay that is late is cut to fit

class LateReplay : public AudioSenderTest {
protected:
    void append(std::chrono::milliseconds length, std::int16_t level) {
        sender_.append(Samples(static_cast<std::size_t>(length.count()) * 16, level));
    }
    // Until all of it went out, at the pace that is allowed.
    net::Duration drain() {
        const net::TimePoint start = loop_.now();
        while (send() == AudioSender::Outcome::paced) loop_.advance(sender_.paced_until() - loop_.now());
        return loop_.now() - start;
    }
    std::size_t sent_with(std::int16_t level) const {
        const auto samples = pair_.peer->samples();
        return static_cast<std::size_t>(std::count(samples.begin(), samples.end(), level));
    }
};

TEST_F(LateReplay, CutsASilenceToWhatAnEndOfTurnNeeds) {
    append(1200ms, 1000);
    append(5s, 0);
    append(1200ms, 2000);
    append(600ms, 0);
    sender_.begin_stream(loop_.now(), 1.25, 8s, 1200ms);
    EXPECT_LT(drain(), 3s) << "it would take more than five";
    EXPECT_EQ(sent_with(1000), 1200u * 16) << "nothing that sounds is missing";
    EXPECT_EQ(sent_with(2000), 1200u * 16);
    const auto samples = pair_.peer->samples();
    const auto second = std::find(samples.begin(), samples.end(), 2000) - samples.begin();
    const auto between = second - 1200 * 16;
    EXPECT_GE(between, (1200 + 320) * 16) << "and some of it right before the sound";
    EXPECT_LE(between, (1200 + 320 + 2 * 80) * 16);
    EXPECT_EQ(sender_.clock().to_call(static_cast<double>(second) / 16000), 6200 * 16)
        << "its time is the caller's";
    EXPECT_EQ(sender_.clock().to_call(1.0), 16000);
    EXPECT_GT(counters_.cut_samples, 3u * 16000);
    EXPECT_EQ(counters_.dropped_samples, 0u);
}

TEST_F(LateReplay, CutsNothingOfWhatMayBeSentAtOnce) {
    append(960ms, 0);
    sender_.begin_stream(loop_.now(), 1.25, 8s, 80ms);
    EXPECT_EQ(drain(), 0s);
    EXPECT_EQ(counters_.cut_samples, 0u);
    for (int half_second = 0; half_second < 40; ++half_second) {
        loop_.advance(500ms);
        append(500ms, 0);
        send();
    }
    EXPECT_EQ(counters_.cut_samples, 0u) << "in time";
}

TEST_F(LateReplay, CutsNothingThatMayBeAVoice) {
    append(1s, 1000);
    append(5s, 65);
    sender_.begin_stream(loop_.now(), 1.25, 8s, 1200ms);
    drain();
    EXPECT_EQ(sent_with(65), 5u * 16000);
    EXPECT_EQ(counters_.cut_samples, 0u);
}

TEST_F(LateReplay, CutsNothingWhereTheServiceKeepsTimeByIt) {
    append(1s, 1000);
    append(5s, 0);
    sender_.begin_stream(loop_.now(), 4, 8s);
    drain();
    EXPECT_EQ(counters_.cut_samples, 0u);
}

TEST_F(AudioSenderTest, FillsARestUpWithSilenceThatIsNotTheCallers) {
    sender_.append(counting(0, 1000));
    send();
    EXPECT_TRUE(pair_.peer->sent.empty());
    ASSERT_TRUE(sender_.send_rest(*pair_.websocket, 700));
    Samples expected = counting(0, 700);
    expected.resize(1280, 0);
    EXPECT_EQ(pair_.peer->samples(), expected);
    ASSERT_TRUE(sender_.send_rest(*pair_.websocket, 700));
    EXPECT_EQ(pair_.peer->sent.size(), 1u) << "nothing was left, and no empty message is ever sent";
    sender_.append(counting(1000, 980));
    send();
    EXPECT_EQ(sender_.clock().to_call(1280.0 / 16000), 700);
    EXPECT_EQ(sender_.clock().to_call(1290.0 / 16000), 710);
    EXPECT_EQ(counters_.silence_samples, 580u);
}

TEST_F(AudioSenderTest, SaysWhenThePeerTakesNoMore) {
    pair_.peer->stall();
    for (int second = 0; second < 40; ++second) {
        append_seconds(1);
        loop_.advance(1s);
        if (send() == AudioSender::Outcome::refused) return SUCCEED();
    }
    FAIL() << "everything was taken";
}

TEST_F(AudioSenderTest, LeavesOutWhatIsKnownAlready) {
    append_seconds(2);
    sender_.begin_stream(loop_.now(), 1.25, 8s);
    sender_.begin_later(16000);
    EXPECT_EQ(sender_.waiting(), 1s);
    EXPECT_EQ(sender_.clock().to_call(0), 16000);
    EXPECT_EQ(counters_.dropped_samples, 0u);
    sender_.begin_later(1'000'000);
    EXPECT_EQ(sender_.waiting(), 0s) << "never beyond what was said";
}

TEST_F(AudioSenderTest, TellsAVoiceFromALinesNoise) {
    const auto send_level = [this](std::int16_t level) {
        Samples wave(1280, level);
        for (std::size_t index = 0; index < wave.size(); index += 2)
            wave[index] = static_cast<std::int16_t>(std::min(-level, 32767));
        sender_.append(wave);
        send();
    };
    send_level(299);
    EXPECT_EQ(sender_.loud_samples(), 0);
    loop_.advance(1s);
    send_level(301);
    EXPECT_EQ(sender_.loud_samples(), 1280);
    EXPECT_EQ(sender_.last_loud_at(), loop_.now());
    send_level(std::numeric_limits<std::int16_t>::min());
    EXPECT_EQ(sender_.loud_samples(), 2560) << "the loudest sample has no positive twin";
    sender_.begin_stream(loop_.now(), 1.25, 8s);
    EXPECT_EQ(sender_.loud_samples(), 0) << "counted by connection";
}

}  // namespace
}  // namespace atlas::providers::deepgram
