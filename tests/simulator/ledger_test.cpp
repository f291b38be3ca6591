#include "simulator/scenario.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

// DESIGN §6.5: what the server believes was heard, against what was heard, over the whole stack.

namespace atlas::sim {
namespace {

const char* const text =
    "Well, that is a long story, but I will try. In the beginning there were only two people in the company, "
    "and both of them worked at night. After a year, to everybody's surprise, they had sold nine hundred "
    "machines! Was it luck? Perhaps, but hard work as well. Today it is the largest of its kind in Europe, "
    "and it has offices in eleven countries.";

struct Errors {
    std::vector<int> sizes;
    int at(double quantile) {
        std::sort(sizes.begin(), sizes.end());
        return sizes[static_cast<std::size_t>(quantile * static_cast<double>(sizes.size() - 1))];
    }
    void print(const char* what) {
        int sum = 0;
        for (const int size : sizes) sum += size;
        std::printf("%s: %zu interruptions, words off: mean %.2f, median %d, p90 %d, p95 %d, most %d\n", what,
                    sizes.size(), static_cast<double>(sum) / static_cast<double>(sizes.size()), at(0.5),
                    at(0.9), at(0.95), at(1));
    }
};

// Interrupted at a random moment, in a random voice, over a random network.
void interrupt(Scenario& s, Errors& errors) {
    std::uniform_int_distribution<int> moment(300, 14'000), way(5, 90), pace(0, 4);
    s.words_off = 6;
    s.network.up = Milliseconds(way(s.random()));
    s.network.down = Milliseconds(way(s.random()));
    s.network.jitter = Milliseconds(way(s.random()) / 3);
    s.voice.voice.letter_blocks = 4.0 + 0.7 * pace(s.random());
    s.voice.voice.comma_blocks = 10 + 6 * pace(s.random());
    s.voice.speed = 2 + pace(s.random());
    s.model.says(text);
    s.model.says("All right.");
    s.caller.says("How did it begin?").until_state("speaking").pauses(Milliseconds(moment(s.random())));
    s.caller.says("Sorry, another question please.").listens();
    s.run();
    for (const int error : s.words_believed_too_many()) errors.sizes.push_back(std::abs(error));
}

TEST(SimulatedLedger, IsWrongByAtMostOneWordInTheMedianAndTwoAtP95WithPlaybackReports) {
    Errors errors;
    for (std::uint64_t seed = 1; seed <= 120; ++seed) {
        Scenario s(seed);
        s.app.pauses = seed % 2 == 0;
        interrupt(s, errors);
    }
    errors.print("with reports");
    ASSERT_GE(errors.sizes.size(), 100U);
    EXPECT_LE(errors.at(0.5), 1);
    EXPECT_LE(errors.at(0.95), 2);
}

TEST(SimulatedLedger, IsAsGoodByTheServersOwnClock) {
    Errors errors;
    for (std::uint64_t seed = 1001; seed <= 1120; ++seed) {
        Scenario s(seed);
        s.app.pauses = seed % 2 == 0;
        s.app.reports = false;
        interrupt(s, errors);
    }
    errors.print("without reports");
    ASSERT_GE(errors.sizes.size(), 100U);
    EXPECT_LE(errors.at(0.5), 1);
    EXPECT_LE(errors.at(0.95), 2);
}

TEST(SimulatedLedger, AReplyThatIsHeardToItsEndIsRememberedWhole) {
    Scenario s;
    s.model.says(text);
    s.caller.asks("How did it begin?");
    s.run();
    EXPECT_EQ(s.turn(1).told.end["heard_text"], s.turn(1).told.end["full_text"]);
}

TEST(SimulatedLedger, NothingHeardIsNothingRemembered) {
    Scenario s;
    s.voice.first_audio = 2s;
    s.model.says(text);
    s.model.says("All right.");
    s.caller.says("How did it begin?")
        .until_state("thinking")
        .pauses(200ms)
        .says("No, forget it please.")
        .listens();
    s.run();
    EXPECT_EQ(s.turn(1).told.end["heard_text"], "");
}

TEST(SimulatedLedger, ALongSilenceBeforeTheFirstWordIsNoWord) {
    Scenario s;
    s.voice.voice.leading_blocks = 120;
    s.model.says(text);
    s.model.says("All right.");
    s.caller.says("How did it begin?").until_state("speaking").pauses(700ms).says("No, forget it.").listens();
    s.run();
    EXPECT_LE(plain_words(s.turn(1).told.end["heard_text"].get<std::string>()).size(), 1U);
}

TEST(SimulatedLedger, AClientThatTalksNonsenseOnlyHarmsItsOwnTranscript) {
    Scenario s;
    s.app.talks_nonsense = true;
    s.words_off = 100;
    s.ear_is_no_witness = true;
    s.model.says(text);
    s.caller.says("How did it begin?").until_hears("story").says("Wait, another question please.").listens();
    s.caller.asks("And then?");
    s.run();
    EXPECT_TRUE(s.turns().back().completed());
}

TEST(SimulatedLedger, AClientThatStopsPlayingForEverDoesNotHangTheCall) {
    Scenario s;
    s.ear_is_no_witness = true;
    s.history_may_be_cut = true;
    s.app.reports = false;
    s.model.says(text);
    s.caller.says("How did it begin?")
        .until_hears("story")
        .pauses(1s)
        .does([&s] {
            s.app.send({{"t", "playback"}, {"turn", 1}, {"played_ms", 100}});
        })
        .listens();
    s.run();
    EXPECT_FALSE(s.turn(1).status().empty());
}

}  // namespace
}  // namespace atlas::sim
