#include "atlas/providers/openai/openai_speech.hpp"
#include "openai_listener.hpp"
#include "support/fake_http_client.hpp"
#include "support/fake_websocket.hpp"
#include "support/manual_loop.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace atlas::providers::openai {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::chrono::year_month_day before{2026y / 11 / 23};
constexpr std::chrono::year_month_day last_day{2027y / 1 / 5};
constexpr std::chrono::year_month_day shutdown{2027y / 1 / 6};

OpenAiSpeechSettings with_model(std::string model) {
    OpenAiSpeechSettings settings;
    settings.api_key = "key-123456";
    settings.voice.model = std::move(model);
    return settings;
}

TEST(OpenAiSpeechSettings, AreFineAsTheyComeOnceThereIsAKey) {
    const SettingsReview review = validate(with_model("gpt-realtime-2.1-mini"), shutdown);
    EXPECT_THAT(review.errors, IsEmpty());
    EXPECT_THAT(review.warnings, IsEmpty());
}

TEST(OpenAiSpeechSettings, WarnOfAModelThatWillBeShutDownAndRefuseItFromThatDay) {
    for (const char* model : {"tts-1", "tts-1-hd", "gpt-4o-mini-tts", "gpt-4o-mini-tts-2025-03-20",
                              "gpt-4o-mini-tts-2025-12-15"}) {
        const auto text = testing::AllOf(HasSubstr(model), HasSubstr("shut down by OpenAI on 2027-01-06"),
                                         HasSubstr("use gpt-realtime-2.1-mini"));
        for (const auto day : {before, last_day}) {
            EXPECT_THAT(validate(with_model(model), day).warnings, ElementsAre(text));
            EXPECT_THAT(validate(with_model(model), day).errors, IsEmpty());
        }
        EXPECT_THAT(validate(with_model(model), shutdown).errors, ElementsAre(text));
    }
}

TEST(OpenAiSpeechSettings, LetACompatibleServerHaveAnyModelAndNoKey) {
    OpenAiSpeechSettings settings = with_model("tts-1");
    settings.base_url = "http://localhost:8880";
    settings.api_key.clear();
    const SettingsReview review = validate(settings, shutdown);
    EXPECT_THAT(review.errors, IsEmpty());
    EXPECT_THAT(review.warnings, IsEmpty());
}

TEST(OpenAiSpeechSettings, KnowOpenAisRegionalHosts) {
    OpenAiSpeechSettings settings = with_model("tts-1");
    settings.base_url = "https://eu.api.openai.com";
    EXPECT_THAT(validate(settings, shutdown).errors, testing::SizeIs(1));
    settings.base_url = "https://notopenai.com";
    EXPECT_THAT(validate(settings, shutdown).errors, IsEmpty());
}

TEST(OpenAiSpeechSettings, SayWhatIsWrongInWords) {
    OpenAiSpeechSettings settings = with_model("");
    settings.api_key = "a key";
    settings.speech_path = "v1/audio/speech";
    settings.voice.name = "";
    settings.voice.instructions = std::string(5000, 'x');
    settings.voice.speed = 9;
    settings.pool.max_sockets = 0;
    settings.pool.responses_per_socket = 0;
    settings.pool.responses_per_spare = 0;
    EXPECT_THAT(validate(settings, before).errors,
                ElementsAre(HasSubstr("key"), HasSubstr("path"), HasSubstr("model"), HasSubstr("voice"),
                            HasSubstr("instructions"), HasSubstr("speed"), HasSubstr("max_sockets"),
                            HasSubstr("responses_per_socket"), HasSubstr("responses_per_spare")));
}

TEST(OpenAiSpeechSettings, NeedAKeyForOpenAiAndAnAddress) {
    EXPECT_THAT(validate(OpenAiSpeechSettings{}, before).errors, ElementsAre(HasSubstr("key is not set")));
    OpenAiSpeechSettings settings = with_model("x");
    settings.base_url = "openai";
    EXPECT_THAT(validate(settings, before).errors, ElementsAre(HasSubstr("base URL")));
}

TEST(OpenAiSpeechSettings, BoundTheSpeedByTheTransport) {
    OpenAiSpeechSettings settings = with_model("gpt-realtime-2.1-mini");
    settings.voice.speed = 2;
    EXPECT_THAT(validate(settings, before).errors, ElementsAre(HasSubstr("1.5")));
    settings.voice.model = "gpt-4o-mini-tts";
    EXPECT_THAT(validate(settings, before).errors, IsEmpty());
}

TEST(OpenAiSpeechSettings, MakeTheSameAddressHoweverTheBaseUrlIsWritten) {
    OpenAiSpeechSettings settings;
    for (const char* base :
         {"https://h:1", "https://h:1/", "https://h:1/v1", "https://h:1/v1/", "wss://h:1"}) {
        settings.base_url = base;
        EXPECT_EQ(http_url(settings, settings.speech_path), "https://h:1/v1/audio/speech") << base;
        EXPECT_EQ(websocket_url(settings, settings.realtime_path), "wss://h:1/v1/realtime") << base;
    }
    settings.base_url = "http://h/proxy";
    EXPECT_EQ(http_url(settings, settings.models_path), "http://h/proxy/v1/models");
    EXPECT_EQ(websocket_url(settings, settings.realtime_path), "ws://h/proxy/v1/realtime");
}

TEST(OpenAiSynthesizer, TakesTheTransportThatTheModelNeeds) {
    test::ManualLoop loop;
    test::FakeHttpClient http(loop);
    test::FakeWebsocketConnector connector(loop);
    Speaking speaking;
    const auto realtime = make_openai_synthesizer(with_model("gpt-realtime-2.1-mini"), http, connector, loop);
    speaking.start(*realtime, "Hello");
    EXPECT_EQ(connector.attempts.size(), 1u);
    EXPECT_TRUE(http.requests.empty());
    speaking.synthesis.reset();
    const auto plain = make_openai_synthesizer(with_model("gpt-4o-mini-tts"), http, connector, loop);
    speaking.start(*plain, "Hello");
    EXPECT_EQ(connector.attempts.size(), 1u);
    EXPECT_EQ(http.requests.size(), 1u);
    speaking.synthesis.reset();
}

}  // namespace
}  // namespace atlas::providers::openai
