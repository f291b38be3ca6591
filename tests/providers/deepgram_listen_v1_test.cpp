#include "atlas/providers/deepgram/listen_v1.hpp"
#include "deepgram_words.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace atlas::providers::deepgram {
namespace {

using namespace std::chrono_literals;
using test::Lines;
using test::V1Results;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* finalize = R"(send {"type":"Finalize"})";

class ListenV1Test : public testing::Test {
protected:
    ListenV1Test() {
        settings_.model = "nova-3";
        clock_.sent_audio(0, 16000 * 600);
        protocol_ = std::make_unique<ListenV1>(settings_, RecognizerRequest{}, clock_);
        protocol_->connection_began(now_, AudioPosition(0));
    }

    Lines receive(const std::string& json) {
        ListenFacts facts;
        protocol_->receive(json, now_, facts);
        return test::in_words(facts);
    }
    Lines receive(const V1Results& results) { return receive(results.json()); }
    Lines speech_started(double at) {
        return receive(R"({"type":"SpeechStarted","channel":[0,1],"timestamp":)" + std::to_string(at) + "}");
    }
    Lines utterance_end(double last_word_end) {
        return receive(R"({"type":"UtteranceEnd","channel":[0,1],"last_word_end":)" +
                       std::to_string(last_word_end) + "}");
    }
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
    // To the deadline and not a moment further.
    Lines wait_for_deadline(net::Duration expected) {
        if (!protocol_->deadline()) return {"no deadline"};
        EXPECT_EQ(*protocol_->deadline() - now_, expected);
        now_ = *protocol_->deadline();
        ListenFacts facts;
        protocol_->on_deadline(now_, facts);
        return test::in_words(facts);
    }

    static V1Results interim(double start, double duration, std::string text) {
        return {start, duration, std::move(text), false, false, false};
    }
    static V1Results final_piece(double start, double duration, std::string text) {
        return {start, duration, std::move(text), true, false, false};
    }
    static V1Results speech_final(double start, double duration, std::string text) {
        return {start, duration, std::move(text), true, true, false};
    }
    static V1Results finalized(double start, double duration, std::string text) {
        return {start, duration, std::move(text), true, false, true};
    }

