#include "deepgram_caller.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace atlas::providers::deepgram {
namespace {

using namespace std::chrono_literals;
using test::V1Results;
using test::V2Message;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr const char* finalize = R"({"type":"Finalize"})";

// Nova: the client waits itself.
class NovaPatience : public test::DeepgramCaller {
protected:
    void listen(std::chrono::milliseconds pause) {
        start_nova();
        recognizer_->set_patience({pause, 1});
        speak(3s);
        take_events();
    }
    void interim(double start, double length, const std::string& text) {
        receive(V1Results{start, length, text, false, false, false});
    }
    void final_piece(double start, double length, const std::string& text) {
        receive(V1Results{start, length, text, true, false, false});
    }
    void speech_final(double start, double length, const std::string& text) {
        receive(V1Results{start, length, text, true, true, false});
    }
    void speech_started(double at) {
        receive(R"({"type":"SpeechStarted","channel":[0,1],"timestamp":)" + std::to_string(at) + "}");
    }
    void utterance_end(double last_word_end) {
        receive(R"({"type":"UtteranceEnd","channel":[0,1],"last_word_end":)" + std::to_string(last_word_end) +
                "}");
    }
    // From now to the next TurnEnded.
    net::Duration time_to_end() {
        const net::TimePoint begin = loop_.now();
        while (since(begin) < 20s && (events_.empty() || !events_.back().starts_with("ended")))
            loop_.advance(10ms);
        return since(begin);
    }
};

TEST_F(NovaPatience, WithoutAnyASpeechFinalEndsTheTurn) {
    start_nova();
    speak(3s);
    speech_final(0, 2, "so I thought");
    EXPECT_EQ(events_.back(), "ended 'so I thought' at 2000 by speech_final");
}

TEST_F(NovaPatience, WaitsForTheRestOfThePauseWhenTheTextIsUnfinished) {
    listen(1500ms);
    speech_final(0, 2, "so I thought");
    EXPECT_EQ(events_.back(), "text 'so I thought'");
    // The result told of no silence after the last word; it may have been on its way for 300 ms.
    EXPECT_EQ(time_to_end(), 1200ms);
    EXPECT_EQ(events_.back(), "ended 'so I thought' at 2000 by speech_final");
    EXPECT_THAT(peer().texts(), Not(Contains(finalize)));
}

TEST_F(NovaPatience, CountsTheSilenceThatTheServiceHasHeard) {
    listen(1500ms);
    interim(0, 1, "so I thought");
    V1Results ending{0, 1, "so I thought", true, true, false};
    std::string json = ending.json();
    json.replace(json.find("\"duration\":1"), 14, "\"duration\":1.5");
    receive(json);
    EXPECT_EQ(time_to_end(), 700ms) << "of 1500 ms half a second is proven, 300 more are usual";
}

TEST_F(NovaPatience, EndsAFinishedSentenceAtOnce) {
    for (const char* text : {"I want tea.", "Is it you?", "No!", "他来了。", "本当？", "“That is all.”",
                             "(It was.)", "ठीक है।"}) {
        listen(3s);
        speech_final(0, 2, text);
        EXPECT_THAT(events_.back(), HasSubstr("by speech_final")) << text;
    }
    for (const char* text : {"I want", "well...", "well…", "first,", "namely:", "and then -", "tea or .."}) {
        listen(3s);
        speech_final(0, 2, text);
        EXPECT_THAT(events_.back(), testing::StartsWith("text")) << text;
    }
}

TEST_F(NovaPatience, WordsInsideThePauseContinueTheSameTurn) {
    listen(1500ms);
    speech_final(0, 1, "so I thought");
    loop_.advance(1s);
    interim(1.5, 0.5, "we could");
    EXPECT_EQ(events_.back(), "text 'so I thought we could'");
    loop_.advance(1500ms);
    EXPECT_THAT(events_, Not(Contains(HasSubstr("ended"))));
    speech_final(1.5, 1, "we could go.");
    EXPECT_EQ(events_.back(), "ended 'so I thought we could go.' at 2500 by speech_final");
    EXPECT_THAT(events_, ElementsAre("started at 0", "text 'so I thought'", "text 'so I thought we could'",
                                     "text 'so I thought we could go.'", HasSubstr("ended")));
}

TEST_F(NovaPatience, ANoiseInsideThePauseLeavesTheEndToTheTimer) {
    listen(1s);
    speech_final(0, 1, "so I thought");
    loop_.advance(400ms);
    speech_started(2.8);
    EXPECT_EQ(time_to_end(), 3s) << "the turn's own timer, and no answer to Finalize";
    EXPECT_THAT(peer().texts(), Contains(finalize));
    EXPECT_EQ(events_.back(), "ended 'so I thought' at 1000 by timer");
}

TEST_F(NovaPatience, AnOldSpeechStartedIsNoNoise) {
    listen(1s);
    speech_final(0, 2, "so I thought");
    speech_started(0.1);
    EXPECT_EQ(time_to_end(), 700ms);
}

TEST_F(NovaPatience, AnUtteranceEndEndsNothingEarlier) {
    listen(3s);
    speech_final(0, 1, "so I thought");
    utterance_end(1);
    EXPECT_EQ(events_.back(), "text 'so I thought'");
    EXPECT_EQ(time_to_end(), 2700ms);
    take_events();
    listen(3s);
    final_piece(0, 1, "so I thought");
    utterance_end(1);
    EXPECT_EQ(events_.back(), "text 'so I thought'");
    EXPECT_EQ(time_to_end(), 1700ms) << "it told of one second of silence";
    EXPECT_THAT(events_.back(), HasSubstr("by utterance_end"));
}

TEST_F(NovaPatience, ALongOneHoldsTheTimerBackToo) {
    listen(4s);
    final_piece(0, 1, "so I thought");
    EXPECT_EQ(time_to_end(), 5s) << "four seconds, and one for Finalize";
    take_events();
    listen(4s);
    final_piece(0, 1, "So I thought.");
    EXPECT_EQ(time_to_end(), 3s) << "a finished sentence needs no patience";
}

TEST_F(NovaPatience, StaysInsideItsBounds) {
    listen(0ms);
    speech_final(0, 1, "so I thought");
    EXPECT_EQ(time_to_end(), 0ms) << "at least 300 ms, which have passed";
    take_events();
    listen(10min);
    speech_final(0, 1, "so I thought");
    EXPECT_EQ(time_to_end(), 4700ms) << "at most 5 s";
}

TEST_F(NovaPatience, EndTurnDoesNotWait) {
    listen(5s);
    speech_final(0, 1, "so I thought");
    recognizer_->end_turn();
    loop_.advance(0ms);
    receive(V1Results{1, 1, "", true, false, true});
    EXPECT_EQ(events_.back(), "ended 'so I thought' at 1000 by manual");
}

TEST_F(NovaPatience, ABreakInsideThePauseNeitherEndsTheTurnNorLeavesItOpen) {
    listen(2s);
    speech_final(0, 1, "so I thought");
    peer().lose();
    loop_.advance(1s);
    ASSERT_EQ(connector_.attempts.size(), 2u);
    EXPECT_THAT(events_, Not(Contains(HasSubstr("ended"))));
    speech_final(0, 1, "we could go.");
    EXPECT_EQ(events_.back(), "ended 'so I thought we could go.' at 2000 by speech_final");
}

class NovaEager : public NovaPatience {
protected:
    NovaEager() { settings_.eager_eot_threshold = 0.4; }
};

TEST_F(NovaEager, AFinalPieceThatReadsLikeAnEndMayBeOne) {
    listen(1s);
    final_piece(0, 1, "I want tea.");
    EXPECT_EQ(events_.back(), "maybe 'I want tea.'");
    interim(1, 0.5, "and");
    EXPECT_THAT(events_, ElementsAre("started at 0", "text 'I want tea.'", "maybe 'I want tea.'", "resumed",
                                     "text 'I want tea. and'"));
    take_events();
    speech_final(1, 1, "And cake.");
    EXPECT_THAT(events_, ElementsAre("text 'I want tea. And cake.'",
                                     "ended 'I want tea. And cake.' at 2000 by speech_final"));
}

TEST_F(NovaEager, TheEndConfirmsTheSameTextWithoutAWordInBetween) {
    listen(1s);
    final_piece(0, 1, "I want tea.");
    speech_final(1, 1, "");
    EXPECT_THAT(events_, ElementsAre("started at 0", "text 'I want tea.'", "maybe 'I want tea.'",
                                     "ended 'I want tea.' at 1000 by speech_final"));
}

TEST_F(NovaEager, AnUnfinishedPieceIsNoEndAndAPauseAfterSpeechIsOne) {
    listen(2s);
    final_piece(0, 1, "I want");
    EXPECT_EQ(events_.back(), "text 'I want'");
    speech_final(1, 1, "some tea");
    EXPECT_EQ(events_.back(), "maybe 'I want some tea'");
    loop_.advance(5s);
    EXPECT_EQ(events_.back(), "ended 'I want some tea' at 2000 by speech_final");
    EXPECT_THAT(events_, Not(Contains("resumed")));
}

TEST_F(NovaEager, IsOffUnlessAskedFor) {
    settings_.eager_eot_threshold.reset();
    listen(2s);
    final_piece(0, 1, "I want tea.");
    speech_final(1, 1, "and");
    interim(2, 0.5, "cake");
    EXPECT_THAT(events_, Not(Contains(HasSubstr("maybe"))));
    EXPECT_THAT(events_, Not(Contains("resumed")));
}

TEST_F(NovaEager, ALostConnectionWithdrawsIt) {
    listen(1s);
    final_piece(0, 1, "I want tea.");
    peer().lose();
    loop_.run_ready();
    EXPECT_THAT(events_, ElementsAre("started at 0", "text 'I want tea.'", "maybe 'I want tea.'", "resumed",
                                     "reconnecting 1 disconnected"));
}

// Flux: the service waits; it is told how long by Configure, or by the next connection's URL.
class FluxPatience : public test::DeepgramCaller {
protected:
    // In terms of the setting's five seconds.
    void ask(std::chrono::milliseconds timeout) {
        recognizer_->set_patience({700ms, std::chrono::duration<double>(timeout) / 5s});
        loop_.advance(0ms);
    }
    void accept() { receive(R"({"type":"ConfigureSuccess","request_id":"r","sequence_id":1})"); }
    void refuse() {
        receive(R"({"type":"ConfigureFailure","request_id":"r","sequence_id":1,
                    "code":"INVALID_THRESHOLD","description":"no"})");
    }
    void reconnect() {
        peer().lose();
        loop_.advance(1s);
        connect_flux();
    }
    static std::string configure(int milliseconds) {
        return R"({"type":"Configure","thresholds":{"eot_timeout_ms":)" + std::to_string(milliseconds) + "}}";
    }
};

