#include "atlas/call/event_log.hpp"

#include "atlas/call/replay.hpp"
#include "call/one_call.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace atlas::test {
namespace {

using testing::HasSubstr;
namespace fs = std::filesystem;

class Folder {
public:
    Folder() : path_((fs::temp_directory_path() / "atlas-events-XXXXXX").string()) {
        if (mkdtemp(path_.data()) == nullptr) throw std::runtime_error("no temporary folder");
    }
    ~Folder() { fs::remove_all(path_); }
    fs::path path() const { return path_; }

private:
    std::string path_;
};

std::string content(const fs::path& file) {
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

call::ReplayResult replay_of(const std::string& recording) {
    std::istringstream stream(recording);
    return call::replay(stream);
}

std::string replaced(std::string text, const std::string& what, const std::string& by) {
    const auto at = text.find(what);
    EXPECT_NE(at, std::string::npos) << what;
    return at == std::string::npos ? text : text.replace(at, what.size(), by);
}

conversation::ConversationSettings tools() {
    conversation::ConversationSettings settings;
    settings.tools = {{.name = "look_up", .effect = false}, {.name = "book", .effect = true}};
    return settings;
}

// A call in which much happens: a greeting, a speculation that comes true and one that does not, a barge-in,
// a cough, tools, a model and a voice that fail, a goodbye.
std::string eventful_call() {
    const Folder folder;
    OneCall one;
    one.settings.event_log_dir = folder.path();
    one.settings.conversation = tools();
    one.synthesizer.speak_at_once = 900ms;
    one.begin({{"config", {{"greeting", "Hello there. How can I help?"}}}});
    one.pass(3s);

    one.recognizers.last().hears_start();
    one.recognizers.last().hears("What time is it?");
    one.recognizers.last().may_have_ended("What time is it?", 0.8);
    one.run();
    one.model_says("It is noon in New York. And it is a wonderful day, is it not? I think so.");
    one.recognizers.last().ends_turn("What time is it?");
    one.run();
    one.pass(400ms);
    one.recognizers.last().hears_start();  // a cough
    one.run();
    one.pass(1s);
    one.caller_says("No wait, stop, I want a table.");
    one.model.last().writes("I look. ");
    one.model.last().calls_tool("call_1", "look_up", R"({"who": "you"})");
    one.model.last().calls_tool("call_2", "book");
    one.model.last().completes("tool_use");
    one.run();
    one.pass(700ms);
    one.send({{"t", "tool.result"}, {"call", "call_1"}, {"result", "Löwenbräu, 8 € – 你好"}});
    one.send({{"t", "tool.result"}, {"call", "call_2"}, {"result", "booked"}});
    one.pass(300ms);
    one.model_says("It is booked.");
    one.pass(3s);

    one.recognizers.last().hears("Well");
    one.recognizers.last().may_have_ended("Well", 0.9);
    one.recognizers.last().resumes();
    one.recognizers.last().hears("Well let me think");
    one.recognizers.last().ends_turn("Well let me think");
    one.run();
    one.model.last().fails(providers::FailureReason::overloaded);
    one.run();
    one.pass(4s);
    one.synthesizer.speak_at_once.reset();
    one.synthesizer.fail_at_once = providers::FailureReason::timed_out;
    one.caller_says("Are you there?");
    one.model_says("Yes, I am here.");
    one.pass(10s);
    one.send({{"t", "bye"}, {"reason", "hung up"}});
    one.run();
    return content(folder.path() / "call_1.jsonl");
}

TEST(EventLog, AWholeCallReplaysBitForBit) {
    const std::string recording = eventful_call();
    const auto result = replay_of(recording);
    EXPECT_TRUE(result.identical()) << result.problem
                                    << (result.first_difference ? result.first_difference->where : "");
    EXPECT_EQ(result.call, "call_1");
    EXPECT_GT(result.events, 60U);
    EXPECT_GE(result.turns, 5U);
    for (const char* command : {"AskModel", "ResumeReply", "StopReply", "DiscardReply", "CallTool",
                                "PlayCannedLine", "ShowWarning", "RecordTurn", "EndCall"}) {
        EXPECT_THAT(recording, HasSubstr("{\"" + std::string(command) + "\":"))
            << "the story lacks something";
    }
}

TEST(EventLog, SaysWhereACallWentAnotherWay) {
    const std::string recording = eventful_call();
    const auto result = replay_of(replaced(recording, R"("speech":"It is noon)", R"("speech":"It is one)"));
    ASSERT_TRUE(result.first_difference);
    EXPECT_FALSE(result.identical());
    EXPECT_THAT(result.first_difference->happened, HasSubstr("ReplyText"));
    EXPECT_THAT(result.first_difference->where, HasSubstr("].SynthesizeClip.speech"));
    EXPECT_THAT(result.first_difference->recorded, HasSubstr("It is one"));
    EXPECT_THAT(result.first_difference->replayed, HasSubstr("It is noon"));
    EXPECT_EQ(result.events, result.first_difference->event) << "it stops there";
}

TEST(EventLog, SeesADifferenceOfAMicrosecondInACommandAndOfASetting) {
    const std::string recording = eventful_call();
    EXPECT_TRUE(replay_of(replaced(recording, R"("audio_from":0)", R"("audio_from":1)")).first_difference);
    EXPECT_TRUE(replay_of(replaced(recording, R"("clips_ahead":3)", R"("clips_ahead":1)")).first_difference);
    EXPECT_TRUE(replay_of(replaced(recording, R"("then":[{"role":"assistant","text":"Hello there)",
                                   R"("then":[{"role":"assistant","text":"Hello here)"))
                    .first_difference);
}

TEST(EventLog, ReplaysACutRecordingAsFarAsItGoesAndSaysSo) {
    const std::string recording = eventful_call();
    const auto whole = replay_of(recording);
    const auto cut = replay_of(recording.substr(0, recording.size() - 20));
    EXPECT_EQ(cut.events, whole.events - 1);
    EXPECT_FALSE(cut.first_difference);
    EXPECT_EQ(cut.problem, "line " + std::to_string(whole.events + 1) + ": it is cut off");
    EXPECT_FALSE(cut.identical());
}

TEST(EventLog, RefusesWhatIsNoRecordingInWords) {
    const auto problem = [](const std::string& text) { return replay_of(text).problem; };
    EXPECT_EQ(problem(""), "there is nothing in it");
    EXPECT_EQ(problem("hello\n"), "line 1: it is no JSON object");
    EXPECT_EQ(problem("{}\n"), "line 1: \"version\" is missing");
    EXPECT_EQ(problem("{\"version\":2}\n"), "line 1: only version 1 is known");
    const std::string recording = eventful_call();
    EXPECT_THAT(problem(replaced(recording, "\"CallStarted\"", "\"CallBegan\"")),
                HasSubstr("line 2: there is no event \"CallBegan\""));
    EXPECT_THAT(problem(replaced(recording, "\"idle_prompts\":0", "\"idle_prompts\":-1")),
                HasSubstr("line 1: idle_prompts: the number is out of range"));
    EXPECT_THAT(problem(replaced(recording, "\"at_ns\":0", "\"at_ns\":\"soon\"")),
                HasSubstr("line 2: a whole number was expected"));
}

TEST(EventLog, IsForItsOwnerOnlyAndNeverWritesOverAnother) {
    const Folder folder;
    std::string problem;
    const conversation::ConversationSettings settings;
    const auto log = call::open_event_log(folder.path(), "call_7", {}, settings, problem);
    ASSERT_TRUE(log) << problem;
    EXPECT_EQ(fs::status(folder.path() / "call_7.jsonl").permissions(), fs::perms(0600));
    EXPECT_FALSE(call::open_event_log(folder.path(), "call_7", {}, settings, problem));
    EXPECT_THAT(problem, HasSubstr("call_7.jsonl: File exists"));
    EXPECT_FALSE(call::open_event_log(folder.path(), "../call_8", {}, settings, problem));
    EXPECT_EQ(problem, "the call's id is no name for a file");
    EXPECT_FALSE(call::open_event_log(folder.path() / "none", "call_9", {}, settings, problem));
    EXPECT_THAT(problem, HasSubstr("No such file"));
}

TEST(EventLog, StopsAtItsLimitWithALineThatSaysSo) {
    std::string written;
    const auto sink = [&written](std::string_view line) { return written += line, true; };
    call::EventLog log(sink, "call_1", {}, {}, 4000);
    conversation::Conversation talk{conversation::ConversationSettings()};
    std::vector<conversation::Command> commands;
    const auto happens = [&](const conversation::Event& event) {
        commands.clear();
        talk.handle(event, {}, commands);
        return log.add(event, {}, commands);
    };
    EXPECT_TRUE(happens(conversation::CallStarted{}));
    int added = 0;
    while (added < 1000 &&
           happens(conversation::CallerTranscriptUpdated{"Hello number " + std::to_string(added), 0.5}))
        ++added;
    EXPECT_LE(written.size(), 4000U);
    EXPECT_GT(added, 2);
    EXPECT_EQ(log.problem(), "the recording reached its limit");
    const auto size = written.size();
    EXPECT_FALSE(happens(conversation::CallerLoud{}));
    EXPECT_EQ(written.size(), size) << "it says so once";
    const auto result = replay_of(written);
    EXPECT_TRUE(result.identical()) << result.problem;
    EXPECT_TRUE(result.stopped);
}

TEST(EventLog, GoesOnWithoutWhenItCannotBeWritten) {
    call::EventLog log([](std::string_view) { return false; }, "call_1", {}, {});
    EXPECT_FALSE(log.add(conversation::CallStarted{}, {}, {}));
    EXPECT_EQ(log.problem(), "the recording could not be written");

    OneCall one;
    one.settings.event_log_dir = "/no/such/folder";
    one.begin();
    one.caller_says("Hello?");
    EXPECT_EQ(one.model.asked.size(), 1U) << "the call is answered all the same";
}

TEST(EventLog, IsNotMadeUnlessItIsAskedFor) {
    const Folder folder;
    const auto before = fs::current_path();
    fs::current_path(folder.path());
    {
        OneCall one;
        one.begin();
        one.caller_says("Hello?");
    }
    fs::current_path(before);
    EXPECT_TRUE(fs::is_empty(folder.path()));
}

}  // namespace
}  // namespace atlas::test
