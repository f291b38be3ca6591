#include "atlas/audio/audio_pacer.hpp"
#include "atlas/audio/level.hpp"
#include "atlas/audio/opus_decoder.hpp"
#include "atlas/audio/opus_encoder.hpp"
#include "atlas/audio/resampler.hpp"
#include "atlas/audio/sample_ring.hpp"
#include "audio/allocation_count.hpp"
#include "audio/sounds.hpp"

#include <gtest/gtest.h>

#include <array>

namespace atlas::audio {
namespace {

using namespace std::chrono_literals;

TEST(Allocations, AreCounted) {
    const auto before = test::allocation_count();
    const std::vector<int> something(100);
    EXPECT_EQ(test::allocation_count() - before, 1) << something.size();
}

// A reply's way out and a caller's way in: 40 ms of synthesised speech at 24 kHz to the pacer, out of it
// to Opus at 16 kHz; back from Opus at 48 kHz, to 16 kHz, into the ring of what is kept for replay.
class FramePath {
public:
    FramePath() {
        pacer_.begin(1);
        to_client_.reserve(2000);
        heard_.reserve(2000);
        pacer_.push(test::tone(400, 16000, 16000));
    }

    // True when a frame went all the way.
    bool pass_one() {
        now_ += 40ms;
        to_client_.clear();
        to_16k_.process(speech_, to_client_);
        pacer_.push(to_client_);
        const auto frame = pacer_.next_frame(now_);
        if (!frame) return false;
        const auto packet = encoder_.encode(frame->samples, packet_);
        const auto sound = decoder_.decode(std::span(packet_).first(packet.size));
        heard_.clear();
        from_48k_.process(sound.samples, heard_);
        ring_.write(heard_);
        pacer_.report_played(frame->position, now_);
        return packet.ok() && sound.ok() && measure_level(heard_).rms_dbfs > -40 &&
               pacer_.next_due(now_ + 40ms) >= now_;
    }

private:
    std::vector<std::int16_t> speech_ = test::tone(400, 24000, 960);
    std::vector<std::int16_t> to_client_;
    std::vector<std::int16_t> heard_;
    std::array<std::byte, max_opus_packet_bytes> packet_{};
    Resampler to_16k_{24000, 16000};
    Resampler from_48k_{48000, 16000};
    OpusEncoder encoder_{{.rate = 16000, .frame_ms = 40}};
    OpusDecoder decoder_{48000};
    AudioPacer pacer_{{.rate = 16000, .frame_ms = 40}};
    SampleRing ring_{16000};
    AudioPacer::TimePoint now_{1h};
};

TEST(Allocations, AreNoneIn1000FramesThroughPacerCodecAndResampler) {
    FramePath path;
    for (int i = 0; i < 100; ++i) path.pass_one();
    int passed = 0;
    const auto before = test::allocation_count();
    for (int i = 0; i < 1000; ++i) passed += path.pass_one() ? 1 : 0;
    const auto after = test::allocation_count();
    EXPECT_EQ(after - before, 0);
    EXPECT_EQ(passed, 1000);
}

TEST(Allocations, AreNoneWhileAQueuedReplyIsGivenOut) {
    AudioPacer pacer({.rate = 24000, .frame_ms = 20});
    AudioPacer::TimePoint now{1h};
    pacer.begin(1);
    pacer.push(test::tone(400, 24000, 24000 * 30));
    int frames = 0;
    const auto before = test::allocation_count();
    for (int tick = 0; tick < 1500; ++tick, now += 20ms)
        while (pacer.next_frame(now)) ++frames;
    EXPECT_EQ(test::allocation_count() - before, 0);
    EXPECT_EQ(frames, 1500);
}

}  // namespace
}  // namespace atlas::audio
