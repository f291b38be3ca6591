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
using test::without_silence;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class DeepgramRecovery : public test::DeepgramCaller {
protected:
    // From the failure to each further attempt.
    std::vector<net::Duration> gaps() const {
        std::vector<net::Duration> found;
        for (std::size_t index = 1; index < connector_.attempt_times.size(); ++index)
            found.push_back(connector_.attempt_times[index] - connector_.attempt_times[index - 1]);
        return found;
    }
    // Flux connections that become ready by themselves.
    void answer_connected() {
        connector_.on_open = [](test::FakePeer& opened) {
            opened.text(R"({"type":"Connected","request_id":"flux-n","sequence_id":0})");
        };
    }
};

struct Refusal {
    int status;
    const char* body;
    const char* event;
    const char* message;
};

class DeepgramRefusals : public DeepgramRecovery, public testing::WithParamInterface<Refusal> {};

TEST_P(DeepgramRefusals, EndThisRecogniserAndSayWhy) {
    const Refusal& refusal = GetParam();
    connector_.refuse_next(refusal.status, {{"dg-request-id", "r-1"}, {"dg-error", "in the header"}},
                           refusal.body);
    start();
    loop_.advance(60s);
    EXPECT_THAT(events_, ElementsAre(refusal.event));
    EXPECT_EQ(failure_.message, refusal.message);
    EXPECT_EQ(failure_.http_status, refusal.status);
    EXPECT_EQ(failure_.request_id, "r-1");
    EXPECT_EQ(connector_.attempts.size(), 1u);
    EXPECT_EQ(service_->counters().failed_recognizers, 1u);
    recognizer_->send_audio(voice(0, 320));
    recognizer_->end_turn();
    loop_.advance(60s);
    EXPECT_EQ(events_.size(), 1u);
}

INSTANTIATE_TEST_SUITE_P(
    Permanent, DeepgramRefusals,
    testing::Values(
        Refusal{400, R"({"err_code":"INVALID_QUERY_PARAMETER","err_msg":"Keywords are not supported"})",
                "failed bad_request",
                "refused with HTTP 400, INVALID_QUERY_PARAMETER: Keywords are not supported"},
        Refusal{400,
                R"({"category":"INVALID","message":"no such thing","details":"at all","request_id":"r-1"})",
                "failed bad_request", "refused with HTTP 400, INVALID: no such thing (at all)"},
        Refusal{400, R"({"code":"INVALID_PARAMETER","description":"language_hint is not supported"})",
                "failed bad_request",
                "refused with HTTP 400, INVALID_PARAMETER: language_hint is not supported"},
        Refusal{401, R"({"err_code":"INVALID_AUTH","err_msg":"Invalid credentials for secret-key-123456."})",
                "failed unauthorized",
                "refused with HTTP 401, INVALID_AUTH: Invalid credentials for [hidden]."},
        Refusal{402, R"({"err_code":"ASR_PAYMENT_REQUIRED","err_msg":"not enough credits"})", "failed quota",
                "refused with HTTP 402, ASR_PAYMENT_REQUIRED: not enough credits"},
        Refusal{403,
                R"({"err_code":"INSUFFICIENT_PERMISSIONS","err_msg":"no access to the\nrequested model."})",
                "failed unauthorized",
                "refused with HTTP 403, INSUFFICIENT_PERMISSIONS: no access to the requested model."},
        Refusal{404, "<html>", "failed bad_request", "refused with HTTP 404: in the header"},
        Refusal{414, "", "failed bad_request", "refused with HTTP 414: in the header"},
        Refusal{302, "", "failed protocol", "refused with HTTP 302: in the header"}));

