#include "atlas/providers/deepgram/listen_v2.hpp"
#include "deepgram_words.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace atlas::providers::deepgram {
namespace {

using test::Lines;
using test::V2Message;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class ListenV2Test : public testing::Test {
protected:
    ListenV2Test() { clock_.sent_audio(0, 16000 * 600); }

    void listen() {
        protocol_ = std::make_unique<ListenV2>(settings_, RecognizerRequest{}, clock_);
        protocol_->connection_began(now_, AudioPosition(0));
    }
    Lines receive(const std::string& json) {
        ListenFacts facts;
        protocol_->receive(json, now_, facts);
        return test::in_words(facts);
    }
    Lines receive(const V2Message& message) { return receive(message.json()); }
    Lines end_turn() {
        ListenFacts facts;
        protocol_->end_turn(now_, facts);
        return test::in_words(facts);
    }
    Lines lose_connection() {
        ListenFacts facts;
        protocol_->connection_lost(facts);
        return test::in_words(facts);
    }
    Lines wait(net::Duration time) {
        now_ += time;
        ListenFacts facts;
        protocol_->on_deadline(now_, facts);
        return test::in_words(facts);
    }
    std::string url() {
        listen();
        return protocol_->url();
    }

    DeepgramSettings settings_;
    StreamClock clock_{16000};
    net::TimePoint now_{std::chrono::hours(1)};
    std::unique_ptr<ListenV2> protocol_;
};

TEST_F(ListenV2Test, ReportsARecordedEagerTurnInNeutralWords) {
    settings_.eager_eot_threshold = 0.4;
    listen();
    Lines lines;
    for (const std::string& message : test::recorded("deepgram_v2_eager_turn.json"))
        for (const std::string& line : receive(message)) lines.push_back(line);
    EXPECT_THAT(lines,
                ElementsAre("connected ad12514a-0d38-4f7e-8fba-cce10d8f174c", "started at 420", "text 'Hi I'",
                            "text 'Hi I want to'", "text 'Hi I want to cancel my subscription.'",
                            "maybe 'Hi I want to cancel my subscription.'", "resumed",
                            "text 'Hi I want to cancel my subscription, please'",
                            "text 'Hi I want to cancel my subscription, please.'",
                            "maybe 'Hi I want to cancel my subscription, please.'",
                            "ended 'Hi I want to cancel my subscription, please.' at 2700 by model"));
    EXPECT_EQ(protocol_->counters().lost_messages, 0u);
    EXPECT_EQ(protocol_->counters().unknown_messages, 0u);
}

TEST_F(ListenV2Test, LeavesEagerEndsOutWhenTheyWereNotAskedFor) {
    listen();
    Lines lines;
    for (const std::string& message : test::recorded("deepgram_v2_eager_turn.json"))
        for (const std::string& line : receive(message)) lines.push_back(line);
    EXPECT_THAT(lines, Not(testing::Contains(HasSubstr("maybe"))));
    EXPECT_THAT(lines, Not(testing::Contains("resumed")));
    EXPECT_EQ(lines.back(), "ended 'Hi I want to cancel my subscription, please.' at 2700 by model");
}

TEST_F(ListenV2Test, TellsConfidenceOfTheWordsAndOfTheEagerEnd) {
    settings_.eager_eot_threshold = 0.4;
    listen();
    ListenFacts facts;
    for (const std::string& message : test::recorded("deepgram_v2_eager_turn.json"))
        protocol_->receive(message, now_, facts);
    const auto& first = std::get<TranscriptUpdated>(std::get<RecognizerEvent>(facts.at(2)));
    EXPECT_DOUBLE_EQ(first.confidence, 0.85);
    const auto& eager = std::get<TurnMayHaveEnded>(std::get<RecognizerEvent>(facts.at(5)));
    EXPECT_DOUBLE_EQ(eager.confidence, 0.3);
}

TEST_F(ListenV2Test, TakesNumbersWrittenAsStrings) {
    listen();
    receive(V2Message{"StartOfTurn", 0, 1, "hi", ""});
    EXPECT_THAT(receive(R"({"type":"TurnInfo","sequence_id":"3","event":"EndOfTurn","turn_index":"0",
                            "audio_window_end":"2.5","transcript":"hi","end_of_turn_confidence":"0.9",
                            "words":[{"word":"hi","start":"1.25","end":"1.5","confidence":"0.9"}]})"),
                ElementsAre("ended 'hi' at 1500 by model"));
}

