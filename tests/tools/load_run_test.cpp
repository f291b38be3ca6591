#include "call/load_run.hpp"

#include "call_support.hpp"
#include "support/fake_http_client.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace atlas::caller {
namespace {

using namespace std::chrono_literals;
using test::Json;
using testing::Contains;
using testing::IsEmpty;
using testing::Key;

// A run without a sandbox against gateways in virtual time: each connection answers hello and bye.
class LoadRunTest : public testing::Test {
protected:
    LoadRunTest() {
        options.calls = 2;
        options.duration = 5s;
        connector.on_open = [this](test::FakePeer& peer) {
            peer.on_message = [this](test::FakePeer& from, const test::SentMessage& message) {
                answer(from, message);
            };
        };
    }
    void answer(test::FakePeer& from, const test::SentMessage& message) {
        if (message.binary) return;
        const auto type = Json::parse(message.bytes).at("t");
        if (type == "bye") return from.close(1000);
        if (type != "hello") return;
        auto ready = test::ScriptedGateway(loop, unused).ready;
        ready["s"] = 1;
        from.text(ready.dump());
    }
    void run() {
        LoadRun load(loop, connector, http, options, [this] { over = true; });
        load.start();
        loop.advance(options.ramp + options.duration + 1s);
        tally = load.tally();
        result = load.result();
    }

    test::ManualLoop loop;
    test::FakeWebsocketConnector connector{loop};
    test::FakeWebsocketConnector unused{loop};
    test::FakeHttpClient http{loop};
    LoadOptions options;
    LoadTally tally;
    LoadResult result;
    bool over = false;
};

TEST_F(LoadRunTest, CallsLastAsLongAsTheRun) {
    run();
    EXPECT_TRUE(over);
    EXPECT_EQ(connector.attempts.size(), 2U);
    EXPECT_EQ(tally.placed, 2);
    EXPECT_EQ(tally.ready, 2);
    EXPECT_NEAR(result.call_seconds, 10, 0.1);
    EXPECT_THAT(tally.problems, IsEmpty());
}

TEST_F(LoadRunTest, ACallOfLimitedLengthIsFollowedByAnother) {
    options.call_length = 1s;
    run();
    EXPECT_TRUE(over);
    EXPECT_GE(tally.placed, 8);
    EXPECT_LE(tally.placed, 10);
    EXPECT_EQ(tally.ready, tally.placed);
    EXPECT_GT(result.call_seconds, 9);
    EXPECT_THAT(tally.problems, IsEmpty());
}

TEST_F(LoadRunTest, ARefusedCallIsFollowedNoSoonerThanOneThatWasTaken) {
    options.calls = 1;
    options.call_length = 1s;
    for (int i = 0; i < 100; ++i) connector.refuse_next(503);
    run();
    EXPECT_TRUE(over);
    EXPECT_LE(connector.attempts.size(), 6U);
    EXPECT_GE(connector.attempts.size(), 5U);
    EXPECT_EQ(result.failed, "no call was taken");
    EXPECT_THAT(tally.problems, Contains(Key("refused with status 503")));
}

TEST_F(LoadRunTest, WithoutARampAllCallsBeginAtOnce) {
    options.calls = 200;
    options.duration = 1s;
    run();
    ASSERT_EQ(connector.attempt_times.size(), 200U);
    EXPECT_EQ(connector.attempt_times.front(), connector.attempt_times.back());
}

}  // namespace
}  // namespace atlas::caller
