#include "conversation/talk.hpp"

namespace atlas::conversation {
namespace {

ConversationSettings with_tools() {
    ConversationSettings settings;
    settings.tools = {{.name = "weather", .effect = false, .timeout = 3s, .filler = "Let me look."},
                      {.name = "book", .effect = true, .timeout = 20s}};
    return settings;
}

class Tools : public testing::Test {
protected:
    // The model has called these tools, after saying `text`.
    void called(std::vector<std::string> names, const std::string& text = "") {
        reply = talk.caller_says("Do it");
        if (!text.empty()) talk.happens(ReplyText{reply, text});
        int number = 0;
        for (const auto& name : names)
            talk.happens(ReplyCalledTool{reply, {"c" + std::to_string(++number), name, "{\"n\":1}"}});
        talk.happens(ReplyTextEnded{reply, "tool_use"});
    }
    void answer(const std::string& call, const std::string& content, bool error = false) {
        talk.happens(ToolAnswered{call, content, error});
    }
    const AskModel& last_question() {
        questions = talk.all<AskModel>();
        return questions.back();
    }

    Talk talk{with_tools()};
    ReplyId reply = 0;
    std::vector<AskModel> questions;
};

TEST_F(Tools, AreCalledAtOnceAndTheModelIsAskedAgainWithTheirResults) {
    called({"weather"}, "Let me see. ");
    ASSERT_TRUE(talk.issued<CallTool>());
    EXPECT_EQ(talk.issued<CallTool>()->call.arguments, "{\"n\":1}");
    EXPECT_EQ(talk.issued<CallTool>()->timeout, 3s);
    EXPECT_EQ(talk.all<AskModel>().size(), 1U) << "the result is awaited";
    answer("c1", "sunny");
    const auto& messages = last_question().messages;
    ASSERT_EQ(messages.size(), 3U);
    EXPECT_EQ(messages[1].text, "Let me see. ");
    ASSERT_EQ(messages[1].calls.size(), 1U);
    ASSERT_EQ(messages[2].results.size(), 1U);
    EXPECT_EQ(messages[2].results[0].content, "sunny");
    EXPECT_EQ(last_question().reply, reply) << "it is the same reply";
}

TEST_F(Tools, TheReplyGoesOnAndTheHistoryHasCallAndResultWhereTheyBelong) {
    called({"weather"}, "Let me see. ");
    talk.clip_arrives(reply, 0, 1s);
    answer("c1", "sunny");
    talk.model_writes(reply, "It is sunny today.");
    talk.clip_arrives(reply, 1, 1s);
    talk.happens(ReplyPlayedOut{reply});
    const auto& messages = talk.conversation.transcript().messages();
    ASSERT_EQ(messages.size(), 4U);
    EXPECT_EQ(messages[1].text, "Let me see.");
    EXPECT_EQ(messages[1].calls.size(), 1U);
    EXPECT_EQ(messages[2].results.size(), 1U);
    EXPECT_EQ(messages[3].text, "It is sunny today.");
    const auto& record = talk.issued<RecordTurn>()->record;
    ASSERT_EQ(record.tools.size(), 1U);
    EXPECT_EQ(record.tools[0].outcome, "ok");
    EXPECT_EQ(record.heard_text, "Let me see. It is sunny today.");
}

TEST_F(Tools, ResultsMayComeInAnyOrder) {
    called({"weather", "book"});
    EXPECT_EQ(talk.all<CallTool>().size(), 2U);
    answer("c2", "booked");
    EXPECT_EQ(talk.all<AskModel>().size(), 1U);
    answer("c1", "sunny");
    const auto& results = last_question().messages.back().results;
    ASSERT_EQ(results.size(), 2U);
    EXPECT_EQ(results[0].content, "sunny");
    EXPECT_EQ(results[1].content, "booked");
}

TEST_F(Tools, OneThatIsTooSlowGetsAnErrorForAnAnswer) {
    called({"weather"});
    talk.pass(3s);
    ASSERT_TRUE(talk.issued<CancelTool>());
    EXPECT_EQ(talk.issued<CancelTool>()->reason, "timeout");
    const auto& result = last_question().messages.back().results.at(0);
    EXPECT_TRUE(result.is_error);
    answer("c1", "late");
    EXPECT_EQ(talk.issued<ShowWarning>()->code, "unknown_tool_call");
}

TEST_F(Tools, ANameThatWasNeverDeclaredIsAnsweredWithAnError) {
    called({"launch_rocket"});
    EXPECT_FALSE(talk.issued<CallTool>());
    EXPECT_TRUE(last_question().messages.back().results.at(0).is_error);
    EXPECT_EQ(talk.all<AskModel>().size(), 2U);
}

TEST_F(Tools, TheAppsErrorIsToldToTheModel) {
    called({"weather"});
    answer("c1", "no network", true);
    EXPECT_TRUE(last_question().messages.back().results.at(0).is_error);
}

TEST_F(Tools, AnInterruptionCancelsWhatOnlyLooksUpAndWaitsForWhatHasEffects) {
    called({"weather", "book"}, "One second, I will do that for you. ");
    talk.clip_arrives(reply, 0, 2s);
    talk.happens(ReplyPlayed{reply, 2s});
    talk.forget();
    talk.caller_says("And make it quick");
    ASSERT_EQ(talk.all<CancelTool>().size(), 1U);
    EXPECT_EQ(talk.issued<CancelTool>()->call, "c1");
    const auto& before = last_question().messages;
    ASSERT_EQ(before.size(), 4U);
    EXPECT_EQ(before[1].calls.size(), 2U);
    ASSERT_EQ(before[2].results.size(), 2U) << "every call has its result";
    EXPECT_EQ(before[2].results[1].content, "still running");
    answer("c2", "booked for eight");
    EXPECT_EQ(talk.conversation.transcript().messages()[2].results[1].content, "booked for eight");
    EXPECT_FALSE(talk.issued<ShowWarning>());
}

TEST_F(Tools, AFillerIsSaidWhenNothingIsToBeHeardMeanwhile) {
    called({"weather"});
    talk.forget();
    talk.pass(1500ms);
    ASSERT_TRUE(talk.issued<SynthesizeClip>());
    EXPECT_EQ(talk.issued<SynthesizeClip>()->speech, "Let me look.");
    talk.pass(1s);
    EXPECT_EQ(talk.all<SynthesizeClip>().size(), 1U) << "once";
}

TEST_F(Tools, AFillerThatCannotBeSaidCostsNothingButItself) {
    called({"weather"});
    talk.pass(1500ms);
    const auto filler = talk.issued<SynthesizeClip>()->clip;
    talk.forget();
    talk.happens(ClipFailed{reply, filler, 0us, "speech_disconnected"});
    ASSERT_TRUE(talk.issued<EndClip>()) << "what follows it waits no more";
    ASSERT_TRUE(talk.issued<PlayCannedLine>());
    EXPECT_EQ(talk.issued<PlayCannedLine>()->line, CannedLine::one_moment);
    EXPECT_FALSE(talk.issued<PlayCannedLine>()->instead);
    const auto kept = talk.issued<PlayCannedLine>()->clip;
    talk.happens(ClipStarted{reply, kept});
    talk.happens(ReplyAudible{reply});
    talk.happens(ClipSynthesized{reply, kept, 1s});
    answer("c1", "sunny");
    talk.model_writes(reply, "It is sunny.");
    talk.clip_arrives(reply, talk.issued<SynthesizeClip>()->clip, 1s);
    talk.happens(ReplyPlayedOut{reply});
    EXPECT_EQ(talk.issued<RecordTurn>()->record.status, TurnStatus::completed);
    EXPECT_EQ(talk.issued<RecordTurn>()->record.heard_text, Lines().one_moment + " It is sunny.");
}

TEST_F(Tools, AFillerWithoutSoundOrWithHalfOfItIsNotSaidAgain) {
    for (const AudioTime length : {AudioTime(0), AudioTime(300'000)}) {
        called({"weather"});
        talk.pass(1500ms);
        const auto filler = talk.all<SynthesizeClip>().back().clip;
        talk.forget();
        if (length == AudioTime::zero()) {
            talk.happens(ClipSynthesized{reply, filler, length});
        } else {
            talk.happens(ClipStarted{reply, filler});
            talk.happens(ReplyAudible{reply});
            talk.happens(ClipFailed{reply, filler, length, "speech_stalled"});
        }
        EXPECT_TRUE(talk.issued<EndClip>());
        EXPECT_FALSE(talk.issued<SynthesizeClip>());
        EXPECT_EQ(talk.all<PlayCannedLine>().size(), length == AudioTime::zero() ? 1U : 0U);
        answer("c1", "sunny");
        talk.model_writes(reply, "It is sunny.");
        ASSERT_TRUE(talk.issued<SynthesizeClip>());
        talk.clip_arrives(reply, talk.issued<SynthesizeClip>()->clip, 1s);
        talk.happens(ReplyPlayedOut{reply});
        EXPECT_EQ(talk.issued<RecordTurn>()->record.status, TurnStatus::completed);
    }
}

TEST_F(Tools, AFillerIsNoAnswerWhenSpeechFailsTheTroubleIsSaidInItsPlace) {
    called({"weather"});
    talk.pass(1500ms);
    const auto filler = talk.issued<SynthesizeClip>()->clip;
    talk.happens(ClipStarted{reply, filler});
    talk.happens(ReplyAudible{reply});
    talk.happens(ClipSynthesized{reply, filler, 1s});
    answer("c1", "sunny");
    talk.forget();
    talk.model_writes(reply, "It is sunny.");
    talk.happens(ClipFailed{reply, talk.issued<SynthesizeClip>()->clip, 0us, "speech_unreachable"});
    ASSERT_TRUE(talk.issued<PlayCannedLine>());
    EXPECT_EQ(talk.issued<PlayCannedLine>()->line, CannedLine::trouble);
}

TEST_F(Tools, ThePauseInTheMiddleOfAReplyIsFilledToo) {
    called({"weather"}, "Let me see what I can find. ");
    talk.clip_arrives(reply, 0, 500ms);
    talk.happens(ClipPlayed{reply, 0});
    talk.happens(ReplyRanDry{reply});
    talk.forget();
    talk.pass(1600ms);
    ASSERT_TRUE(talk.issued<SynthesizeClip>());
    talk.happens(ClipStarted{reply, talk.issued<SynthesizeClip>()->clip});
    talk.happens(ReplyAudible{reply});
    answer("c1", "sunny");
    talk.model_writes(reply, "It is sunny.");
    talk.happens(CallerLeft{"user"});
    ASSERT_EQ(talk.issued<RecordTurn>()->record.silences.size(), 1U);
    EXPECT_EQ(talk.issued<RecordTurn>()->record.silences[0].reason, "tool");
    EXPECT_TRUE(talk.issued<RecordTurn>()->record.silences[0].in_reply);
}

TEST_F(Tools, ASilenceIsTheToolsThoughItHasAnsweredWhenItEnds) {
    called({"book"}, "Let me see what I can do. ");
    talk.clip_arrives(reply, 0, 500ms);
    talk.happens(ClipPlayed{reply, 0});
    talk.happens(ReplyRanDry{reply});
    talk.pass(3s);
    answer("c1", "booked");
    talk.pass(300ms);
    talk.happens(ReplyText{reply, "It is booked."});
    talk.happens(ReplyTextEnded{reply, "end_turn"});
    talk.pass(200ms);
    talk.happens(ClipStarted{reply, talk.all<SynthesizeClip>().back().clip});
    talk.happens(ReplyAudible{reply});
    talk.happens(CallerLeft{"user"});
    const auto& silences = talk.issued<RecordTurn>()->record.silences;
    ASSERT_EQ(silences.size(), 1U);
    EXPECT_EQ(silences[0].length, 3500ms);
    EXPECT_EQ(silences[0].reason, "tool");
}

TEST_F(Tools, ASilenceIsTheModelsWhenThatIsWhatTakesLong) {
    called({"book"}, "Let me see what I can do. ");
    talk.clip_arrives(reply, 0, 500ms);
    talk.happens(ClipPlayed{reply, 0});
    talk.happens(ReplyRanDry{reply});
    talk.pass(200ms);
    answer("c1", "booked");
    talk.pass(1300ms);
    talk.happens(ReplyText{reply, "It is booked."});
    talk.happens(ReplyTextEnded{reply, "end_turn"});
    talk.happens(ClipStarted{reply, talk.all<SynthesizeClip>().back().clip});
    talk.happens(ReplyAudible{reply});
    talk.happens(CallerLeft{"user"});
    ASSERT_FALSE(talk.issued<RecordTurn>()->record.silences.empty());
    EXPECT_EQ(talk.issued<RecordTurn>()->record.silences.back().reason, "language_model");
}

TEST_F(Tools, AModelThatCallsThemForEverIsToldToAnswer) {
    called({"weather"});
    for (int round = 0; round < 5; ++round) {
        answer("c1", "sunny");
        talk.happens(ReplyCalledTool{reply, {"c1", "weather", "{}"}});
        talk.happens(ReplyTextEnded{reply, "tool_use"});
    }
    EXPECT_FALSE(last_question().may_call_tools);
}

TEST_F(Tools, EndCallSaysGoodbyeAndHangsUpWhenItWasHeard) {
    called({"end_call"}, "Goodbye, have a nice day!");
    EXPECT_FALSE(talk.issued<CallTool>()) << "the app has nothing to do with it";
    talk.clip_arrives(reply, 0, 2s);
    EXPECT_FALSE(talk.issued<EndCall>());
    talk.happens(CallerTranscriptUpdated{"Bye bye", 0.9});
    EXPECT_FALSE(talk.issued<StopReply>()) << "a goodbye is heard to its end";
    talk.happens(ReplyPlayedOut{reply});
    ASSERT_TRUE(talk.issued<EndCall>());
    EXPECT_EQ(talk.issued<EndCall>()->reason, "agent");
}

TEST_F(Tools, EndCallWithoutAWordSaysOurOwnGoodbye) {
    called({"end_call"});
    std::string spoken;
    for (const auto& clip : talk.all<SynthesizeClip>()) spoken += clip.speech;
    EXPECT_EQ(spoken, "I have to end the call now.Goodbye!");
}

TEST_F(Tools, AnAnswerToNothingIsReported) {
    answer("c9", "hello");
    EXPECT_EQ(talk.issued<ShowWarning>()->code, "unknown_tool_call");
}

TEST_F(Tools, TwoRepliesLaterAResultThatIsLateStillFindsItsPlace) {
    called({"book"}, "I will book that for you right now. ");
    talk.clip_arrives(reply, 0, 1s);
    talk.happens(ReplyPlayed{reply, 1s});
    const auto second = talk.caller_says("What else is there");
    talk.model_writes(second, "There is a museum.");
    talk.clip_arrives(second, 0, 1s);
    talk.happens(ReplyPlayedOut{second});
    answer("c1", "done");
    EXPECT_EQ(talk.conversation.transcript().messages()[2].results.at(0).content, "done");
}

}  // namespace
}  // namespace atlas::conversation