TEST_F(DeepgramRecovery, TriesAgainAtGrowingDistancesAndThenGivesUp) {
    for (const int status : {500, 502, 503, 504, 408, 500}) connector_.refuse_next(status);
    start();
    loop_.advance(60s);
    EXPECT_THAT(gaps(), ElementsAre(250ms, 500ms, 1s, 2s, 4s));
    EXPECT_THAT(events_, ElementsAre("reconnecting 1 overloaded", "reconnecting 2 overloaded",
                                     "reconnecting 3 overloaded", "reconnecting 4 overloaded",
                                     "reconnecting 5 overloaded", "failed overloaded"));
    EXPECT_EQ(failure_.attempts, 6);
    EXPECT_EQ(service_->counters().connects, 6u);
    EXPECT_EQ(service_->counters().reconnects, 5u);
}

TEST_F(DeepgramRecovery, GivesUpWhenTheCallerWasNotHeardForTooLong) {
    for (int attempt = 0; attempt < 6; ++attempt) connector_.hang_next();
    start();
    loop_.advance(60s);
    EXPECT_THAT(events_,
                ElementsAre("reconnecting 1 unreachable", "reconnecting 2 unreachable", "failed unreachable"))
        << "each attempt hangs for 5 s";
}

TEST_F(DeepgramRecovery, NeverWaitsLongerThanTheCap) {
    settings_.max_failed_connects = 9;
    settings_.give_up_after = 60s;
    for (int attempt = 0; attempt < 9; ++attempt) connector_.fail_next();
    start();
    loop_.advance(200s);
    EXPECT_THAT(gaps(), ElementsAre(250ms, 500ms, 1s, 2s, 4s, 8s, 8s, 8s));
    EXPECT_EQ(events_.back(), "failed unreachable");
    EXPECT_EQ(failure_.message, "no connection: connection refused");
}

TEST_F(DeepgramRecovery, WaitsAsLongAsA429Asks) {
    connector_.refuse_next(429, {{"Retry-After", "3"}});
    start();
    loop_.run_ready();
    EXPECT_THAT(events_, ElementsAre("reconnecting 1 rate_limited"));
    EXPECT_EQ(failure_.retry_after, 3s);
    loop_.advance(5s);
    EXPECT_THAT(gaps(), ElementsAre(3s));
}

TEST_F(DeepgramRecovery, RetriesA429WithoutATimeAndGivesUpOverOneThatNoCallerCanWaitFor) {
    connector_.refuse_next(429);
    connector_.refuse_next(429, {{"retry-after", "120"}});
    start();
    loop_.advance(10s);
    EXPECT_THAT(events_, ElementsAre("reconnecting 1 rate_limited", "failed rate_limited"));
    EXPECT_EQ(failure_.retry_after, 120s);
}

TEST_F(DeepgramRecovery, AHangingConnectIsALostOne) {
    connector_.hang_next();
    start();
    loop_.advance(5s);
    EXPECT_THAT(events_, ElementsAre("reconnecting 1 unreachable"));
    loop_.advance(250ms);
    EXPECT_TRUE(peer().open());
}

TEST_F(DeepgramRecovery, FluxThatNeverSaysConnectedIsReplaced) {
    start();
    loop_.run_ready();
    test::FakePeer& silent = peer();
    loop_.advance(5s - 1ms);
    EXPECT_THAT(events_, IsEmpty());
    loop_.advance(1ms);
    EXPECT_THAT(events_, ElementsAre("reconnecting 1 timed_out"));
    EXPECT_TRUE(silent.let_go);
    loop_.advance(250ms);
    connect_flux();
    EXPECT_EQ(events_.back(), "ready flux-1");
}

TEST_F(DeepgramRecovery, EveryUnaskedCloseIsALossThatIsRepaired) {
    for (const auto code : std::initializer_list<std::uint16_t>{1000, 1005, 1006, 1008, 1011, 1012}) {
        take_events();
        start_nova();
        speak(6s);
        if (code == 1006) {
            peer().lose();
        } else {
            peer().close(code, "See https://dpgr.am/net0001");
        }
        loop_.run_ready();
        EXPECT_EQ(events_.back(), "reconnecting 1 disconnected") << code;
        EXPECT_THAT(failure_.message, HasSubstr(std::to_string(code)));
        EXPECT_EQ(failure_.request_id, "request-7");
        loop_.advance(250ms);
        EXPECT_EQ(events_.back(), "ready request-7") << code;
    }
}

