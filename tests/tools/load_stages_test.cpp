#include "call/load_stages.hpp"

#include <gtest/gtest.h>

namespace atlas::caller {
namespace {

using namespace std::chrono_literals;

net::TimePoint at(double ms) {
    return net::TimePoint(
        std::chrono::duration_cast<net::Duration>(std::chrono::duration<double, std::milli>(ms)));
}

std::vector<SandboxStamp> whole_turn() {
    return {{at(1000), "EndOfTurn"},      {at(1000.4), "model_asked"},  {at(1100), "model_began"},
            {at(1120), "clause_written"}, {at(1120.3), "speech_asked"}, {at(1200), "speech_began"}};
}

TEST(LoadStages, TheGatewaysTimeIsWhatLiesBetweenTheSocketEdgesWithoutTheProviders) {
    const auto edges = measure_turn(whole_turn(), at(1200.8));
    ASSERT_TRUE(edges);
    EXPECT_NEAR(edges->model_asked_ms, 0.4, 1e-6);
    EXPECT_NEAR(edges->speech_asked_ms, 0.3, 1e-6);
    EXPECT_NEAR(edges->audible_ms, 0.8, 1e-6);
    EXPECT_FALSE(edges->speculation);
}

TEST(LoadStages, ASpeculationCountsFromTheEagerEndAndItsSoundFromTheCertainOne) {
    const std::vector<SandboxStamp> stamps{{at(900), "EagerEndOfTurn"}, {at(900.5), "model_asked"},
                                           {at(950), "clause_written"}, {at(950.2), "speech_asked"},
                                           {at(970), "speech_began"},   {at(1000), "EndOfTurn"}};
    const auto edges = measure_turn(stamps, at(1000.7));
    ASSERT_TRUE(edges);
    EXPECT_TRUE(edges->speculation);
    EXPECT_NEAR(edges->model_asked_ms, 0.5, 1e-6);
    EXPECT_NEAR(edges->speech_asked_ms, 0.2, 1e-6);
    EXPECT_NEAR(edges->audible_ms, 0.7, 1e-6);
}

TEST(LoadStages, SpeechThatIsHeldBackUntilTheEndOfTheTurnIsCountedFromThere) {
    const std::vector<SandboxStamp> stamps{{at(900), "EagerEndOfTurn"},  {at(900.5), "model_asked"},
                                           {at(950), "clause_written"},  {at(1000), "EndOfTurn"},
                                           {at(1000.6), "speech_asked"}, {at(1050), "speech_began"}};
    const auto edges = measure_turn(stamps, at(1051));
    ASSERT_TRUE(edges);
    EXPECT_NEAR(edges->speech_asked_ms, 0.6, 1e-6);
}

TEST(LoadStages, ASpeculationThatWasDroppedDoesNotCount) {
    std::vector<SandboxStamp> stamps{{at(500), "EagerEndOfTurn"},
                                     {at(507), "model_asked"},
                                     {at(520), "clause_written"},
                                     {at(540), "speech_asked"},
                                     {at(600), "TurnResumed"}};
    for (const auto& stamp : whole_turn()) stamps.push_back(stamp);
    const auto edges = measure_turn(stamps, at(1200.8));
    ASSERT_TRUE(edges);
    EXPECT_NEAR(edges->model_asked_ms, 0.4, 1e-6);
    EXPECT_NEAR(edges->speech_asked_ms, 0.3, 1e-6);
}

TEST(LoadStages, ATurnForWhichAServiceWasAskedTwiceIsCountedAndNotMeasured) {
    LoadTurn turn;
    turn.label = "qaxaq";
    turn.talk_ended = at(700);
    turn.first_audio = at(1200.8);
    for (const auto& [place, twice] : {std::pair{2, "model_asked"}, {5, "speech_asked"}}) {
        SandboxStamps stamps;
        auto& list = stamps.by_label["qaxaq"] = whole_turn();
        list.insert(list.begin() + place, {at(place == 2 ? 1090 : 1150), twice});
        const auto measured = measure_stages({turn}, stamps, at(0), at(2000));
        EXPECT_EQ(measured.asked_again, 1) << twice;
        EXPECT_TRUE(measured.added.empty()) << twice;
        EXPECT_EQ(measured.unmatched, 0) << twice;
    }
}

TEST(LoadStages, ATurnWithAMissingStampIsNotMeasured) {
    for (std::size_t missing = 0; missing < whole_turn().size(); ++missing) {
        auto stamps = whole_turn();
        const auto name = stamps[missing].what;
        stamps.erase(stamps.begin() + static_cast<std::ptrdiff_t>(missing));
        EXPECT_EQ(measure_turn(stamps, at(1200.8)).has_value(), name == "model_began") << name;
    }
}

TEST(LoadStages, OnlyTurnsWithinTheMeasuredTimeCount) {
    SandboxStamps stamps;
    stamps.by_label["qaxaq"] = whole_turn();
    LoadTurn turn;
    turn.label = "qaxaq";
    turn.talk_ended = at(700);
    turn.first_audio = at(1200.8);
    EXPECT_EQ(measure_stages({turn}, stamps, at(0), at(2000)).turns, 1);
    EXPECT_EQ(measure_stages({turn}, stamps, at(701), at(2000)).turns, 0);
    EXPECT_EQ(measure_stages({turn}, stamps, at(0), at(1200)).turns, 0);
    const auto measured = measure_stages({turn}, stamps, at(0), at(2000));
    EXPECT_NEAR(measured.added.max(), 1.5, 1e-6);
    EXPECT_NEAR(measured.first_audio.max(), 500.8, 1e-6);
    EXPECT_EQ(measured.unmatched, 0);
}

TEST(LoadStages, ATurnTheSandboxDoesNotKnowIsCountedAsNotMatched) {
    LoadTurn turn;
    turn.talk_ended = at(700);
    turn.first_audio = at(1200);
    const auto measured = measure_stages({turn}, {}, at(0), at(2000));
    EXPECT_EQ(measured.unmatched, 1);
    EXPECT_EQ(measured.added.count(), 0U);
    EXPECT_EQ(measured.first_audio.count(), 1U);
}

TEST(LoadStages, BargeInIsFromTheRecognisersWordsToTheFlush) {
    SandboxStamps stamps;
    stamps.by_label["qaxbq"] = {{at(500), "StartOfTurn"}, {at(900), "EndOfTurn"}};
    LoadTurn turn;
    turn.label = "qaxbq";
    turn.flushed = at(501.5);
    EXPECT_NEAR(measure_stages({turn}, stamps, at(0), at(2000)).barge_in.max(), 1.5, 1e-6);
}

TEST(LoadStages, StampsAreReadInTheOrderOfTime) {
    const auto stamps =
        parse_stamps("pid 42\nlag_p99_us 310\n\n3000000 speech_asked qbxcq\n2000000 clause_written qbxcq\n");
    EXPECT_EQ(stamps.problem, "");
    EXPECT_EQ(stamps.facts.at("pid"), 42);
    const auto& turn = stamps.by_label.at("qbxcq");
    ASSERT_EQ(turn.size(), 2U);
    EXPECT_EQ(turn[0].what, "clause_written");
    EXPECT_EQ(turn[0].at, at(2));
}

TEST(LoadStages, AStampThatCannotBeReadIsAProblemAndNotAFigure) {
    EXPECT_NE(parse_stamps("pid 42\n\nsoon model_asked qaxaq\n").problem, "");
    EXPECT_NE(parse_stamps("pid 42\n\n17 model_asked\n").problem, "");
    EXPECT_NE(parse_stamps("<html>").problem, "");
}

}  // namespace
}  // namespace atlas::caller
