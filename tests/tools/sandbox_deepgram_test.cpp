#include "sandbox/scripted/scripted_recognizer.hpp"
#include "sandbox/services/deepgram_rules.hpp"
#include "sandbox/services/flux_turns.hpp"
#include "sandbox/services/listen_audio.hpp"
#include "sandbox/services/nova_results.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <numbers>

namespace atlas::sandbox {
namespace {

using Json = nlohmann::json;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

Request listen(const std::string& target) {
    Request request;
    read_target(target, request);
    return request;
}

std::string nova_rule(const std::string& query) {
    const auto read = read_nova_handshake(listen("/v1/listen?" + query));
    const auto* refusal = std::get_if<DeepgramRefusal>(&read);
    return refusal == nullptr ? "accepted" : refusal->rule;
}

std::string flux_rule(const std::string& query) {
    const auto read = read_flux_handshake(listen("/v2/listen?" + query));
    const auto* refusal = std::get_if<DeepgramRefusal>(&read);
    return refusal == nullptr ? "accepted" : refusal->rule;
}

const std::string nova = "model=nova-3&encoding=linear16&sample_rate=16000";
const std::string flux = "model=flux-general-en&encoding=linear16&sample_rate=16000";

TEST(SandboxNovaHandshake, AcceptsTheUsualUrl) {
    EXPECT_EQ(nova_rule(nova + "&interim_results=true&endpointing=300&utterance_end_ms=1000&vad_events=true"
                               "&punctuate=true&keyterm=a%20b&keyterm=c&mip_opt_out=true"),
              "accepted");
}

TEST(SandboxNovaHandshake, RefusesWhatTheServiceRefuses) {
    EXPECT_EQ(nova_rule(nova + "&loudness=3"), "unknown_parameter");
    EXPECT_EQ(nova_rule(nova + "&model=nova-2"), "repeated_parameter");
    EXPECT_EQ(nova_rule(nova + "&punctuate=True"), "boolean");
    EXPECT_EQ(nova_rule("model=nova-3&encoding=linear16"), "sample_rate");
    EXPECT_EQ(nova_rule(nova + "&utterance_end_ms=500&interim_results=true"), "utterance_end_ms");
    EXPECT_EQ(nova_rule(nova + "&utterance_end_ms=1000"), "utterance_end_ms");
    EXPECT_EQ(nova_rule(nova + "&keywords=x"), "keywords");
    EXPECT_EQ(nova_rule("model=nova-2&keyterm=x"), "keyterm");
    EXPECT_EQ(nova_rule(nova + "&diarize=true&diarize_model=v1"), "diarize");
    EXPECT_EQ(nova_rule(nova + "&tag=" + std::string(129, 't')), "tag");
    EXPECT_EQ(nova_rule(nova + "&keyterm=%zz"), "query");
    EXPECT_EQ(nova_rule("model=flux-general-en"), "model");
}

TEST(SandboxNovaHandshake, AnswersAMisspelledModelWith403) {
    const auto read = read_nova_handshake(listen("/v1/listen?model=nova-33"));
    ASSERT_TRUE(std::holds_alternative<DeepgramRefusal>(read));
    EXPECT_EQ(std::get<DeepgramRefusal>(read).status, 403);
    EXPECT_EQ(std::get<DeepgramRefusal>(read).code, "INSUFFICIENT_PERMISSIONS");
}

TEST(SandboxFluxHandshake, ChecksRangesAndTheEagerThreshold) {
    EXPECT_EQ(flux_rule(flux), "accepted");
    EXPECT_EQ(flux_rule(flux + "&eot_threshold=0.8&eager_eot_threshold=0.4&eot_timeout_ms=6000"), "accepted");
    EXPECT_EQ(flux_rule(flux + "&eot_threshold=0.4"), "flux_range");
    EXPECT_EQ(flux_rule(flux + "&eot_threshold=0.6&eager_eot_threshold=0.7"), "flux_range");
    EXPECT_EQ(flux_rule(flux + "&eot_timeout_ms=100"), "flux_range");
    EXPECT_EQ(flux_rule("model=flux-general-en&encoding=linear16&sample_rate=11025"), "sample_rate");
    EXPECT_EQ(flux_rule(flux + "&language_hint=de"), "language_hint");
    EXPECT_EQ(flux_rule(flux + "&interim_results=true"), "unknown_parameter");
    EXPECT_EQ(flux_rule("model=nova-3&encoding=linear16&sample_rate=16000"), "model");
    EXPECT_EQ(flux_rule(flux + "&keyterm="), "keyterm");
}

TEST(SandboxDeepgramKey, TakesTokenForKeysAndBearerOnlyForWhatItIssued) {
    const auto scheme = [](const std::string& value) {
        Request request;
        request.headers = {{"authorization", value}};
        const auto read =
            check_deepgram_key(request, {"k"}, [](std::string_view token) { return token == "jwt"; });
        return std::holds_alternative<std::string>(read) ? std::get<std::string>(read) : std::string("401");
    };
    EXPECT_EQ(scheme("Token k"), "Token");
    EXPECT_EQ(scheme("token k"), "Token");
    EXPECT_EQ(scheme("Token other"), "401");
    EXPECT_EQ(scheme("Bearer k"), "401");
    EXPECT_EQ(scheme("Bearer jwt"), "Bearer");
    EXPECT_EQ(scheme("k"), "401");
}

template <class T>
bool flux_reads(const char* text) {
    return std::holds_alternative<T>(read_flux_message(text, false));
}

TEST(SandboxFluxMessages, KnowsThreeTextsAndNothingElse) {
    EXPECT_TRUE(flux_reads<CloseStream>(R"({"type":"CloseStream"})"));
    EXPECT_TRUE(flux_reads<ForceEndTurn>(R"({"type":"ForceEndTurn"})"));
    EXPECT_TRUE(flux_reads<FluxConfigure>(R"({"type":"Configure","numerals":true,"keyterms":[]})"));
    for (const char* text :
         {R"({"type":"KeepAlive"})", R"({"type":"Finalize"})", R"({"type":"CloseStream "})", "nope",
          R"({"type":"Configure","numerals":"true"})", R"({"type":"Configure","features":{}})"})
        EXPECT_TRUE(flux_reads<Unparsable>(text)) << text;
    EXPECT_TRUE(std::holds_alternative<Unparsable>(read_flux_message(R"({"type":"ForceEndTurn"})", true)));
}

TEST(SandboxNovaMessages, NamesTheUnknownVariant) {
    const auto read = read_nova_message(R"({"type":"KeepAlive "})");
    ASSERT_TRUE(std::holds_alternative<Unparsable>(read));
    EXPECT_THAT(std::get<Unparsable>(read).description, HasSubstr("unknown variant `KeepAlive `"));
    EXPECT_TRUE(std::holds_alternative<KeepAlive>(read_nova_message(R"({"type":"KeepAlive"})")));
    EXPECT_TRUE(std::holds_alternative<Finalize>(read_nova_message(R"({"type":"Finalize","channel":0})")));
}

TEST(SandboxListenAudio, KeepsATornSampleForTheNextMessage) {
    ListenAudio audio({"linear16", 16000, 1});
    const std::vector<std::uint8_t> first{0x01, 0x02, 0x03};
    const std::vector<std::uint8_t> second{0x04};
    EXPECT_EQ(audio.decode(first).size(), 1u);
    EXPECT_TRUE(audio.torn());
    const auto samples = audio.decode(second);
    ASSERT_EQ(samples.size(), 1u);
    EXPECT_EQ(samples[0], 0x0403);
}

TEST(SandboxListenAudio, ExpandsG711AsTheStandardSays) {
    ListenAudio mulaw({"mulaw", 8000, 1});
    const std::vector<std::uint8_t> codes{0xff, 0x00, 0x80};
    const auto samples = mulaw.decode(codes);
    EXPECT_THAT(std::vector<int>(samples.begin(), samples.end()), ElementsAre(0, -32124, 32124));
    ListenAudio alaw({"alaw", 8000, 1});
    const std::vector<std::uint8_t> others{0xd5, 0x2a};
    const auto expanded = alaw.decode(others);
    EXPECT_THAT(std::vector<int>(expanded.begin(), expanded.end()), ElementsAre(8, -32256));
}

// ---- Turns and results, heard through the scripted recogniser ------------------------------------------

std::vector<std::int16_t> tone(int ms) {
    std::vector<std::int16_t> samples(static_cast<std::size_t>(16 * ms));
    for (std::size_t i = 0; i < samples.size(); ++i)
        samples[i] = static_cast<std::int16_t>(
            8000 * std::sin(2 * std::numbers::pi * 200 * static_cast<double>(i) / 16000));
    return samples;
}
std::vector<std::int16_t> silence(int ms) {
    return std::vector<std::int16_t>(static_cast<std::size_t>(16 * ms), 0);
}

// A service fed 80 ms at a time.
template <class Service>
struct Heard {
    std::vector<std::string> transcripts{"What time is it?", "Thank you."};
    std::vector<Json> sent;
    std::unique_ptr<Service> service;
    EnergyListener listener{16000,
                            {[this](std::size_t turn) { return transcripts[turn % transcripts.size()]; },
                             [] { return 300.0; }, [] {}},
                            [this](const RecognizerEvent& event) { pending.push_back(event); }};
    std::vector<RecognizerEvent> pending;

