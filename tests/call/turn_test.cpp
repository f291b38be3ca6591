#include "call/one_call.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace atlas::test {
namespace {

const char* const story = "Good morning to you. And what can I do for you on this fine day?";

// A call in the middle of a reply of two clips, of which the first second was heard.
void start_speaking(OneCall& one) {
    one.begin();
    one.caller_says("Hello");
    one.model_says(story);
    one.synthesizer.request(0).speaks(1s);
    one.synthesizer.request(1).speaks(3s);
    one.run();
}

TEST(Turn, ShowsEveryStepInOrder) {
    OneCall one;
    one.begin();
    one.speak(400ms);
    one.caller_says("What time is it?");
    one.pass(300ms);
    one.model_says("It is noon.");
    one.pass(200ms);
    one.synthesizer.last().speaks(1s);
    one.pass(2s);
    EXPECT_EQ(one.types(), (std::vector<std::string>{"ready", "user.speech", "state", "user.transcript",
                                                     "user.speech", "user.transcript", "turn.start", "state",
                                                     "agent.text", "state", "turn.end", "state"}));
    EXPECT_EQ(one.messages("user.speech")[0]["at_ms"], 400);
    EXPECT_EQ(one.messages("user.transcript")[1]["final"], true);
    EXPECT_EQ(one.message("turn.start")["turn"], 1);
    EXPECT_EQ(one.message("agent.text")["text"], "It is noon.");
    EXPECT_EQ(one.message("agent.text")["audio_from_ms"], 0);
    const auto end = one.message("turn.end");
    EXPECT_EQ(end["status"], "completed");
    EXPECT_EQ(end["user_text"], "What time is it?");
    EXPECT_EQ(end["heard_text"], "It is noon.");
    EXPECT_EQ(end["stages_ms"]["first_text"], 300);
    EXPECT_EQ(end["stages_ms"]["first_audio"], 200);
    EXPECT_EQ(end["stages_ms"]["response"], 500);
    EXPECT_EQ(end["stages_ms"]["rest_of_playing"], 1000);
    for (const auto& frame : one.frames(1)) {
        EXPECT_GT(frame.order, one.order_of("turn.start"));
        EXPECT_LT(frame.order, one.order_of("turn.end"));
    }
}

TEST(Turn, GivesTheModelTheWholeConversation) {
    OneCall one;
    one.synthesizer.speak_at_once = 500ms;
    one.begin({{"config", {{"greeting", "Hello there."}}}});
    one.pass(2s);
    one.caller_says("What time is it?");
    one.model_says("It is noon.");
    one.pass(2s);
    one.caller_says("Thank you.");
    std::vector<std::string> texts;
    for (const auto& message : one.model.last().request.messages) texts.push_back(message.text);
    EXPECT_EQ(texts,
              (std::vector<std::string>{"Hello there.", "What time is it?", "It is noon.", "Thank you."}));
    EXPECT_EQ(one.model.last().request.system, "You are a test.");
    EXPECT_EQ(one.model.last().request.call_id, "call_1");
}

TEST(Turn, GreetsBeforeTheCallerSaysAnything) {
    OneCall one;
    one.synthesizer.speak_at_once = 500ms;
    one.begin({{"config", {{"greeting", "Hello there."}}}});
    one.pass(2s);
    EXPECT_EQ(one.message("turn.start")["reason"], "greeting");
    EXPECT_EQ(one.message("turn.end")["heard_text"], "Hello there.");
    EXPECT_EQ(one.message("turn.end")["user_text"], "");
    EXPECT_TRUE(one.model.asked.empty());
}

TEST(Turn, AnEmptyGreetingLeavesTheFirstWordToTheCaller) {
    OneCall one;
    one.settings.conversation.lines.greeting = "From the settings.";
    one.begin({{"config", {{"greeting", ""}}}});
    EXPECT_TRUE(one.synthesizer.asked.empty());
    EXPECT_TRUE(one.message("turn.start").is_null());
}

TEST(Turn, ClipsSynthesisedOutOfOrderAreHeardInOrder) {
    OneCall one;
    one.begin();
    one.caller_says("Hello");
    one.model_says(story);
    ASSERT_EQ(one.synthesizer.asked.size(), 2U);
    one.synthesizer.request(1).sounds(std::vector<std::int16_t>(24000, 2000));
    one.synthesizer.request(1).completes();
    one.run();
    EXPECT_TRUE(one.frames().empty()) << "the second clip waits for the first";
    one.synthesizer.request(0).sounds(std::vector<std::int16_t>(24000, 1000));
    one.synthesizer.request(0).completes();
    one.pass(5s);
    std::vector<std::int16_t> wanted(24000, 1000);
    wanted.resize(48000, 2000);
    EXPECT_EQ(one.sound(1), wanted);
    const auto texts = one.messages("agent.text");
    ASSERT_EQ(texts.size(), 2U);
    EXPECT_EQ(texts[0]["audio_from_ms"], 0);
    EXPECT_EQ(texts[1]["audio_from_ms"], 1000);
}

TEST(Turn, EndsWithTheFlagOfTheLastFrameHoweverShortItIs) {
    for (const auto length : {1ms, 10ms, 40ms, 400ms, 590ms, 600ms, 2000ms}) {
        OneCall one;
        one.begin();
        one.caller_says("Hello");
        one.model_says("It is noon.");
        one.synthesizer.last().sounds(voice(length));
        one.run();
        one.synthesizer.last().completes();
        one.run();
        one.pass(4s);
        const auto frames = one.frames(1);
        ASSERT_FALSE(frames.empty()) << length.count();
        EXPECT_EQ(frames.back().flags & 2, 2) << length.count() << " ms";
        EXPECT_EQ(
            std::count_if(frames.begin(), frames.end(), [](const auto& f) { return (f.flags & 2) != 0; }), 1);
        EXPECT_EQ(one.sound(1).size(), static_cast<std::size_t>(length.count()) * 24);
        EXPECT_EQ(one.message("turn.end")["status"], "completed") << length.count();
    }
}

TEST(Turn, SendsAheadOfTimeButNoMoreThanTheLead) {
    OneCall one;
    start_speaking(one);
    EXPECT_EQ(one.frames(1).size(), 15U) << "600 ms at once";
    one.pass(1s);
    const auto frames = one.frames(1);
    ASSERT_EQ(frames.size(), 15U + 8 * 3) << "and then as it is played, 120 ms together";
    for (std::size_t i = 15; i + 3 < frames.size(); i += 3) {
        EXPECT_EQ(frames[i].at, frames[i + 2].at);
        EXPECT_EQ(frames[i + 3].at - frames[i].at, 120ms);
    }
}

// ---- interruption

TEST(BargeIn, FlushesKeepsWhatWasHeardAndSendsNothingMoreOfThatTurn) {
    OneCall one;
    start_speaking(one);
    one.pass(1100ms);
    one.recognizers.last().hears_start();
    one.run();
    EXPECT_TRUE(one.message("audio.flush").is_null()) << "it may be a cough";
    one.recognizers.last().hears("No thanks");
    one.run();
    const auto flush = one.message("audio.flush");
    EXPECT_EQ(flush["turn"], 1);
    EXPECT_EQ(flush["reason"], "barge_in");
    EXPECT_EQ(flush["keep_ms"], 1100);
    EXPECT_EQ(one.message("turn.end")["status"], "interrupted");
    EXPECT_EQ(one.message("turn.end")["reason"], "barge_in");
    EXPECT_EQ(one.message("turn.end")["heard_text"], "Good morning to you. ");
    one.pass(10s);
    for (const auto& frame : one.frames(1)) EXPECT_LT(frame.order, one.order_of("audio.flush"));
}

TEST(BargeIn, CancelsEveryRequestOfTheReplyAtOnce) {
    OneCall one;
    one.begin();
    one.caller_says("Hello");
    one.model.last().writes(story);
    one.run();
    ASSERT_GE(one.synthesizer.asked.size(), 1U);
    one.recognizers.last().hears("Wait");
    one.run();
    EXPECT_TRUE(one.model.last().let_go());
    for (const auto& request : one.synthesizer.asked) EXPECT_TRUE(request->let_go());
    one.synthesizer.request(0).speaks(1s);
    one.pass(1s);
    EXPECT_TRUE(one.frames().empty());
}

TEST(BargeIn, FramesThatStillWaitInTheQueueAreNotSent) {
    OneCall one;
    one.begin();
    one.peer->stall();
    one.caller_says("Hello");
    one.model_says("It is noon.");
    one.synthesizer.last().speaks(2s);
    one.run();
    one.recognizers.last().hears("Wait");
    one.run();
    one.peer->read_on();
    EXPECT_TRUE(one.frames(1).empty());
    EXPECT_EQ(one.message("audio.flush")["turn"], 1);
}

TEST(BargeIn, TheModelRemembersOnlyWhatTheClientSaysWasHeard) {
    OneCall one;
    start_speaking(one);
    one.pass(1100ms);
    one.send({{"t", "playback"}, {"turn", 1}, {"played_ms", 400}});
    one.caller_says("No thanks");
    EXPECT_EQ(one.message("audio.flush")["keep_ms"], 400);
    const auto& messages = one.model.last().request.messages;
    ASSERT_EQ(messages.size(), 3U);
    EXPECT_EQ(messages[1].text, "Good—");
}

// ---- playback reports

TEST(Playback, AReportMovesTheHeardPositionInBothDirections) {
    OneCall one;
    start_speaking(one);
    one.pass(500ms);
    one.send({{"t", "playback"}, {"turn", 1}, {"played_ms", 300}});
    EXPECT_EQ(one.frames(1).back().timestamp, 24U * 1040) << "sent before the report";
    one.pass(200ms);
    EXPECT_EQ(one.frames(1).back().timestamp, 24U * 1040) << "the client is behind: no more than the lead";
    one.send({{"t", "playback"}, {"turn", 1}, {"played_ms", 900}});
    EXPECT_EQ(one.frames(1).back().timestamp, 24U * 1440);
}

TEST(Playback, AReportAboutAnotherTurnIsIgnored) {
    OneCall one;
    start_speaking(one);
    one.pass(100ms);
    one.send({{"t", "playback"}, {"turn", 9}, {"played_ms", 600}});
    one.send({{"t", "interrupt"}, {"turn", 1}});
    EXPECT_EQ(one.message("audio.flush")["keep_ms"], 100);
}

TEST(Playback, AnAbsurdReportIsNoMoreThanAllThatWasSent) {
    OneCall one;
    start_speaking(one);
    one.send({{"t", "playback"}, {"turn", 1}, {"played_ms", 9007199254740991}});
    one.send({{"t", "interrupt"}, {"turn", 1}, {"played_ms", 9007199254740991}});
    EXPECT_LE(one.message("audio.flush")["keep_ms"], 4000);
    EXPECT_EQ(one.message("turn.end")["status"], "interrupted");
}

TEST(Playback, AClientWhosePlayerStandsStillDoesNotHoldTheTurnForEver) {
    OneCall one;
    start_speaking(one);
    for (int i = 0; i < 100 && one.message("turn.end").is_null(); ++i) {
        one.send({{"t", "playback"}, {"turn", 1}, {"played_ms", 0}});
        one.pass(250ms);
    }
    EXPECT_EQ(one.message("state")["state"], "listening");
    EXPECT_EQ(one.message("turn.end")["reason"], "playback_stalled");
    // Between two reports the server's clock ran on: no more than those 250 ms.
    EXPECT_LE(one.message("turn.end")["heard_text"].get<std::string>().size(), std::string("Good").size());
}

// ---- the stop button, text, push to talk

TEST(Interrupt, StopsTheReplyAtThePositionTheClientNames) {
    OneCall one;
    start_speaking(one);
    one.pass(500ms);
    one.send({{"t", "interrupt"}, {"turn", 1}, {"played_ms", 450}});
    EXPECT_EQ(one.message("audio.flush")["reason"], "cancelled");
    EXPECT_EQ(one.message("audio.flush")["keep_ms"], 450);
    EXPECT_EQ(one.message("turn.end")["reason"], "cancelled");
    EXPECT_EQ(one.message("state")["state"], "listening");
}

TEST(Interrupt, OfATurnThatIsOverIsIgnored) {
    OneCall one;
    one.synthesizer.speak_at_once = 2s;
    one.model.answer = "It is noon.";
    one.begin();
    one.caller_says("Hello");
    one.caller_says("What time is it?");
    one.send({{"t", "interrupt"}, {"turn", 1}});
    one.pass(5s);
    EXPECT_EQ(one.message("turn.end")["turn"], 2);
    EXPECT_EQ(one.message("turn.end")["status"], "completed");
}

TEST(Interrupt, BeforeAnythingIsSaidIsIgnored) {
    OneCall one;
    one.begin();
    one.send({{"t", "interrupt"}, {"turn", 1}});
    EXPECT_EQ(one.types(), std::vector<std::string>{"ready"});
}

TEST(TypedText, IsATurnOfItsOwn) {
    OneCall one;
    one.begin();
    one.send({{"t", "input.text"}, {"text", "Two nights in Vienna, please."}});
    EXPECT_EQ(one.message("turn.start")["reason"], "text");
    EXPECT_EQ(one.message("user.transcript")["text"], "Two nights in Vienna, please.");
    ASSERT_EQ(one.model.asked.size(), 1U);
    EXPECT_EQ(one.model.last().request.messages.back().text, "Two nights in Vienna, please.");
}

TEST(TypedText, InterruptsTheReply) {
    OneCall one;
    start_speaking(one);
    one.pass(300ms);
    one.send({{"t", "input.text"}, {"text", "Stop."}});
    EXPECT_EQ(one.message("audio.flush")["turn"], 1);
    EXPECT_EQ(one.message("turn.start")["turn"], 2);
}

TEST(Commit, AsksTheRecogniserToEndTheTurnAndAnswersWhatItHeard) {
    OneCall one;
    one.begin();
    one.recognizers.last().hears("Two tickets");
    one.run();
    one.send({{"t", "input.commit"}});
    EXPECT_EQ(one.recognizers.last().asked_to_end_turn, 1);
    one.recognizers.last().ends_turn("Two tickets.");
    one.run();
    EXPECT_EQ(one.model.last().request.messages.back().text, "Two tickets.");
}

TEST(Commit, WithoutAnAnswerOfTheRecogniserTakesWhatWasHeard) {
    OneCall one;
    one.begin();
    one.recognizers.last().hears("Two tickets");
    one.run();
    one.send({{"t", "input.commit"}});
    one.pass(3s);
    ASSERT_EQ(one.model.asked.size(), 1U);
    EXPECT_EQ(one.model.last().request.messages.back().text, "Two tickets");
}

// ---- small talk

TEST(SmallTalk, APingIsAnsweredAtOnce) {
    OneCall one;
    one.begin();
    one.send({{"t", "ping"}, {"time_ms", 1763920000123}});
    EXPECT_EQ(one.message("pong")["echo_ms"], 1763920000123);
    one.send({{"t", "pong"}, {"echo_ms", 5}});
    EXPECT_EQ(one.types(), (std::vector<std::string>{"ready", "pong"}));
}

TEST(SmallTalk, AMessageOfAnUnknownTypeIsMentionedWithItsNumber) {
    OneCall one;
    one.begin();
    one.send({{"t", "mark.ack"}, {"s", 8}});
    EXPECT_EQ(one.message("warning")["code"], "unknown_type");
    EXPECT_EQ(one.message("warning")["ref"], 8);
    EXPECT_TRUE(one.message("error").is_null());
}

}  // namespace
}  // namespace atlas::test