    DeepgramSettings settings_;
    StreamClock clock_{16000};
    net::TimePoint now_{std::chrono::hours(1)};
    std::unique_ptr<ListenV1> protocol_;
};

TEST_F(ListenV1Test, JoinsTheFinalPiecesOfTheReferenceTraceIntoOneTurn) {
    Lines lines;
    for (const std::string& message : test::recorded("deepgram_v1_reference_trace.json"))
        for (const std::string& line : receive(message)) lines.push_back(line);
    EXPECT_THAT(
        lines,
        ElementsAre(
            "started at 310", "text 'yeah so'",
            "text 'yeah so my credit card number is two two two two three'",
            "text 'yeah so my credit card number is two two'",
            "text 'yeah so my credit card number is two two two two three three'",
            "text 'yeah so my credit card number is two two two two three three three three'",
            "ended 'yeah so my credit card number is two two two two three three three three' at 5200 by "
            "speech_final"));
}

TEST_F(ListenV1Test, AFinalPieceIsNotTheEndOfATurn) {
    EXPECT_THAT(receive(final_piece(0, 2, "one two")), ElementsAre("started at 0", "text 'one two'"));
    EXPECT_THAT(receive(final_piece(2, 2, "three four")), ElementsAre("text 'one two three four'"));
}

TEST_F(ListenV1Test, EndsByUtteranceEndAloneWithTheLastTextThatCame) {
    receive(final_piece(0, 2, "one two"));
    receive(interim(2, 1, "three"));
    EXPECT_THAT(utterance_end(3), ElementsAre("ended 'one two three' at 3000 by utterance_end"));
    // The final form of words that have been told is not another turn.
    EXPECT_THAT(receive(speech_final(2, 2, "three")), IsEmpty());
    EXPECT_EQ(protocol_->settled(), 4 * 16000);
}

TEST_F(ListenV1Test, TellsOnlyTheNewWordsOfAFinalThatBeginsWithToldOnes) {
    receive(interim(0, 2, "one two"));
    utterance_end(2);
    EXPECT_THAT(
        receive(speech_final(0, 4, "one two three four")),
        ElementsAre("started at 2000", "text 'three four'", "ended 'three four' at 4000 by speech_final"));
}

TEST_F(ListenV1Test, LeavesWordsOfOverlappingFinalsOut) {
    receive(final_piece(0, 2, "one two"));
    EXPECT_THAT(receive(final_piece(1, 3, "two three four")), ElementsAre("text 'one two three four'"));
    EXPECT_THAT(receive(final_piece(1, 3, "two three four")), IsEmpty());
}

TEST_F(ListenV1Test, IgnoresAnUtteranceEndAfterSpeechFinal) {
    receive(speech_final(0, 2, "one two"));
    EXPECT_THAT(utterance_end(2), IsEmpty());
    EXPECT_THAT(speech_started(3), ElementsAre("started at 3000"));
    EXPECT_THAT(utterance_end(2), IsEmpty()) << "no word of the new turn is known";
    receive(interim(3, 1, "three"));
    EXPECT_THAT(utterance_end(2), IsEmpty()) << "it speaks of the turn before";
    EXPECT_THAT(utterance_end(-1), ElementsAre("ended 'three' at 4000 by utterance_end"));
}

TEST_F(ListenV1Test, EndsByItsOwnTimerWhenNeitherSignComes) {
    receive(final_piece(0, 2, "one two"));
    EXPECT_THAT(wait_for_deadline(2000ms), ElementsAre(finalize));
    EXPECT_THAT(wait_for_deadline(1000ms), ElementsAre("ended 'one two' at 2000 by timer"));
    EXPECT_FALSE(protocol_->deadline());
}

TEST_F(ListenV1Test, TakesTheWordsThatFinalizeBrings) {
    receive(interim(0, 2, "one two"));
    EXPECT_THAT(wait_for_deadline(3500ms), ElementsAre(finalize));
    EXPECT_THAT(receive(finalized(0, 3, "one two three")),
                ElementsAre("text 'one two three'", "ended 'one two three' at 3000 by timer"));
}

TEST_F(ListenV1Test, TakesAnEmptyAnswerToFinalizeAsAnAnswer) {
    receive(interim(0, 2, "one two"));
    wait_for_deadline(3500ms);
    receive(final_piece(0, 2, "one two"));
    EXPECT_THAT(receive(finalized(2, 1, "")), ElementsAre("ended 'one two' at 2000 by timer"));
}

TEST_F(ListenV1Test, EndsWithTheInterimTextWhenNothingIsEverFinal) {
    receive(interim(0, 2, "one two"));
    wait_for_deadline(3500ms);
    EXPECT_THAT(wait_for_deadline(1000ms), ElementsAre("ended 'one two' at 2000 by timer"));
    EXPECT_EQ(protocol_->settled(), 2 * 16000) << "told words must not be heard again";
}

TEST_F(ListenV1Test, NewWordsStartTheTimerAgainRepeatedOnesDoNot) {
    receive(interim(0, 1, "one"));
    now_ += 1s;
    receive(interim(0, 2, "one two"));
    now_ += 1s;
    receive(interim(0, 3, "one two"));
    EXPECT_THAT(wait_for_deadline(2500ms), ElementsAre(finalize));
}

TEST_F(ListenV1Test, ANoiseWithoutWordsEndsAsAnEmptyTurn) {
    EXPECT_THAT(speech_started(1.5), ElementsAre("started at 1500"));
    EXPECT_THAT(speech_started(1.7), IsEmpty());
    EXPECT_THAT(receive(final_piece(0, 4, "")), IsEmpty());
    EXPECT_THAT(receive(speech_final(4, 1, "")), ElementsAre("ended '' at 1500 by speech_final"));
}

TEST_F(ListenV1Test, SpeechWithoutAnyFurtherMessageEndsByTheTimer) {
    speech_started(1);
    EXPECT_THAT(wait_for_deadline(3500ms), ElementsAre(finalize));
    EXPECT_THAT(wait_for_deadline(1000ms), ElementsAre("ended '' at 1000 by timer"));
}

TEST_F(ListenV1Test, SilenceIsNoTurn) {
    EXPECT_THAT(receive(interim(0, 1, "")), IsEmpty());
    EXPECT_THAT(receive(final_piece(0, 3, "")), IsEmpty());
    EXPECT_THAT(receive(speech_final(3, 1, "")), IsEmpty());
    EXPECT_FALSE(protocol_->deadline());
    EXPECT_EQ(protocol_->settled(), 4 * 16000);
}

TEST_F(ListenV1Test, AnInterimTextMayVanishAgain) {
    receive(interim(0, 1, "uh"));
    EXPECT_THAT(receive(final_piece(0, 2, "")), ElementsAre("text ''"));
    EXPECT_THAT(receive(speech_final(2, 1, "")), ElementsAre("ended '' at 1000 by speech_final"));
}

TEST_F(ListenV1Test, EndTurnAsksAndTakesTheAnswer) {
    receive(interim(0, 1, "stop"));
    EXPECT_THAT(end_turn(), ElementsAre(finalize));
    EXPECT_THAT(receive(finalized(0, 2, "stop it")),
                ElementsAre("text 'stop it'", "ended 'stop it' at 2000 by manual"));
}

TEST_F(ListenV1Test, EndTurnFindsATurnThatHadNotComeUpYet) {
    EXPECT_THAT(end_turn(), ElementsAre(finalize));
    EXPECT_THAT(receive(finalized(0, 1, "hi")),
                ElementsAre("started at 0", "text 'hi'", "ended 'hi' at 1000 by manual"));
}

TEST_F(ListenV1Test, EndTurnDoesNotWaitForeverForAnAnswer) {
    receive(interim(0, 1, "stop"));
    end_turn();
    EXPECT_THAT(wait_for_deadline(1000ms), ElementsAre("ended 'stop' at 1000 by manual"));
    EXPECT_THAT(end_turn(), ElementsAre(finalize));
    EXPECT_THAT(wait_for_deadline(1000ms), IsEmpty()) << "no turn was open";
}

TEST_F(ListenV1Test, TakesMissingBooleansAsFalseAndIntegersAsNumbers) {
    EXPECT_THAT(receive(R"({"type":"Results","start":1,"duration":1,"channel":{"alternatives":[
                            {"transcript":"hi","confidence":1,"words":[]}]}})"),
                ElementsAre("started at 1000", "text 'hi'"));
    EXPECT_EQ(protocol_->settled(), 0) << "not final";
}