TEST_F(ListenV2Test, IgnoresUnknownTypesEventsTriggersAndFields) {
    listen();
    EXPECT_THAT(receive(R"({"type":"Brandnew","sequence_id":1,"deep":{"er":[1,2]}})"), IsEmpty());
    EXPECT_THAT(receive(V2Message{"Pondering", 0, 1, "hm", ""}), IsEmpty());
    EXPECT_EQ(protocol_->counters().unknown_messages, 2u);
    receive(V2Message{"StartOfTurn", 0, 1, "hm", ""});
    EXPECT_THAT(receive(V2Message{"EndOfTurn", 0, 2, "hm", "telepathy"}),
                ElementsAre("ended 'hm' at 2000 by telepathy"));
}

TEST_F(ListenV2Test, CountsWhatIsNoJsonObjectAndGoesOn) {
    listen();
    EXPECT_THAT(receive(""), IsEmpty());
    EXPECT_THAT(receive("{\"type\":\"TurnInfo\""), IsEmpty());
    EXPECT_THAT(receive("[1]"), IsEmpty());
    EXPECT_THAT(receive("{\"type\":\"TurnInfo\",\"event\":\"Update\",\"transcript\":\"\xff\"}"), IsEmpty());
    EXPECT_EQ(protocol_->counters().malformed_messages, 4u);
    EXPECT_THAT(receive(R"({"type":"TurnInfo"})"), IsEmpty());
    EXPECT_THAT(receive(R"({"type":17,"event":{},"words":"none"})"), IsEmpty());
    EXPECT_THAT(
        receive(R"({"type":"TurnInfo","event":"StartOfTurn","turn_index":1e300,"audio_window_end":-1e300,
                            "transcript":"ok","words":[1,null,{"word":"ok","start":1e308,"end":-5}]})"),
        ElementsAre(HasSubstr("started at"), "text 'ok'"));
}

TEST_F(ListenV2Test, CountsGapsInTheSequence) {
    listen();
    receive(R"({"type":"Connected","request_id":"r","sequence_id":0})");
    receive(R"({"type":"ConfigureSuccess","sequence_id":1})");
    receive(R"({"type":"ConfigureSuccess","sequence_id":4})");
    EXPECT_EQ(protocol_->counters().lost_messages, 2u);
}

TEST_F(ListenV2Test, TakesATextWithoutAStartOfTurnAsOne) {
    listen();
    EXPECT_THAT(receive(V2Message{"Update", 0, 3, "so", ""}), ElementsAre("started at 1000", "text 'so'"));
}

TEST_F(ListenV2Test, EndsATurnWhoseEndGotLostWhenTheNextOneBegins) {
    listen();
    receive(V2Message{"StartOfTurn", 0, 1, "one", ""});
    EXPECT_THAT(receive(V2Message{"StartOfTurn", 1, 5, "two", ""}),
                ElementsAre("ended 'one' at 5000 by model", HasSubstr("started at"), "text 'two'"));
}

TEST_F(ListenV2Test, EndsATurnThatWasNeverSeenToStart) {
    listen();
    EXPECT_THAT(receive(V2Message{"EndOfTurn", 0, 2, "yes", "timeout"}),
                ElementsAre("started at 0", "ended 'yes' at 2000 by timeout"));
    EXPECT_THAT(receive(V2Message{"EndOfTurn", 1, 3, "", "timeout"}), IsEmpty());
}

TEST_F(ListenV2Test, DoesNotReopenAnEndedTurnOverALateUpdate) {
    listen();
    receive(V2Message{"StartOfTurn", 0, 1, "yes", ""});
    receive(V2Message{"EndOfTurn", 0, 2, "yes", ""});
    EXPECT_THAT(receive(V2Message{"Update", 0, 2.25, "yes", ""}), IsEmpty());
    EXPECT_FALSE(protocol_->needs_audio(now_));
}

TEST_F(ListenV2Test, WithdrawsAnEagerEndWhenTheTextChangesWithoutTurnResumed) {
    settings_.eager_eot_threshold = 0.4;
    listen();
    receive(V2Message{"StartOfTurn", 0, 1, "yes", ""});
    EXPECT_THAT(receive(V2Message{"EagerEndOfTurn", 0, 2, "yes", ""}), ElementsAre("maybe 'yes'"));
    EXPECT_THAT(receive(V2Message{"EagerEndOfTurn", 0, 2, "yes", ""}), IsEmpty());
    EXPECT_THAT(receive(V2Message{"Update", 0, 2, "yes", ""}), IsEmpty());
    EXPECT_THAT(receive(V2Message{"Update", 0, 3, "yes but", ""}), ElementsAre("resumed", "text 'yes but'"));
    EXPECT_THAT(receive(V2Message{"TurnResumed", 0, 3, "yes but", ""}), IsEmpty());
    EXPECT_THAT(receive(V2Message{"EndOfTurn", 0, 4, "yes but", ""}),
                ElementsAre("ended 'yes but' at 4000 by model"));
}