TEST_F(FluxPatience, IsConfiguredOnTheRunningConnection) {
    start_flux();
    ask(1200ms);
    EXPECT_THAT(peer().texts(), ElementsAre(configure(1200)));
    accept();
    ask(1200ms);
    EXPECT_EQ(peer().texts().size(), 1u) << "nothing has changed";
}

TEST_F(FluxPatience, StaysInsideWhatEveryDeploymentTakes) {
    start_flux();
    ask(100ms);
    accept();
    ask(10min);
    EXPECT_THAT(peer().texts(), ElementsAre(configure(500), configure(10000)));
}

TEST_F(FluxPatience, IsNotTheLengthOfAPauseWhichFluxJudgesItself) {
    start_flux();
    recognizer_->set_patience({300ms, 1});
    loop_.advance(10s);
    EXPECT_THAT(peer().texts(), IsEmpty());
    recognizer_->set_patience({1500ms, 1.5});
    loop_.advance(0ms);
    EXPECT_THAT(peer().texts(), ElementsAre(configure(7500)));
}

TEST_F(FluxPatience, HasOneMessageUnderWayAndThenSendsTheLastThatWasAsked) {
    start_flux();
    ask(1000ms);
    ask(2000ms);
    ask(3000ms);
    EXPECT_THAT(peer().texts(), ElementsAre(configure(1000)));
    accept();
    loop_.advance(0ms);
    EXPECT_THAT(peer().texts(), ElementsAre(configure(1000), configure(3000)));
    accept();
    loop_.advance(1min);
    EXPECT_EQ(peer().texts().size(), 2u);
}

