#include "deepgram_caller.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace atlas::providers::deepgram {
namespace {

using namespace std::chrono_literals;
using test::Samples;
using test::V1Results;
using test::V2Message;
using test::voice;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr const char* close_stream = R"({"type":"CloseStream"})";

class DeepgramRotation : public test::DeepgramCaller {
protected:
    DeepgramRotation() {
        settings_.rotate_after = 60s;
        settings_.rotate_grace = 20s;
    }
    // The connection that has the caller's audio: a successor only waits.
    test::FakePeer* listening() {
        for (const auto& attempt : connector_.attempts)
            if (attempt->open()) return attempt.get();
        return nullptr;
    }
    // A line's noise, and the service's signs of life.
    void quiet(net::Duration time) {
        const Samples frame(320, 20);
        for (net::Duration passed{}; passed < time; passed += 20ms) {
            recognizer_->send_audio(frame);
            loop_.advance(20ms);
            answer_silence();
        }
    }
    void answer_silence() {
        const double seconds = static_cast<double>(++frames_) * 0.02;
        test::FakePeer* peer = listening();
        if (!peer || frames_ % 12 != 0) return;
        if (uses_flux(settings_)) {
            peer->text(V2Message{"Update", 0, seconds, "", ""}.json());
        } else {
            peer->text(V1Results{0, seconds, "", false, false, false}.json());
        }
        loop_.run_ready();
    }
    // A voice that is heard and never understood.
    void noise(net::Duration time) {
        for (net::Duration passed{}; passed < time; passed += 20ms) {
            speak(20ms);
            answer_silence();
        }
    }
    const DeepgramCounters& counters() const { return service_->counters(); }
    std::size_t frames_ = 0;
};

TEST_F(DeepgramRotation, AnOldConnectionIsReplacedInASilenceAndTheOldOneListensUntilThen) {
    connector_.connect_delay = 400ms;
    settings_.model = "nova-3";
    start();
    quiet(60s + 200ms);
    ASSERT_EQ(connector_.attempts.size(), 1u);
    quiet(400ms);
    ASSERT_EQ(connector_.attempts.size(), 2u) << "a second of silence had passed";
    test::FakePeer& old = connector_.attempt(0);
    EXPECT_TRUE(old.open()) << "until the new one is ready";
    take_events();
    quiet(400ms);
    EXPECT_TRUE(old.let_go);
    EXPECT_EQ(old.texts().back(), close_stream);
    EXPECT_EQ(old.client_close->code, 1000);
    EXPECT_TRUE(peer().open());
    EXPECT_THAT(events_, ElementsAre("ready request-7")) << "no failure is told";
    EXPECT_EQ(counters().rotations, 1u);
    EXPECT_EQ(counters().reconnects, 0u);
    EXPECT_EQ(counters().audio.dropped_samples, 0u);
    quiet(59s);
    EXPECT_EQ(connector_.attempts.size(), 2u);
    quiet(3s);
    EXPECT_EQ(connector_.attempts.size(), 3u) << "its own minute later";
}

TEST_F(DeepgramRotation, FluxTakesOverWhenItIsConnected) {
    start_flux();
    quiet(61s);
    ASSERT_EQ(connector_.attempts.size(), 2u);
    test::FakePeer& old = connector_.attempt(0);
    EXPECT_TRUE(old.open());
    EXPECT_THAT(peer().sent, IsEmpty());
    old.text(V2Message{"StartOfTurn", 0, 60.9, "hello", ""}.json());
    loop_.run_ready();
    EXPECT_EQ(events_.back(), "text 'hello'") << "the old one still listens";
    take_events();
    peer().text(R"({"type":"Connected","request_id":"flux-2","sequence_id":0})");
    loop_.run_ready();
    EXPECT_THAT(events_, ElementsAre("ready flux-2"));
    EXPECT_TRUE(old.let_go);
    EXPECT_FALSE(peer().sent.empty()) << "the open turn is heard again";
    old.text(V2Message{"EndOfTurn", 0, 62, "late", ""}.json());
    receive(V2Message{"StartOfTurn", 0, 1, "hello", ""});
    EXPECT_THAT(events_, ElementsAre("ready flux-2"));
    receive(V2Message{"EndOfTurn", 0, 2, "hello there", ""});
    EXPECT_THAT(events_.back(), HasSubstr("ended 'hello there'"));
}

TEST_F(DeepgramRotation, WaitsForTheCallerToBeQuietAndForTheTurnToEnd) {
    start_nova();
    quiet(58s);
    noise(4s);
    receive(V1Results{58, 4, "one two", true, false, false});
    EXPECT_EQ(connector_.attempts.size(), 1u);
    quiet(1500ms);
    EXPECT_EQ(connector_.attempts.size(), 1u) << "quiet, but the turn is open";
    receive(V1Results{62, 1, "", true, true, false});
    EXPECT_THAT(events_.back(), HasSubstr("ended"));
    quiet(300ms);
    EXPECT_EQ(connector_.attempts.size(), 2u);
}

TEST_F(DeepgramRotation, HappensInsideSpeechWhenNoSilenceEverComes) {
    start_nova();
    noise(60s + 19s);
    EXPECT_EQ(connector_.attempts.size(), 1u);
    noise(1500ms);
    EXPECT_EQ(connector_.attempts.size(), 2u);
    EXPECT_EQ(counters().rotations, 1u);
    EXPECT_GT(counters().audio.replayed_samples, 0u) << "nothing was final";
}

TEST_F(DeepgramRotation, ASuccessorThatCannotBeHadIsTriedAgainLaterAndTheOldOneGoesOn) {
    start_nova();
    connector_.refuse_next(429);
    connector_.hang_next();
    quiet(62s);
    ASSERT_EQ(connector_.attempts.size(), 2u);
    EXPECT_TRUE(connector_.attempt(0).open());
    EXPECT_EQ(counters().failed_rotations, 1u);
    quiet(31s);
    ASSERT_EQ(connector_.attempts.size(), 3u);
    quiet(6s);
    EXPECT_EQ(counters().failed_rotations, 2u);
    quiet(31s);
    ASSERT_EQ(connector_.attempts.size(), 4u);
    EXPECT_EQ(counters().rotations, 1u);
    EXPECT_THAT(events_, Not(Contains(HasSubstr("reconnecting"))));
}

TEST_F(DeepgramRotation, AFluxSuccessorThatNeverSaysConnectedIsGivenUpCleanly) {
    start_flux();
    quiet(61s);
    ASSERT_EQ(connector_.attempts.size(), 2u);
    test::FakePeer& silent = peer();
    quiet(16s);
    EXPECT_TRUE(silent.let_go);
    EXPECT_EQ(silent.texts().back(), close_stream) << "an open stream counts against the limit";
    EXPECT_TRUE(connector_.attempt(0).open());
    EXPECT_EQ(counters().failed_rotations, 1u);
}

TEST_F(DeepgramRotation, ASuccessorThatClosesBeforeItIsReadyChangesNothing) {
    start_flux();
    quiet(61s);
    peer().close(1011);
    loop_.run_ready();
    EXPECT_TRUE(connector_.attempt(0).open());
    EXPECT_THAT(events_, ElementsAre("ready flux-1"));
    EXPECT_EQ(counters().failed_rotations, 1u);
}

TEST_F(DeepgramRotation, ASuccessorWhoseFirstWordIsAnErrorIsALostConnection) {
    start_flux();
    quiet(61s);
    take_events();
    receive(R"({"type":"Error","sequence_id":0,"code":"INTERNAL_SERVER_ERROR","description":"x"})");
    EXPECT_THAT(events_, ElementsAre("reconnecting 1 overloaded"));
    loop_.advance(1s);
    connect_flux();
    EXPECT_EQ(events_.back(), "ready flux-1");
}

TEST_F(DeepgramRotation, ABreakWhileTheSuccessorConnectsLeavesOneConnection) {
    connector_.connect_delay = 400ms;
    settings_.model = "nova-3";
    start();
    quiet(60s + 600ms);
    ASSERT_EQ(connector_.attempts.size(), 2u);
    connector_.attempt(0).lose();
    quiet(3s);
    EXPECT_EQ(connector_.given_up, 1u);
    ASSERT_EQ(connector_.attempts.size(), 3u);
    EXPECT_TRUE(connector_.attempt(2).open());
    EXPECT_THAT(events_, ElementsAre("ready request-7", "reconnecting 1 disconnected", "ready request-7"));
}

TEST_F(DeepgramRotation, DoesNotTakeOverWhileAnEndOfTurnIsBeingAskedFor) {
    start_flux();
    quiet(61s);
    test::FakePeer& old = connector_.attempt(0);
    old.text(V2Message{"StartOfTurn", 0, 60.9, "hello", ""}.json());
    loop_.run_ready();
    recognizer_->end_turn();
    loop_.advance(0ms);
    ASSERT_THAT(old.texts(), ElementsAre(R"({"type":"ForceEndTurn"})"));
    peer().text(R"({"type":"Connected","request_id":"flux-2","sequence_id":0})");
    loop_.run_ready();
    EXPECT_TRUE(old.open());
    old.text(V2Message{"EndOfTurn", 0, 61, "hello", "manual"}.json());
    loop_.run_ready();
    EXPECT_THAT(events_.back(), HasSubstr("by manual"));
}

TEST_F(DeepgramRotation, MayBeDestroyedAtAnyMomentOfIt) {
    for (net::Duration moment = 60s; moment < 62s; moment += 40ms) {
        connector_.connect_delay = 400ms;
        settings_.model = "nova-3";
        start();
        quiet(moment);
        recognizer_.reset();
        loop_.advance(30s);
        EXPECT_FALSE(loop_.has_deadline());
        for (const auto& attempt : connector_.attempts) EXPECT_FALSE(attempt->open());
    }
    for (int inside = 0; inside < 2; ++inside) {
        settings_.model = "flux-general-en";
        settings_.ready_timeout = settings_.give_up_after = 2min;  // nothing is answered here
        connector_.connect_delay = 0s;
        start_flux();
        int ready = 0;
        on_event_ = [&](const RecognizerEvent& event) {
            if (std::holds_alternative<RecognizerReady>(event) && ++ready > inside) recognizer_.reset();
        };
        for (int second = 0; second < 70 && recognizer_; ++second) {
            for (int frame = 0; frame < 50 && recognizer_; ++frame) {
                recognizer_->send_audio(Samples(320, 20));
                loop_.advance(20ms);
            }
            if (second == 60 || second == 61) connect_flux();
            if (recognizer_ && inside == 1) recognizer_.reset();
        }
        EXPECT_FALSE(recognizer_);
        on_event_ = {};
    }
}

class DeepgramStalls : public test::DeepgramCaller {
protected:
    DeepgramStalls() { settings_.stale_after_loud = 4s; }
    void frames(net::Duration time, std::int16_t level) {
        for (net::Duration passed{}; passed < time; passed += 20ms) {
            recognizer_->send_audio(Samples(320, level));
            loop_.advance(20ms);
        }
    }
    net::Duration time_to_restart(std::int16_t level) {
        const net::TimePoint begin = loop_.now();
        while (since(begin) < 60s && !events_.back().starts_with("reconnecting")) frames(20ms, level);
        return since(begin);
    }
};

TEST_F(DeepgramStalls, AVoiceWithoutAnyAnswerIsAFaultAfterFourSeconds) {
    for (const bool flux : {false, true}) {
        settings_.model = flux ? "flux-general-en" : "nova-3";
        start();
        loop_.run_ready();
        if (flux) connect_flux();
        const net::Duration time = time_to_restart(1500);
        EXPECT_GE(time, 4s);
        EXPECT_LE(time, 4200ms);
        EXPECT_EQ(events_.back(), "reconnecting 1 stalled");
        EXPECT_EQ(service_->counters().loud_stalls, 1u);
        EXPECT_EQ(service_->counters().stale_connections, 1u);
    }
}

TEST_F(DeepgramStalls, AnUnansweredQuietIsOneOnlyAfterTheLongerTime) {
    start_nova();
    const net::Duration nova = time_to_restart(100);
    EXPECT_GE(nova, 30s);
    EXPECT_LE(nova, 31s);
    EXPECT_EQ(service_->counters().loud_stalls, 0u);
    settings_.model = "flux-general-en";
    start_flux();
    const net::Duration flux = time_to_restart(100);
    EXPECT_GE(flux, 8s);
    EXPECT_LE(flux, 8200ms);
    EXPECT_EQ(service_->counters().loud_stalls, 0u);
}

TEST_F(DeepgramStalls, AnyMessageIsASignOfLife) {
    start_nova();
    for (int second = 0; second < 40; ++second) {
        frames(1s, 2000);
        receive(V1Results{static_cast<double>(second), 1, "", false, false, false});
    }
    EXPECT_THAT(events_, ElementsAre("ready request-7"));
}

TEST_F(DeepgramStalls, ALoudCallerWhoThenSendsNothingIsNoFault) {
    start_nova();
    frames(1500ms, 2000);
    loop_.advance(60s);
    EXPECT_THAT(events_, ElementsAre("ready request-7"));
}

TEST_F(DeepgramStalls, AClickIsNoVoice) {
    start_nova();
    frames(60ms, 20000);
    frames(20s, 50);
    EXPECT_THAT(events_, ElementsAre("ready request-7"));
}

TEST_F(DeepgramStalls, RestartReplacesTheConnectionAtOnceAndSaysStalled) {
    start_nova();
    frames(3s, 2000);
    receive(V1Results{0, 2, "one", true, false, false});
    frames(3s, 2000);
    take_events();
    AudioPosition replay{};
    on_event_ = [&](const RecognizerEvent& event) {
        if (const auto* again = std::get_if<RecognizerReconnecting>(&event)) replay = again->replay;
    };
    recognizer_->restart("loud and\nno words");
    EXPECT_THAT(events_, IsEmpty()) << "nothing is told inside the call";
    loop_.advance(0ms);
    loop_.advance(0ms);
    EXPECT_THAT(events_, ElementsAre("reconnecting 1 stalled", "ready request-7"));
    EXPECT_EQ(failure_.message, "replaced: loud and no words");
    EXPECT_EQ(replay, 4s) << "six seconds, of which two are settled";
    EXPECT_EQ(connector_.attempts.size(), 2u);
    EXPECT_EQ(connector_.attempt_times[1], loop_.now());
    EXPECT_EQ(service_->counters().restarts, 1u);
}

TEST_F(DeepgramStalls, RestartsDoNotAddUpToAFailureButSlowDown) {
    start_nova();
    for (int time = 0; time < 12; ++time) {
        recognizer_->restart("again");
        frames(1s, 100);
    }
    EXPECT_THAT(events_, Not(Contains(HasSubstr("failed"))));
    EXPECT_LE(connector_.attempts.size(), 7u);
    frames(10s, 100);
    EXPECT_EQ(events_.back(), "ready request-7");
}

TEST_F(DeepgramStalls, ARestartWhileConnectingChangesNothing) {
    connector_.connect_delay = 1s;
    settings_.model = "nova-3";
    start();
    recognizer_->restart("early");
    loop_.advance(2s);
    EXPECT_EQ(connector_.attempts.size(), 1u);
    EXPECT_THAT(events_, ElementsAre("ready request-7"));
}

}  // namespace
}  // namespace atlas::providers::deepgram
