#include "simulator/scenario.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <tuple>

// Whatever lengths of frames and rates an app has agreed on: no sound is lost on the way, either way.

namespace atlas::sim {
namespace {

const char* const story =
    "Once there was a ship. It sailed far away. The captain knew every star. One night the wind turned.";

class Microphone : public testing::TestWithParam<std::tuple<int, int>> {};

TEST_P(Microphone, OfAnyFormatIsHeardWordForWord) {
    Scenario s;
    s.app.mic_rate = std::get<0>(GetParam());
    s.app.mic_frame_ms = std::get<1>(GetParam());
    s.network.jitter = 80ms;
    s.model.says(story);
    s.model.says("Now it is evening.");
    s.caller.says("Tell me a story.").until_hears("captain").says("No, tell me the time instead.").listens();
    s.run();
    ASSERT_EQ(s.turn_count(), 2U);
    EXPECT_EQ(s.turn(1).user_text(), "Tell me a story.");
    EXPECT_EQ(s.turn(2).user_text(), "No, tell me the time instead.");
    EXPECT_EQ(s.told("ready")[0]["audio"]["in"]["frame_ms"], s.app.mic_frame_ms);
    EXPECT_EQ(s.recognizer.heard.size(), s.caller.said.size());
}
INSTANTIATE_TEST_SUITE_P(Simulated, Microphone,
                         testing::Combine(testing::Values(16000, 24000, 48000),
                                          testing::Values(10, 20, 60, 80, 100, 120)));

class Speaker : public testing::TestWithParam<std::tuple<int, int>> {};

TEST_P(Speaker, OfAnyFrameLengthPlaysEveryWordOnceAndIsHeldByACough) {
    const auto& [frame, network] = GetParam();
    Scenario s;
    s.app.speaker_frame_ms = frame;
    s.app.buffers = Milliseconds(frame + 40);
    s.network.up = s.network.down = Milliseconds(network);
    s.network.jitter = Milliseconds(network / 2);
    s.model.says(story);
    s.caller.says("Tell me a story.").until_hears("sailed").coughs().listens();
    s.run();
    EXPECT_TRUE(s.turn(1).completed());
    EXPECT_EQ(s.turn(1).heard(), plain(story));
    EXPECT_GT(s.turn(1).told.end.value("paused_ms", 0), 0);
}
INSTANTIATE_TEST_SUITE_P(Simulated, Speaker,
                         testing::Combine(testing::Values(10, 20, 40, 60, 80, 100, 120),
                                          testing::Values(5, 200)));

}  // namespace
}  // namespace atlas::sim
