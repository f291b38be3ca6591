#include "atlas/conversation/sound_ahead.hpp"

#include <gtest/gtest.h>

namespace atlas::conversation {
namespace {

using namespace std::chrono_literals;

TEST(SoundAhead, IsHalfAsMuchAgainAsTheVoiceTakesAndHalfASecond) {
    SoundAhead ahead({});
    EXPECT_EQ(ahead.wanted(), 2s) << "of a voice that nothing is known of";
    ahead.voice_began_after(2s);
    EXPECT_EQ(ahead.wanted(), 3500ms);
}

TEST(SoundAhead, BelievesASlowVoiceAtOnceAndAQuickOneByAndBy) {
    SoundAhead ahead({});
    ahead.voice_began_after(2s);
    ahead.voice_began_after(1s);
    EXPECT_EQ(ahead.wanted(), 2750ms);
    for (int reply = 0; reply < 10; ++reply) ahead.voice_began_after(1s);
    EXPECT_NEAR(static_cast<double>(ahead.wanted() / 1ms), 2000, 5);
}

TEST(SoundAhead, GrowsWithEverySilenceThatTheVoiceLeaves) {
    SoundAhead ahead({});
    ahead.voice_left_silence();
    EXPECT_EQ(ahead.wanted(), 3500ms);
}

TEST(SoundAhead, StaysWithinItsLimits) {
    SoundAhead ahead({});
    for (int reply = 0; reply < 10; ++reply) ahead.voice_began_after(10ms);
    EXPECT_EQ(ahead.wanted(), 1s);
    ahead.voice_began_after(1min);
    EXPECT_EQ(ahead.wanted(), 6s);
}

}  // namespace
}  // namespace atlas::conversation
