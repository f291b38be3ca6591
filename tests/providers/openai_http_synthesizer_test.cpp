#include "atlas/providers/openai/http_synthesizer.hpp"
#include "openai_listener.hpp"
#include "openai_wire.hpp"
#include "support/fake_http_client.hpp"
#include "support/manual_loop.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace atlas::providers::openai {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

const net::HttpHeaders events{{"content-type", "text/event-stream"}, {"x-request-id", "r42"}};
const net::HttpHeaders bare{{"content-type", "audio/pcm"}};

class HttpSynthesizerTest : public testing::Test {
protected:
    HttpSynthesizerTest() { use("gpt-4o-mini-tts"); }

    void use(std::string model) {
        OpenAiSpeechSettings settings;
        settings.api_key = "key-123456";
        settings.voice.model = std::move(model);
        synthesizer = std::make_unique<HttpSynthesizer>(settings, http, loop);
    }
    void say(std::string text = "Hello there.") { speaking.start(*synthesizer, std::move(text)); }
    void answer(net::HttpHeaders headers, std::string body) {
        http.last().answer(200, std::move(headers), std::move(body));
        loop.run_ready();
    }
    void begin_sound(const net::HttpHeaders& headers = events) {
        http.last().head(200, headers);
        http.last().body(speech_delta(bytes_of(ramp(240))));
        loop.run_ready();
        ASSERT_EQ(speaking.sound.size(), 240u);
    }
    void refuse(int status, net::HttpHeaders headers = {}, std::string body = "{}") {
        http.last().answer(status, std::move(headers), std::move(body));
        loop.run_ready();
    }

    test::ManualLoop loop;
    test::FakeHttpClient http{loop};
    std::unique_ptr<HttpSynthesizer> synthesizer;
    Speaking speaking;
};

TEST_F(HttpSynthesizerTest, AsksTheSpeechEndpoint) {
    say();
    const net::HttpRequest& request = http.last().request;
    EXPECT_EQ(request.method, "POST");
    EXPECT_EQ(request.url, "https://api.openai.com/v1/audio/speech");
    EXPECT_EQ(request.headers.find("authorization"), "Bearer key-123456");
    EXPECT_EQ(request.headers.find("content-type"), "application/json");
    EXPECT_FALSE(request.http1_only);
    EXPECT_THAT(request.body, HasSubstr(R"("stream_format":"sse")"));
}

TEST_F(HttpSynthesizerTest, AsksForBareAudioOverHttp1WhereEventsAreNotOffered) {
    use("tts-1");
    say();
    EXPECT_TRUE(http.last().request.http1_only);
    EXPECT_THAT(http.last().request.body, Not(HasSubstr("stream_format")));
}

TEST_F(HttpSynthesizerTest, SendsNoAuthorizationWithoutAKey) {
    OpenAiSpeechSettings settings;
    settings.base_url = "ws://localhost:8880/";
    settings.voice.model = "kokoro";
    synthesizer = std::make_unique<HttpSynthesizer>(settings, http, loop);
    say();
    EXPECT_EQ(http.last().request.url, "http://localhost:8880/v1/audio/speech");
    EXPECT_FALSE(http.last().request.headers.contains("authorization"));
}

TEST_F(HttpSynthesizerTest, GivesTheSameSoundWhereverTheEventsAreCut) {
    const auto sound = ramp(30);
    const std::string bytes = bytes_of(sound);
    const std::string wire = ": hello\n\n" + speech_delta(bytes.substr(0, 13)) +
                             "event: speech.audio.delta\r\n" + speech_delta(bytes.substr(13, 8)) +
                             speech_delta(bytes.substr(21)) + speech_done() + "data: [DONE]\n\n";
    for (std::size_t cut = 0; cut <= wire.size(); ++cut) {
        Speaking chunk;
        chunk.start(*synthesizer, "Hi.");
        http.last().head(200, events);
        http.last().body(wire.substr(0, cut));
        http.last().body(wire.substr(cut));
        http.last().done();
        loop.run_ready();
        ASSERT_EQ(chunk.sound, sound) << "cut at " << cut;
        ASSERT_TRUE(chunk.completed) << "cut at " << cut;
        ASSERT_TRUE(chunk.completed->word_for_word);
    }
}

