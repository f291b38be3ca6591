#include "conversation/talk.hpp"

namespace atlas::conversation {
namespace {

// A reply of two sentences is being heard, 1.3 s of it by now.
class Interruption : public testing::Test {
protected:
    explicit Interruption(ConversationSettings settings = {}) : talk(std::move(settings)) { begin(); }

    void begin() {
        reply = talk.caller_says("Tell me something");
        talk.model_writes(reply, "The first sentence is here now. The second sentence follows it.");
        talk.clip_arrives(reply, 0, 1s);
        talk.clip_arrives(reply, 1, 3s);
        talk.now += 1300ms;
        talk.happens(ReplyPlayed{reply, 1300ms});
        talk.forget();
    }
    void hear(const std::string& text) { talk.happens(CallerTranscriptUpdated{text, 0.9}); }

    Talk talk;
    ReplyId reply = 0;
};

TEST_F(Interruption, ASoundHoldsTheReplyAtOnce) {
    talk.happens(CallerStartedSpeaking{});
    ASSERT_TRUE(talk.issued<PauseReply>());
    EXPECT_EQ(talk.issued<PauseReply>()->reply, reply);
    EXPECT_EQ(talk.conversation.state(), State::paused);
    EXPECT_FALSE(talk.issued<StopReply>());
}

TEST_F(Interruption, ACoughLetsItGoOnWhenTheRecogniserFindsNoWords) {
    talk.happens(CallerStartedSpeaking{});
    talk.now += 250ms;
    talk.happens(CallerTurnEnded{"", "model", 0ms});
    EXPECT_TRUE(talk.issued<ResumeReply>());
    EXPECT_EQ(talk.conversation.state(), State::speaking);
}

TEST_F(Interruption, ASoundWithoutAnyNewsIsForgottenAfterTheNoiseLimit) {
    talk.happens(CallerStartedSpeaking{});
    talk.pass(599ms);
    EXPECT_FALSE(talk.issued<ResumeReply>());
    talk.pass(1ms);
    EXPECT_TRUE(talk.issued<ResumeReply>());
    talk.happens(ReplyPlayedOut{reply});
    const auto& record = talk.issued<RecordTurn>()->record;
    EXPECT_EQ(record.status, TurnStatus::completed);
    EXPECT_EQ(record.paused, 600ms);
}

TEST_F(Interruption, WordsEndIt) {
    talk.happens(CallerStartedSpeaking{});
    hear("What about Tuesday");
    ASSERT_TRUE(talk.issued<StopReply>());
    EXPECT_EQ(talk.issued<StopReply>()->reason, StopReason::barge_in);
    EXPECT_EQ(talk.issued<RecordTurn>()->record.reason, "barge_in");
    EXPECT_FALSE(talk.issued<ResumeReply>());
    EXPECT_EQ(talk.conversation.state(), State::caller_speaking);
}

TEST_F(Interruption, WordsEndItWithoutASoundBefore) {
    hear("What about Tuesday");
    EXPECT_TRUE(talk.issued<StopReply>());
}

TEST_F(Interruption, AMhmIsHeardAndTheReplyGoesOn) {
    talk.happens(CallerStartedSpeaking{});
    hear("Mhm.");
    talk.now += 300ms;
    talk.happens(CallerTurnEnded{"Mhm.", "model", 100ms});
    EXPECT_TRUE(talk.issued<ResumeReply>());
    EXPECT_FALSE(talk.issued<StopReply>());
    talk.happens(ReplyPlayedOut{reply});
    EXPECT_EQ(talk.issued<RecordTurn>()->record.ignored, std::vector<std::string>{"Mhm."});
    EXPECT_EQ(talk.all<AskModel>().size(), 0U) << "nobody has to answer that";
}

TEST_F(Interruption, AMhmThatGoesOnIsAnInterruption) {
    hear("Mhm");
    EXPECT_FALSE(talk.issued<StopReply>());
    hear("Mhm but what about Tuesday");
    EXPECT_TRUE(talk.issued<StopReply>());
}

TEST_F(Interruption, AYesAfterAQuestionIsAnAnswer) {
    talk.happens(ReplyPlayedOut{reply});
    reply = talk.caller_says("Go on");
    talk.model_writes(reply, "Shall I book it for you now? I can also wait until next week.");
    talk.clip_arrives(reply, 0, 1s);
    talk.clip_arrives(reply, 1, 2s);
    talk.happens(ReplyPlayed{reply, 1100ms});
    talk.forget();
    hear("Yes");
    EXPECT_TRUE(talk.issued<StopReply>());
}

TEST_F(Interruption, ItsOwnEchoDoesNotInterruptTheReply) {
    hear("the second sentence");
    EXPECT_FALSE(talk.issued<StopReply>());
    EXPECT_TRUE(talk.issued<PauseReply>());
    talk.happens(CallerTurnEnded{"the second sentence", "model", 100ms});
    EXPECT_TRUE(talk.issued<ResumeReply>());
}

TEST_F(Interruption, AnEchoThatGrowsWordByWordDoesNotInterruptEither) {
    for (const char* words : {"the", "the second", "the second sentence"}) hear(words);
    EXPECT_FALSE(talk.issued<StopReply>());
    hear("the second sentence is wrong");
    EXPECT_TRUE(talk.issued<StopReply>());
}

TEST_F(Interruption, SoundsAgainAndAgainDoNotStarveTheCaller) {
    for (int i = 0; i < 6; ++i) {
        talk.happens(CallerStartedSpeaking{});
        talk.pass(700ms);
        talk.happens(ReplyPlayed{reply, 1400ms + i * 20ms});
    }
    EXPECT_EQ(talk.all<PauseReply>().size(), 2U) << "after two fruitless ones only words count";
    EXPECT_EQ(talk.all<ResumeReply>().size(), 2U);
}

TEST_F(Interruption, AHoldIsNeverLongerThanItsLimit) {
    talk.happens(CallerStartedSpeaking{});
    for (int i = 0; i < 20; ++i) {
        hear(i % 2 == 0 ? "mhm" : "mhm mhm");
        talk.pass(300ms);
        if (talk.issued<ResumeReply>()) break;
    }
    ASSERT_TRUE(talk.issued<ResumeReply>());
    talk.happens(ReplyPlayedOut{reply});
    EXPECT_LE(talk.issued<RecordTurn>()->record.paused, 3s);
}

TEST_F(Interruption, ASoundWhileTheModelThinksHoldsTheReplyBeforeItBegins) {
    talk.happens(ReplyPlayedOut{reply});
    reply = talk.caller_says("And then?");
    talk.forget();
    talk.happens(CallerStartedSpeaking{});
    EXPECT_TRUE(talk.issued<PauseReply>());
    EXPECT_EQ(talk.conversation.state(), State::thinking) << "there is nothing to be heard yet";
    talk.pass(600ms);
    EXPECT_TRUE(talk.issued<ResumeReply>());
}

TEST_F(Interruption, WordsWhileTheModelThinksAreThoughtOfTogetherWithThoseBefore) {
    talk.happens(ReplyPlayedOut{reply});
    talk.caller_says("I would like");
    talk.forget();
    talk.caller_says("two tickets");
    const auto asked = talk.all<AskModel>();
    ASSERT_EQ(asked.size(), 1U);
    const auto& messages = asked[0].messages;
    ASSERT_GE(messages.size(), 2U);
    EXPECT_EQ(messages[messages.size() - 2].text, "I would like");
    EXPECT_EQ(messages.back().text, "two tickets");
    EXPECT_TRUE(talk.issued<AdaptPatience>()) << "the turn was ended too early";
}

TEST_F(Interruption, WordsRightAfterItsFirstSoundMeanThatTheTurnWasTakenTooEarly) {
    talk.happens(ReplyPlayedOut{reply});
    reply = talk.caller_says("I would like");
    talk.model_writes(reply, "Yes, what would you like?");
    talk.clip_arrives(reply, 0, 2s);
    talk.forget();
    talk.now += 400ms;
    talk.happens(CallerStartedSpeaking{});
    talk.now += 500ms;
    hear("two tickets");
    EXPECT_TRUE(talk.issued<StopReply>());
    ASSERT_TRUE(talk.issued<AdaptPatience>());
    EXPECT_GT(talk.issued<AdaptPatience>()->pause, TurnEndSettings().patience);
}

TEST_F(Interruption, WordsInTheMiddleOfItSayNothingAboutPatience) {
    talk.happens(CallerStartedSpeaking{});
    hear("What about Tuesday");
    EXPECT_TRUE(talk.issued<StopReply>());
    EXPECT_FALSE(talk.issued<AdaptPatience>());
}

TEST_F(Interruption, PatienceThatIsGivenBackIsTold) {
    talk.happens(ReplyPlayedOut{reply});
    talk.caller_says("I would like");
    talk.forget();
    reply = talk.caller_says("two tickets");
    ASSERT_TRUE(talk.issued<AdaptPatience>()) << "the turn was ended too early";
    const auto raised = talk.issued<AdaptPatience>()->pause;
    talk.forget();
    for (int turn = 0; turn < 30; ++turn) {
        talk.model_writes(reply, "Fine.");
        talk.clip_arrives(reply, 0, 1s);
        talk.now += 1s;
        talk.happens(ReplyPlayedOut{reply});
        talk.now += 1s;
        reply = talk.caller_says("And the next one?");
    }
    ASSERT_TRUE(talk.issued<AdaptPatience>());
    EXPECT_LT(talk.all<AdaptPatience>().back().pause, raised);
    EXPECT_GE(talk.all<AdaptPatience>().back().pause, TurnEndSettings().patience);
}

TEST(GreetingThatIsInterrupted, SaysNothingAboutPatience) {
    ConversationSettings settings;
    settings.lines.greeting = "Welcome, how may I help you?";
    Talk talk(settings);
    talk.forget();
    talk.happens(CallerStartedSpeaking{});
    talk.happens(CallerTranscriptUpdated{"I need a room", 0.9});
    EXPECT_FALSE(talk.issued<AdaptPatience>());
}

class Protected : public Interruption {
protected:
    static ConversationSettings never() {
        ConversationSettings settings;
        settings.interruption.enabled = false;
        return settings;
    }
    Protected() : Interruption(never()) {}
};

TEST_F(Protected, WhatTheCallerSaysIsAnsweredAfterTheReply) {
    talk.happens(CallerStartedSpeaking{});
    hear("What about Tuesday");
    talk.happens(CallerTurnEnded{"What about Tuesday", "model", 200ms});
    EXPECT_FALSE(talk.issued<PauseReply>());
    EXPECT_FALSE(talk.issued<StopReply>());
    talk.happens(ReplyPlayedOut{reply});
    ASSERT_TRUE(talk.issued<AskModel>());
    EXPECT_EQ(talk.issued<AskModel>()->messages.back().text, "What about Tuesday");
}

TEST_F(Protected, AStopTappedStillStops) {
    talk.happens(CallerInterrupted{reply});
    EXPECT_TRUE(talk.issued<StopReply>());
}

TEST(ProtectedGreeting, WhatIsTypedMeanwhileIsAnsweredAfterIt) {
    ConversationSettings settings;
    settings.lines.greeting = "Welcome, this call may be recorded.";
    settings.interruption.protect_greeting = true;
    Talk talk(settings);
    talk.clip_arrives(1, 0, 2s);
    talk.happens(CallerTyped{"Hello"});
    EXPECT_FALSE(talk.issued<StopReply>());
    talk.happens(ReplyPlayedOut{1});
    ASSERT_TRUE(talk.issued<AskModel>());
    EXPECT_EQ(talk.issued<AskModel>()->messages.back().text, "Hello");
}

TEST(ProtectedGreeting, IsHeardToItsEnd) {
    ConversationSettings settings;
    settings.lines.greeting = "Welcome, this call may be recorded.";
    settings.interruption.protect_greeting = true;
    Talk talk(settings);
    talk.clip_arrives(1, 0, 2s);
    talk.happens(CallerTranscriptUpdated{"Hello hello", 0.9});
    talk.happens(CallerInterrupted{1});
    EXPECT_FALSE(talk.issued<StopReply>());
    talk.happens(CallerTurnEnded{"Hello hello", "model", 200ms});
    talk.happens(ReplyPlayedOut{1});
    ASSERT_TRUE(talk.issued<AskModel>()) << "and then the caller is answered";
}

}  // namespace
}  // namespace atlas::conversation
