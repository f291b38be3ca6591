#include "call/call_options.hpp"

#include "call_support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace atlas::caller {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;
using Arguments = std::vector<std::string>;

CallOptions good(const Arguments& arguments) {
    const auto parsed = parse_options(arguments);
    const auto* none = std::get_if<NoCall>(&parsed);
    EXPECT_EQ(none, nullptr) << none->text;
    return none == nullptr ? std::get<CallOptions>(parsed) : CallOptions{};
}

std::string refusal(const Arguments& arguments) {
    const auto parsed = parse_options(arguments);
    const auto* none = std::get_if<NoCall>(&parsed);
    EXPECT_NE(none, nullptr);
    if (none == nullptr) return {};
    EXPECT_EQ(none->exit_code, exit_usage);
    return none->text;
}

TEST(CallOptions, TheSmallestCallNeedsAFile) {
    const auto options = good({"--in", "speech.wav"});
    EXPECT_EQ(options.url, "ws://127.0.0.1:8080/v1/voice");
    EXPECT_EQ(options.files, (std::vector<std::filesystem::path>{"speech.wav"}));
    EXPECT_EQ(options.time_limit, 120s);
    EXPECT_FALSE(options.json);
    EXPECT_THAT(refusal({}), HasSubstr("--in or --text"));
}

TEST(CallOptions, TakesEverythingElse) {
    const auto options = good({"--url",
                               "wss://voice.test/v1/voice",
                               "--in",
                               "a.wav",
                               "--in",
                               "b.wav",
                               "--out",
                               "r.wav",
                               "--json",
                               "--codec",
                               "opus",
                               "--rate",
                               "48000",
                               "--frame-ms",
                               "60",
                               "--interrupt-after-ms",
                               "0",
                               "--interrupt-with",
                               "stop.wav",
                               "--timeout-s",
                               "30",
                               "--header",
                               "Authorization: Bearer key",
                               "--header",
                               "X-Empty:",
                               "--ca",
                               "ca.pem",
                               "--greeting",
                               "",
                               "--language",
                               "de",
                               "--instructions",
                               "Be brief."});
    EXPECT_EQ(options.files.size(), 2u);
    EXPECT_EQ(options.out, "r.wav");
    EXPECT_TRUE(options.json);
    EXPECT_EQ(options.audio_in, (audio::AudioFormat{audio::Codec::opus, 48000, 60}));
    EXPECT_EQ(options.audio_out, options.audio_in);
    EXPECT_EQ(options.interrupt_after, 0ms);
    EXPECT_EQ(options.interrupt_with, "stop.wav");
    EXPECT_EQ(options.time_limit, 30s);
    EXPECT_EQ(options.headers.find("Authorization"), "Bearer key");
    EXPECT_TRUE(options.headers.contains("x-empty"));
    EXPECT_EQ(options.ca_file, "ca.pem");
    EXPECT_EQ(options.greeting, "");
    EXPECT_EQ(options.language, "de");
}

TEST(CallOptions, NamesTheOptionAndTheRuleThatIsBroken) {
    EXPECT_THAT(refusal({"--in", "a.wav", "--codec", "mp3"}),
                HasSubstr("--codec: must be pcm16 or opus, received \"mp3\""));
    EXPECT_THAT(refusal({"--in", "a.wav", "--rate", "44100"}), HasSubstr("--rate: "));
    EXPECT_THAT(refusal({"--in", "a.wav", "--codec", "opus", "--frame-ms", "80"}), HasSubstr("--frame-ms: "));
    EXPECT_THAT(refusal({"--in", "a.wav", "--url", "http://x/"}),
                HasSubstr("--url: must begin with ws:// or wss://"));
    EXPECT_THAT(refusal({"--in", "a.wav", "--url", "nowhere"}), HasSubstr("--url: "));
    EXPECT_THAT(refusal({"--in", "a.wav", "--timeout-s", "0"}),
                HasSubstr("--timeout-s: must be from 1 to 86400"));
    EXPECT_THAT(refusal({"--in", "a.wav", "--interrupt-with", "b.wav"}), HasSubstr("--interrupt-after-ms"));
    EXPECT_THAT(refusal({"--in", "a.wav", "--text", "Hello"}), HasSubstr("--text"));
    EXPECT_THAT(refusal({"--in", "a.wav", "--insecure"}), HasSubstr("--insecure"));
    EXPECT_THAT(refusal({"--in"}), HasSubstr("--in"));
}