    std::function<void(std::string)> sink() {
        return [this](const std::string& json) { sent.push_back(Json::parse(json)); };
    }
    void deliver() {
        for (const RecognizerEvent& event : std::exchange(pending, {})) service->recognised(event);
    }
    void hear(const std::vector<std::int16_t>& samples) {
        for (std::size_t at = 0; at < samples.size(); at += 1280) {
            const std::size_t size = std::min<std::size_t>(1280, samples.size() - at);
            listener.push({samples.data() + at, size});
            service->audio(static_cast<double>(size) / 16);
            deliver();
        }
    }
};

struct SandboxFlux : testing::Test, Heard<FluxTurns> {
    FluxSettings settings;
    FluxTurns::Bend bend;
    void begin() {
        settings.model = "flux-general-en";
        service =
            std::make_unique<FluxTurns>(settings, "request", bend, sink(), [this] { listener.flush(); });
        service->connected();
    }
    std::vector<std::string> events() const {
        std::vector<std::string> list;
        for (const Json& message : sent)
            if (message.contains("event") && message["event"] != "Update") list.push_back(message["event"]);
        return list;
    }
    const Json& last(const std::string& event) const {
        for (auto at = sent.rbegin(); at != sent.rend(); ++at)
            if (at->value("event", "") == event) return *at;
        ADD_FAILURE() << "no " << event;
        static const Json none = Json::object();
        return none;
    }
};

TEST_F(SandboxFlux, CountsEveryMessageFromConnectedOn) {
    begin();
    hear(tone(1500));
    hear(silence(1000));
    EXPECT_EQ(sent[0]["type"], "Connected");
    for (std::size_t i = 0; i < sent.size(); ++i) EXPECT_EQ(sent[i]["sequence_id"], i);
}

TEST_F(SandboxFlux, TellsOneTurnFromItsStartToItsEnd) {
    begin();
    hear(tone(1500));
    hear(silence(1000));
    EXPECT_THAT(events(), ElementsAre("StartOfTurn", "EndOfTurn"));
    EXPECT_NE(last("StartOfTurn")["transcript"], "");
    EXPECT_EQ(last("EndOfTurn")["transcript"], "What time is it?");
    EXPECT_EQ(last("EndOfTurn")["trigger"], "model");
    EXPECT_FALSE(last("StartOfTurn").contains("trigger"));
    hear(tone(800));
    hear(silence(1000));
    EXPECT_EQ(last("EndOfTurn")["turn_index"], 1);
    EXPECT_EQ(last("EndOfTurn")["transcript"], "Thank you.");
}

TEST_F(SandboxFlux, SendsAnUpdateEachQuarterSecondEvenInSilence) {
    begin();
    hear(silence(1000));
    ASSERT_EQ(sent.size(), 5u);  // Connected, then 250, 500, 750 and 1000 ms
    EXPECT_EQ(sent[1]["event"], "Update");
    EXPECT_EQ(sent[1]["transcript"], "");
}

TEST_F(SandboxFlux, EagerEndCarriesTheTextOfTheEnd) {
    settings.eager_eot_threshold = 0.4;
    begin();
    hear(tone(1500));
    hear(silence(1000));
    EXPECT_THAT(events(), ElementsAre("StartOfTurn", "EagerEndOfTurn", "EndOfTurn"));
    EXPECT_EQ(last("EagerEndOfTurn")["transcript"], last("EndOfTurn")["transcript"]);
}

TEST_F(SandboxFlux, TakesTheEagerEndBackWhenTheSpeakerGoesOn) {
    settings.eager_eot_threshold = 0.4;
    settings.eot_threshold = 0.9;
    begin();
    hear(tone(1200));
    hear(silence(320));
    hear(tone(800));
    hear(silence(1000));
    EXPECT_THAT(events(),
                ElementsAre("StartOfTurn", "EagerEndOfTurn", "TurnResumed", "EagerEndOfTurn", "EndOfTurn"));
}

TEST_F(SandboxFlux, EndsByTimeoutWhenTheModelMayNot) {
    settings.eot_threshold = 1.0;
    settings.eot_timeout_ms = 1000;
    begin();
    hear(tone(1500));
    hear(silence(1500));
    EXPECT_THAT(events(), ElementsAre("StartOfTurn", "EndOfTurn"));
    EXPECT_EQ(last("EndOfTurn")["trigger"], "timeout");
}

TEST_F(SandboxFlux, WaitsForeverWithoutAudio) {
    begin();
    hear(tone(1500));
    const std::size_t before = sent.size();
    deliver();
    EXPECT_EQ(sent.size(), before);
    EXPECT_TRUE(service->turn_open());
}

TEST_F(SandboxFlux, EndsTheTurnByForceAndWarnsWhenThereIsNone) {
    begin();
    service->force_end_turn();
    EXPECT_EQ(sent.back()["code"], "FORCE_END_TURN_NO_ACTIVE_TURN");
    hear(tone(1500));
    service->force_end_turn();
    deliver();
    EXPECT_EQ(last("EndOfTurn")["trigger"], "manual");
    hear(silence(2000));
    EXPECT_THAT(events(), ElementsAre("StartOfTurn", "EndOfTurn"));
}

TEST_F(SandboxFlux, KeepsItsSettingsWhenAConfigureIsWrong) {
    begin();
    FluxConfigure change;
    change.eot_threshold = 0.6;
    change.eager_eot_threshold = 0.8;
    service->configure(change);
    EXPECT_EQ(sent.back()["type"], "ConfigureFailure");
    EXPECT_EQ(service->settings().eot_threshold, 0.7);
    change.eager_eot_threshold = 0.5;
    service->configure(change);
    EXPECT_EQ(sent.back()["type"], "ConfigureSuccess");
    EXPECT_EQ(sent.back()["thresholds"]["eager_eot_threshold"], 0.5);
}

TEST_F(SandboxFlux, AnOldDeploymentTellsNoTriggerAndNoWordTimes) {
    bend.old_deployment = true;
    begin();
    hear(tone(1500));
    hear(silence(1000));
    EXPECT_FALSE(last("EndOfTurn").contains("trigger"));
    EXPECT_FALSE(last("EndOfTurn")["words"][0].contains("start"));
}

TEST_F(SandboxFlux, NoiseBeginsATurnThatEndsByTimeout) {
    settings.eot_timeout_ms = 600;
    begin();
    hear(silence(400));
    service->noise();
    hear(silence(1000));
    EXPECT_THAT(events(), ElementsAre("StartOfTurn", "EndOfTurn"));
    EXPECT_EQ(last("EndOfTurn")["trigger"], "timeout");
}

struct SandboxNova : testing::Test, Heard<NovaResults> {
    NovaSettings settings;
    NovaResults::Bend bend;
    void begin() {
        settings.model = "nova-3";
        settings.interim_results = true;
        settings.endpointing_ms = 300;
        settings.vad_events = true;
        settings.utterance_end_ms = 1000;
        settings.punctuate = true;
        service =
            std::make_unique<NovaResults>(settings, "request", bend, sink(), [this] { listener.flush(); });
    }
    std::vector<Json> finals() const {
        std::vector<Json> list;
        for (const Json& message : sent)
            if (message["type"] == "Results" && message.value("is_final", false)) list.push_back(message);
        return list;
    }
    std::vector<std::string> types() const {
        std::vector<std::string> list;
        for (const Json& message : sent) list.push_back(message["type"]);
        return list;
    }
};

std::string transcript(const Json& results) { return results["channel"]["alternatives"][0]["transcript"]; }

TEST_F(SandboxNova, EndsAnUtteranceWithSpeechFinalAndThenUtteranceEnd) {
    begin();
    hear(tone(1500));
    hear(silence(2000));
    ASSERT_EQ(finals().size(), 1u);
    EXPECT_TRUE(finals()[0]["speech_final"]);
    EXPECT_EQ(transcript(finals()[0]), "What time is it?");
    EXPECT_EQ(types().front(), "SpeechStarted");
    EXPECT_THAT(types(), Contains("UtteranceEnd"));
}

TEST_F(SandboxNova, SpeaksOfNothingThatWasNotAskedFor) {
    begin();
    settings.vad_events = settings.interim_results = false;
    settings.utterance_end_ms.reset();
    service = std::make_unique<NovaResults>(settings, "request", bend, sink(), [this] { listener.flush(); });
    hear(tone(2500));
    hear(silence(2000));
    EXPECT_THAT(types(), Not(Contains("SpeechStarted")));
    EXPECT_THAT(types(), Not(Contains("UtteranceEnd")));
    EXPECT_EQ(finals().size(), sent.size());
}

TEST_F(SandboxNova, FinalsJoinWithoutAGapAndTheirWordsAreTheWholeText) {
    transcripts = {
        "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
        "seventeen eighteen nineteen twenty"};
    begin();
    hear(tone(9000));
    hear(silence(8000));
    double end = 0;
    std::string text;
    for (const Json& result : finals()) {
        EXPECT_NEAR(result["start"].get<double>(), end, 0.011);
        end = result["start"].get<double>() + result["duration"].get<double>();
        if (!transcript(result).empty()) text += (text.empty() ? "" : " ") + transcript(result);
    }
    EXPECT_GE(finals().size(), 3u);
    EXPECT_EQ(text, transcripts[0]);
}

TEST_F(SandboxNova, FinalizeAnswersWithFromFinalizeAndTheText) {
    begin();
    hear(tone(1500));
    service->finalizing();
    listener.flush();
    deliver();
    service->finalized();
    ASSERT_EQ(finals().size(), 1u);
    EXPECT_TRUE(finals()[0]["from_finalize"]);
    EXPECT_EQ(transcript(finals()[0]), "What time is it?");
}

TEST_F(SandboxNova, LeavesOutSpeechFinalWhenTold) {
    bend.no_speech_final = true;
    begin();
    hear(tone(1500));
    hear(silence(2000));
    ASSERT_EQ(finals().size(), 1u);
    EXPECT_FALSE(finals()[0]["speech_final"]);
    EXPECT_THAT(types(), Contains("UtteranceEnd"));
}

TEST_F(SandboxNova, MetadataTellsTheLengthOfTheAudio) {
    begin();
    hear(silence(800));
    service->closing();
    service->metadata("hash");
    EXPECT_EQ(sent.back()["type"], "Metadata");
    EXPECT_DOUBLE_EQ(sent.back()["duration"], 0.8);
}

TEST(SandboxRecognizer, HearsNothingInSilenceAndInAClick) {
    int events = 0;
    EnergyListener listener(16000, {[](std::size_t) { return "x"; }, [] { return 300.0; }, [] {}},
                            [&](const RecognizerEvent&) { ++events; });
    listener.push(silence(2000));
    listener.push(tone(30));
    listener.push(silence(2000));
    EXPECT_EQ(events, 0);
}

TEST(SandboxRecognizer, SpreadsTheWordsOverTheVoice) {
    std::optional<Segment> ended;
    EnergyListener listener(16000, {[](std::size_t) { return "a b c d"; }, [] { return 300.0; }, [] {}},
                            [&](const RecognizerEvent& event) {
                                if (const auto* end = std::get_if<SegmentEnd>(&event)) ended = end->segment;
                            });
    listener.push(silence(500));
    listener.push(tone(1000));
    listener.push(silence(200));
    listener.flush();
    ASSERT_TRUE(ended);
    ASSERT_EQ(ended->words.size(), 4u);
    EXPECT_NEAR(ended->words.front().start_ms, 500, 30);
    EXPECT_NEAR(ended->words.back().end_ms, 1500, 60);
}

}  // namespace
}  // namespace atlas::sandbox
