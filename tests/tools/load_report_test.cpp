#include "call/load_report.hpp"

#include "call/load_options.hpp"
#include "call/load_sandbox.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace atlas::caller {
namespace {

using Json = nlohmann::json;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

TEST(LoadStatistics, PercentilesAreValuesThatWereMeasured) {
    Samples samples;
    EXPECT_EQ(samples.percentile(0.5), 0);
    for (int i = 100; i >= 1; --i) samples.add(i);
    EXPECT_EQ(samples.percentile(0), 1);
    EXPECT_EQ(samples.percentile(0.5), 50);
    EXPECT_EQ(samples.percentile(0.99), 99);
    EXPECT_EQ(samples.percentile(0.991), 100);
    EXPECT_EQ(samples.max(), 100);
    EXPECT_EQ(samples.mean(), 50.5);
}

TEST(LoadStatistics, WhatIsAddedAfterALookCounts) {
    Samples samples;
    samples.add(1);
    EXPECT_EQ(samples.max(), 1);
    samples.add(5);
    EXPECT_EQ(samples.max(), 5);
}

TEST(ProcessUsage, CpuTimeIsReadBehindANameThatHoldsAnything) {
    const auto cpu = cpu_seconds_of_stat("17 (a) 9 (b c) S 1 2 3 4 5 6 7 8 9 10 250 50 0 0 20 0 1", 100);
    ASSERT_TRUE(cpu);
    EXPECT_DOUBLE_EQ(*cpu, 3.0);
    EXPECT_FALSE(cpu_seconds_of_stat("", 100));
    EXPECT_FALSE(cpu_seconds_of_stat("17 (a) S 1 2", 100));
}

TEST(ProcessUsage, MemoryIsTheSumOfTheLinesOfAName) {
    constexpr std::string_view smaps = "Rss:      1200 kB\nPrivate_Clean:   30 kB\nPrivate_Dirty:  70 kB\n";
    EXPECT_EQ(kb_of_smaps(smaps, "Rss:"), 1200);
    EXPECT_EQ(kb_of_smaps(smaps, "Private_"), 100);
    EXPECT_EQ(kb_of_smaps("", "Rss:"), 0);
}

TEST(ProcessUsage, ThisProcessHasSomeAndOneThatIsNotThereHasNone) {
    const auto own = read_process_usage(0);
    ASSERT_TRUE(own);
    EXPECT_GT(own->resident_kb, 0);
    EXPECT_FALSE(read_process_usage(0x7fffffff));
}

LoadSide quiet_side() {
    LoadSide side;
    side.sandbox_known = true;
    side.caller_cpu_share = side.sandbox_cpu_share = 0.79;
    side.caller_lag_p99_ms = side.sandbox_lag_p99_ms = 2.9;
    return side;
}

TEST(LoadVerdict, AQuietLoadSideIsNoBottleneck) { EXPECT_THAT(find_bottlenecks(quiet_side()), IsEmpty()); }

TEST(LoadVerdict, EachOfItsLimitsIsABottleneck) {
    for (double LoadSide::*share : {&LoadSide::caller_cpu_share, &LoadSide::sandbox_cpu_share}) {
        auto side = quiet_side();
        side.*share = 0.81;
        EXPECT_EQ(find_bottlenecks(side).size(), 1U);
    }
    for (double LoadSide::*lag : {&LoadSide::caller_lag_p99_ms, &LoadSide::sandbox_lag_p99_ms}) {
        auto side = quiet_side();
        side.*lag = 3.1;
        EXPECT_EQ(find_bottlenecks(side).size(), 1U);
    }
}

LoadOptions some_options() {
    LoadOptions options;
    options.calls = 10;
    return options;
}

LoadResult some_result() {
    LoadResult result;
    result.seconds = 10;
    result.call_seconds = 100;
    result.side = quiet_side();
    result.stages.added.add(0.5);
    result.gateway_known = true;
    result.gateway_cpu_seconds = 0.04;
    result.gateway_idle.resident_kb = 10240;
    result.gateway_busy.resident_kb = 12288;
    return result;
}

TEST(LoadReport, CpuIsPerCallSecondAndMemoryPerCallAboveTheIdleProcess) {
    const LoadTally tally;
    const auto result = some_result();
    EXPECT_EQ(load_exit_code(result, tally), 0);
    const auto table = load_table(some_options(), result, tally);
    EXPECT_THAT(table, HasSubstr("0.400 ms CPU per call-second"));
    EXPECT_THAT(table, HasSubstr("0.200 MB per call"));
    const auto json = Json::parse(load_json(some_options(), result, tally));
    EXPECT_TRUE(json.at("valid"));
    EXPECT_EQ(json.at("stages_ms").at("added").at("p50"), 0.5);
    EXPECT_EQ(json.at("gateway").at("cpu_ms_per_call_second"), 0.4);
}

TEST(LoadReport, ABottleneckIsNamedAndNoFigureIsShown) {
    const LoadTally tally;
    auto result = some_result();
    result.side.sandbox_cpu_share = 0.97;
    EXPECT_EQ(load_exit_code(result, tally), 3);
    const auto table = load_table(some_options(), result, tally);
    EXPECT_THAT(table, HasSubstr("NOT REPORTED"));
    EXPECT_THAT(table, HasSubstr("the sandbox's loop used 97 % of a core"));
    EXPECT_THAT(table, Not(HasSubstr("call-second")));
    const auto json = Json::parse(load_json(some_options(), result, tally));
    EXPECT_FALSE(json.at("valid"));
    EXPECT_FALSE(json.contains("stages_ms"));
    EXPECT_FALSE(json.contains("gateway"));
}

TEST(LoadReport, WhatIsShownAnywayIsMarked) {
    auto options = some_options();
    options.show_anyway = true;
    auto result = some_result();
    result.side.caller_lag_p99_ms = 20;
    EXPECT_THAT(load_table(options, result, {}), HasSubstr("NOT VALID"));
    EXPECT_FALSE(Json::parse(load_json(options, result, {})).at("valid"));
    EXPECT_EQ(load_exit_code(result, {}), 3);
}

TEST(LoadReport, ErrorsAreListedByKindAndBounded) {
    LoadTally tally;
    for (int i = 0; i < 200; ++i) tally.note("kind " + std::to_string(i));
    tally.note("kind 1");
    EXPECT_LE(tally.problems.size(), 51U);
    EXPECT_EQ(tally.problems.at("kind 1"), 2);
    EXPECT_EQ(load_exit_code(some_result(), tally), 1);
    EXPECT_EQ(Json::parse(load_json(some_options(), some_result(), tally)).at("errors"), 201);
    EXPECT_THAT(load_table(some_options(), some_result(), tally), HasSubstr("2 × kind 1"));
}

TEST(LoadReport, ARunThatCouldNotBeMadeSaysWhy) {
    LoadResult result;
    result.failed = "no call was taken";
    EXPECT_EQ(load_exit_code(result, {}), 4);
    EXPECT_THAT(load_table(some_options(), result, {}), HasSubstr("no call was taken"));
}

std::string problem_of(std::vector<std::string> arguments) {
    const auto parsed = parse_load_options(arguments);
    const auto* none = std::get_if<NoCall>(&parsed);
    return none == nullptr ? "" : none->text;
}

TEST(LoadOptions, ARunHasToSayHowManyAndHowLong) {
    EXPECT_THAT(problem_of({"--duration", "5"}), HasSubstr("--calls"));
    EXPECT_THAT(problem_of({"--calls", "5"}), HasSubstr("--duration"));
    EXPECT_EQ(problem_of({"--calls", "5", "--duration", "5"}), "");
}

TEST(LoadOptions, EveryLengthAndNumberIsBounded) {
    for (const char* wrong :
         {"--calls=0", "--calls=5001", "--duration=0.5", "--duration=3601", "--ramp=601", "--ramp=-1",
          "--talk-ms=10", "--frame-ms=30", "--codec=mp3", "--in-rate=11025"}) {
        std::vector<std::string> arguments{wrong};
        if (!std::string(wrong).starts_with("--calls")) arguments.push_back("--calls=5");
        if (!std::string(wrong).starts_with("--duration")) arguments.push_back("--duration=5");
        EXPECT_NE(problem_of(arguments), "") << wrong;
    }
}

TEST(LoadOptions, AddressesAreChecked) {
    EXPECT_THAT(problem_of({"--calls=1", "--duration=5", "--url=http://a/"}), HasSubstr("--url"));
    EXPECT_THAT(problem_of({"--calls=1", "--duration=5", "--sandbox=ws://a/"}), HasSubstr("--sandbox"));
    EXPECT_THAT(problem_of({"--calls=1", "--duration=5", "--latency=fast"}), HasSubstr("--latency"));
}

TEST(LoadOptions, BothDirectionsTakeCodecAndFrame) {
    const auto parsed = parse_load_options({"--calls=1", "--duration=5", "--codec=opus", "--frame-ms=60"});
    const auto& options = std::get<LoadOptions>(parsed);
    EXPECT_EQ(options.audio_in, (audio::AudioFormat{audio::Codec::opus, 16000, 60}));
    EXPECT_EQ(options.audio_out, (audio::AudioFormat{audio::Codec::opus, 24000, 60}));
}

TEST(LoadSandbox, TheScriptCarriesLatenciesSeedAndLabels) {
    LoadOptions options = some_options();
    options.seed = 7;
    options.latencies = {"published", "claude.first_token=constant:120"};
    const auto script = Json::parse(load_sandbox_script(options));
    EXPECT_EQ(script.at("seed"), 7);
    EXPECT_EQ(script.at("profile"), "published");
    EXPECT_EQ(script.at("profiles").at("claude.first_token"), "constant:120");
    for (const auto& text : script.at("transcripts"))
        EXPECT_THAT(text.get<std::string>(), HasSubstr("{label}"));
    for (const auto& text : script.at("replies")) {
        const auto reply = text.get<std::string>();
        EXPECT_LT(reply.find("{label}"), reply.find(','));
    }
}

}  // namespace
}  // namespace atlas::caller