TEST_F(DeepgramRecovery, AFluxErrorEndsTheConnectionAtOnce) {
    start_flux();
    speak(6s);
    receive(R"({"type":"Error","sequence_id":7,"code":"INTERNAL_SERVER_ERROR","description":"oops"})");
    EXPECT_EQ(events_.back(), "reconnecting 1 overloaded");
    EXPECT_EQ(failure_.message, "the service reported INTERNAL_SERVER_ERROR: oops");
    EXPECT_EQ(failure_.request_id, "flux-1");
    EXPECT_TRUE(peer().let_go);
}

TEST_F(DeepgramRecovery, ThreeShortConnectionsInARowAreEnough) {
    answer_connected();
    start();
    for (int connection = 0; connection < 3; ++connection) {
        loop_.advance(1s);
        peer().close(1011, "bad day");
        loop_.advance(0s);
    }
    loop_.advance(60s);
    EXPECT_THAT(events_, ElementsAre("ready flux-n", "reconnecting 1 disconnected", "ready flux-n",
                                     "reconnecting 2 disconnected", "ready flux-n", "failed disconnected"));
}

TEST_F(DeepgramRecovery, ALastingConnectionForgivesTheShortOnesBefore) {
    answer_connected();
    start();
    loop_.advance(1s);
    peer().close(1011);
    loop_.advance(1s);
    peer().close(1011);
    loop_.advance(6s);
    for (int connection = 0; connection < 4; ++connection) {
        peer().close(1011);
        loop_.advance(6s);
    }
    EXPECT_THAT(events_, Not(Contains(HasSubstr("failed"))));
    EXPECT_EQ(connector_.attempts.size(), 7u);
}

TEST_F(DeepgramRecovery, NovaHearsEverythingAfterTheLastFinalOnceMoreAndNothingTwice) {
    start_nova();
    speak(6s);
    receive(V1Results{0, 5.5, "one two", true, false, false});
    receive(V1Results{5.5, 0.4, "three", false, false, false});
    const Samples first = peer().samples();
    EXPECT_EQ(first, voice(0, 75 * 1280));
    peer().lose();
    speak(1s);
    ASSERT_EQ(connector_.attempts.size(), 2u);
    speak(2s);
    receive(V1Results{0, 1.5, "three f", false, false, false});
    speak(2s);
    const Samples second = peer().samples();
    const std::size_t settled = 88000;  // 5.5 s
    EXPECT_EQ(second, voice(settled, second.size())) << "no loss, no repetition, nothing put in";
    EXPECT_GE(settled + second.size() + 1280, said_);
    EXPECT_EQ(service_->counters().audio.replayed_samples, 75u * 1280 - settled);
    take_events();
    receive(V1Results{0, 2, "three four", true, true, false});
    EXPECT_THAT(events_, ElementsAre("text 'one two three four'",
                                     "ended 'one two three four' at 7500 by speech_final"));
}

TEST_F(DeepgramRecovery, FluxHearsTheOpenTurnFromItsStartOnceMore) {
    start_flux();
    speak_with_updates(7200ms);
    receive(
        R"({"type":"TurnInfo","event":"StartOfTurn","turn_index":0,"audio_window_end":7.2,"transcript":"I want",
                "words":[{"word":"I","start":6.5,"end":6.6,"confidence":1}]})");
    peer().close(1011);
    speak(1s);
    connect_flux();
    speak(2s);
    const Samples second = peer().samples();
    EXPECT_EQ(second, voice(6 * 16000, second.size())) << "half a second before the first word";
    EXPECT_GE(6 * 16000 + second.size() + 1280, said_);
    take_events();
    receive(V2Message{"StartOfTurn", 0, 0.9, "I", ""});
    receive(V2Message{"Update", 0, 1.5, "I want tea", ""});
    receive(V2Message{"EndOfTurn", 0, 3, "I want tea.", ""});
    EXPECT_THAT(events_,
                ElementsAre("text 'I'", "text 'I want tea'", "ended 'I want tea.' at 9000 by model"));
}

