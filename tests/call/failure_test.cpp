#include "call/one_call.hpp"

#include <gtest/gtest.h>

namespace atlas::test {
namespace {

using providers::FailureReason;

std::string sorry() { return call::CallSettings().conversation.lines.trouble; }

// ---- the language model

TEST(ModelFailure, BeforeTheFirstWordIsSpokenAboutInTheServersOwnWords) {
    OneCall one;
    one.synthesizer.speak_at_once = 1s;
    one.begin();
    one.caller_says("Hello");
    one.model.last().fails(FailureReason::overloaded);
    one.pass(5s);
    EXPECT_EQ(one.message("warning")["code"], "language_model_failed");
    const auto end = one.message("turn.end");
    EXPECT_EQ(end["status"], "failed");
    EXPECT_EQ(end["reason"], "language_model_overloaded");
    EXPECT_EQ(end["heard_text"], sorry());
    EXPECT_EQ(one.message("state")["state"], "listening");
    EXPECT_FALSE(one.frames(1).empty());
}

TEST(ModelFailure, InTheMiddleIsContinuedFromThere) {
    OneCall one;
    one.synthesizer.speak_at_once = 1s;
    one.begin();
    one.caller_says("Hello");
    one.model.last().writes("The first sentence is whole. The second one br");
    one.model.last().fails(FailureReason::stalled);
    one.run();
    ASSERT_EQ(one.model.asked.size(), 2U);
    one.model_says("The second one is new.");
    one.pass(5s);
    EXPECT_EQ(one.message("turn.end")["status"], "completed");
    EXPECT_EQ(one.message("turn.end")["retries"], 1);
    EXPECT_EQ(one.message("turn.end")["heard_text"], "The first sentence is whole. The second one is new.");
}

TEST(ModelFailure, TwiceInTheMiddleIsHeardAsFarAsItGotAndApologisedFor) {
    OneCall one;
    one.synthesizer.speak_at_once = 1s;
    one.canned.prepare();
    one.run();
    one.begin();
    one.caller_says("Hello");
    one.model.last().writes("The first sentence is whole. The second one br");
    one.model.last().fails(FailureReason::stalled);
    one.run();
    one.model.last().fails(FailureReason::stalled);
    one.pass(5s);
    EXPECT_EQ(one.message("turn.end")["status"], "failed");
    EXPECT_EQ(one.message("turn.end")["reason"], "language_model_stalled");
    EXPECT_EQ(one.message("turn.end")["heard_text"], "The first sentence is whole. " + sorry());
    EXPECT_EQ(one.sound(1).size(), 48000U) << "a sentence and the apology, a second each";
}

TEST(ModelFailure, SilenceIsNeverLongerThanItsLimit) {
    OneCall one;
    one.synthesizer.speak_at_once = 1s;
    one.begin();
    one.caller_says("Hello");
    one.pass(8s);
    EXPECT_FALSE(one.frames(1).empty()) << "the spoken apology";
    EXPECT_TRUE(one.model.last().let_go());
    one.pass(5s);
    EXPECT_EQ(one.message("turn.end")["reason"], "language_model_timed_out");
}

TEST(ModelFailure, TheNextTurnIsAnsweredAgain) {
    OneCall one;
    one.synthesizer.speak_at_once = 1s;
    one.begin();
    one.caller_says("Hello");
    one.model.last().fails(FailureReason::unreachable);
    one.pass(5s);
    one.model.answer = "It is noon.";
    one.caller_says("What time is it?");
    one.pass(5s);
    EXPECT_EQ(one.message("turn.end")["status"], "completed");
}

// ---- the synthesiser

TEST(SpeechFailure, OfTheWholeReplyIsReplacedByAKeptLine) {
    OneCall one;
    one.canned.prepare();
    one.synthesizer.request(0).speaks(1500ms, 300);  // the kept apology
    one.run();
    one.begin();
    one.caller_says("Hello");
    one.model_says("It is noon.");
    one.synthesizer.last().fails(FailureReason::unreachable);
    one.run();
    EXPECT_EQ(one.message("warning")["code"], "speech_failed");
    one.pass(5s);
    EXPECT_EQ(one.sound(1), voice(1500ms, 300));
    EXPECT_EQ(one.message("turn.end")["status"], "failed");
    EXPECT_EQ(one.message("turn.end")["reason"], "speech_unreachable");
    EXPECT_EQ(one.message("turn.end")["heard_text"], sorry());
}

TEST(SpeechFailure, WithoutAKeptLineTheTurnFailsAndTheCallGoesOn) {
    OneCall one;
    one.synthesizer.fail_at_once = FailureReason::quota;
    one.begin();
    one.caller_says("Hello");
    one.model_says("It is noon.");
    EXPECT_EQ(one.message("audio.flush")["reason"], "error");
    EXPECT_EQ(one.message("turn.end")["reason"], "speech_quota");
    EXPECT_EQ(one.message("turn.end")["heard_text"], "");
    EXPECT_EQ(one.message("state")["state"], "listening");
    EXPECT_TRUE(one.frames().empty());
}

TEST(SpeechFailure, InTheMiddleIsSpokenAgainFromThere) {
    OneCall one;
    one.begin();
    one.caller_says("Hello");
    one.model_says("Good morning to you. And what can I do for you on this fine day?");
    one.synthesizer.request(0).speaks(1s);
    one.synthesizer.request(1).sounds(voice(500ms));
    one.synthesizer.request(1).fails(FailureReason::disconnected);
    one.run();
    ASSERT_EQ(one.synthesizer.asked.size(), 3U);
    const std::string rest = one.synthesizer.request(2).request.text;
    EXPECT_TRUE(std::string("And what can I do for you on this fine day?").ends_with(rest)) << rest;
    one.synthesizer.request(2).speaks(2s);
    one.pass(5s);
    EXPECT_EQ(one.sound(1).size(), 84000U);
    EXPECT_EQ(one.message("turn.end")["status"], "completed");
    EXPECT_EQ(one.message("turn.end")["heard_text"],
              "Good morning to you. And what can I do for you on this fine day?");
}

TEST(SpeechFailure, AgainAndAgainIsHeardAsFarAsItGotAndApologisedFor) {
    OneCall one;
    one.canned.prepare();
    one.synthesizer.request(0).speaks(1500ms, 300);  // the kept apology
    one.run();
    one.begin();
    one.caller_says("Hello");
    one.model_says("Good morning to you. And what can I do for you on this fine day?");
    const std::size_t first = one.synthesizer.asked.size() - 2;
    one.synthesizer.request(first).speaks(1s);
    one.synthesizer.request(first + 1).sounds(voice(500ms));
    one.synthesizer.request(first + 1).fails(FailureReason::disconnected);
    one.run();
    one.synthesizer.last().fails(FailureReason::disconnected);
    one.run();
    one.pass(7s);
    auto all = voice(1s);
    for (const auto& part : {voice(500ms), voice(1500ms, 300)})
        all.insert(all.end(), part.begin(), part.end());
    EXPECT_EQ(one.sound(1), all);
    EXPECT_EQ(one.message("turn.end")["status"], "failed");
    EXPECT_EQ(one.message("turn.end")["reason"], "speech_disconnected");
    const std::string heard = one.message("turn.end")["heard_text"];
    EXPECT_TRUE(heard.starts_with("Good morning to you. ")) << heard;
    EXPECT_TRUE(heard.ends_with(" " + sorry())) << heard;
    EXPECT_LT(heard.size(), 40U + sorry().size()) << "no more than half a second of the second sentence";
}

// What the app was promised as a filler cannot be synthesised; the answer behind it can.
TEST(SpeechFailure, OfAToolsFillerDoesNotHoldUpTheAnswer) {
    OneCall one;
    one.begin({{"config",
                {{"tools",
                  {{{"name", "weather"},
                    {"description", "Tells the weather."},
                    {"filler", "Let me look."},
                    {"parameters", {{"type", "object"}, {"properties", Json::object()}}}}}}}}});
    one.caller_says("How is the weather?");
    one.model.last().calls_tool("c1", "weather");
    one.model.last().completes("tool_use");
    one.run();
    one.pass(1600ms);
    ASSERT_EQ(one.synthesizer.last().request.text, "Let me look.");
    one.synthesizer.last().fails(FailureReason::disconnected);
    one.run();
    one.send({{"t", "tool.result"}, {"call", "c1"}, {"result", "sunny"}});
    one.model_says("It is sunny.");
    ASSERT_EQ(one.synthesizer.last().request.text, "It is sunny.");
    one.synthesizer.last().speaks(1s);
    one.pass(3s);
    EXPECT_EQ(one.sound(1).size(), 24000U);
    EXPECT_EQ(one.message("turn.end")["status"], "completed");
    EXPECT_EQ(one.message("turn.end")["heard_text"], "It is sunny.");
}

TEST(SpeechFailure, InTheClosingPauseOfAClipLetsTheNextOneBeHeard) {
    OneCall one;
    one.begin();
    one.caller_says("Hello");
    one.model_says("Good morning to you. And what can I do for you on this fine day?");
    one.synthesizer.request(1).speaks(2s);
    one.synthesizer.request(0).sounds(voice(3s));
    one.synthesizer.request(0).fails(FailureReason::disconnected);
    one.run();
    one.pass(7s);
    EXPECT_EQ(one.synthesizer.asked.size(), 2U);
    EXPECT_EQ(one.sound(1).size(), 120000U);
    EXPECT_EQ(one.message("warning")["message"], "speech_disconnected");
    EXPECT_EQ(one.message("turn.end")["status"], "completed");
    EXPECT_EQ(one.message("turn.end")["heard_text"],
              "Good morning to you. And what can I do for you on this fine day?");
}

TEST(SpeechFailure, AClipWithoutSoundIsHeardInItsPlaceOnTheSecondTry) {
    OneCall one;
    one.begin();
    one.caller_says("Hello");
    one.model_says("Good morning to you. And what can I do for you on this fine day?");
    one.synthesizer.request(0).speaks(0s);
    one.synthesizer.request(1).speaks(2s);
    one.run();
    ASSERT_EQ(one.synthesizer.asked.size(), 3U);
    EXPECT_EQ(one.synthesizer.request(2).request.text, "Good morning to you.");
    EXPECT_TRUE(one.sound(1).empty()) << "the second sentence waits for the first";
    one.synthesizer.request(2).speaks(1s);
    one.pass(5s);
    EXPECT_EQ(one.sound(1).size(), 72000U);
    EXPECT_EQ(one.message("turn.end")["status"], "completed");
    EXPECT_EQ(one.message("turn.end")["heard_text"],
              "Good morning to you. And what can I do for you on this fine day?");
}

TEST(SpeechFailure, AClipThatNeverSoundsIsGivenUpAfterItsTime) {
    OneCall one;
    one.begin();
    one.caller_says("Hello");
    one.model_says("It is noon.");
    one.pass(9s);
    EXPECT_EQ(one.message("turn.end")["reason"], "speech_timed_out");
    EXPECT_TRUE(one.synthesizer.last().let_go());
}

TEST(SpeechFailure, ALaterClipThatNeverComesEndsTheReplyAfterItsTime) {
    OneCall one;
    one.begin();
    one.caller_says("Hello");
    one.model_says("Good morning to you. And what can I do for you on this fine day?");
    one.synthesizer.request(0).speaks(1s);
    one.run();
    one.pass(20s);
    EXPECT_EQ(one.message("turn.end")["reason"], "reply_stalled");
    EXPECT_EQ(one.message("turn.end")["heard_text"], "Good morning to you. ");
    EXPECT_EQ(one.frames(1).back().flags & 2, 2);
}

TEST(SpeechFailure, AClipThatIsEndlessIsCutAtTheQueuesLimit) {
    OneCall one;
    one.begin();
    one.caller_says("Hello");
    one.model_says("It is noon.");
    for (int second = 0; second < 80; ++second) one.synthesizer.last().sounds(voice(1s));
    one.run();
    EXPECT_TRUE(one.synthesizer.last().let_go());
    EXPECT_EQ(one.message("warning")["message"], "speech_too_long");
}

TEST(SpeechFailure, AnEndlessClipThatWaitsForItsTurnIsCutAsWell) {
    OneCall one;
    one.begin();
    one.caller_says("Hello");
    one.model_says("Good morning to you. And what can I do for you on this fine day?");
    for (int second = 0; second < 80; ++second) one.synthesizer.request(1).sounds(voice(1s));
    one.run();
    EXPECT_TRUE(one.synthesizer.request(1).let_go());
}

// ---- the recogniser

TEST(RecognizerFailure, IsToldToTheCallerBeforeTheCallEnds) {
    OneCall one;
    one.synthesizer.speak_at_once = 2s;
    one.begin();
    one.recognizers.last().fails(FailureReason::unauthorized);
    one.run();
    EXPECT_EQ(one.message("warning")["code"], "recognizer_failed");
    EXPECT_EQ(one.message("turn.start")["reason"], "notice");
    EXPECT_TRUE(one.message("closed").is_null());
    one.pass(30s);
    EXPECT_EQ(one.message("turn.end")["status"], "completed");
    EXPECT_EQ(one.message("error")["code"], "recognizer_failed");
    EXPECT_EQ(one.message("closed")["reason"], "failed");
    EXPECT_EQ(one.peer->client_close->code, 1011);
    EXPECT_EQ(one.times_over, 1);
}

TEST(RecognizerFailure, WithoutAVoiceTooUsesTheKeptLine) {
    OneCall one;
    one.canned.prepare();
    one.synthesizer.request(1).speaks(1s, 300);
    one.run();
    one.begin();
    one.synthesizer.fail_at_once = FailureReason::unreachable;
    one.recognizers.last().fails(FailureReason::unreachable);
    one.pass(5s);
    EXPECT_EQ(one.sound(1), voice(1s, 300));
    EXPECT_EQ(one.peer->client_close->code, 1011);
}

TEST(RecognizerFailure, ReconnectingIsNobodysBusiness) {
    OneCall one;
    one.begin();
    one.recognizers.last().reports(
        providers::RecognizerReconnecting{failure(FailureReason::disconnected), 1});
    one.run();
    EXPECT_EQ(one.types(), std::vector<std::string>{"ready"});
}

// ---- a mistake of our own

TEST(OwnMistake, EndsOneCallWithAnApologyAndNotTheProcess) {
    OneCall one;
    one.begin();
    one.model.throws = true;
    one.caller_says("Hello");
    EXPECT_EQ(one.message("error")["code"], "internal");
    EXPECT_EQ(one.message("closed")["reason"], "failed");
    EXPECT_EQ(one.peer->client_close->code, 1011);
    EXPECT_EQ(one.times_over, 1);
}

// ---- the lines that are kept for all that

TEST(CannedLines, AreSpokenOnceAndTriedAgainUntilTheyWork) {
    ManualLoop loop;
    FakeSynthesizer synthesizer(loop);
    call::CannedLines lines(loop, synthesizer, {"Sorry.", "I cannot hear you."});
    EXPECT_TRUE(lines.audio(conversation::CannedLine::trouble).empty());
    lines.prepare();
    ASSERT_EQ(synthesizer.asked.size(), 2U);
    synthesizer.request(0).speaks(500ms);
    synthesizer.request(1).sounds(voice(500ms));
    synthesizer.request(1).fails(FailureReason::stalled);
    loop.run_ready();
    EXPECT_EQ(lines.audio(conversation::CannedLine::trouble).size(), 12000U);
    EXPECT_TRUE(lines.audio(conversation::CannedLine::cannot_hear).empty()) << "half a line is none";
    loop.advance(1min);
    ASSERT_EQ(synthesizer.asked.size(), 3U);
    synthesizer.request(2).speaks(500ms);
    loop.run_ready();
    EXPECT_EQ(lines.audio(conversation::CannedLine::cannot_hear).size(), 12000U);
    loop.advance(10min);
    EXPECT_EQ(synthesizer.asked.size(), 3U);
}

TEST(CannedLines, AReworkedLineIsNotKept) {
    ManualLoop loop;
    FakeSynthesizer synthesizer(loop);
    call::CannedLines lines(loop, synthesizer, {"Sorry.", "I cannot hear you."});
    lines.prepare();
    synthesizer.request(0).sounds(voice(500ms));
    synthesizer.request(0).reports(providers::SynthesisCompleted{"Sure thing!", false});
    loop.run_ready();
    EXPECT_TRUE(lines.audio(conversation::CannedLine::trouble).empty());
    lines.stop();
    loop.advance(10min);
    EXPECT_EQ(synthesizer.asked.size(), 2U);
}

}  // namespace
}  // namespace atlas::test
