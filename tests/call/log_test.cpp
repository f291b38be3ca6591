#include "call/one_call.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <sstream>

namespace atlas::test {
namespace {

// Everything a call writes to the log: turns, failures, refusals, the end.
std::vector<std::string> log_of_a_call(bool log_words) {
    testing::internal::CaptureStdout();
    {
        OneCall one(observe::LogLevel::debug);
        one.settings.log_words = log_words;
        one.synthesizer.speak_at_once = 500ms;
        one.begin({{"resume", {{"token", "r1.TopSecretToken"}, {"last_seq", 1}}},
                   {"client", {{"platform", "ios 26.1"}, {"version", "3.2.0"}, {"net", "wifi"}}},
                   {"config", {{"instructions", "Banana instructions"}, {"greeting", "Papaya greeting."}}}});
        one.pass(1s);
        one.model.answer = "Mango answer.";
        one.caller_says("Cherry question?");
        one.pass(1s);
        one.send({{"t", "input.text"}, {"text", "Lemon typed."}});
        one.send({{"t", "input.text"}, {"text", "Melon " + std::string(5000, 'x')}});
        one.send_text("{\"t\": \"input.text\", \"text\": \"Peach");
        one.pass(1s);
        one.model.answer.reset();
        one.caller_says("Apple?");
        one.model.last().fails(providers::FailureReason::refused);
        one.pass(3s);
        one.send({{"t", "bye"}, {"reason", "hung up"}});
        one.log.reset();  // writes what is queued
    }
    std::istringstream all(testing::internal::GetCapturedStdout());
    std::vector<std::string> lines;
    for (std::string line; std::getline(all, line);) lines.push_back(line);
    return lines;
}

const std::array<const char*, 9> words{"Banana", "Papaya", "Mango", "Cherry",   "Lemon",
                                       "Melon",  "Peach",  "Apple", "TopSecret"};

TEST(CallLog, TellsEveryChangeOfStateOnALineOfItsOwnWithTheCall) {
    std::vector<std::string> events;
    for (const auto& line : log_of_a_call(false)) {
        const auto json = Json::parse(line, nullptr, false);
        ASSERT_TRUE(json.is_object()) << line;
        EXPECT_EQ(json["call"], "call_1") << line;
        events.push_back(json["event"]);
    }
    for (const char* wanted : {"call.started", "turn.heard", "turn.ended", "client.error", "provider.failed",
                               "client.bye", "call.ended"}) {
        EXPECT_NE(std::find(events.begin(), events.end(), wanted), events.end()) << wanted;
    }
    EXPECT_LT(events.size(), 25U) << "nothing for each frame";
}

TEST(CallLog, HoldsNoWordOfTheCall) {
    for (const auto& line : log_of_a_call(false)) {
        for (const char* word : words) EXPECT_EQ(line.find(word), std::string::npos) << line;
    }
}

TEST(CallLog, HoldsTheWordsWhenAskedToButNeverASecret) {
    std::string all;
    for (const auto& line : log_of_a_call(true)) all += line;
    EXPECT_NE(all.find("Cherry"), std::string::npos);
    EXPECT_NE(all.find("Mango"), std::string::npos);
    EXPECT_EQ(all.find("TopSecret"), std::string::npos);
}

}  // namespace
}  // namespace atlas::test
