#include "atlas/audio/wav.hpp"
#include "system/system_under_test.hpp"

#include <gmock/gmock.h>

#include <signal.h>

// The whole server against the scripted sandbox: fixed words, fixed times, faults by name.

namespace atlas::test {
namespace {

using testing::HasSubstr;

const std::string speech = recordings + "/librivox/sense_and_sensibility_01_austen_64kb-0870.wav";

std::string in_folder(const SystemUnderTest& system, const char* name) {
    return (system.folder() / name).string();
}

TEST(ScriptedCall, AWholeTurnIsUnderstoodAnsweredAndHeardWithoutBreakingAnyProvidersRule) {
    SystemUnderTest system("scripted");
    system.script(
        {{"transcripts", {"What time is it?"}}, {"replies", {"It is exactly noon. Shall I book a table?"}}});
    const auto call = system.call({"--in", speech, "--out", in_folder(system, "reply.wav")});
    ASSERT_EQ(call.exit_code, 0) << call.output << system.gateway().all();
    const auto& turn = call.json.at("turns").at(0);
    EXPECT_EQ(turn.at("user"), "What time is it?");
    EXPECT_EQ(turn.at("agent"), "It is exactly noon. Shall I book a table?");
    EXPECT_EQ(turn.at("heard"), turn.at("agent"));
    EXPECT_EQ(turn.at("status"), "completed");
    EXPECT_EQ(call.json.at("close").at("code"), 1000);
    EXPECT_GT(call.json.at("audio").at("received_ms"), 1000);
    EXPECT_EQ(system.violations(), "");

    const auto reply = audio::read_wav(in_folder(system, "reply.wav"));
    ASSERT_TRUE(std::holds_alternative<audio::WavAudio>(reply));
}

TEST(ScriptedCall, EveryCodecAndRateCarriesACall) {
    SystemUnderTest system("scripted");
    system.script({{"transcripts", {"Hello there."}}, {"replies", {"Hello to you."}}});
    for (const auto& [codec, rate, frame] : {std::tuple{"pcm16", "16000", "20"},
                                             {"pcm16", "24000", "40"},
                                             {"pcm16", "48000", "60"},
                                             {"opus", "16000", "20"},
                                             {"opus", "48000", "20"}}) {
        const auto call = system.call(
            {"--in", recordings + "/cards/001.wav", "--codec", codec, "--rate", rate, "--frame-ms", frame});
        EXPECT_EQ(call.exit_code, 0) << codec << rate << call.output;
        ASSERT_TRUE(call.json.contains("turns")) << call.output;
        EXPECT_EQ(call.json.at("turns").at(0).at("status"), "completed") << codec << rate;
    }
    EXPECT_EQ(system.violations(), "");
}

TEST(ScriptedCall, AnInterruptionIsHeardAtOnceAndRememberedAsFarAsItWasHeard) {
    SystemUnderTest system("scripted");
    std::string story;
    for (int i = 0; i < 12; ++i) story += "This is one more sentence of a very long story. ";
    system.script({{"transcripts", {"Tell me a story.", "Stop it."}}, {"replies", {story, "As you wish."}}});
    const auto call = system.call({"--in", recordings + "/cards/001.wav", "--interrupt-after-ms", "2500"});
    ASSERT_EQ(call.exit_code, 0) << call.output << system.gateway().all();
    const auto& turns = call.json.at("turns");
    ASSERT_EQ(turns.size(), 2U) << call.output;
    EXPECT_EQ(turns[0].at("status"), "interrupted");
    const std::string heard = turns[0].at("heard");
    EXPECT_FALSE(heard.empty());
    EXPECT_LT(heard.size(), story.size() / 2);
    EXPECT_TRUE(story.starts_with(heard)) << heard;
    EXPECT_EQ(turns[1].at("status"), "completed");
    EXPECT_EQ(system.violations(), "");
}

TEST(ScriptedCall, NovaWorksAsWellAsFlux) {
    SystemUnderTest system("scripted", {"ATLAS_STT_MODEL=nova-3"});
    system.script({{"transcripts", {"What time is it?"}}, {"replies", {"It is noon."}}});
    const auto call = system.call({"--in", recordings + "/cards/002.wav"});
    ASSERT_EQ(call.exit_code, 0) << call.output << system.gateway().all();
    EXPECT_EQ(call.json.at("turns").at(0).at("user"), "What time is it?");
    EXPECT_EQ(system.violations(), "");
}

TEST(ScriptedCall, AnySpeechServerOfOpenAisShapeWorks) {
    SystemUnderTest system("scripted", {"ATLAS_TTS_MODEL=gpt-4o-mini-tts"});
    system.script(
        {{"transcripts", {"What time is it?"}}, {"replies", {"It is noon in all of the country."}}});
    const auto call = system.call({"--in", recordings + "/cards/002.wav"});
    ASSERT_EQ(call.exit_code, 0) << call.output << system.gateway().all();
    EXPECT_EQ(call.json.at("turns").at(0).at("heard"), "It is noon in all of the country.");
    EXPECT_EQ(system.violations(), "");
}

TEST(ScriptedCall, AGreetingIsHeardBeforeAnythingElse) {
    SystemUnderTest system("scripted", {"ATLAS_GREETING=Hello, this is the test line."});
    system.script({{"transcripts", {"What time is it?"}}, {"replies", {"It is noon."}}});
    const auto call = system.call({"--in", recordings + "/cards/003.wav"});
    ASSERT_EQ(call.exit_code, 0) << call.output;
    ASSERT_EQ(call.json.at("turns").size(), 2U) << call.output;
    EXPECT_EQ(call.json.at("turns").at(0).at("heard"), "Hello, this is the test line.");
}

TEST(ScriptedCall, SeveralRecordingsAreSeveralTurnsOfOneConversation) {
    SystemUnderTest system("scripted");
    system.script({{"transcripts", {"My name is Ada.", "What is my name?"}},
                   {"replies", {"Nice to meet you.", "You are Ada."}}});
    const auto call =
        system.call({"--in", recordings + "/cards/001.wav", "--in", recordings + "/cards/002.wav"});
    ASSERT_EQ(call.exit_code, 0) << call.output;
    ASSERT_EQ(call.json.at("turns").size(), 2U);
    EXPECT_EQ(call.json.at("turns").at(1).at("user"), "What is my name?");
    EXPECT_EQ(call.json.at("turns").at(1).at("heard"), "You are Ada.");
}

// ---- providers that fail

TEST(ScriptedCall, AFaultThatOneRetryCuresIsNotHeard) {
    SystemUnderTest system("scripted");
    system.script(
        {{"transcripts", {"Hello."}},
         {"replies", {"Hello to you."}},
         {"faults", {{{"service", "claude"}, {"fault", "status"}, {"status", 529}, {"times", 1}}}}});
    const auto call = system.call({"--in", recordings + "/cards/001.wav"});
    ASSERT_EQ(call.exit_code, 0) << call.output << system.gateway().all();
    EXPECT_EQ(call.json.at("turns").at(0).at("heard"), "Hello to you.");
}

TEST(ScriptedCall, AModelThatFailsIsAnsweredForWithASpokenLineAndTheCallGoesOn) {
    SystemUnderTest system("scripted");
    system.script(
        {{"transcripts", {"Hello.", "Hello again."}},
         {"replies", {"Now it works."}},
         {"faults", {{{"service", "claude"}, {"fault", "status"}, {"status", 400}, {"times", 2}}}}});
    const auto call =  // the speculation fails in silence, then the question itself
        system.call({"--in", recordings + "/cards/001.wav", "--in", recordings + "/cards/002.wav"});
    EXPECT_EQ(call.exit_code, 1) << "a turn failed, and atlas-call says so";
    const auto& turns = call.json.at("turns");
    ASSERT_EQ(turns.size(), 2U) << call.output;
    EXPECT_EQ(turns[0].at("status"), "failed");
    EXPECT_THAT(turns[0].at("heard").get<std::string>(), HasSubstr("Could you say that again?"));
    EXPECT_EQ(turns[1].at("status"), "completed");
    EXPECT_THAT(system.gateway().all() + std::string(), testing::Not(HasSubstr("test-claude")));
}

TEST(ScriptedCall, SpeechThatFailsIsReplacedByALineKeptAsAudio) {
    SystemUnderTest system("scripted");
    // The kept lines are synthesised at the start; wait until they are there.
    system.script({{"transcripts", {"Hello."}}, {"replies", {"Hello to you."}}});
    ASSERT_EQ(system.call({"--in", recordings + "/cards/001.wav"}).exit_code, 0);
    system.script(
        {{"faults", {{{"service", "openai_realtime"}, {"fault", "response_failed"}, {"times", "always"}}}}});
    const auto call = system.call({"--in", recordings + "/cards/001.wav"});
    const auto& turn = call.json.at("turns").at(0);
    EXPECT_EQ(turn.at("status"), "failed") << call.output;
    EXPECT_THAT(turn.at("heard").get<std::string>(), HasSubstr("Could you say that again?"))
        << system.gateway().all();
    EXPECT_GT(call.json.at("audio").at("received_ms"), 500);
}

TEST(ScriptedCall, ABrokenRecogniserConnectionLosesNoTurn) {
    SystemUnderTest system("scripted");
    system.script(
        {{"transcripts", {"What time is it?"}},
         {"transcripts_shared", true},
         {"replies", {"It is noon."}},
         {"faults", {{{"service", "deepgram_v2"}, {"fault", "drop"}, {"after_ms", 700}, {"times", 1}}}}});
    const auto call = system.call({"--in", speech});
    ASSERT_EQ(call.exit_code, 0) << call.output << system.gateway().all();
    EXPECT_EQ(call.json.at("turns").at(0).at("user"), "What time is it?");
    EXPECT_TRUE(system.gateway().wait_for_line("recognizer.reconnecting", std::chrono::seconds(5)));
}

TEST(ScriptedCall, ACallerWhoCannotBeHeardIsToldSoBeforeTheCallEnds) {
    SystemUnderTest system("scripted");
    system.script(
        {{"faults",
          {{{"service", "deepgram_v2"}, {"fault", "status"}, {"status", 401}, {"times", "always"}}}}});
    const auto call = system.call({"--in", recordings + "/cards/001.wav"});
    EXPECT_EQ(call.exit_code, 1);
    EXPECT_EQ(call.json.at("close").at("code"), 1011) << call.output;
    EXPECT_THAT(call.json.at("turns").dump(), HasSubstr("cannot hear you"));
}

// ---- the server itself

TEST(ScriptedCall, DrainingFinishesTheSentenceAndExitsWithinTheDeadline) {
    SystemUnderTest system("scripted", {"ATLAS_DRAIN_SECONDS=6", "ATLAS_DRAIN_SPREAD_SECONDS=0"});
    std::string story;
    for (int i = 0; i < 30; ++i) story += "This is one more sentence of a very long story. ";
    system.script({{"transcripts", {"Tell me a story."}}, {"replies", {story}}});
    const auto caller = system.start_call({"--in", recordings + "/cards/001.wav"});
    ASSERT_TRUE(system.gateway().wait_for_line("turn.heard", std::chrono::seconds(30)));
    system.gateway().signal(SIGTERM);
    ASSERT_TRUE(system.gateway().wait_for_line("drain.started"));
    EXPECT_EQ(system.http("GET", system.http_url("/health")).status, 503);
    EXPECT_EQ(system.gateway().wait_for_exit(std::chrono::seconds(10)), 0) << system.gateway().all();
    ASSERT_TRUE(caller->wait_for_exit(std::chrono::seconds(10)));
    const auto told = Json::parse(caller->out(), nullptr, false);
    ASSERT_FALSE(told.is_discarded()) << caller->all();
    EXPECT_EQ(told.at("close").at("code"), 1012) << caller->all();
}

TEST(ScriptedCall, AnIdleServerStopsAtOnceOnEitherSignal) {
    for (const int number : {SIGTERM, SIGINT}) {
        SystemUnderTest system("scripted");
        system.gateway().signal(number);
        EXPECT_EQ(system.gateway().wait_for_exit(std::chrono::seconds(10)), 0) << system.gateway().all();
    }
}

TEST(ScriptedCall, ManyCallsAtOnceAreEachAnswered) {
    SystemUnderTest system("scripted");
    system.script({{"transcripts", {"What time is it?"}}, {"replies", {"It is noon."}}});
    std::vector<std::unique_ptr<ChildProcess>> callers;
    for (int i = 0; i < 6; ++i) callers.push_back(system.start_call({"--in", recordings + "/cards/004.wav"}));
    for (const auto& caller : callers)
        EXPECT_EQ(caller->wait_for_exit(std::chrono::seconds(90)), 0) << caller->all();
    EXPECT_EQ(system.violations(), "");
}

}  // namespace
}  // namespace atlas::test
