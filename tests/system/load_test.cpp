#include "system/system_under_test.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <fstream>

// atlas-call load against the real gateway and the scripted sandbox. On a machine that does other things as
// well no figure can be asserted, and the run may rightly be called a bottleneck: what is asserted is that it
// ends by itself, that nothing went wrong, and that every stage of every turn was found on both sides.

namespace atlas::test {
namespace {

using testing::AnyOf;

struct Run {
    int exit_code = -1;
    std::string printed;
    Json report;
};

Run run_load(SystemUnderTest& system, std::vector<std::string> more) {
    const auto file = (system.folder() / "load.json").string();
    std::vector<std::string> arguments{"load",      "--sandbox",    system.sandbox_url(), "--json", file,
                                       "--talk-ms", "900",          "--interrupt-every",  "2",      "--ramp",
                                       "0.5",       "--show-anyway"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    if (std::ranges::find(more, "--url") == more.end())
        arguments.insert(arguments.end(), {"--url", system.url()});
    ChildProcess load(ATLAS_CALL, arguments);
    Run run;
    run.exit_code = load.wait_for_exit(std::chrono::seconds(120)).value_or(-1);
    run.printed = load.all();
    std::ifstream in(file);
    run.report = Json::parse(in, nullptr, false);
    return run;
}

TEST(Load, TwentyCallersTalkListenAndInterruptWithoutAnErrorAndEveryStageIsReported) {
    SystemUnderTest system("scripted", {"ATLAS_CALLS_PER_ADDRESS=100"});
    const auto pid = std::to_string(system.gateway().pid());
    const auto run = run_load(system, {"--calls", "20", "--duration", "10", "--gateway-pid", pid});
    EXPECT_THAT(run.exit_code, AnyOf(0, 3)) << run.printed;
    ASSERT_TRUE(run.report.is_object()) << run.printed;
    EXPECT_EQ(run.report.at("errors"), 0) << run.printed;
    EXPECT_EQ(run.report.at("ready").at("calls"), 20);
    EXPECT_EQ(run.report.at("turns").at("not_matched"), 0) << run.printed;
    for (const char* stage : {"model_asked", "speech_asked", "audible", "added", "first_audio", "barge_in"}) {
        EXPECT_GT(run.report.at("stages_ms").at(stage).at("count"), 0) << stage << "\n" << run.printed;
    }
    EXPECT_EQ(run.report.at("frames").at("missing"), 0);
    EXPECT_GT(run.report.at("gateway").at("cpu_seconds"), 0);
    EXPECT_EQ(system.violations(), "");
}

TEST(Load, OpusAndLongerFramesCarryItAsWell) {
    SystemUnderTest system("scripted", {"ATLAS_CALLS_PER_ADDRESS=100"});
    const auto run = run_load(system, {"--calls", "3", "--duration", "6", "--codec", "opus", "--frame-ms",
                                       "60", "--latency", "claude.first_token=constant:50"});
    EXPECT_THAT(run.exit_code, AnyOf(0, 3)) << run.printed;
    ASSERT_TRUE(run.report.is_object()) << run.printed;
    EXPECT_EQ(run.report.at("errors"), 0) << run.printed;
    EXPECT_GT(run.report.at("turns").at("measured"), 0) << run.printed;
}

TEST(Load, AGatewayThatIsNotThereIsNoRun) {
    SystemUnderTest system("scripted");
    const auto run =
        run_load(system, {"--calls", "2", "--duration", "1", "--url", "ws://127.0.0.1:9/v1/voice"});
    EXPECT_EQ(run.exit_code, 4) << run.printed;
}

}  // namespace
}  // namespace atlas::test