TEST_F(ListenV2Test, AnErrorIsFatalAWarningIsNot) {
    listen();
    EXPECT_THAT(
        receive(R"({"type":"Error","sequence_id":0,"code":"INTERNAL_SERVER_ERROR","description":"x"})"),
        ElementsAre("error INTERNAL_SERVER_ERROR"));
    EXPECT_THAT(receive(R"({"type":"Warning","sequence_id":1,"code":"ODD","description":"x"})"),
                ElementsAre("warning ODD"));
}

TEST_F(ListenV2Test, ForcesTheEndOfAnOpenTurnAndReportsTheServicesAnswer) {
    listen();
    receive(V2Message{"StartOfTurn", 0, 1, "stop", ""});
    EXPECT_THAT(end_turn(), ElementsAre(R"(send {"type":"ForceEndTurn"})"));
    EXPECT_THAT(end_turn(), IsEmpty()) << "one at a time";
    EXPECT_THAT(receive(V2Message{"EndOfTurn", 0, 2, "stop", "manual"}),
                ElementsAre("ended 'stop' at 2000 by manual"));
    EXPECT_FALSE(protocol_->deadline());
}

TEST_F(ListenV2Test, EndsTheTurnItselfWhenForcingItBringsNoAnswer) {
    listen();
    receive(V2Message{"StartOfTurn", 0, 1, "stop it", ""});
    end_turn();
    ASSERT_TRUE(protocol_->deadline());
    EXPECT_THAT(wait(std::chrono::milliseconds(1999)), IsEmpty());
    EXPECT_THAT(wait(std::chrono::milliseconds(1)), ElementsAre("ended 'stop it' at 1000 by manual"));
    // What the service still says of that turn has been told; only what follows it is news.
    EXPECT_THAT(receive(V2Message{"Update", 0, 2, "Stop it.", ""}), IsEmpty());
    EXPECT_THAT(receive(V2Message{"Update", 0, 3, "Stop it. And now", ""}),
                ElementsAre("started at 1000", "text 'And now'"));
    EXPECT_THAT(receive(V2Message{"EndOfTurn", 0, 4, "Stop it. And now this.", ""}),
                ElementsAre("ended 'And now this.' at 4000 by model"));
    EXPECT_THAT(receive(V2Message{"StartOfTurn", 1, 6, "A whole turn", ""}),
                ElementsAre(HasSubstr("started"), "text 'A whole turn'"));
}

TEST_F(ListenV2Test, LearnsThatADeploymentDoesNotKnowForceEndTurn) {
    listen();
    receive(V2Message{"StartOfTurn", 0, 1, "stop", ""});
    end_turn();
    EXPECT_THAT(
        receive(R"({"type":"Error","code":"UNPARSABLE_CLIENT_MESSAGE","description":"unknown variant"})"),
        ElementsAre("error UNPARSABLE_CLIENT_MESSAGE"));
    EXPECT_THAT(lose_connection(), ElementsAre("ended 'stop' at 1000 by manual"));
    protocol_->connection_began(now_, AudioPosition(0));
    receive(V2Message{"StartOfTurn", 0, 2, "again", ""});
    EXPECT_THAT(end_turn(), ElementsAre("ended 'again' at 2000 by manual"));
}

TEST_F(ListenV2Test, AForcedEndWithoutATurnThereEndsOursHere) {
    listen();
    receive(V2Message{"StartOfTurn", 0, 1, "stop", ""});
    end_turn();
    EXPECT_THAT(receive(R"({"type":"Warning","code":"FORCE_END_TURN_NO_ACTIVE_TURN"})"),
                ElementsAre("ended 'stop' at 1000 by manual", "warning FORCE_END_TURN_NO_ACTIVE_TURN"));
}

TEST_F(ListenV2Test, AsksForAudioWhileATurnIsOpenAndForAMomentAfterEndTurn) {
    listen();
    EXPECT_FALSE(protocol_->needs_audio(now_));
    EXPECT_THAT(end_turn(), IsEmpty()) << "the service would only warn";
    EXPECT_TRUE(protocol_->needs_audio(now_));
    EXPECT_FALSE(protocol_->needs_audio(now_ + std::chrono::seconds(2)));
    receive(V2Message{"StartOfTurn", 0, 1, "hm", ""});
    EXPECT_TRUE(protocol_->needs_audio(now_ + std::chrono::hours(1)));
}