TEST_F(DeepgramRecovery, FluxOutsideATurnHearsOnlyTheLastTwoSecondsOnceMore) {
    start_flux();
    speak_with_updates(7200ms);
    peer().close(1011);
    speak(1s);
    connect_flux();
    const Samples second = peer().samples();
    ASSERT_FALSE(second.empty());
    EXPECT_EQ(second, voice(83200, second.size())) << "5.2 s";
}

TEST_F(DeepgramRecovery, LiveAudioQueuesBehindTheReplayAtNovasSpeed) {
    settings_.stale_after_v1 = 10min;
    start_nova();
    speak(7s);
    peer().lose();
    connector_.refuse_next(503);
    loop_.advance(0s);
    speak(500ms);
    ASSERT_EQ(connector_.attempts.size(), 2u);
    speak(500ms);
    ASSERT_EQ(connector_.attempts.size(), 3u);
    ASSERT_TRUE(peer().open());
    const net::TimePoint opened = connector_.attempt_times.back();
    for (int second = 0; second < 35; ++second) {
        speak(1s);
        const std::chrono::duration<double> passed = since(opened);
        EXPECT_LE(peer().samples().size(), 16000 * (1 + 1.25 * passed.count()) + 1280);
    }
    const Samples sent = peer().samples();
    EXPECT_EQ(sent, voice(0, sent.size())) << "in order, from the first word on: nothing was final";
    EXPECT_GE(sent.size() + 1280, said_) << "it has caught up";
}

TEST_F(DeepgramRecovery, AReplayThatWouldNeverCatchUpLosesItsOldestPart) {
    start_nova();
    speak(12s);
    peer().lose();
    speak(1s);
    ASSERT_EQ(connector_.attempts.size(), 2u);
    speak(500ms);
    const Samples sent = peer().samples();
    ASSERT_FALSE(sent.empty());
    const auto first = static_cast<std::size_t>(sent.front() - 1) + 192000 / 32000 * 32000 - 128000;
    EXPECT_EQ(sent, voice(first, sent.size()));
    const std::size_t at_reconnect = 12 * 16000 + 260 * 16;
    EXPECT_NEAR(static_cast<double>(first), static_cast<double>(at_reconnect - 8 * 16000), 640);
}

TEST_F(DeepgramRecovery, AFluxConnectionThatFallsSilentWhileAudioFlowsIsReplaced) {
    start_flux();
    speak_with_updates(2400ms);
    const net::TimePoint last_sign = loop_.now();
    test::FakePeer& stuck = peer();
    while (events_.back() == "ready flux-1" && since(last_sign) < 20s) speak(20ms);
    EXPECT_EQ(events_.back(), "reconnecting 1 stalled");
    EXPECT_GE(since(last_sign), 8s);
    EXPECT_LE(since(last_sign), 8200ms);
    EXPECT_TRUE(stuck.let_go);
    EXPECT_EQ(service_->counters().stale_connections, 1u);
    speak(300ms);
    connect_flux();
    const Samples second = peer().samples();
    ASSERT_FALSE(second.empty());
    EXPECT_EQ(second, voice(6400, second.size())) << "from two seconds before the last sign on: 0.4 s";
}

TEST_F(DeepgramRecovery, AServiceThatNeverAnswersIsGivenUpHoweverLongItsConnectionsStayOpen) {
    answer_connected();
    start();
    loop_.advance(0s);
    const net::TimePoint begun = loop_.now();
    ASSERT_FALSE(events_.empty());
    while (!events_.back().starts_with("failed") && since(begun) < 120s) speak(20ms);
    EXPECT_EQ(events_.back(), "failed stalled");
    EXPECT_EQ(connector_.attempts.size(), 3u);
    EXPECT_LT(since(begun), 30s);
}