TEST_F(HttpSynthesizerTest, CompletesAtTheDoneEventAndNotAtTheTransportsEnd) {
    say();
    begin_sound();
    EXPECT_FALSE(speaking.ended());
    http.last().body(speech_done());
    loop.run_ready();
    EXPECT_TRUE(speaking.completed);
    EXPECT_FALSE(loop.has_deadline());
}

TEST_F(HttpSynthesizerTest, CallsEventsThatEndWithoutDoneTruncated) {
    say();
    begin_sound();
    http.last().done();
    loop.advance(10s);
    EXPECT_EQ(speaking.reason(), FailureReason::truncated);
    EXPECT_EQ(http.requests.size(), 1u);
    EXPECT_EQ(speaking.failure->request_id, "r42");
}

TEST_F(HttpSynthesizerTest, TakesTheDoneMarkOfACompatibleServerForTheEnd) {
    say();
    begin_sound();
    http.last().body("data: [DONE]\n\n");
    loop.run_ready();
    EXPECT_TRUE(speaking.completed);
}

TEST_F(HttpSynthesizerTest, TakesBareAudioAlthoughEventsWereAsked) {
    const auto sound = ramp(24000);
    say();
    http.last().head(200, bare);
    for (std::size_t at = 0; at < 48000; at += 4801) http.last().body(bytes_of(sound).substr(at, 4801));
    http.last().done();
    loop.run_ready();
    EXPECT_EQ(speaking.sound, sound);
    EXPECT_TRUE(speaking.completed);
}

TEST_F(HttpSynthesizerTest, TakesEventsAlthoughBareAudioWasAsked) {
    use("tts-1");
    say();
    answer(events, speech_delta(bytes_of(ramp(10))) + speech_done());
    EXPECT_EQ(speaking.sound, ramp(10));
    EXPECT_TRUE(speaking.completed);
}

TEST_F(HttpSynthesizerTest, CallsBareAudioThatIsFarTooShortTruncated) {
    say("This sentence cannot be spoken in a tenth of a second.");
    answer(bare, bytes_of(ramp(2400)));
    EXPECT_EQ(speaking.reason(), FailureReason::truncated);
    EXPECT_EQ(speaking.sound.size(), 2400u);
}

TEST_F(HttpSynthesizerTest, StopsAVoiceThatNeverStops) {
    say("Hi.");
    http.last().head(200, bare);
    for (int second = 0; second < 30; ++second) http.last().body(bytes_of(ramp(24000)));
    loop.run_ready();
    EXPECT_EQ(speaking.reason(), FailureReason::protocol);
    EXPECT_LE(speaking.sound.size(), 12u * 24000u);
    EXPECT_TRUE(http.last().cancelled());
}

TEST_F(HttpSynthesizerTest, RefusesAFileInsteadOfNoise) {
    say();
    answer(bare, "RIFF\x24\x08  WAVEfmt and so on");
    EXPECT_EQ(speaking.reason(), FailureReason::protocol);
    EXPECT_THAT(speaking.failure->message, HasSubstr("WAV"));
    EXPECT_TRUE(speaking.sound.empty());
}

TEST_F(HttpSynthesizerTest, AsksAgainOnAFreshConnectionWhenTheAnswerIsNonsense) {
    say();
    answer(events, "data: {\"type\":\"speech.audio.delta\",\"audio\":\"###\"}\n\n");
    loop.advance(0s);
    ASSERT_EQ(http.requests.size(), 2u);
    EXPECT_TRUE(http.last().request.fresh_connection);
    answer({{"content-type", "text/html"}}, "<html>Log in to the Wi-Fi</html>");
    EXPECT_EQ(speaking.reason(), FailureReason::protocol);
    EXPECT_EQ(speaking.failure->attempts, 2);
}

TEST_F(HttpSynthesizerTest, AsksAgainWhenACompleteAnswerHoldsNoAudio) {
    say();
    answer(events, speech_done());
    loop.advance(0s);
    ASSERT_EQ(http.requests.size(), 2u);
    EXPECT_TRUE(http.last().request.fresh_connection);
    answer(bare, "");
    EXPECT_EQ(speaking.reason(), FailureReason::protocol);
    EXPECT_EQ(speaking.failure->attempts, 2);
}