TEST_F(ListenV2Test, SettlesAudioUpToTheOpenTurnOrToTwoSecondsAgo) {
    listen();
    EXPECT_EQ(protocol_->settled(), 0);
    receive(V2Message{"Update", 0, 4, "", ""});
    EXPECT_EQ(protocol_->settled(), 2 * 16000);
    receive(R"({"type":"TurnInfo","event":"StartOfTurn","turn_index":0,"audio_window_end":6,"transcript":"hi",
                "words":[{"word":"hi","start":5.25,"end":5.5,"confidence":1}]})");
    EXPECT_EQ(protocol_->settled(), 4.75 * 16000);
    receive(V2Message{"Update", 0, 20, "hi there", ""});
    EXPECT_EQ(protocol_->settled(), 4.75 * 16000);
    receive(V2Message{"EndOfTurn", 0, 21, "hi there", ""});
    EXPECT_EQ(protocol_->settled(), 21 * 16000) << "an ended turn must not be heard again";
    receive(V2Message{"Update", 1, 21.5, "", ""});
    EXPECT_EQ(protocol_->settled(), 21 * 16000);
}

TEST_F(ListenV2Test, TellsATurnThatSurvivesAConnectionOnlyOnce) {
    settings_.eager_eot_threshold = 0.4;
    listen();
    receive(V2Message{"StartOfTurn", 0, 3, "I would", ""});
    receive(V2Message{"EagerEndOfTurn", 0, 4, "I would like", ""});
    EXPECT_THAT(lose_connection(), ElementsAre("resumed"));
    const SamplePosition replayed_from = protocol_->settled();
    EXPECT_EQ(replayed_from, 16000);
    clock_.restart(replayed_from);
    clock_.sent_audio(replayed_from, 16000 * 60);
    protocol_->connection_began(now_, AudioPosition(3000));
    EXPECT_THAT(receive(V2Message{"Update", 0, 0.25, "", ""}), IsEmpty());
    EXPECT_THAT(receive(V2Message{"StartOfTurn", 0, 1, "I would", ""}), ElementsAre("text 'I would'"));
    EXPECT_THAT(receive(V2Message{"EndOfTurn", 0, 4, "I would like tea.", ""}),
                ElementsAre("ended 'I would like tea.' at 5000 by model"));
}

TEST_F(ListenV2Test, EndsASurvivingTurnThatTheNewConnectionDoesNotHear) {
    listen();
    receive(V2Message{"StartOfTurn", 0, 1, "hum", ""});
    EXPECT_THAT(lose_connection(), IsEmpty());
    protocol_->connection_began(now_, AudioPosition(1000));
    EXPECT_THAT(receive(V2Message{"Update", 0, 7, "", ""}), IsEmpty());
    EXPECT_THAT(receive(V2Message{"Update", 0, 7.25, "", ""}), ElementsAre("ended 'hum' at 7250 by lost"));
}

TEST_F(ListenV2Test, AsksForWhatTheSettingsSay) {
    settings_.eager_eot_threshold = 0.4;
    settings_.keyterms = {"Deepgram", "customer service & more"};
    settings_.tag = "atlas";
    EXPECT_EQ(url(),
              "wss://api.deepgram.com/v2/listen?model=flux-general-en&encoding=linear16&sample_rate=16000"
              "&eot_threshold=0.7&eager_eot_threshold=0.4&eot_timeout_ms=5000&keyterm=Deepgram"
              "&keyterm=customer%20service%20%26%20more&mip_opt_out=true&tag=atlas");
}

TEST_F(ListenV2Test, HintsTheLanguageOnlyToTheModelThatTakesHints) {
    settings_.language = "de";
    EXPECT_THAT(url(), Not(HasSubstr("language")));
    settings_.model = "flux-general-multi";
    const auto url_for = [&](const std::string& language) {
        RecognizerRequest request;
        request.language = language;
        return ListenV2(settings_, request, clock_).url();
    };
    EXPECT_THAT(url_for("pt-BR"), HasSubstr("&language_hint=pt&"));
    EXPECT_THAT(url_for("sv"), Not(HasSubstr("language_hint"))) << "an unknown one fails the handshake";
    EXPECT_THAT(url_for(""), HasSubstr("&language_hint=de&"));
}

TEST_F(ListenV2Test, TakesEveryFormOfTheBaseUrl) {
    settings_.mip_opt_out = false;
    settings_.base_url = "https://stt.example.com";
    EXPECT_THAT(url(), testing::StartsWith("wss://stt.example.com/v2/listen?model="));
    settings_.base_url = "http://127.0.0.1:8443/deepgram/";
    EXPECT_THAT(url(), testing::StartsWith("ws://127.0.0.1:8443/deepgram/v2/listen?model="));
    EXPECT_THAT(url(), Not(HasSubstr("mip_opt_out")));
}

}  // namespace
}  // namespace atlas::providers::deepgram
