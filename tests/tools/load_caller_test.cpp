#include "call/load_caller.hpp"

#include "call_support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace atlas::caller {
namespace {

using namespace std::chrono_literals;
using test::Json;
using testing::Contains;
using testing::IsEmpty;
using testing::Key;

// One caller and a gateway in virtual time; the run's tick is the test's.
class LoadCallerTest : public testing::Test {
protected:
    LoadCallerTest() {
        plan.request.url = "ws://gateway.test/v1/voice";
        plan.request.subprotocol = "atlas.v1";
        plan.hello.version = "load";
        plan.hello.greeting = "";
        plan.pace.interrupt_every = 0;
        SoundStore sounds;
        plan.talk = sounds.speech(test::speech(500ms), plan.hello.audio_in);
        plan.silence = sounds.silence(plan.hello.audio_in);
    }
    void call() {
        caller.emplace(loop, connector, plan, tally, 0);
        caller->start();
        loop.run_ready();
    }
    void pass(std::chrono::milliseconds time) {
        for (auto passed = 0ms; passed < time; passed += 5ms) {
            loop.advance(5ms);
            caller->tick(loop.now());
            loop.run_ready();
        }
    }
    void transcript(std::uint32_t turn, const std::string& text) {
        gateway.say({{"t", "user.transcript"},
                     {"turn", turn},
                     {"rev", 1},
                     {"text", text},
                     {"stable_chars", 0},
                     {"final", true},
                     {"confidence", 1}});
    }

    test::ManualLoop loop;
    test::FakeWebsocketConnector connector{loop};
    test::ScriptedGateway gateway{loop, connector};
    LoadPlan plan;
    LoadTally tally;
    std::optional<LoadCaller> caller;
};

TEST_F(LoadCallerTest, SendsAFrameForEveryFrameOfTimeAndTalksInTheirMidst) {
    call();
    pass(2s);
    EXPECT_GE(gateway.frames(), 99U);
    EXPECT_LE(gateway.frames(), 100U);
    EXPECT_EQ(tally.frames_sent, gateway.frames());
    EXPECT_EQ(gateway.loud_frames().size(), 25U);
    EXPECT_THAT(gateway.schema_problems(), IsEmpty());
    EXPECT_THAT(tally.problems, IsEmpty());
}

TEST_F(LoadCallerTest, ATurnIsKeptWithItsLabelAndItsTimes) {
    call();
    pass(1500ms);
    transcript(1, "My number is qbxaq.");
    const auto began = loop.now();
    gateway.reply(1, "user", 1s);
    pass(1300ms);
    gateway.end(1);
    caller->hang_up();
    loop.run_ready();
    ASSERT_EQ(tally.turns.size(), 1U);
    EXPECT_EQ(tally.turns[0].label, "qbxaq");
    EXPECT_EQ(tally.turns[0].first_audio, began);
    ASSERT_TRUE(tally.turns[0].talk_ended);
    EXPECT_EQ(*tally.turns[0].talk_ended, gateway.loud_frames().at(24));
    EXPECT_EQ(tally.completed, 1);
    EXPECT_EQ(gateway.received("bye").size(), 1U);
    EXPECT_TRUE(caller->over());
    EXPECT_THAT(tally.problems, IsEmpty());
}

TEST_F(LoadCallerTest, ReportsPlayingFromTheFirstSoundToTheLast) {
    call();
    pass(1500ms);
    gateway.reply(1, "user", 1s);
    pass(1300ms);
    const auto reports = gateway.received("playback");
    ASSERT_GE(reports.size(), 4U);
    EXPECT_EQ(reports.front().at("played_ms"), 0);
    EXPECT_EQ(reports.back().at("played_ms"), 1000);
    EXPECT_EQ(reports.back().at("buffered_ms"), 0);
    EXPECT_THAT(gateway.schema_problems(), IsEmpty());
}

TEST_F(LoadCallerTest, AnInterruptionEndsAtTheFlushAndBelongsToTheNextTurn) {
    plan.pace.interrupt_every = 1;
    call();
    pass(1500ms);
    gateway.reply(1, "user", 5s);
    pass(1500ms);
    EXPECT_GT(gateway.loud_frames().size(), 25U) << "talks into the reply";
    const auto flushed = loop.now();
    gateway.flush(1, 1200);
    gateway.end(1, "interrupted", "barge_in");
    EXPECT_EQ(gateway.received("playback").back().at("played_ms"), 1200);
    pass(500ms);
    transcript(2, "Stop, I mean qbxbq.");
    gateway.reply(2, "user", 1s);
    caller->hang_up();
    EXPECT_EQ(tally.interruptions, 1);
    ASSERT_EQ(tally.turns.size(), 2U);
    EXPECT_FALSE(tally.turns[0].flushed);
    EXPECT_EQ(tally.turns[1].flushed, flushed);
    EXPECT_EQ(tally.turns[1].label, "qbxbq");
}

TEST_F(LoadCallerTest, LateAndMissingFramesAreCounted) {
    call();
    pass(1500ms);
    gateway.say({{"t", "turn.start"}, {"turn", 1}, {"reason", "user"}});
    gateway.sound(1, 0, 40ms, false);
    pass(500ms);
    gateway.sound(1, 960, 40ms, false);
    gateway.sound(1, 2880, 40ms, true);
    EXPECT_EQ(tally.frames_received, 3U);
    EXPECT_EQ(tally.frames_late, 1U);
    EXPECT_EQ(tally.frames_missing, 1U);
}

TEST_F(LoadCallerTest, ALostConnectionIsAnError) {
    call();
    gateway.peer().lose();
    loop.run_ready();
    EXPECT_TRUE(caller->over());
    EXPECT_EQ(tally.ended_early, 1);
    EXPECT_EQ(tally.problems.size(), 1U);
}

TEST_F(LoadCallerTest, AWarningAFailedTurnAndAnEndByTheGatewayAreErrors) {
    call();
    pass(1500ms);
    gateway.say({{"t", "warning"}, {"code", "speech_failed"}, {"message", "x"}});
    gateway.reply(1, "user", 1s);
    gateway.end(1, "failed", "language_model_timeout");
    gateway.say({{"t", "closed"}, {"reason", "overload"}, {"usage", Json::object()}});
    EXPECT_THAT(tally.problems, Contains(Key("warning speech_failed")));
    EXPECT_THAT(tally.problems, Contains(Key("turn failed: language_model_timeout")));
    EXPECT_THAT(tally.problems, Contains(Key("the gateway ended a call: overload")));
}

TEST_F(LoadCallerTest, ARefusalIsAnErrorWithItsStatus) {
    caller.emplace(loop, connector, plan, tally, 0);
    connector.refuse_next(503);
    caller->start();
    loop.run_ready();
    EXPECT_THAT(tally.problems, Contains(Key("refused with status 503")));
}

TEST(LoadLabel, IsFoundAmongOtherWords) {
    EXPECT_EQ(find_turn_label("A quick question on qbhxdq."), "qbhxdq");
    EXPECT_EQ(find_turn_label("A quick quiz, qxq, equinox."), "");
    EXPECT_EQ(find_turn_label(""), "");
    EXPECT_EQ(find_turn_label("qbh"), "");
}

}  // namespace
}  // namespace atlas::caller