TEST(CallOptions, NeverRepeatsAHeaderInAnError) {
    EXPECT_THAT(refusal({"--in", "a.wav", "--header", "secret-key"}), Not(HasSubstr("secret-key")));
    EXPECT_THAT(refusal({"--in", "a.wav", "--header", "A: secret-key\r\nB: c"}),
                Not(HasSubstr("secret-key")));
}

TEST(CallOptions, HelpIsNoMistake) {
    const auto parsed = parse_options({"--help"});
    ASSERT_TRUE(std::holds_alternative<NoCall>(parsed));
    EXPECT_EQ(std::get<NoCall>(parsed).exit_code, 0);
    EXPECT_THAT(std::get<NoCall>(parsed).text, HasSubstr("--interrupt-after-ms"));
    EXPECT_THAT(std::get<NoCall>(parsed).text, HasSubstr("Exit codes"));
    EXPECT_THAT(std::get<NoCall>(parse_options({"--version"})).text, HasSubstr("atlas-call "));
}

class PlanTest : public testing::Test {
protected:
    // The names of what is said; those that interrupt in brackets.
    std::string order(const Arguments& more) {
        Arguments arguments;
        for (const auto& word : more) {
            arguments.push_back(
                word.ends_with(".wav") ? files.wav(word, test::tone(300, 16000, 1600)).string() : word);
        }
        const auto made = make_plan(good(arguments));
        if (const auto* problem = std::get_if<std::string>(&made)) return *problem;
        std::string names;
        for (const auto& utterance : std::get<0>(made)->utterances) {
            const auto name = utterance.recording ? utterance.recording->name : utterance.text;
            names += (utterance.interrupts ? "[" + name + "]" : name) + " ";
        }
        return names;
    }

    test::CallFiles files;
};

TEST_F(PlanTest, FilesAreSaidInOrder) {
    EXPECT_EQ(order({"--in", "a.wav", "--in", "b.wav"}), "a.wav b.wav ");
}

TEST_F(PlanTest, TheNextFileInterruptsTheReplyToTheOneBefore) {
    EXPECT_EQ(order({"--in", "a.wav", "--in", "b.wav", "--in", "c.wav", "--interrupt-after-ms", "500"}),
              "a.wav [b.wav] [c.wav] ");
}

TEST_F(PlanTest, ASingleFileIsInterruptedByItself) {
    EXPECT_EQ(order({"--in", "a.wav", "--interrupt-after-ms", "500"}), "a.wav [a.wav] ");
}

TEST_F(PlanTest, OrByAnotherFile) {
    EXPECT_EQ(order({"--in", "a.wav", "--interrupt-after-ms", "500", "--interrupt-with", "x.wav"}),
              "a.wav [x.wav] ");
}

TEST_F(PlanTest, AnotherFileInterruptsEveryReplyButTheLast) {
    EXPECT_EQ(
        order({"--in", "a.wav", "--in", "b.wav", "--interrupt-after-ms", "500", "--interrupt-with", "x.wav"}),
        "a.wav [x.wav] b.wav ");
}

TEST_F(PlanTest, TextsAreTypedInOrder) { EXPECT_EQ(order({"--text", "One", "--text", "Two"}), "One Two "); }

TEST_F(PlanTest, AFileThatIsNoWavStopsEverything) {
    EXPECT_THAT(order({"--in", files.text("notes.txt", "Dear diary, today").string()}),
                HasSubstr("notes.txt: not a WAV file"));
}

}  // namespace
}  // namespace atlas::caller