TEST_F(FluxPatience, WaitsFiveSecondsForAnAnswer) {
    start_flux();
    ask(1000ms);
    ask(2000ms);
    loop_.advance(5s - 1ms);
    EXPECT_EQ(peer().texts().size(), 1u);
    loop_.advance(1ms);
    EXPECT_THAT(peer().texts(), ElementsAre(configure(1000), configure(2000)));
}

TEST_F(FluxPatience, IsRememberedForTheNextConnection) {
    start_flux();
    EXPECT_THAT(peer().request.url, HasSubstr("&eot_timeout_ms=5000&"));
    ask(1200ms);
    reconnect();
    EXPECT_THAT(peer().request.url, HasSubstr("&eot_timeout_ms=1200&"));
    EXPECT_THAT(peer().texts(), IsEmpty()) << "the URL said it";
}

TEST_F(FluxPatience, AskedForWhileConnectingIsSentOnceThatIsDone) {
    start();
    ask(1200ms);
    loop_.run_ready();
    EXPECT_THAT(peer().texts(), IsEmpty());
    connect_flux();
    EXPECT_THAT(peer().texts(), ElementsAre(configure(1200)));
}

TEST_F(FluxPatience, ARefusedValueIsNeverSentAgainNorPutIntoAUrl) {
    start_flux();
    ask(1200ms);
    refuse();
    ask(1300ms);
    loop_.advance(10s);
    EXPECT_EQ(peer().texts().size(), 1u);
    EXPECT_EQ(service_->counters().refused_patience, 1u);
    reconnect();
    EXPECT_THAT(peer().request.url, HasSubstr("&eot_timeout_ms=5000&"));
    EXPECT_THAT(peer().texts(), IsEmpty());
}

