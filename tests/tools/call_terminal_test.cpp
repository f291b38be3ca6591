#include "call/terminal.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

namespace atlas::caller {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

class TerminalTest : public testing::Test {
protected:
    Terminal& terminal(const TerminalStyle& style = {}) {
        shown.emplace(out, style, [this] { return now; });
        return *shown;
    }
    std::vector<std::string> lines() const {
        std::vector<std::string> found;
        std::istringstream text(out.str());
        for (std::string line; std::getline(text, line);) found.push_back(line);
        return found;
    }

    net::TimePoint now{1h};
    std::ostringstream out;
    std::optional<Terminal> shown;
};

TEST_F(TerminalTest, CountsTheTimeFromReadyInAlignedColumns) {
    Terminal& view = terminal();
    now += 5s;
    Ready ready;
    ready.call_id = "c_1";
    view.received(ready);
    now += 2340ms;
    view.received(UserTranscript{1, 2, "What time is it?", true});
    now += 10s;
    view.received(AgentText{1, 0, "It is noon."});
    ASSERT_EQ(lines().size(), 4u);
    EXPECT_THAT(lines()[0], testing::StartsWith("   0.00  ready      call c_1"));
    EXPECT_EQ(lines()[2], "   2.34  you        What time is it?");
    EXPECT_EQ(lines()[3], "  12.34  agent      It is noon.");
}

TEST_F(TerminalTest, ShowsPartialTranscriptsAsLinesWhereNothingCanBeReplaced) {
    Terminal& view = terminal();
    view.received(UserTranscript{1, 1, "What", false});
    view.received(UserTranscript{1, 2, "What time", true});
    EXPECT_EQ(lines(),
              (std::vector<std::string>{"   0.00  you …      What", "   0.00  you        What time"}));
}

TEST_F(TerminalTest, ReplacesPartialTranscriptsInPlaceForAPerson) {
    Terminal& view = terminal({.live = true, .color = false, .width = 80});
    view.received(UserTranscript{1, 1, "What", false});
    view.received(UserTranscript{1, 2, "What time", false});
    view.received(UserTranscript{1, 3, "What time is it?", true});
    EXPECT_EQ(out.str(),
              "   0.00  you …      What\r\x1b[K   0.00  you …      What time\r\x1b[K   0.00  you        What "
              "time is it?\n");
}

TEST_F(TerminalTest, ALiveLineNeverWraps) {
    Terminal& view = terminal({.live = true, .color = false, .width = 40});
    view.received(UserTranscript{1, 1, "one two three four five six eleven", false});
    EXPECT_EQ(out.str(), "   0.00  you …      our five six eleven");
}

TEST_F(TerminalTest, LongTextIsWrappedAtSpacesUnderItsColumn) {
    Terminal& view = terminal({.live = false, .color = false, .width = 40});
    view.received(AgentText{1, 0, "It is sunny in Vienna, Zürich and 東京都千代田区丸の内 too"});
    EXPECT_EQ(lines(), (std::vector<std::string>{
                           "   0.00  agent      It is sunny in", "                    Vienna, Zürich and",
                           "                    東京都千代田区丸の内", "                    too"}));
}

TEST_F(TerminalTest, ShowsTheStagesOfATurnInOneLine) {
    TurnResult turn;
    turn.turn = 2;
    turn.status = "interrupted";
    turn.reason = "barge_in";
    turn.heard = "It is";
    turn.stages_ms = {{"end_of_turn", 200}, {"response", 501}};
    turn.response_ms = 510;
    terminal().turn_over(turn);
    EXPECT_EQ(lines(), (std::vector<std::string>{
                           "   0.00  end        turn 2 interrupted (barge_in), heard: \"It is\"",
                           "   0.00  stages     end_of_turn 200 · response 501 ms; heard after 510 ms"}));
}

TEST_F(TerminalTest, ShowsABargeIn) {
    Terminal& view = terminal();
    TurnResult turn;
    turn.turn = 2;
    turn.played_ms = 1480;
    turn.stop_ms = 620;
    view.received(AudioFlush{2, "barge_in", 1400});
    view.stopped(turn);
    EXPECT_THAT(out.str(), HasSubstr("flush      turn 2, barge_in: keep 1400 ms"));
    EXPECT_THAT(out.str(), HasSubstr("stopped    turn 2 after 1480 ms, 620 ms after the interruption began"));
}

TEST_F(TerminalTest, TheServerCannotCommandTheTerminal) {
    EXPECT_EQ(printable("a\x1b[2Jb\r\n\x07\x7F\xC2\x9B"
                        "c é"),
              "a [2Jb     c é");
    terminal({.live = true, .color = true, .width = 80}).received(AgentText{1, 0, "\x1b]0;title\x07"});
    EXPECT_THAT(out.str(), Not(HasSubstr("\x1b]")));
}

TEST_F(TerminalTest, ColoursOnlyWhereTheyAreWanted) {
    terminal({.live = false, .color = false, .width = 80}).received(AgentText{1, 0, "noon"});
    EXPECT_THAT(out.str(), Not(HasSubstr("\x1b")));
    terminal({.live = true, .color = true, .width = 80}).received(AgentText{1, 0, "noon"});
    EXPECT_THAT(out.str(), HasSubstr("\x1b[32mnoon\x1b[0m"));
}

TEST_F(TerminalTest, ShowsStatusAndBodyOfARefusal) {
    CallResult result;
    result.http_status = 503;
    result.http_body = "too many calls";
    result.connect_error = "the server answered 503";
    terminal().over(result);
    EXPECT_THAT(out.str(), HasSubstr("HTTP status 503"));
    EXPECT_THAT(out.str(), HasSubstr("too many calls"));
    EXPECT_THAT(out.str(), HasSubstr("result     the server answered 503"));
}

TEST_F(TerminalTest, LeavesOutWhatMayBeATokenOfTheUrl) {
    terminal().calling("wss://voice.test/v1/voice?token=secret");
    EXPECT_EQ(lines(), std::vector<std::string>{"   0.00  calling    wss://voice.test/v1/voice"});
}

TEST(DetectStyle, AFileGetsNeitherColoursNorLiveLines) {
    const TerminalStyle style = detect_style(-1);
    EXPECT_FALSE(style.live);
    EXPECT_FALSE(style.color);
}

}  // namespace
}  // namespace atlas::caller
