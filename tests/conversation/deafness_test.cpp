#include "conversation/talk.hpp"

namespace atlas::conversation {
namespace {

class Deafness : public testing::Test {
protected:
    void loud(int seconds) {
        for (int i = 0; i < seconds; ++i) {
            talk.pass(1s);
            talk.happens(CallerLoud{});
        }
    }
    void begins(const std::string& text) {
        talk.happens(CallerStartedSpeaking{});
        if (!text.empty()) talk.happens(CallerTranscriptUpdated{text, 0.9});
    }
    std::size_t restarts() const { return talk.all<RestartRecognizer>().size(); }
    std::string question() const {
        const auto* asked = talk.issued<AskModel>();
        return asked ? asked->messages.back().text : "";
    }

    Talk talk;
};

TEST_F(Deafness, ARecogniserThatHearsNoMoreInAnOpenTurnIsRestarted) {
    begins("I would like");
    loud(4);
    EXPECT_EQ(restarts(), 0U);
    loud(1);
    EXPECT_EQ(restarts(), 1U);
    EXPECT_EQ(talk.conversation.state(), State::caller_speaking);
    talk.happens(CallerTranscriptUpdated{"I would like to know the time", 0.9});
    talk.happens(CallerTurnEnded{"I would like to know the time.", "model", 300ms});
    EXPECT_EQ(question(), "I would like to know the time.");
}

TEST_F(Deafness, EveryWordIsASignThatItHears) {
    begins("I");
    for (int i = 0; i < 5; ++i) {
        loud(4);
        talk.happens(CallerTranscriptUpdated{"I" + std::string(static_cast<std::size_t>(i) + 1, 'I'), 0.9});
    }
    EXPECT_EQ(restarts(), 0U);
}

TEST_F(Deafness, SoundAfterTheTurnIsOverIsNotTheCallersTurn) {
    talk.caller_says("What time is it?");
    loud(3);
    EXPECT_EQ(restarts(), 0U);
}

TEST_F(Deafness, BeforeTheFirstWordALongSentenceIsWaitedFor) {
    begins("");
    loud(11);
    EXPECT_EQ(restarts(), 0U);
    loud(1);
    EXPECT_EQ(restarts(), 1U);
}

TEST_F(Deafness, OneThatTellsTurnsOnlyMayBeSilentForAsLongAsATurnTakes) {
    begins("");
    talk.happens(CallerTurnEnded{"What time is it?", "model", 300ms});
    talk.model_writes(talk.issued<AskModel>()->reply, "Noon.");
    talk.clip_arrives(talk.issued<AskModel>()->reply, 0, 1s);
    talk.happens(ReplyPlayedOut{talk.issued<AskModel>()->reply});
    begins("");
    loud(25);
    EXPECT_EQ(restarts(), 0U);
    talk.happens(CallerTurnEnded{"A long story.", "model", 300ms});
    EXPECT_EQ(talk.all<AskModel>().back().messages.back().text, "A long story.");
}

TEST_F(Deafness, ATurnWithoutNewsForLongIsAFaultOfAnyRecogniser) {
    begins("");
    talk.happens(CallerTurnEnded{"", "model", 0ms});
    begins("");
    loud(3);
    talk.pass(30s);
    EXPECT_EQ(restarts(), 1U);
    EXPECT_EQ(talk.conversation.state(), State::caller_speaking);
    talk.pass(30s);
    EXPECT_EQ(talk.conversation.state(), State::listening);
}

TEST_F(Deafness, NoiseRestartsItTwiceAndNotForEver) {
    begins("I would like");
    loud(29);
    EXPECT_EQ(restarts(), 2U);
    talk.happens(CallerTranscriptUpdated{"I would like to know", 0.9});
    loud(5);
    EXPECT_EQ(restarts(), 3U) << "a word begins the count again";
}

TEST_F(Deafness, NoiseThatNeverEndsDoesNotHoldATurnOpenForEver) {
    begins("What time is it");
    loud(60);
    EXPECT_EQ(question(), "What time is it");
}

TEST_F(Deafness, SilenceBehindWordsEndsATurnWhoseEndWasNeverTold) {
    begins("What time is it");
    talk.pass(8s);
    EXPECT_EQ(talk.all<EndCallerTurn>().size(), 1U);
    EXPECT_EQ(restarts(), 0U) << "all that was heard has its words";
    talk.pass(3s);
    EXPECT_EQ(question(), "What time is it");
    const auto reply = talk.issued<AskModel>()->reply;
    talk.model_writes(reply, "Noon.");
    talk.clip_arrives(reply, 0, 1s);
    talk.happens(ReplyPlayedOut{reply});
    const auto& silences = talk.issued<RecordTurn>()->record.silences;
    ASSERT_EQ(silences.size(), 1U);
    EXPECT_EQ(silences[0].length, 11s);
    EXPECT_EQ(silences[0].reason, "end_of_turn");
}

TEST_F(Deafness, SilenceBehindSoundWithoutWordsRestartsItFirst) {
    begins("I would like");
    loud(3);
    talk.pass(8s);
    EXPECT_EQ(restarts(), 1U);
    EXPECT_FALSE(talk.issued<EndCallerTurn>());
    talk.pass(8s);
    EXPECT_EQ(restarts(), 1U);
    EXPECT_TRUE(talk.issued<EndCallerTurn>()) << "it has heard all of it twice";
}

TEST_F(Deafness, SoundIsNoSilence) {
    begins("I would like");
    talk.pass(6s);
    loud(1);
    talk.pass(7999ms);
    EXPECT_FALSE(talk.issued<EndCallerTurn>());
    talk.pass(1ms);
    EXPECT_TRUE(talk.issued<EndCallerTurn>());
}

TEST_F(Deafness, SilenceDoesNotEndAManualTurn) {
    SettingsChanged change;
    change.manual_turns = true;
    talk.happens(change);
    talk.happens(CallerPressedToTalk{});
    talk.happens(CallerTranscriptUpdated{"I would like", 0.9});
    talk.pass(29s);
    EXPECT_FALSE(talk.issued<EndCallerTurn>());
}

TEST_F(Deafness, ARecogniserThatIsAskedToSettleIsNotRestarted) {
    begins("I would like");
    talk.happens(CallerCommitted{});
    for (int i = 0; i < 12; ++i) talk.happens(CallerLoud{});
    EXPECT_EQ(restarts(), 0U);
    talk.pass(3s);
    EXPECT_EQ(question(), "I would like");
}

}  // namespace
}  // namespace atlas::conversation