TEST_F(DeepgramRecovery, AQuietCallerIsNoReasonToReplaceAConnection) {
    start_flux();
    speak_with_updates(2400ms);
    speak(200ms);
    loop_.advance(120s);
    EXPECT_THAT(events_, ElementsAre("ready flux-1"));
    speak_with_updates(24s);
    EXPECT_THAT(events_, ElementsAre("ready flux-1"));
}

TEST_F(DeepgramRecovery, AnOpenTurnFedWithSilenceIsWatchedToo) {
    start_flux();
    speak(2s);
    receive(V2Message{"StartOfTurn", 0, 1.9, "hello", ""});
    loop_.advance(9s);
    EXPECT_EQ(events_.back(), "reconnecting 1 stalled");
    EXPECT_THAT(events_, Not(Contains(HasSubstr("ended"))));
}

TEST_F(DeepgramRecovery, APeerThatStopsReadingIsReplacedWithoutTellingInsideSendAudio) {
    start_nova();
    speak(6s);
    const std::size_t told = events_.size();
    peer().stall();
    bool told_inside = false;
    for (int frame = 0; frame < 500 && connector_.attempts.size() == 1; ++frame) {
        const std::size_t before = events_.size();
        recognizer_->send_audio(voice(said_, 320));
        said_ += 320;
        told_inside = told_inside || events_.size() != before;
        loop_.advance(20ms);
    }
    EXPECT_FALSE(told_inside);
    ASSERT_EQ(connector_.attempts.size(), 2u);
    EXPECT_EQ(events_[told], "reconnecting 1 stalled");
    speak(10s);
    const Samples second = peer().samples();
    EXPECT_EQ(second, voice(static_cast<std::size_t>(second.front()) - 1, second.size()));
}

TEST_F(DeepgramRecovery, NothingLateOfAnOldConnectionArrives) {
    start_nova();
    speak(6s);
    test::FakePeer& old = peer();
    old.close(1011);
    old.text(V1Results{0, 1, "late", true, true, false}.json());
    loop_.run_ready();
    old.text(V1Results{0, 1, "later", true, true, false}.json());
    speak(2s);
    old.text(V1Results{0, 1, "latest", true, true, false}.json());
    loop_.run_ready();
    EXPECT_THAT(events_, Not(Contains(HasSubstr("late"))));
    EXPECT_EQ(events_.back(), "ready request-7");
}

TEST_F(DeepgramRecovery, NoTimerEndsATurnWhileItsAudioWaits) {
    start_nova();
    speak(6s);
    receive(V1Results{0, 5.5, "one two", true, false, false});
    for (int attempt = 0; attempt < 4; ++attempt) connector_.fail_next();
    peer().lose();
    loop_.advance(7s);
    EXPECT_THAT(events_, Not(Contains(HasSubstr("ended"))));
    loop_.advance(20s);
    EXPECT_EQ(events_.back(), "ended 'one two' at 5500 by timer") << "but after the reconnect it does";
}

TEST_F(DeepgramRecovery, EndTurnDuringALossIsCarriedOutAfterIt) {
    start_nova();
    speak(6s);
    peer().lose();
    loop_.run_ready();
    recognizer_->end_turn();
    loop_.advance(0s);
    loop_.advance(250ms);
    loop_.advance(10s);
    EXPECT_THAT(peer().texts(), Contains(R"({"type":"Finalize"})"));
}

TEST_F(DeepgramRecovery, NoSecretIsInAnyFailure) {
    connector_.refuse_next(500, {},
                           R"({"err_code":"secret-key-123456","err_msg":"Token secret-key-123456 is odd"})");
    start();
    loop_.run_ready();
    EXPECT_EQ(failure_.message, "refused with HTTP 500, [hidden]: Token [hidden] is odd");
    loop_.advance(300ms);
    connect_flux();
    peer().close(1011, "about secret-key-123456");
    loop_.run_ready();
    EXPECT_EQ(failure_.message, "the connection ended with 1011: about [hidden]");
}

}  // namespace
}  // namespace atlas::providers::deepgram
