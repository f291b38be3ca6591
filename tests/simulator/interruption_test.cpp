#include "simulator/scenario.hpp"

#include <gtest/gtest.h>

namespace atlas::sim {
namespace {

TEST(SimulatedInterruption, ACoughInTheSecondSentenceHoldsTheReplyAndLosesNoWord) {
    Scenario s;
    s.model.says("The first sentence is here now. The second one follows it closely. And then a third.");
    s.caller.says("Tell me a story.").until_hears("second").coughs().listens();
    s.run();
    EXPECT_TRUE(s.turn(1).completed());
    EXPECT_LT(s.turn(1).longest_silence, 1500ms);
}

}  // namespace
}  // namespace atlas::sim
