#include "call_support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <string>
#include <sys/wait.h>

// The program itself, as far as it goes without a server.
namespace atlas::caller {
namespace {

using testing::HasSubstr;

struct Ran {
    int exit_code = -1;
    std::string printed;  // both streams
};

Ran run(const std::string& arguments) {
    Ran ran;
    FILE* program = popen(("'" ATLAS_CALL_PROGRAM "' " + arguments + " 2>&1 </dev/null").c_str(), "r");
    if (program == nullptr) return ran;
    std::array<char, 4096> piece;
    while (const std::size_t size = std::fread(piece.data(), 1, piece.size(), program)) {
        ran.printed.append(piece.data(), size);
    }
    const int status = pclose(program);
    ran.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return ran;
}

TEST(CallProgram, AFileThatIsNoWavIsAClearError) {
    const test::CallFiles files;
    const Ran ran = run("--in '" + files.text("notes.wav", "These are words, not sounds.").string() + "'");
    EXPECT_EQ(ran.exit_code, 2);
    EXPECT_THAT(ran.printed, HasSubstr("notes.wav: not a WAV file: it must begin with \"RIFF\""));
}

TEST(CallProgram, ABadCommandLineIsAClearError) {
    const Ran ran = run("--in a.wav --codec mp3");
    EXPECT_EQ(ran.exit_code, 2);
    EXPECT_THAT(ran.printed, HasSubstr("--codec: must be pcm16 or opus"));
}

TEST(CallProgram, HelpIsNot) { EXPECT_EQ(run("--help").exit_code, 0); }

TEST(CallProgram, NobodyThereHasItsOwnExitCode) {
    const test::CallFiles files;
    const auto file = files.wav("speech.wav", test::tone(300, 16000, 1600));
    // Port 9 (discard) of this machine: nobody listens there.
    const Ran ran = run("--json --url ws://127.0.0.1:9/v1/voice --in '" + file.string() + "'");
    EXPECT_EQ(ran.exit_code, 3);
    EXPECT_THAT(ran.printed, HasSubstr("\"exit_code\":3"));
}

TEST(CallProgram, AnAuthorityFileThatIsMissingIsAClearError) {
    const test::CallFiles files;
    const auto file = files.wav("speech.wav", test::tone(300, 16000, 1600));
    const Ran ran = run("--url wss://127.0.0.1:9/ --ca /no/such/ca.pem --in '" + file.string() + "'");
    EXPECT_EQ(ran.exit_code, 2);
    EXPECT_THAT(ran.printed, HasSubstr("/no/such/ca.pem"));
}

}  // namespace
}  // namespace atlas::caller
