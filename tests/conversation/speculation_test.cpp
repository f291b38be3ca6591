#include "conversation/talk.hpp"

namespace atlas::conversation {
namespace {

class Speculation : public testing::Test {
protected:
    explicit Speculation(ConversationSettings settings = {}) : talk(std::move(settings)) {}

    // The caller seems to be done.
    ReplyId maybe(const std::string& text, double confidence = 0.6) {
        talk.happens(CallerStartedSpeaking{});
        talk.happens(CallerTranscriptUpdated{text, 0.9});
        talk.happens(CallerMayBeDone{text, confidence});
        const auto asked = talk.all<AskModel>();
        return asked.empty() ? 0 : asked.back().reply;
    }
    void done(const std::string& text) { talk.happens(CallerTurnEnded{text, "model", 400ms}); }

    Talk talk;
};

TEST_F(Speculation, BeginsTheReplyInSilence) {
    const auto reply = maybe("What time is it?");
    ASSERT_NE(reply, 0U);
    EXPECT_EQ(talk.issued<AskModel>()->messages.back().text, "What time is it?");
    EXPECT_EQ(talk.issued<PauseReply>()->reply, reply) << "its sound is held back";
    talk.model_writes(reply, "It is noon now. Is there anything else that you want to know?");
    EXPECT_EQ(talk.all<SynthesizeClip>().size(), 1U) << "only the first clause";
    talk.happens(ClipStarted{reply, 0});
    talk.happens(ClipSynthesized{reply, 0, 1s});
    EXPECT_FALSE(talk.issued<ShowTurnStarted>());
    EXPECT_FALSE(talk.issued<ShowReplyText>());
    EXPECT_EQ(talk.conversation.state(), State::caller_speaking);
    EXPECT_TRUE(talk.conversation.transcript().messages().empty());
}

TEST_F(Speculation, ComesTrueWhenTheTurnEndsWithTheSameWords) {
    const auto reply = maybe("What time is it");
    talk.model_writes(reply, "It is noon now.");
    talk.happens(ClipStarted{reply, 0});
    talk.happens(ClipSynthesized{reply, 0, 1s});
    talk.now += 300ms;
    talk.forget();
    done("What time is it.");
    EXPECT_FALSE(talk.issued<AskModel>()) << "the question was asked before";
    EXPECT_TRUE(talk.issued<ResumeReply>());
    EXPECT_TRUE(talk.issued<ShowTurnStarted>());
    EXPECT_TRUE(talk.issued<ShowReplyText>());
    EXPECT_TRUE(talk.issued<FinishReply>());
    talk.happens(ReplyAudible{reply});
    talk.happens(ReplyPlayedOut{reply});
    const auto& record = talk.issued<RecordTurn>()->record;
    EXPECT_EQ(record.speculation.tries, 1);
    EXPECT_TRUE(record.speculation.hit);
    EXPECT_EQ(record.speculation.saved, 300ms);
    for (const auto& [stage, time] : record.stages) EXPECT_GE(time.count(), 0) << stage;
    EXPECT_EQ(record.response, 400ms) << "the recogniser's time is all that is left";
    EXPECT_EQ(talk.conversation.transcript().messages().size(), 2U);
}

TEST_F(Speculation, LeavesNoTraceWhenTheCallerGoesOn) {
    const auto reply = maybe("I would like");
    talk.model_writes(reply, "What would you like to have?");
    talk.happens(CallerResumed{});
    ASSERT_TRUE(talk.issued<DiscardReply>());
    EXPECT_EQ(talk.issued<DiscardReply>()->reply, reply);
    EXPECT_TRUE(talk.conversation.transcript().messages().empty());
    EXPECT_FALSE(talk.issued<ShowTurnStarted>());
    EXPECT_FALSE(talk.issued<StopReply>()) << "there is nothing the client would have to flush";
    talk.forget();
    talk.happens(ReplyText{reply, "late"});
    EXPECT_TRUE(talk.commands.empty());
}

TEST_F(Speculation, IsDroppedWhenTheTurnEndsWithOtherWords) {
    const auto reply = maybe("I would like two");
    talk.forget();
    done("I would like ten");
    EXPECT_EQ(talk.issued<DiscardReply>()->reply, reply);
    ASSERT_TRUE(talk.issued<AskModel>());
    EXPECT_EQ(talk.issued<AskModel>()->messages.back().text, "I would like ten");
}

TEST_F(Speculation, AQuestionMarkMakesADifference) {
    maybe("You are open");
    talk.forget();
    done("You are open?");
    EXPECT_TRUE(talk.issued<DiscardReply>());
}

TEST_F(Speculation, IsDroppedWhenTheAppAddsContext) {
    const auto reply = maybe("Where am I?");
    talk.happens(ContextAdded{"The caller opened the map."});
    EXPECT_EQ(talk.issued<DiscardReply>()->reply, reply);
    talk.forget();
    done("Where am I?");
    EXPECT_EQ(talk.issued<AskModel>()->messages.size(), 2U);
}

TEST_F(Speculation, IsNotTriedBelowItsConfidence) {
    EXPECT_EQ(maybe("Well", 0.2), 0U);
    EXPECT_FALSE(talk.issued<PauseReply>());
}

TEST_F(Speculation, IsTriedThreeTimesInATurnAtMost) {
    for (int i = 0; i < 5; ++i) {
        maybe("I would like" + std::string(static_cast<std::size_t>(i), 'x'), 0.95);
        talk.happens(CallerResumed{});
    }
    EXPECT_EQ(talk.all<AskModel>().size(), 3U);
    talk.forget();
    done("I would like a cup of tea");
    talk.happens(CallerLeft{"user"});
    EXPECT_EQ(talk.issued<RecordTurn>()->record.speculation.tries, 3);
    EXPECT_FALSE(talk.issued<RecordTurn>()->record.speculation.hit);
    EXPECT_GT(talk.issued<RecordTurn>()->record.speculation.wasted_tokens, 0);
}

TEST_F(Speculation, ThatFailsIsForgottenAndTheTurnAskedAnew) {
    const auto reply = maybe("What time is it?");
    talk.happens(ReplyTextFailed{reply, "language_model_overloaded"});
    EXPECT_TRUE(talk.issued<DiscardReply>());
    EXPECT_FALSE(talk.issued<ShowWarning>());
    talk.forget();
    done("What time is it?");
    EXPECT_TRUE(talk.issued<AskModel>());
}

TEST_F(Speculation, PatienceGrowsWhenTheCallerGoesOn) {
    maybe("I would like");
    talk.now += 2s;
    talk.forget();
    talk.happens(CallerResumed{});
    ASSERT_TRUE(talk.issued<AdaptPatience>());
    EXPECT_GT(talk.issued<AdaptPatience>()->pause, TurnEndSettings().patience);
    EXPECT_LE(talk.issued<AdaptPatience>()->pause, TurnEndSettings().most_patience);
}

ConversationSettings with_tools() {
    ConversationSettings settings;
    settings.tools = {{.name = "look_up", .effect = false}, {.name = "book", .effect = true}};
    return settings;
}

class SpeculationWithTools : public Speculation {
protected:
    SpeculationWithTools() : Speculation(with_tools()) {}
};

TEST_F(SpeculationWithTools, RunsWhatOnlyLooksUpAndKeepsWhatHasEffects) {
    const auto reply = maybe("Book a table");
    talk.happens(ReplyCalledTool{reply, {"c1", "look_up", "{}"}});
    talk.happens(ReplyCalledTool{reply, {"c2", "book", "{}"}});
    talk.happens(ReplyTextEnded{reply, "tool_use"});
    ASSERT_EQ(talk.all<CallTool>().size(), 1U);
    EXPECT_EQ(talk.issued<CallTool>()->call.id, "c1");
    talk.forget();
    done("Book a table");
    ASSERT_EQ(talk.all<CallTool>().size(), 1U);
    EXPECT_EQ(talk.issued<CallTool>()->call.id, "c2");
}

TEST_F(SpeculationWithTools, CancelsThemWhenItDoesNotComeTrue) {
    const auto reply = maybe("Book a table");
    talk.happens(ReplyCalledTool{reply, {"c1", "look_up", "{}"}});
    talk.happens(ReplyCalledTool{reply, {"c2", "book", "{}"}});
    talk.forget();
    talk.happens(CallerResumed{});
    ASSERT_EQ(talk.all<CancelTool>().size(), 1U);
    EXPECT_EQ(talk.issued<CancelTool>()->call, "c1");
    EXPECT_FALSE(talk.issued<CallTool>());
}

TEST(SpeculationBudget, AsksForMoreConfidenceAfterMisses) {
    SpeculationBudget budget{SpeculationSettings{}};
    EXPECT_TRUE(budget.allows(0.45));
    budget.tried();
    budget.missed(100);
    budget.turn_began();
    EXPECT_FALSE(budget.allows(0.42));
    for (int i = 0; i < 20; ++i) budget.hit();
    EXPECT_TRUE(budget.allows(0.42)) << "and for less again after hits";
}

TEST(SpeculationBudget, OnlyTheSurestAreTriedWhileMostAreWasted) {
    SpeculationBudget budget{SpeculationSettings{}};
    for (int i = 0; i < 4; ++i) budget.missed(100);
    EXPECT_FALSE(budget.allows(0.85));
    EXPECT_TRUE(budget.allows(0.95));
}

TEST(SpeculationBudget, EndsWithTheCallsTokens) {
    SpeculationSettings settings;
    settings.wasted_tokens = 1000;
    SpeculationBudget budget(settings);
    budget.missed(1000);
    EXPECT_FALSE(budget.allows(1.0));
}

TEST(SpeculationAndTools, ALookUpOfAGuessDoesNotKeepTheCallersTurnOpen) {
    ConversationSettings settings;
    settings.turn_limit = 5s;
    settings.quiet_limit = 1h;
    settings.tools = {{.name = "look_up", .effect = false, .timeout = 40s}};
    Talk talk(settings);
    talk.happens(CallerTranscriptUpdated{"What is new", 0.9});
    talk.happens(CallerMayBeDone{"What is new", 0.6});
    talk.happens(ReplyCalledTool{talk.issued<AskModel>()->reply, {"c1", "look_up", "{}"}});
    ASSERT_TRUE(talk.issued<CallTool>());
    EXPECT_LE(*talk.conversation.deadline(), talk.now + 5s);
    talk.pass(5s);
    EXPECT_TRUE(talk.issued<EndCallerTurn>()) << "the recogniser is asked, whatever is looked up";
}

}  // namespace
}  // namespace atlas::conversation