TEST_F(HttpSynthesizerTest, ReadsAJsonAnswerWithStatus200AsARefusal) {
    say();
    for (int i = 0; i < 2; ++i) {
        answer({{"content-type", "application/json; charset=utf-8"}}, R"({"error":{"message":"no voice"}})");
        loop.advance(0s);
    }
    EXPECT_EQ(speaking.reason(), FailureReason::protocol);
    EXPECT_THAT(speaking.failure->message, HasSubstr("no voice"));
}

TEST_F(HttpSynthesizerTest, AsksAgainAtOnceAfterTwoSecondsWithoutSoundAndGivesUpAfterFive) {
    say();
    loop.advance(1999ms);
    EXPECT_EQ(http.requests.size(), 1u);
    loop.advance(1ms);
    ASSERT_EQ(http.requests.size(), 2u);
    EXPECT_TRUE(http.request(0).cancelled());
    EXPECT_TRUE(http.last().request.fresh_connection);
    loop.advance(2999ms);
    EXPECT_FALSE(speaking.ended());
    loop.advance(1ms);
    EXPECT_EQ(speaking.reason(), FailureReason::timed_out);
    EXPECT_EQ(speaking.failure->attempts, 2);
    EXPECT_TRUE(http.last().cancelled());
}

TEST_F(HttpSynthesizerTest, TellsHowManyAttemptsItTook) {
    say();
    answer(events, speech_delta(bytes_of(ramp(10))) + speech_done());
    ASSERT_TRUE(speaking.completed);
    EXPECT_EQ(speaking.completed->story.attempts, 1);
    speaking = Speaking();
    say();
    loop.advance(2s);
    answer(events, speech_delta(bytes_of(ramp(10))) + speech_done());
    ASSERT_TRUE(speaking.completed);
    EXPECT_EQ(speaking.completed->story.attempts, 2);
    EXPECT_EQ(speaking.completed->story.hedges, 0);
    speaking = Speaking();
    say();
    loop.advance(5s);
    EXPECT_EQ(speaking.failed_story.attempts, 2);
}

TEST_F(HttpSynthesizerTest, SendsAHedgeOnceAndOnAConnectionOfItsOwn) {
    SynthesisRequest request;
    request.text = "Hello there.";
    request.hedge = true;
    speaking.start(*synthesizer, request);
    EXPECT_TRUE(http.last().request.fresh_connection);
    loop.advance(4999ms);
    EXPECT_FALSE(speaking.ended());
    loop.advance(1ms);
    EXPECT_EQ(speaking.reason(), FailureReason::timed_out);
    EXPECT_EQ(http.requests.size(), 1u);
    speaking = Speaking();
    speaking.start(*synthesizer, request);
    refuse(500);
    EXPECT_EQ(speaking.reason(), FailureReason::overloaded);
    EXPECT_EQ(http.requests.size(), 2u);
}

TEST_F(HttpSynthesizerTest, IsNotKeptWaitingByEventsWithoutSound) {
    say();
    http.last().head(200, events);
    http.last().body("data: {\"type\":\"speech.audio.progress\"}\n\n");
    loop.advance(2s);
    EXPECT_EQ(http.requests.size(), 2u);
}

TEST_F(HttpSynthesizerTest, CallsTwoSecondsWithoutFurtherSoundAStall) {
    say();
    begin_sound();
    loop.advance(1500ms);
    http.last().body(speech_delta(bytes_of(ramp(240))));
    loop.advance(1999ms);
    EXPECT_FALSE(speaking.ended());
    loop.advance(1ms);
    EXPECT_EQ(speaking.reason(), FailureReason::stalled);
    EXPECT_TRUE(http.last().cancelled());
    EXPECT_EQ(http.requests.size(), 1u);
}

TEST_F(HttpSynthesizerTest, NeverAsksAgainAfterSound) {
    say();
    begin_sound();
    http.last().break_off();
    loop.advance(10s);
    EXPECT_EQ(http.requests.size(), 1u);
    EXPECT_EQ(speaking.reason(), FailureReason::disconnected);
}

