#include "conversation/talk.hpp"

namespace atlas::conversation {
namespace {

// ---- never dead air

TEST(DeadAir, AKeptLineBreaksTheSilenceWhileTheModelThinks) {
    Talk talk;
    const auto reply = talk.caller_says("Hello");
    talk.pass(2499ms);
    EXPECT_FALSE(talk.issued<PlayCannedLine>());
    talk.pass(1ms);
    ASSERT_TRUE(talk.issued<PlayCannedLine>());
    EXPECT_EQ(talk.issued<PlayCannedLine>()->line, CannedLine::one_moment);
    EXPECT_FALSE(talk.issued<PlayCannedLine>()->instead);
    const auto filler = talk.issued<PlayCannedLine>()->clip;
    talk.happens(ClipStarted{reply, filler});
    talk.happens(ReplyAudible{reply});
    talk.happens(ClipSynthesized{reply, filler, 1s});
    talk.happens(ClipPlayed{reply, filler});
    talk.model_writes(reply, "Here is the answer.");
    talk.happens(ClipStarted{reply, 1});
    talk.happens(ClipSynthesized{reply, 1, 1s});
    talk.happens(ReplyPlayedOut{reply});
    const auto& record = talk.issued<RecordTurn>()->record;
    EXPECT_EQ(record.status, TurnStatus::completed);
    EXPECT_EQ(record.heard_text, Lines().one_moment + " Here is the answer.");
    ASSERT_EQ(record.silences.size(), 1U);
    EXPECT_EQ(record.silences[0].length, 2800ms);
    EXPECT_EQ(record.silences[0].reason, "first_text") << "the model was waited for";
}

TEST(DeadAir, ItIsHeardBeforeTheClipThatHasNoSoundYet) {
    Talk talk;
    const auto reply = talk.caller_says("Hello");
    talk.model_writes(reply, "Here is the answer.");
    talk.pass(2500ms);
    ASSERT_TRUE(talk.issued<PlayCannedLine>());
    const auto filler = talk.issued<PlayCannedLine>()->clip;
    talk.happens(ClipStarted{reply, filler});
    talk.happens(ReplyAudible{reply});
    talk.happens(ClipSynthesized{reply, filler, 1s});
    talk.happens(ClipStarted{reply, 0});
    talk.happens(ClipSynthesized{reply, 0, 1s});
    talk.forget();
    talk.happens(ReplyPlayed{reply, 1s});
    talk.caller_says("What about Tuesday");
    EXPECT_EQ(talk.issued<RecordTurn>()->record.heard_text, Lines().one_moment + " ");
}

TEST(DeadAir, ItIsNoAnswerWhenSpeechFailsTheTroubleIsSaidToo) {
    Talk talk;
    const auto reply = talk.caller_says("Hello");
    talk.model_writes(reply, "Here is the answer.");
    talk.pass(2500ms);
    const auto filler = talk.issued<PlayCannedLine>()->clip;
    talk.happens(ClipStarted{reply, filler});
    talk.happens(ReplyAudible{reply});
    talk.happens(ClipSynthesized{reply, filler, 1s});
    talk.forget();
    talk.happens(ClipFailed{reply, 0, 0us, "speech_timed_out"});
    ASSERT_TRUE(talk.issued<PlayCannedLine>());
    EXPECT_EQ(talk.issued<PlayCannedLine>()->line, CannedLine::trouble);
    const auto trouble = talk.issued<PlayCannedLine>()->clip;
    talk.happens(ClipStarted{reply, trouble});
    talk.happens(ClipSynthesized{reply, trouble, 2s});
    talk.happens(ReplyPlayedOut{reply});
    EXPECT_EQ(talk.issued<RecordTurn>()->record.reason, "speech_timed_out");
    EXPECT_EQ(talk.last_assistant(), Lines().one_moment + " " + Lines().trouble);
}

TEST(DeadAir, WithoutTheKeptLineTheReplySimplyGoesOn) {
    Talk talk;
    const auto reply = talk.caller_says("Hello");
    talk.pass(2500ms);
    talk.happens(ClipFailed{reply, talk.issued<PlayCannedLine>()->clip, 0us, "speech_no_kept_line"});
    EXPECT_FALSE(talk.issued<ShowWarning>());
    talk.model_writes(reply, "Here is the answer.");
    ASSERT_TRUE(talk.issued<SynthesizeClip>());
    const auto clip = talk.issued<SynthesizeClip>()->clip;
    talk.happens(ClipStarted{reply, clip});
    talk.happens(ReplyAudible{reply});
    talk.happens(ClipSynthesized{reply, clip, 1s});
    talk.happens(ReplyPlayedOut{reply});
    EXPECT_EQ(talk.issued<RecordTurn>()->record.status, TurnStatus::completed);
    EXPECT_EQ(talk.last_assistant(), "Here is the answer.");
}

TEST(DeadAir, ASilenceInTheMiddleHasAReason) {
    Talk talk;
    const auto reply = talk.caller_says("Hello");
    talk.happens(ReplyText{reply, "The first sentence is whole. The"});
    talk.clip_arrives(reply, 0, 1s);
    talk.happens(ClipPlayed{reply, 0});
    talk.happens(ReplyRanDry{reply});
    talk.now += 2s;
    talk.model_writes(reply, " second one comes late.");
    talk.happens(ClipStarted{reply, 1});
    talk.happens(ReplyAudible{reply});
    talk.happens(ClipSynthesized{reply, 1, 1s});
    talk.happens(ReplyPlayedOut{reply});
    const auto& silences = talk.issued<RecordTurn>()->record.silences;
    ASSERT_EQ(silences.size(), 1U);
    EXPECT_TRUE(silences[0].in_reply);
    EXPECT_EQ(silences[0].length, 2s);
    EXPECT_EQ(silences[0].reason, "language_model") << "though it is the voice that ends it";
}

TEST(DeadAir, AClipThatIsLateIsTheVoicesSilence) {
    Talk talk;
    const auto reply = talk.caller_says("Hello");
    talk.model_writes(reply, "The first sentence is whole. The second one comes late.");
    talk.clip_arrives(reply, 0, 1s);
    talk.happens(ClipPlayed{reply, 0});
    talk.happens(ReplyRanDry{reply});
    talk.now += 2s;
    talk.happens(ClipStarted{reply, 1});
    talk.happens(ReplyAudible{reply});
    talk.happens(CallerLeft{"user"});
    ASSERT_EQ(talk.issued<RecordTurn>()->record.silences.size(), 1U);
    EXPECT_EQ(talk.issued<RecordTurn>()->record.silences[0].reason, "speech");
}

TEST(DeadAir, TheNextClipIsAskedForWhenAllThereIsWasHeard) {
    ConversationSettings settings;
    settings.clips_ahead = 1;
    Talk talk(settings);
    const auto reply = talk.caller_says("Hello");
    talk.model_writes(reply, "The first sentence is whole. The second one waits for it.");
    talk.clip_arrives(reply, 0, 1s);
    EXPECT_EQ(talk.all<SynthesizeClip>().size(), 1U);
    talk.happens(ReplyRanDry{reply});
    EXPECT_EQ(talk.all<SynthesizeClip>().size(), 2U) << "though the end of the first was not reported";
}

TEST(DeadAir, ASilenceThatNothingEndsIsOnRecordToo) {
    Talk talk;
    const auto reply = talk.caller_says("Hello");
    talk.happens(ReplyText{reply, "The first sentence is whole. The"});
    talk.clip_arrives(reply, 0, 1s);
    talk.happens(ClipPlayed{reply, 0});
    talk.happens(ReplyRanDry{reply});
    talk.now += 1499ms;
    talk.happens(CallerTyped{"And?"});
    EXPECT_TRUE(talk.issued<RecordTurn>()->record.silences.empty()) << "too short for one";
    talk.forget();
    const auto next = talk.conversation.state();
    EXPECT_EQ(next, State::thinking);
    talk.happens(ReplyText{reply + 1, "The first sentence is whole. The"});
    talk.clip_arrives(reply + 1, 0, 1s);
    talk.happens(ClipPlayed{reply + 1, 0});
    talk.happens(ReplyRanDry{reply + 1});
    talk.now += 1500ms;
    talk.happens(CallerTyped{"And?"});
    ASSERT_EQ(talk.issued<RecordTurn>()->record.silences.size(), 1U);
    EXPECT_EQ(talk.issued<RecordTurn>()->record.silences[0].reason, "language_model");
}

// ---- turns that only the caller ends

ConversationSettings manual() {
    ConversationSettings settings;
    settings.turn_end.manual = true;
    return settings;
}

TEST(PushToTalk, OnlyTheCommitEndsTheTurn) {
    Talk talk(manual());
    talk.happens(CallerPressedToTalk{});
    talk.happens(CallerTranscriptUpdated{"First this", 0.9});
    talk.happens(CallerTurnEnded{"First this.", "model", 500ms});
    EXPECT_FALSE(talk.issued<AskModel>());
    talk.happens(CallerTranscriptUpdated{"and then that", 0.9});
    talk.happens(CallerCommitted{});
    EXPECT_TRUE(talk.issued<EndCallerTurn>());
    talk.happens(CallerTurnEnded{"and then that.", "manual", 100ms});
    ASSERT_TRUE(talk.issued<AskModel>());
    EXPECT_EQ(talk.issued<AskModel>()->messages.back().text, "First this. and then that.");
}

TEST(PushToTalk, ACommitAfterTheRecogniserWasDoneNeedsNoAnswerOfIt) {
    Talk talk(manual());
    talk.happens(CallerPressedToTalk{});
    talk.happens(CallerTurnEnded{"First this.", "model", 500ms});
    talk.happens(CallerCommitted{});
    talk.pass(500ms);
    ASSERT_TRUE(talk.issued<AskModel>());
    EXPECT_EQ(talk.issued<AskModel>()->messages.back().text, "First this.");
}

TEST(PushToTalk, PressingTheButtonStopsTheReply) {
    Talk talk(manual());
    talk.happens(CallerPressedToTalk{});
    talk.happens(CallerTurnEnded{"Tell me a story.", "model", 500ms});
    talk.happens(CallerCommitted{});
    talk.pass(500ms);
    const auto reply = talk.issued<AskModel>()->reply;
    talk.model_writes(reply, "Once upon a time there was a king.");
    talk.clip_arrives(reply, 0, 3s);
    talk.happens(CallerTranscriptUpdated{"somebody in the room", 0.9});
    EXPECT_FALSE(talk.issued<StopReply>()) << "words alone do not";
    talk.happens(CallerPressedToTalk{});
    EXPECT_TRUE(talk.issued<StopReply>());
    EXPECT_EQ(talk.conversation.state(), State::caller_speaking);
}

// ---- idle, duration, goodbye

ConversationSettings prompting() {
    ConversationSettings settings;
    settings.idle_prompts = 2;
    settings.idle_prompt_after = 10s;
    return settings;
}

void spoken(Talk& talk) {
    const ReplyId reply = talk.all<SynthesizeClip>().back().reply;
    for (std::size_t i = 0; i < talk.all<SynthesizeClip>().size(); ++i) {  // one may lead to the next
        const auto clip = talk.all<SynthesizeClip>()[i];
        if (clip.reply == reply) talk.clip_arrives(reply, clip.clip, 1s);
    }
    talk.happens(ReplyPlayedOut{reply});
}
std::string spoken_text(const Talk& talk) {
    std::string text;
    for (const auto& clip : talk.all<SynthesizeClip>()) text += (text.empty() ? "" : " ") + clip.speech;
    return text;
}

TEST(Idle, AsksTwiceAndThenSaysGoodbye) {
    Talk talk(prompting());
    for (int i = 0; i < 2; ++i) {
        talk.forget();
        talk.pass(10s);
        ASSERT_TRUE(talk.issued<SynthesizeClip>());
        EXPECT_EQ(talk.issued<SynthesizeClip>()->speech, Lines().idle_prompt);
        EXPECT_EQ(talk.issued<ShowTurnStarted>()->reason, TurnReason::idle);
        spoken(talk);
    }
    talk.forget();
    talk.pass(10s);
    ASSERT_TRUE(talk.issued<SynthesizeClip>());
    EXPECT_FALSE(talk.issued<EndCall>());
    spoken(talk);
    EXPECT_EQ(spoken_text(talk), Lines().goodbye);
    ASSERT_TRUE(talk.issued<EndCall>());
    EXPECT_EQ(talk.issued<EndCall>()->reason, "idle");
}

TEST(Idle, AWordOfTheCallerStartsTheCountAgain) {
    Talk talk(prompting());
    talk.pass(10s);
    spoken(talk);
    const auto reply = talk.caller_says("Yes I am here");
    talk.model_writes(reply, "Good to hear.");
    spoken(talk);
    for (int i = 0; i < 2; ++i) {
        talk.pass(10s);
        spoken(talk);
    }
    EXPECT_FALSE(talk.issued<EndCall>());
}

TEST(Idle, SoundWithoutWordsIsTheRecognisersFaultFirst) {
    Talk talk(prompting());
    for (int i = 0; i < 4; ++i) talk.happens(CallerLoud{});
    talk.pass(10s);
    EXPECT_TRUE(talk.issued<RestartRecognizer>());
    EXPECT_FALSE(talk.issued<SynthesizeClip>()) << "nobody is thought to be gone who makes sounds";
    talk.pass(10s);
    EXPECT_TRUE(talk.issued<SynthesizeClip>());
}

TEST(Idle, NeverEndsARecogniserThatIsRestartedForEver) {
    Talk talk(prompting());
    for (int i = 0; i < 40 && talk.conversation.state() != State::ended; ++i) {
        for (int j = 0; j < 4; ++j) talk.happens(CallerLoud{});
        talk.pass(10s);
    }
    EXPECT_EQ(talk.conversation.state(), State::ended);
    EXPECT_EQ(talk.all<RestartRecognizer>().size(), 2U);
}

TEST(Duration, AGoodbyeIsHeardBeforeTheEnd) {
    ConversationSettings settings;
    settings.call_limit = 60s;
    Talk talk(settings);
    talk.pass(60s);
    ASSERT_TRUE(talk.issued<SynthesizeClip>());
    EXPECT_EQ(spoken_text(talk), Lines().goodbye);
    EXPECT_FALSE(talk.issued<EndCall>());
    spoken(talk);
    ASSERT_TRUE(talk.issued<EndCall>());
    EXPECT_EQ(talk.issued<EndCall>()->reason, "call_too_long");
}

TEST(Duration, TheSentenceBeingSaidIsFinishedFirst) {
    ConversationSettings settings;
    settings.call_limit = 60s;
    Talk talk(settings);
    talk.pass(59s);
    const auto reply = talk.caller_says("Hello");
    talk.model_writes(reply, "Hello, how are you today?");
    talk.clip_arrives(reply, 0, 3s);
    talk.forget();
    talk.pass(1s);
    EXPECT_FALSE(talk.issued<StopReply>());
    talk.happens(ReplyPlayedOut{reply});
    talk.clip_arrives(reply + 1, 0, 1s);
    EXPECT_EQ(spoken_text(talk), Lines().goodbye);
}

TEST(Duration, WithoutAGoodbyeItEndsAtOnce) {
    ConversationSettings settings;
    settings.call_limit = 60s;
    settings.lines.goodbye.clear();
    Talk talk(settings);
    talk.pass(60s);
    EXPECT_TRUE(talk.issued<EndCall>());
}

// ---- context

TEST(Context, TheAppsNoteIsKnownToTheModel) {
    Talk talk;
    talk.happens(ContextAdded{"The caller opened the map."});
    EXPECT_FALSE(talk.issued<AskModel>());
    talk.caller_says("Where am I?");
    const auto& messages = talk.issued<AskModel>()->messages;
    ASSERT_EQ(messages.size(), 2U);
    EXPECT_NE(messages[0].text.find("The caller opened the map."), std::string::npos);
}

TEST(Context, ANoteThatWantsAReplyGetsOne) {
    Talk talk;
    talk.happens(ContextAdded{"The order has arrived.", true});
    ASSERT_TRUE(talk.issued<AskModel>());
    EXPECT_EQ(talk.issued<ShowTurnStarted>()->reason, TurnReason::context);
}

TEST(Context, LongCallsAreSummarisedAtATurnsEnd) {
    ConversationSettings settings;
    settings.context_tokens = 1000;
    Talk talk(settings);
    std::string long_text;
    for (int i = 0; i < 8; ++i) long_text += "This is one of many sentences. ";
    const auto exchange = [&] {
        const auto reply = talk.caller_says(long_text);
        talk.model_writes(reply, "I see.");
        const auto clip = talk.all<SynthesizeClip>().back();
        talk.clip_arrives(reply, clip.clip, 1s);
        talk.happens(ReplyPlayedOut{reply});
    };
    for (int i = 0; i < 20 && !talk.issued<Summarize>(); ++i) exchange();
    ASSERT_TRUE(talk.issued<Summarize>());
    EXPECT_FALSE(talk.issued<Summarize>()->messages.empty());
    talk.happens(SummaryMade{"They talked about many sentences."});
    EXPECT_NE(talk.conversation.transcript().messages()[0].text.find("They talked about"), std::string::npos);
    talk.caller_says("Hello");
    EXPECT_LE(talk.conversation.transcript().tokens(), 1000);
}

TEST(Context, WithoutASummaryTheOldestGoes) {
    ConversationSettings settings;
    settings.context_tokens = 300;
    settings.summarize = false;
    Talk talk(settings);
    for (int i = 0; i < 20; ++i) {
        const auto reply = talk.caller_says("Please tell me sentence number " + std::to_string(i));
        talk.model_writes(reply, "This is the sentence that you asked for.");
        const auto clip = talk.all<SynthesizeClip>().back();
        talk.clip_arrives(reply, clip.clip, 1s);
        talk.happens(ReplyPlayedOut{reply});
    }
    EXPECT_FALSE(talk.issued<Summarize>());
    EXPECT_GT(talk.conversation.transcript().dropped(), 0U);
    EXPECT_LE(talk.conversation.transcript().tokens(), 300 + 50);
    EXPECT_EQ(talk.conversation.transcript().messages()[0].role, Message::Role::caller);
}

TEST(Settings, ChangeWithinTheCall) {
    Talk talk;
    SettingsChanged change;
    change.idle_prompts = 1;
    change.idle_after = 5s;
    change.idle_prompt = "Hello?";
    talk.happens(change);
    talk.pass(5s);
    ASSERT_TRUE(talk.issued<SynthesizeClip>());
    EXPECT_EQ(talk.issued<SynthesizeClip>()->speech, "Hello?");
}

}  // namespace
}  // namespace atlas::conversation