TEST_F(ListenV1Test, IgnoresOtherChannelsUnknownTypesAndNonsense) {
    V1Results other = speech_final(0, 1, "hi");
    std::string json = other.json();
    json.replace(json.find("\"channel_index\":[0,1]"), 21, "\"channel_index\":[1,2]");
    EXPECT_THAT(receive(json), IsEmpty());
    EXPECT_THAT(receive(R"({"type":"Sync"})"), IsEmpty());
    EXPECT_THAT(receive(R"({"type":"Metadata","duration":0.0,"channels":0})"), IsEmpty());
    EXPECT_THAT(receive(R"({"type":"Results"})"), IsEmpty());
    EXPECT_THAT(
        receive(R"({"type":"Results","channel":{"alternatives":[]},"channel_index":"x","start":null})"),
        IsEmpty());
    EXPECT_THAT(receive("nonsense"), IsEmpty());
    EXPECT_EQ(protocol_->counters().unknown_messages, 1u);
    EXPECT_EQ(protocol_->counters().malformed_messages, 1u);
}

TEST_F(ListenV1Test, AnErrorMessageLeavesTheStreamOpen) {
    EXPECT_THAT(receive(R"({"type":"Error","variant":"SchemaError","description":"unknown variant"})"),
                ElementsAre("warning SchemaError"));
}

TEST_F(ListenV1Test, KeepsFinalPiecesOverAConnectionAndContinuesAfterThem) {
    receive(final_piece(0, 2, "one two"));
    receive(interim(2, 1, "three"));
    EXPECT_THAT(lose_connection(), IsEmpty());
    EXPECT_FALSE(protocol_->deadline()) << "time must not end a turn whose audio is still to be sent";
    EXPECT_EQ(protocol_->settled(), 2 * 16000);
    now_ += 10s;
    clock_.restart(2 * 16000);
    clock_.sent_audio(2 * 16000, 16000 * 60);
    protocol_->connection_began(now_, AudioPosition(1000));
    EXPECT_THAT(receive(interim(0, 1, "three")), IsEmpty()) << "the same text as before";
    EXPECT_THAT(
        receive(speech_final(0, 2, "three four")),
        ElementsAre("text 'one two three four'", "ended 'one two three four' at 4000 by speech_final"));
}

TEST_F(ListenV1Test, EndsATurnThatWasBeingFinalizedWithItsConnection) {
    receive(interim(0, 1, "stop"));
    end_turn();
    EXPECT_THAT(lose_connection(), ElementsAre("ended 'stop' at 1000 by manual"));
}

// The service may have been silent, not the caller: with the stall of a connection no turn ends.
TEST_F(ListenV1Test, LeavesATurnThatItsTimerWasEndingToTheNextConnection) {
    receive(interim(0, 2, "one two"));
    EXPECT_THAT(wait_for_deadline(3500ms), ElementsAre(finalize));
    EXPECT_THAT(lose_connection(), IsEmpty());
    EXPECT_FALSE(protocol_->deadline()) << "while there is no connection";
    EXPECT_EQ(protocol_->settled(), 0) << "it hears all of the turn again";
}

TEST_F(ListenV1Test, AsksForWhatTheSettingsSay) {
    EXPECT_EQ(protocol_->url(),
              "wss://api.deepgram.com/v1/listen?model=nova-3&language=en&encoding=linear16&sample_rate=16000"
              "&channels=1&interim_results=true&endpointing=300&utterance_end_ms=1000&vad_events=true"
              "&punctuate=true&smart_format=false&mip_opt_out=true");
    RecognizerRequest request;
    request.language = "multi";
    request.sample_rate = 24000;
    settings_.keyterms = {"Atlas Voice"};
    const std::string url = ListenV1(settings_, request, clock_).url();
    EXPECT_THAT(url, HasSubstr("language=multi&encoding=linear16&sample_rate=24000"));
    EXPECT_THAT(url, HasSubstr("&keyterm=Atlas%20Voice&"));
}

}  // namespace
}  // namespace atlas::providers::deepgram