TEST_F(HttpSynthesizerTest, ForgetsTheOddByteOfTheFirstAttempt) {
    say();
    http.last().head(200, events);
    http.last().body(speech_delta("x"));
    http.last().break_off();
    loop.advance(500ms);
    answer(events, speech_delta(bytes_of(ramp(5))) + speech_done());
    EXPECT_EQ(speaking.sound, ramp(5));
}

TEST_F(HttpSynthesizerTest, RetriesServerTroubleAfterAQuarterToHalfASecond) {
    say();
    refuse(500);
    loop.advance(249ms);
    EXPECT_EQ(http.requests.size(), 1u);
    loop.advance(251ms);
    EXPECT_EQ(http.requests.size(), 2u);
}

TEST_F(HttpSynthesizerTest, NeverRetriesWhatWouldBeRefusedAgain) {
    for (const int status : {400, 401, 402, 403, 404, 410, 413, 429}) {
        speaking = Speaking();
        http.requests.clear();
        say();
        refuse(status);
        loop.advance(10s);
        EXPECT_TRUE(speaking.failure) << status;
        EXPECT_EQ(http.requests.size(), 1u) << status;
    }
}

TEST_F(HttpSynthesizerTest, WaitsForARateLimitThatEndsSoon) {
    say();
    refuse(429, {{"retry-after", "1"}});
    loop.advance(999ms);
    EXPECT_EQ(http.requests.size(), 1u);
    loop.advance(1ms);
    EXPECT_EQ(http.requests.size(), 2u);
}

TEST_F(HttpSynthesizerTest, FailsOnAnErrorInsideTheEvents) {
    say();
    begin_sound();
    http.last().body("event: error\ndata: {\"error\":{\"type\":\"server_error\",\"message\":\"oops\"}}\n\n");
    loop.run_ready();
    EXPECT_EQ(speaking.reason(), FailureReason::overloaded);
    EXPECT_THAT(speaking.failure->message, HasSubstr("oops"));
}

TEST_F(HttpSynthesizerTest, CancelsTheRequestWhenTheSynthesisIsDestroyed) {
    say();
    begin_sound();
    speaking.synthesis.reset();
    EXPECT_TRUE(http.last().cancelled());
    EXPECT_FALSE(loop.has_deadline());
}

TEST_F(HttpSynthesizerTest, MayBeDestroyedByAnyOfItsEvents) {
    speaking.on_hear = [this] { speaking.synthesis.reset(); };
    say();
    answer(events, speech_delta("abcd") + speech_delta("efgh") + speech_done());
    EXPECT_EQ(speaking.sound.size(), 2u);
    say();
    answer(bare, "abcdefgh");
    EXPECT_EQ(speaking.sound.size(), 6u);
    say();
    refuse(400);
    EXPECT_EQ(speaking.reason(), FailureReason::bad_request);
}

TEST_F(HttpSynthesizerTest, TellsABadTextFromTheLoopWithoutAskingTheService) {
    say("?!");
    EXPECT_FALSE(speaking.ended());
    loop.advance(0s);
    EXPECT_EQ(speaking.reason(), FailureReason::bad_request);
    EXPECT_TRUE(http.requests.empty());
}

TEST_F(HttpSynthesizerTest, KeepsKeyAndTextOutOfFailures) {
    say("my secret plan");
    refuse(400, {}, R"({"error":{"message":"bad input: my secret plan, key-123456"}})");
    EXPECT_THAT(speaking.failure->message, Not(HasSubstr("secret plan")));
    EXPECT_THAT(speaking.failure->message, Not(HasSubstr("key-123456")));
}

TEST_F(HttpSynthesizerTest, WarmsUpAtMostOncePerMinute) {
    synthesizer->warm_up();
    synthesizer->warm_up();
    ASSERT_EQ(http.requests.size(), 1u);
    EXPECT_EQ(http.last().request.url, "https://api.openai.com/v1/models");
    loop.advance(60s);
    synthesizer->warm_up();
    EXPECT_EQ(http.requests.size(), 2u);
}

}  // namespace
}  // namespace atlas::providers::openai
