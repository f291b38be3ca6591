#include "simulator/scenario.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cctype>
#include <cstdlib>
#include <ostream>
#include <set>
#include <string>
#include <vector>

// The record of a turn. That the stages sum up to the whole is checked in every scenario.

namespace atlas::sim {
namespace {

TEST(SimulatedRecord, HasTwelveStagesAndTheResponse) {
    Scenario s;
    s.recognizer.eager = false;
    s.model.says("First of all, it is noon. And later it will be evening. And then comes the night.")
        .one_word_every(300ms);
    s.caller.asks("What time is it?");
    s.run();
    std::set<std::string> stages;
    const auto turn = s.turn(1);
    for (const auto& [stage, ms] : turn.told.end["stages_ms"].items()) stages.insert(stage);
    EXPECT_EQ(stages,
              (std::set<std::string>{"end_of_turn", "asked", "accepted", "first_text", "first_chunk",
                                     "speech_asked", "first_audio", "audible", "heard", "rest_of_text",
                                     "rest_of_speech", "rest_of_playing", "response"}));
}

TEST(SimulatedRecord, TheResponseIsWhatTheCallerWaited) {
    Scenario s;
    s.recognizer.eager = false;
    s.model.first_word = 500ms;
    s.model.says("It is noon.");
    s.caller.asks("What time is it?");
    s.run();
    const auto told = s.turn(1).stage("response");
    // The ear waits for the network both ways, its own buffer and the breath before the first word as well.
    EXPECT_NEAR(static_cast<double>(s.turn(1).waited->count()), static_cast<double>(told.count()), 300);
    EXPECT_GT(*s.turn(1).waited, told);
}

TEST(SimulatedRecord, EachServiceHasItsOwnTime) {
    Scenario s;
    s.recognizer.eager = false;
    s.model.first_word = 600ms;
    s.voice.first_audio = 450ms;
    s.model.says("It is noon.");
    s.caller.asks("What time is it?");
    s.run();
    const auto turn = s.turn(1);
    EXPECT_NEAR(static_cast<double>((turn.stage("accepted") + turn.stage("first_text")).count()), 600, 2);
    EXPECT_NEAR(static_cast<double>(turn.stage("first_audio").count()), 450, 2);
    EXPECT_NEAR(static_cast<double>(turn.stage("end_of_turn").count()), 720, 45);
}

TEST(SimulatedRecord, TellsWhatAGuessSaved) {
    Scenario s;
    s.recognizer.end_silence = 900ms;
    s.caller.asks("What time is it?");
    s.run();
    const auto told = s.turn(1).told.end["speculation"];
    EXPECT_EQ(told["tries"], 1);
    EXPECT_TRUE(told["hit"]);
    EXPECT_NEAR(told["saved_ms"].get<double>(), 660, 45);
}

TEST(SimulatedRecord, TellsHowLongTheReplyWasHeld) {
    Scenario s;
    s.model.says("One two three four five six seven eight nine ten eleven twelve thirteen.");
    s.caller.says("Count please.").until_hears("four").coughs(200ms).listens();
    s.run();
    EXPECT_GT(s.turn(1).told.end["paused_ms"], 100);
    EXPECT_LT(s.turn(1).told.end["paused_ms"], 900);
}

TEST(SimulatedRecord, NamesWhatTheCallerWaitedFor) {
    Scenario model, voice;
    model.recognizer.eager = voice.recognizer.eager = false;
    model.model.says("It is noon.").first_word_after(2s);
    voice.model.says("It is noon.");
    voice.voice.is_slow(1, 2s);
    for (Scenario* s : {&model, &voice}) {
        s->caller.asks("What time is it?");
        s->run();
    }
    EXPECT_THAT(model.turn(1).silences()[0]["reason"], testing::AnyOf("first_text", "accepted"));
    EXPECT_EQ(voice.turn(1).silences()[0]["reason"], "first_audio");
}

TEST(SimulatedRecord, CountsTokensAndCost) {
    Scenario s;
    s.caller.asks("What time is it?").asks("And what day?");
    s.run();
    for (const auto& turn : s.turns()) {
        EXPECT_GT(turn.told.end["tokens"]["output"], 0);
        EXPECT_GT(turn.told.end["cost_usd"], 0.0);
    }
    EXPECT_EQ(s.closed()["usage"]["turns"], 2);
    double sum = 0;
    for (const auto& turn : s.turns()) sum += turn.told.end["cost_usd"].get<double>();
    EXPECT_NEAR(s.closed()["usage"]["cost_usd"].get<double>(), sum, 1e-5);
}

TEST(SimulatedRecord, TheUsageOfACallIsWhatWasSaidAndHeard) {
    Scenario s;
    s.model.says("It is noon.");
    s.caller.asks("What time is it?");
    s.run();
    const auto usage = s.closed()["usage"];
    std::int64_t blocks = 0;
    for (const auto& word : s.app.ear.words()) blocks += word.blocks;
    EXPECT_GT(usage["audio_out_ms"].get<std::int64_t>(), blocks * 10);
    EXPECT_LE(usage["audio_in_ms"].get<std::int64_t>(), usage["duration_ms"].get<std::int64_t>());
}

// Every way a turn can go has a whole record. That its stages sum up is checked in every scenario.
struct Way {
    const char* name;
    const char* status;
    void (*go)(Scenario& s);
    std::vector<const char*> says;  // what the record must have
};
void PrintTo(const Way& way, std::ostream* out) { *out << way.name; }

class WayOfATurn : public testing::TestWithParam<Way> {};

TEST_P(WayOfATurn, IsOnRecordWithItsStagesTokensAndCost) {
    Scenario s;
    s.model.says("One two three four five six seven. Eight nine ten eleven. Twelve thirteen fourteen.");
    GetParam().go(s);
    s.run();
    const auto turn = s.turn(1);
    EXPECT_EQ(turn.status(), GetParam().status);
    EXPECT_EQ(turn.reason().empty(), turn.completed());
    EXPECT_TRUE(turn.told.end.contains("stages_ms"));
    EXPECT_TRUE(turn.told.end.contains("tokens"));
    EXPECT_GT(turn.told.end.value("cost_usd", 0.0), 0.0);
    for (const char* member : GetParam().says) EXPECT_TRUE(turn.told.end.contains(member)) << member;
}
INSTANTIATE_TEST_SUITE_P(
    Simulated, WayOfATurn,
    testing::Values(
        Way{"plain",
            "completed",
            [](Scenario& s) {
                s.recognizer.eager = false;
                s.caller.asks("Count please.");
            },
            {"user_text", "heard_text", "full_text"}},
        Way{"guessed", "completed", [](Scenario& s) { s.caller.asks("Count please."); }, {"speculation"}},
        Way{"typed", "completed", [](Scenario& s) { s.caller.types("Count please.").listens(); }, {}},
        Way{"held by a cough",
            "completed",
            [](Scenario& s) { s.caller.says("Count please.").until_hears("four").coughs().listens(); },
            {"paused_ms"}},
        Way{"with a listener's word",
            "completed",
            [](Scenario& s) { s.caller.says("Count please.").until_hears("four").says("Mhm.").listens(); },
            {"ignored"}},
        Way{"interrupted",
            "interrupted",
            [](Scenario& s) {
                s.caller.says("Count please.").until_hears("four").says("That is quite enough.").listens();
            },
            {}},
        Way{"stopped by hand",
            "interrupted",
            [](Scenario& s) { s.caller.says("Count please.").until_hears("four").taps_stop().pauses(1s); },
            {}},
        Way{"with a slow model",
            "completed",
            [](Scenario& s) {
                s.recognizer.eager = false;
                s.model.first_word = 3s;
                s.caller.asks("Count please.");
            },
            {"silences"}},
        Way{"with a slow voice",
            "completed",
            [](Scenario& s) {
                s.recognizer.eager = false;
                s.voice.first_audio = 2s;
                s.caller.asks("Count please.");
            },
            {"silences"}},
        Way{"with a clip that is late",
            "completed",
            [](Scenario& s) {
                s.voice.is_slow(2, 6s);
                s.caller.asks("Count please.");
            },
            {"silences"}},
        Way{"without a voice",
            "failed",
            [](Scenario& s) {
                s.voice.is_gone();
                s.caller.asks("Count please.");
            },
            {}},
        Way{"left by the caller",
            "interrupted",
            [](Scenario& s) { s.caller.says("Count please.").until_hears("four").hangs_up(); },
            {}}),
    [](const auto& tested) {
        std::string name = tested.param.name;
        for (char& c : name)
            if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
        return name;
    });

TEST(SimulatedRecord, TheSameSeedGivesTheSameCall) {
    std::string stories[2];
    for (auto& story : stories) {
        Scenario s(77);
        s.network.jitter = 60ms;
        s.voice.jitter = 300ms;
        s.model.says("It is noon. And later it will be evening, as it is every day.");
        s.caller.says("What time is it?").until_hears("later").coughs().listens().asks("And tomorrow?");
        s.run();
        story = s.story();
    }
    EXPECT_EQ(stories[0], stories[1]);
}

TEST(SimulatedRecord, AnotherSeedGivesAnotherCall) {
    std::string stories[2];
    std::uint64_t seed = 5;
    for (auto& story : stories) {
        Scenario s(++seed);
        s.network.jitter = 60ms;
        s.caller.asks("What time is it?");
        s.run();
        story = s.story();
    }
    EXPECT_NE(stories[0], stories[1]);
}

}  // namespace
}  // namespace atlas::sim
