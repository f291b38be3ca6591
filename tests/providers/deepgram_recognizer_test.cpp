#include "deepgram_caller.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

namespace atlas::providers::deepgram {
namespace {

using namespace std::chrono_literals;
using test::Samples;
using test::V1Results;
using test::V2Message;
using test::voice;
using test::without_silence;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr const char* keep_alive = R"({"type":"KeepAlive"})";
constexpr const char* close_stream = R"({"type":"CloseStream"})";
constexpr const char* finalize = R"({"type":"Finalize"})";

class DeepgramRecognizer : public test::DeepgramCaller {};

TEST_F(DeepgramRecognizer, RefusesToBeMadeWithSettingsThatCannotWork) {
    settings_.api_key.clear();
    try {
        start();
        FAIL() << "no exception";
    } catch (const std::invalid_argument& error) {
        EXPECT_STREQ(error.what(), "deepgram.api_key is missing");
    }
}

TEST_F(DeepgramRecognizer, ConnectsWithTheKeyInTheHeaderAndNowhereElse) {
    start_flux();
    const net::WebsocketRequest& request = peer().request;
    EXPECT_EQ(request.headers.find("authorization"), "Token secret-key-123456");
    EXPECT_THAT(request.url, testing::StartsWith("wss://api.deepgram.com/v2/listen?model=flux-general-en"));
    EXPECT_THAT(request.url, Not(HasSubstr("secret")));
    EXPECT_EQ(request.connect_timeout, 5s);
    EXPECT_EQ(request.options.ping_interval, 15s);
    EXPECT_THAT(events_, ElementsAre("ready flux-1"));
}

TEST_F(DeepgramRecognizer, TellsNothingInsideStart) {
    connector_.refuse_next(401);
    start();
    EXPECT_THAT(events_, IsEmpty());
    loop_.run_ready();
    EXPECT_THAT(events_, ElementsAre("failed unauthorized"));
}

TEST_F(DeepgramRecognizer, LosesNoWordBeforeTheConnectionIsOpen) {
    settings_.model = "nova-3";
    connector_.connect_delay = 500ms;
    start();
    speak(2s);
    EXPECT_EQ(without_silence(peer().samples()), voice(0, 2 * 16000));
}

TEST_F(DeepgramRecognizer, WaitsWithAudioUntilFluxSaysConnected) {
    start();
    speak(600ms);
    ASSERT_TRUE(peer().open());
    EXPECT_THAT(peer().sent, IsEmpty());
    connect_flux();
    EXPECT_EQ(peer().samples(), voice(0, 7 * 1280));
    speak(200ms);
    EXPECT_EQ(peer().samples(), voice(0, 10 * 1280));
}

TEST_F(DeepgramRecognizer, KeepsTheNewestWhenTheServiceIsFarTooLate) {
    settings_.ready_timeout = 30s;
    start();
    speak(20s);
    EXPECT_EQ(service_->counters().audio.dropped_samples, 5u * 16000);
    connect_flux();
    speak(8s);
    const Samples sent = peer().samples();
    ASSERT_FALSE(sent.empty());
    EXPECT_EQ(sent, voice(5 * 16000, sent.size()));
    EXPECT_GE(sent.size(), 22u * 16000) << "and it has caught up";
}

TEST_F(DeepgramRecognizer, SendsMessagesOfEightyMillisecondsAndNoneThatIsEmpty) {
    start_flux();
    recognizer_->send_audio({});
    speak(2s);
    loop_.advance(1s);
    EXPECT_EQ(peer().binaries().size(), 25u);
    for (const std::string& message : peer().binaries()) EXPECT_EQ(message.size(), 2560u);
}

TEST_F(DeepgramRecognizer, TakesFramesOfAnySize) {
    start_flux();
    std::size_t said = 0;
    for (const std::size_t size : {1ul, 37ul, 5000ul, 320ul, 7777ul, 3ul}) {
        recognizer_->send_audio(voice(said, size));
        said += size;
    }
    const std::size_t whole = said / 1280 * 1280;
    EXPECT_EQ(peer().samples(), voice(0, whole));
}

TEST_F(DeepgramRecognizer, PassesTurnsOnInNeutralWords) {
    settings_.eager_eot_threshold = 0.4;
    start();
    loop_.run_ready();
    std::vector<std::string> recorded = test::recorded("deepgram_v2_eager_turn.json");
    receive(recorded.front());
    speak(4s);
    take_events();
    for (std::size_t index = 1; index < recorded.size(); ++index) receive(recorded[index]);
    EXPECT_THAT(events_, testing::Contains("maybe 'Hi I want to cancel my subscription.'"));
    EXPECT_THAT(events_, testing::Contains("resumed"));
    EXPECT_EQ(events_.back(), "ended 'Hi I want to cancel my subscription, please.' at 2700 by model");
}

TEST_F(DeepgramRecognizer, NovaGetsAKeepAliveTextEveryFourSecondsWhetherAudioFlowsOrNot) {
    start_nova();
    speak(9s);
    EXPECT_THAT(peer().texts(), ElementsAre(keep_alive, keep_alive));
    loop_.advance(11s);
    EXPECT_EQ(peer().texts().size(), 5u);
    std::vector<net::TimePoint> times;
    for (const auto& message : peer().sent)
        if (!message.binary) times.push_back(message.at);
    for (std::size_t index = 1; index < times.size(); ++index) EXPECT_EQ(times[index] - times[index - 1], 4s);
}

TEST_F(DeepgramRecognizer, FluxGetsNoTextAtAll) {
    start_flux();
    speak_with_updates(20s);
    loop_.advance(60s);
    EXPECT_THAT(peer().texts(), IsEmpty());
    EXPECT_TRUE(peer().open());
}

TEST_F(DeepgramRecognizer, NovaGetsSilenceWhenTheCallerSaysNothingAfterTheStart) {
    start_nova();
    loop_.advance(1s);
    EXPECT_EQ(peer().samples(), Samples(2560, 0));
    // and it is not counted as the caller's time
    speak(2s);
    receive(V1Results{1, 1, "hello", true, true, false});
    EXPECT_EQ(events_.back(), "ended 'hello' at 1840 by speech_final");
}

TEST_F(DeepgramRecognizer, NovaGetsNoSilenceWhenTheCallerSpeaks) {
    start_nova();
    speak(3s);
    EXPECT_EQ(peer().samples(), voice(0, 37 * 1280));
    EXPECT_EQ(service_->counters().audio.silence_samples, 0u);
}

TEST_F(DeepgramRecognizer, FluxGetsSilenceInRealTimeWhenAudioStopsInsideATurn) {
    start_flux();
    speak(1s);
    receive(V2Message{"StartOfTurn", 0, 0.9, "hello", ""});
    const net::TimePoint stopped = loop_.now() - 20ms;
    peer().forget_sent();
    loop_.advance(480ms - 1ms);
    EXPECT_THAT(peer().sent, IsEmpty());
    loop_.advance(2s);
    ASSERT_FALSE(peer().sent.empty());
    EXPECT_EQ(peer().sent.front().at - stopped, 500ms);
    EXPECT_EQ(peer().sent.size(), 25u) << "80 ms of it every 80 ms";
    Samples expected = voice(12 * 1280, 640);
    expected.resize(25 * 1280, 0);
    EXPECT_EQ(peer().samples(), expected) << "after what was left of the caller's words";
    receive(V2Message{"EndOfTurn", 0, 2, "hello", "timeout"});
    EXPECT_EQ(events_.back(), "ended 'hello' at 1000 by timeout") << "silence is not the caller's time";
    peer().forget_sent();
    loop_.advance(5s);
    EXPECT_THAT(peer().sent, IsEmpty()) << "no turn is open";
}

TEST_F(DeepgramRecognizer, FluxGetsNoSilenceBetweenTwoFramesOfAudio) {
    start_flux();
    speak(500ms);
    receive(V2Message{"StartOfTurn", 0, 0.4, "hello", ""});
    for (int pause = 0; pause < 10; ++pause) {
        speak(20ms);
        loop_.advance(400ms);
    }
    EXPECT_EQ(service_->counters().audio.silence_samples, 0u);
}

TEST_F(DeepgramRecognizer, EndTurnSendsTheRestOfTheAudioFirst) {
    start_nova();
    speak(100ms);
    recognizer_->end_turn();
    EXPECT_THAT(peer().texts(), IsEmpty());
    loop_.advance(0ms);
    ASSERT_EQ(peer().sent.size(), 3u);
    EXPECT_EQ(peer().sent[2].bytes, finalize);
    EXPECT_EQ(without_silence(peer().samples()), voice(0, 1600));
    receive(V1Results{0, 0.1, "hi", true, false, true});
    EXPECT_EQ(events_.back(), "ended 'hi' at 100 by manual");
}

TEST_F(DeepgramRecognizer, EndTurnBeforeTheConnectionIsOpenWaitsForItsAudio) {
    settings_.model = "nova-3";
    connector_.connect_delay = 1s;
    start();
    speak(500ms);
    recognizer_->end_turn();
    recognizer_->send_audio(voice(8000, 320));
    loop_.advance(600ms);
    ASSERT_FALSE(peer().texts().empty());
    EXPECT_EQ(peer().texts().front(), finalize);
    std::size_t samples_before = 0;
    for (const auto& message : peer().sent) {
        if (!message.binary) break;
        samples_before += message.bytes.size() / 2;
    }
    EXPECT_EQ(samples_before, 7u * 1280);
    const Samples all = without_silence(peer().samples());
    EXPECT_EQ(all, voice(0, all.size()));
}

TEST_F(DeepgramRecognizer, NovasTimerEndsATurnWithoutAnySign) {
    start_nova();
    speak(1s);
    receive(V1Results{0, 0.9, "hello", true, false, false});
    take_events();
    const net::TimePoint heard = loop_.now();
    loop_.advance(2s);
    EXPECT_THAT(peer().texts(), testing::Contains(finalize));
    EXPECT_THAT(events_, IsEmpty());
    loop_.advance(1s);
    EXPECT_THAT(events_, ElementsAre("ended 'hello' at 900 by timer"));
    EXPECT_EQ(since(heard), 3s);
}

TEST_F(DeepgramRecognizer, SaysGoodbyeWhenItIsDestroyed) {
    for (const char* model : {"nova-3", "flux-general-en"}) {
        settings_.model = model;
        start();
        loop_.run_ready();
        if (model == std::string("flux-general-en")) connect_flux();
        speak(200ms);
        recognizer_.reset();
        EXPECT_TRUE(peer().let_go);
        ASSERT_FALSE(peer().texts().empty());
        EXPECT_EQ(peer().texts().back(), close_stream);
        ASSERT_TRUE(peer().client_close);
        EXPECT_EQ(peer().client_close->code, 1000);
        const std::size_t told = events_.size();
        peer().text(V1Results{0, 1, "late", true, true, false}.json());
        loop_.advance(30s);
        EXPECT_EQ(events_.size(), told);
        EXPECT_FALSE(loop_.has_deadline());
    }
}

TEST_F(DeepgramRecognizer, MayBeDestroyedWhileConnecting) {
    connector_.connect_delay = 1s;
    start();
    recognizer_->send_audio(voice(0, 320));
    recognizer_.reset();
    loop_.advance(10s);
    EXPECT_EQ(connector_.given_up, 1u);
    EXPECT_THAT(events_, IsEmpty());
}

// Whatever the event: its handler may be the last to see the recogniser.
TEST_F(DeepgramRecognizer, MayBeDestroyedInsideAnyOfItsEvents) {
    const std::vector<std::string> kinds = {"ready",   "started", "text",        "maybe",
                                            "resumed", "ended",   "reconnecting"};
    for (const std::string& kind : kinds) {
        settings_.eager_eot_threshold = 0.4;
        on_event_ = [&](const RecognizerEvent&) {
            if (events_.back().starts_with(kind)) recognizer_.reset();
        };
        take_events();
        start();
        loop_.run_ready();
        std::vector<std::string> messages = test::recorded("deepgram_v2_eager_turn.json");
        for (const std::string& message : messages) receive(message);
        if (recognizer_) speak(100ms);
        peer().lose();
        loop_.advance(10s);
        EXPECT_FALSE(recognizer_) << kind;
        EXPECT_TRUE(events_.back().starts_with(kind)) << kind << " was followed by " << events_.back();
        EXPECT_FALSE(loop_.has_deadline()) << kind;
    }
}

TEST_F(DeepgramRecognizer, MayBeDestroyedInsideTheEventOfItsTimer) {
    on_event_ = [&](const RecognizerEvent& event) {
        if (std::holds_alternative<TurnEnded>(event)) recognizer_.reset();
    };
    start_nova();
    speak(1s);
    receive(V1Results{0, 0.9, "hello", true, false, false});
    loop_.advance(10s);
    EXPECT_FALSE(recognizer_);
    EXPECT_FALSE(loop_.has_deadline());
}

TEST_F(DeepgramRecognizer, TakesAudioAndEndTurnInsideItsEvents) {
    start_flux();
    speak(1s);
    on_event_ = [&](const RecognizerEvent& event) {
        if (!std::holds_alternative<TranscriptUpdated>(event)) return;
        recognizer_->send_audio(voice(said_, 1280));
        said_ += 1280;
        recognizer_->end_turn();
    };
    receive(V2Message{"StartOfTurn", 0, 0.9, "stop", ""});
    loop_.advance(0ms);
    EXPECT_THAT(peer().texts(), ElementsAre(R"({"type":"ForceEndTurn"})"));
    receive(V2Message{"EndOfTurn", 0, 1, "stop", "manual"});
    EXPECT_EQ(events_.back(), "ended 'stop' at 1000 by manual");
}

TEST_F(DeepgramRecognizer, CountsWhatItDoesNotUnderstand) {
    start_flux();
    receive(R"({"type":"Surprise","sequence_id":1})");
    receive("garbage");
    receive(R"({"type":"Warning","sequence_id":9,"code":"X","description":"y"})");
    EXPECT_EQ(service_->counters().unknown_messages, 1u);
    EXPECT_EQ(service_->counters().malformed_messages, 1u);
    EXPECT_EQ(service_->counters().lost_messages, 7u);
    EXPECT_EQ(service_->counters().reported_errors, 1u);
}

TEST_F(DeepgramRecognizer, CallsDoNotHearEachOther) {
    start_flux();
    auto first = recognizer_.get();
    test::FakePeer& first_peer = peer();
    test::Lines second_events;
    auto second = service_->start(
        {}, [&](RecognizerEvent event) { second_events.push_back(std::visit(test::InWords(), event)); });
    loop_.run_ready();
    connect_flux();
    first->send_audio(voice(0, 1280));
    second->send_audio(voice(9000, 1280));
    receive(V2Message{"StartOfTurn", 0, 0.05, "second", ""});
    EXPECT_EQ(first_peer.samples(), voice(0, 1280));
    EXPECT_EQ(peer().samples(), voice(9000, 1280));
    EXPECT_THAT(events_, ElementsAre("ready flux-1"));
    EXPECT_EQ(second_events.back(), "text 'second'");
}

}  // namespace
}  // namespace atlas::providers::deepgram
