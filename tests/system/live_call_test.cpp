#include "support/word_error.hpp"
#include "system/system_under_test.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>

// A recording of a human voice through the whole chain, with engines that really recognise and really speak.

namespace atlas::test {
namespace {

bool models_are_there() {
    return std::filesystem::exists(std::string(ATLAS_TEST_MODELS) + "/silero_vad.onnx");
}

WordErrors errors_of_reply(SystemUnderTest& system, const std::string& file, const std::string& told) {
    const auto call = system.call({"--in", file});
    std::string heard;
    for (const auto& turn : call.json.at("turns")) heard += turn.at("user").get<std::string>() + " ";
    std::cout << "told:  " << told << "\nheard: " << heard << "\n";
    return word_errors(told, heard);
}

TEST(LiveCall, AHumanVoiceIsUnderstoodAndTheReplyCanBeUnderstood) {
    if (!models_are_there() && std::getenv("ATLAS_REQUIRE_MODELS") == nullptr) {
        GTEST_SKIP() << "the speech models are missing; script/models fetches them";
    }
    SystemUnderTest system("live");
    const auto reply_file = (system.folder() / "reply.wav").string();
    const auto call =
        system.call({"--in", recordings + "/librivox/sense_and_sensibility_01_austen_64kb-0870.wav", "--out",
                     reply_file});
    ASSERT_EQ(call.exit_code, 0) << call.output << system.gateway().all();
    std::string said;
    for (const auto& turn : call.json.at("turns")) said += turn.at("user").get<std::string>() + " ";
    EXPECT_LE(word_errors("and mister john dashwood had then leisure to consider how much there might be "
                          "prudently in his power to do for them",
                          said)
                  .rate(),
              0.15)
        << said;
    EXPECT_EQ(system.violations(), "");

    // The replies are recognised by being spoken into further calls: what those hear must be what was told.
    WordErrors errors = errors_of_reply(system, reply_file, call.json.at("turns").back().at("agent"));
    const auto abilities = system.call({"--text", "What can you do?", "--out", reply_file});
    ASSERT_EQ(abilities.exit_code, 0) << abilities.output;
    errors += errors_of_reply(system, reply_file, abilities.json.at("turns").back().at("agent"));
    EXPECT_LE(errors.rate(), 0.20);
}

}  // namespace
}  // namespace atlas::test
