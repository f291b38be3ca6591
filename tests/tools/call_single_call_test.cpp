#include "atlas/audio/wav.hpp"
#include "call/single_call.hpp"
#include "call_support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

namespace atlas::caller {
namespace {

using namespace std::chrono_literals;
using test::Json;
using testing::HasSubstr;
using testing::IsEmpty;

class SingleCallTest : public testing::Test {
protected:
    SingleCallTest() {
        options.url = "ws://gateway.test/v1/voice";
        options.files = {files.wav("speech.wav", test::tone(300, 16000, 8000))};
    }
    bool place() {
        call.emplace(loop, connector, options, Streams{out, err, {}, {}}, [this] { over = true; });
        const bool placed = call->start();
        loop.run_ready();
        return placed;
    }
    // The greeting is missing, the file is said, the reply is heard, the goodbye is said.
    void converse() {
        ASSERT_TRUE(place());
        loop.advance(1300ms);
        gateway.reply(1, "user", 600ms);
        loop.advance(600ms);
        gateway.end(1);
        loop.advance(300ms);
        ASSERT_TRUE(over);
    }

    test::CallFiles files;
    test::ManualLoop loop;
    test::FakeWebsocketConnector connector{loop};
    test::ScriptedGateway gateway{loop, connector};
    CallOptions options;
    std::ostringstream out;
    std::ostringstream err;
    bool over = false;
    std::optional<SingleCall> call;
};

TEST_F(SingleCallTest, ShowsTheConversationAndWritesWhatWasHeard) {
    options.out = files.path("reply.wav");
    converse();
    EXPECT_EQ(call->exit_code(), 0);
    EXPECT_THAT(out.str(), HasSubstr("agent      It is noon."));
    EXPECT_THAT(out.str(), HasSubstr("result     good"));
    EXPECT_THAT(err.str(), IsEmpty());
    const auto written = audio::read_wav(*options.out);
    ASSERT_TRUE(std::holds_alternative<audio::WavAudio>(written));
    EXPECT_EQ(std::get<audio::WavAudio>(written).rate, 24000);
    EXPECT_EQ(std::get<audio::WavAudio>(written).samples, test::ramp(600 * 24));
}

TEST_F(SingleCallTest, WithJsonTheConversationGoesToStandardError) {
    options.json = true;
    converse();
    const Json told = Json::parse(out.str());
    EXPECT_EQ(told.at("ready").at("call_id"), "c_1");
    EXPECT_EQ(told.at("turns").at(0).at("heard"), "It is noon.");
    EXPECT_EQ(told.at("turns").at(0).at("stages_ms").at("response"), 501);
    EXPECT_EQ(told.at("close").at("code"), 1000);
    EXPECT_EQ(told.at("audio").at("received_ms"), 600);
    EXPECT_THAT(out.str(), testing::Not(HasSubstr("secret-token")));
    EXPECT_THAT(err.str(), HasSubstr("agent      It is noon."));
}

TEST_F(SingleCallTest, AFileThatIsNoWavIsToldBeforeAnybodyIsCalled) {
    options.files = {files.text("speech.wav", "no sound at all")};
    EXPECT_FALSE(place());
    EXPECT_EQ(call->exit_code(), 2);
    EXPECT_THAT(err.str(), HasSubstr("speech.wav: not a WAV file"));
    EXPECT_THAT(connector.attempts, IsEmpty());
}

TEST_F(SingleCallTest, AnOutFileThatCannotBeWrittenIsToldBeforeAnybodyIsCalled) {
    options.out = files.path("no/such/folder/reply.wav");
    EXPECT_FALSE(place());
    EXPECT_EQ(call->exit_code(), 2);
    EXPECT_THAT(err.str(), HasSubstr("reply.wav: cannot be created"));
    EXPECT_THAT(connector.attempts, IsEmpty());
}

TEST_F(SingleCallTest, ARefusalHasItsOwnExitCodeAndIsShown) {
    connector.refuse_next(503, {}, "too many calls");
    EXPECT_TRUE(place());
    EXPECT_TRUE(over);
    EXPECT_EQ(call->exit_code(), 3);
    EXPECT_THAT(out.str(), HasSubstr("HTTP status 503"));
    EXPECT_THAT(out.str(), HasSubstr("too many calls"));
}

TEST_F(SingleCallTest, SoDoesTheTimeLimit) {
    options.time_limit = 5s;
    place();
    loop.advance(10s);
    EXPECT_TRUE(over);
    EXPECT_EQ(call->exit_code(), 4);
}

TEST_F(SingleCallTest, AndAFailedTurn) {
    place();
    loop.advance(1300ms);
    gateway.reply(1, "user", 100ms);
    gateway.end(1, "failed", "speech_failed");
    loop.advance(1s);
    EXPECT_TRUE(over);
    EXPECT_EQ(call->exit_code(), 1);
}

TEST_F(SingleCallTest, HangingUpStillWritesEverything) {
    options.json = true;
    options.out = files.path("reply.wav");
    place();
    loop.advance(1300ms);
    gateway.reply(1, "user", 5000ms);
    loop.advance(1000ms);
    call->hang_up();
    loop.run_ready();
    EXPECT_TRUE(over);
    EXPECT_EQ(call->exit_code(), 1);
    EXPECT_EQ(Json::parse(out.str()).at("turns").size(), 1u);
    const auto written = audio::read_wav(*options.out);
    ASSERT_TRUE(std::holds_alternative<audio::WavAudio>(written));
    EXPECT_EQ(std::get<audio::WavAudio>(written).samples.size(), 24000u);
}

}  // namespace
}  // namespace atlas::caller