TEST_F(FluxPatience, ADeploymentThatClosesOverItIsReachedAgainWithoutAndTheTurnGoesOn) {
    start_flux();
    speak_with_updates(6s);
    receive(V2Message{"StartOfTurn", 0, 6, "I would", ""});
    ask(1200ms);
    receive(R"({"type":"Error","sequence_id":45,"code":"UNPARSABLE_CLIENT_MESSAGE","description":
        "Could not deserialize last text message: unknown variant `Configure`, expected `CloseStream`"})");
    EXPECT_EQ(events_.back(), "reconnecting 1 protocol");
    loop_.advance(1s);
    connect_flux();
    ask(2000ms);
    EXPECT_THAT(peer().texts(), IsEmpty());
    EXPECT_THAT(peer().request.url, HasSubstr("&eot_timeout_ms=1200&")) << "the parameter is older";
    EXPECT_EQ(service_->counters().refused_patience, 1u);
    receive(V2Message{"StartOfTurn", 0, 1, "I would like", ""});
    EXPECT_EQ(events_.back(), "text 'I would like'");
    recognizer_->end_turn();
    loop_.advance(500ms);  // the replay comes first
    EXPECT_THAT(peer().texts(), ElementsAre(R"({"type":"ForceEndTurn"})")) << "which was not at fault";
}

TEST_F(FluxPatience, AnUnknownForceEndTurnDoesNotCostThePatience) {
    start_flux();
    speak_with_updates(6s);
    receive(V2Message{"StartOfTurn", 0, 6, "I would", ""});
    ask(1200ms);
    recognizer_->end_turn();
    loop_.advance(0ms);
    receive(R"({"type":"Error","code":"UNPARSABLE_CLIENT_MESSAGE","description":
        "unknown variant `ForceEndTurn`, expected one of `CloseStream`, `Configure`"})");
    loop_.advance(1s);
    connect_flux();
    ask(2000ms);
    EXPECT_THAT(peer().texts(), ElementsAre(configure(2000)));
}

TEST_F(FluxPatience, CanBeSwitchedOffForOldDeployments) {
    settings_.configure = false;
    start_flux();
    ask(1200ms);
    loop_.advance(10s);
    EXPECT_THAT(peer().texts(), IsEmpty());
    reconnect();
    EXPECT_THAT(peer().request.url, HasSubstr("&eot_timeout_ms=1200&"));
}

TEST_F(FluxPatience, PutsNoSilenceIntoTheCallersWords) {
    start_flux();
    speak(100ms);
    ask(1200ms);
    speak(60ms);
    EXPECT_EQ(peer().samples(), test::voice(0, 2560));
    EXPECT_EQ(service_->counters().audio.silence_samples, 0u);
}

TEST_F(FluxPatience, MayBeAskedForInsideAnEventAndTellsNothingInside) {
    std::size_t told_inside = 0;
    on_event_ = [&](const RecognizerEvent&) {
        const std::size_t told = events_.size();
        recognizer_->set_patience({700ms, 0.2 + 0.002 * static_cast<double>(told)});
        told_inside += events_.size() - told;
    };
    start_flux();
    speak(1s);
    receive(V2Message{"StartOfTurn", 0, 1, "yes", ""});
    receive(V2Message{"EndOfTurn", 0, 2, "yes", ""});
    loop_.advance(0ms);
    EXPECT_EQ(told_inside, 0u);
    EXPECT_EQ(peer().texts().size(), 1u);
    accept();
    loop_.advance(0ms);
    EXPECT_THAT(peer().texts(), ElementsAre(configure(1010), configure(1040)));
}

TEST_F(FluxPatience, IsOfNoInterestOnceTheRecogniserHasFailed) {
    connector_.refuse_next(401);
    start();
    loop_.run_ready();
    ask(1200ms);
    recognizer_->restart("no words");
    loop_.advance(10s);
    EXPECT_THAT(events_, ElementsAre("failed unauthorized"));
}

}  // namespace
}  // namespace atlas::providers::deepgram
