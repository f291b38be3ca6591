#include "call_virtual_caller.hpp"

#include <gmock/gmock.h>

// What can go wrong with a call: the connection, the server, time.
namespace atlas::caller {
namespace {

using test::Json;
using testing::HasSubstr;
using testing::IsEmpty;

using CallTroubleTest = VirtualCallerTest;

TEST_F(CallTroubleTest, ARefusedUpgradeIsNoCall) {
    connector.refuse_next(503, {{"retry-after", "2"}}, "too many calls");
    call();
    EXPECT_EQ(over, 1);
    EXPECT_EQ(judge(result()), Verdict::no_call);
    EXPECT_EQ(result().http_status, 503);
    EXPECT_EQ(result().http_body, "too many calls");
}

TEST_F(CallTroubleTest, NoConnectionIsNoCall) {
    connector.fail_next("connecting gateway.test:80: connection refused");
    call();
    EXPECT_EQ(over, 1);
    EXPECT_EQ(judge(result()), Verdict::no_call);
    EXPECT_THAT(explain(result()), HasSubstr("connection refused"));
}

TEST_F(CallTroubleTest, AnErrorInsteadOfReadyIsNoCall) {
    gateway.answers_hello = false;
    call();
    gateway.say({{"t", "error"}, {"code", "unauthorized"}, {"message", "no key"}, {"fatal", true}});
    gateway.peer().close(1008, "unauthorized");
    loop.run_ready();
    EXPECT_EQ(over, 1);
    EXPECT_EQ(judge(result()), Verdict::no_call);
    EXPECT_EQ(explain(result()), "unauthorized: no key");
}

TEST_F(CallTroubleTest, AServerThatNeverSaysReadyIsGivenUp) {
    gateway.answers_hello = false;
    gateway.answers_bye = false;
    call();
    loop.advance(12s);
    EXPECT_EQ(over, 1);
    EXPECT_EQ(judge(result()), Verdict::no_call);
    EXPECT_THAT(explain(result()), HasSubstr("did not answer hello with ready within 10000 ms"));
}

TEST_F(CallTroubleTest, AFormatThatWasNotOfferedIsNoCall) {
    gateway.ready["audio"]["in"]["rate"] = 48000;
    call();
    EXPECT_EQ(over, 1);
    EXPECT_EQ(judge(result()), Verdict::no_call);
    EXPECT_EQ(gateway.frames(), 0u);
}

TEST_F(CallTroubleTest, GivesUpAtTheTimeLimitThoughTheServerIsSilent) {
    plan.time_limit = 20s;
    gateway.answers_bye = false;
    call();
    loop.advance(20s);
    EXPECT_EQ(gateway.received("bye").size(), 1u);
    EXPECT_EQ(over, 0);
    gateway.peer().answers_close = false;
    loop.advance(3s);
    EXPECT_EQ(over, 1);
    EXPECT_EQ(judge(result()), Verdict::timed_out);
    EXPECT_FALSE(loop.has_deadline());
}

TEST_F(CallTroubleTest, TheTimeLimitHoldsWhileConnecting) {
    plan.time_limit = 3s;
    connector.hang_next();
    call();
    loop.advance(3s);
    EXPECT_EQ(over, 1);
    EXPECT_EQ(judge(result()), Verdict::timed_out);
    EXPECT_EQ(connector.given_up, 1u);
}

TEST_F(CallTroubleTest, ALostConnectionIsNotGood) {
    call_and_speak();
    gateway.reply(1, "user", 1000ms);
    gateway.peer().lose("connection reset by peer");
    loop.run_ready();
    EXPECT_EQ(over, 1);
    EXPECT_EQ(judge(result()), Verdict::turn_failed);
    EXPECT_EQ(result().close_code, 1006);
    EXPECT_EQ(result().close_error, "connection reset by peer");
    EXPECT_EQ(explain(result()), "turn 1 did not end");
}

TEST_F(CallTroubleTest, AServerThatHangsUpBeforeEverythingWasSaidIsNotGood) {
    plan.utterances.push_back(plan.utterances[0]);
    call_and_speak();
    complete_reply(1, 500ms);
    gateway.say({{"t", "closed"}, {"reason", "agent"}, {"usage", Json::object()}});
    gateway.peer().close(1000, "agent");
    loop.run_ready();
    EXPECT_EQ(over, 1);
    EXPECT_EQ(explain(result()), "the call ended after 1 of 2 utterances");
    EXPECT_EQ(result().close_reason, "agent");
}

TEST_F(CallTroubleTest, AServerThatSaysClosedButDoesNotCloseIsLeft) {
    call();
    gateway.say({{"t", "closed"}, {"reason", "idle"}, {"usage", Json::object()}});
    loop.advance(5s);
    EXPECT_EQ(over, 1);
    EXPECT_EQ(gateway.peer().client_close->code, 1000);
}

TEST_F(CallTroubleTest, NotesWhatAServerDoesWrongAndGoesOn) {
    call_and_speak();
    gateway.peer().text("noise");
    gateway.peer().text(R"({"t":"state","s":9,"state":"listening","turn":0})");
    gateway.peer().text(R"({"t":"agent.text","s":10,"turn":7,"seg":0,"text":"?"})");
    gateway.peer().text(R"({"t":"audio.flush","s":11,"turn":7,"reason":"barge_in","keep_ms":0})");
    gateway.peer().text(R"({"t":"something.new","s":12})");
    gateway.peer().binary("");
    gateway.peer().binary("short");
    gateway.peer().binary(std::string("\x05\0\0\0\0\0\0\0", 8));  // a kind of a newer server
    gateway.peer().binary(std::string("\x01\0\x07\0\0\0\0\0", 8));
    loop.run_ready();
    EXPECT_THAT(result().problems,
                testing::ElementsAre(HasSubstr("JSON object"), HasSubstr("`s` must be 2, received 9"),
                                     HasSubstr("agent.text"), HasSubstr("audio.flush"), HasSubstr("5 bytes"),
                                     HasSubstr("turn that was not started")));
    EXPECT_EQ(over, 0);
}

TEST_F(CallTroubleTest, SoundAfterItsFlushIsAProblemAndIsNotHeard) {
    plan.keep_sound = true;
    call_and_speak();
    gateway.say({{"t", "turn.start"}, {"turn", 1}, {"reason", "user"}});
    gateway.sound(1, 0, 400ms, false);
    loop.advance(200ms);
    gateway.flush(1, 100);
    gateway.sound(1, 400 * 24, 40ms, false);
    gateway.sound(1, 440 * 24, 40ms, false);
    loop.advance(1s);
    EXPECT_EQ(line.size(), 200u * 24);
    EXPECT_THAT(result().problems, testing::ElementsAre(HasSubstr("after its end or flush")));
}

TEST_F(CallTroubleTest, LostFramesAreMarkedWhenTheServerReadsAgain) {
    call();
    gateway.peer().stall();
    loop.advance(30s);
    EXPECT_GT(gateway.peer().refused_sends, 0u);
    EXPECT_THAT(result().problems, testing::Contains(HasSubstr("frames were lost")));
    gateway.peer().read_on();
    gateway.peer().forget_sent();
    loop.advance(20ms);
    EXPECT_EQ(gateway.last_header.flags & flag_discontinuity, flag_discontinuity);
}

TEST_F(CallTroubleTest, HangsUpWhenToldTo) {
    call_and_speak();
    caller->hang_up("hung up");
    EXPECT_EQ(over, 0);
    loop.run_ready();
    EXPECT_EQ(over, 1);
    EXPECT_EQ(gateway.received("bye").at(0).at("reason"), "hung up");
    caller->hang_up("again");
    loop.run_ready();
    EXPECT_EQ(over, 1);
}

TEST_F(CallTroubleTest, HangsUpBeforeThereIsAConnection) {
    connector.hang_next();
    call();
    caller->hang_up("hung up");
    EXPECT_EQ(over, 0) << "never from inside the owner's call";
    loop.run_ready();
    EXPECT_EQ(over, 1);
    EXPECT_EQ(judge(result()), Verdict::no_call);
}

TEST_F(CallTroubleTest, SendsNothingAfterBye) {
    gateway.answers_bye = false;
    call_and_speak();
    caller->hang_up("hung up");
    gateway.peer().forget_sent();
    gateway.say({{"t", "ping"}, {"time_ms", 1}});
    loop.advance(2s);
    EXPECT_THAT(gateway.peer().sent, IsEmpty());
}

TEST_F(CallTroubleTest, TheEndIsNotToldToAnOwnerWhoHasLetGo) {
    connector.hang_next();
    call();
    caller->hang_up("hung up");
    caller.reset();
    loop.run_ready();
    EXPECT_EQ(over, 0);
}

TEST_F(CallTroubleTest, NothingIsHeardOfACallerThatWasDestroyed) {
    call_and_speak();
    gateway.reply(1, "user", 1000ms);
    gateway.peer().text(R"({"t":"ping","s":9,"time_ms":1})");
    caller->hang_up("hung up");
    caller.reset();
    loop.advance(10s);
    EXPECT_EQ(over, 0);
    EXPECT_TRUE(gateway.peer().let_go);
    EXPECT_FALSE(loop.has_deadline());
}

TEST_F(CallTroubleTest, ManyCallersShareOneLoopAndOneEncodedFile) {
    std::vector<std::unique_ptr<VirtualCaller>> callers;
    int finished = 0;
    const auto shared = std::make_shared<const CallPlan>(plan);
    connector.on_open = {};
    for (int i = 0; i < 100; ++i) {
        callers.push_back(std::make_unique<VirtualCaller>(loop, connector, sounds, shared, nullptr,
                                                          [&finished] { ++finished; }));
    }
    loop.run_ready();
    for (const auto& peer : connector.attempts) {
        Json ready = gateway.ready;
        ready["s"] = 1;
        peer->text(ready.dump());
    }
    loop.advance(2s);
    for (const auto& peer : connector.attempts) EXPECT_EQ(peer->binaries().size(), 100u);
    for (const auto& one : callers) one->hang_up("enough");
    loop.advance(10s);
    EXPECT_EQ(finished, 100);
}

}  // namespace
}  // namespace atlas::caller
