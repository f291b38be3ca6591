#include "conversation/talk.hpp"

namespace atlas::conversation {
namespace {

std::vector<State> states(const Talk& talk) {
    std::vector<State> seen;
    for (const auto& shown : talk.all<ShowState>()) seen.push_back(shown.state);
    return seen;
}

// Clips are asked for however much is left to hear of those before: only their number counts.
ConversationSettings by_number() {
    ConversationSettings settings;
    settings.sound_ahead.least = 1min;
    return settings;
}

// ---- one turn

TEST(Conversation, AFinishedTurnOfTheCallerIsPutToTheModelWithTheWholeHistory) {
    Talk talk;
    const auto reply = talk.caller_says("What time is it?");
    ASSERT_NE(reply, 0U);
    EXPECT_EQ(talk.issued<AskModel>()->messages,
              (std::vector<Message>{{Message::Role::caller, "What time is it?"}}));
    EXPECT_EQ(talk.issued<ShowTurnStarted>()->turn, 1U);
    EXPECT_EQ(talk.conversation.state(), State::thinking);
}

TEST(Conversation, AWholeTurnEndsInTheHistoryAndInARecord) {
    Talk talk;
    const auto reply = talk.caller_says("What time is it?");
    talk.now += 400ms;
    talk.model_writes(reply, "It is noon.");
    ASSERT_TRUE(talk.issued<SynthesizeClip>());
    EXPECT_EQ(talk.issued<SynthesizeClip>()->speech, "It is noon.");
    talk.now += 300ms;
    talk.clip_arrives(reply, 0, 1s);
    EXPECT_EQ(talk.conversation.state(), State::speaking);
    EXPECT_TRUE(talk.issued<FinishReply>());
    talk.now += 1s;
    talk.happens(ClipPlayed{reply, 0});
    talk.happens(ReplyPlayedOut{reply});

    ASSERT_TRUE(talk.issued<RecordTurn>());
    const auto& record = talk.issued<RecordTurn>()->record;
    EXPECT_EQ(record.status, TurnStatus::completed);
    EXPECT_EQ(record.reason, "");
    EXPECT_EQ(record.user_text, "What time is it?");
    EXPECT_EQ(record.heard_text, "It is noon.");
    EXPECT_EQ(record.full_text, "It is noon.");
    EXPECT_EQ(talk.last_assistant(), "It is noon.");
    EXPECT_EQ(talk.conversation.state(), State::listening);
    EXPECT_EQ(states(talk),
              (std::vector{State::caller_speaking, State::thinking, State::speaking, State::listening}));
}

TEST(Conversation, TheStagesOfATurnSumToTheResponse) {
    Talk talk;
    const auto reply = talk.caller_says("Hello");
    talk.now += 412ms;
    talk.happens(ReplyText{reply, "Hi there. "});
    talk.now += 3ms;
    talk.happens(ReplyTextEnded{reply, "end_turn"});
    talk.now += 251ms;
    talk.happens(ClipStarted{reply, 0});
    talk.now += 2ms;
    talk.happens(ReplyAudible{reply});
    talk.happens(ClipSynthesized{reply, 0, 1s});
    talk.now += 1s;
    talk.happens(ReplyPlayedOut{reply});
    const auto& record = talk.issued<RecordTurn>()->record;
    std::chrono::milliseconds sum{};
    for (const auto& [stage, time] : record.stages) sum += time;
    EXPECT_EQ(record.response, 300ms + 412ms + 3ms + 251ms + 2ms);
    EXPECT_EQ(sum, record.response + 1s);
}

TEST(Conversation, LaterSentencesAreSynthesisedWhileEarlierOnesPlayButNotTooFarAhead) {
    Talk talk(by_number());
    const auto reply = talk.caller_says("Tell me a story");
    std::string story;
    for (int i = 0; i < 8; ++i) story += "This is a whole sentence of the story. ";
    talk.model_writes(reply, story);
    EXPECT_EQ(talk.all<SynthesizeClip>().size(), 3U);
    talk.clip_arrives(reply, 0, 2s);
    EXPECT_EQ(talk.all<SynthesizeClip>().size(), 3U);
    talk.happens(ClipPlayed{reply, 0});
    EXPECT_EQ(talk.all<SynthesizeClip>().size(), 4U);
    EXPECT_FALSE(talk.issued<FinishReply>());
}

TEST(Conversation, TheNextClipIsAskedForWhenLittleIsLeftToHear) {
    Talk talk;
    const auto reply = talk.caller_says("Tell me a story");
    talk.model_writes(reply,
                      "It begins at sea. The captain of the ship was a very old and patient man. "
                      "He knew every star by its name. And so he came home.");
    const auto asked = [&] { return talk.all<SynthesizeClip>().size(); };
    EXPECT_EQ(asked(), 2U) << "the first is too short to wait for its end";
    talk.now += 1s;
    talk.clip_arrives(reply, 0, 1s);
    talk.clip_arrives(reply, 1, 5s);
    EXPECT_EQ(asked(), 2U);
    talk.pass(3s);
    talk.happens(ReplyPlayed{reply, 3s});
    EXPECT_EQ(asked(), 2U);
    talk.pass(900ms);
    talk.happens(ReplyPlayed{reply, 3900ms});
    EXPECT_EQ(asked(), 2U)
        << "more is left than the voice took to begin, and half as much again, and half a second";
    talk.now += 100ms;
    talk.happens(ReplyPlayed{reply, 4s});
    talk.happens(DeadlinePassed{});
    EXPECT_EQ(asked(), 3U);
    EXPECT_EQ(talk.all<SynthesizeClip>().back().speech, "He knew every star by its name.");
}

TEST(Conversation, WhileTheReplyIsHeldNothingFurtherIsAskedFor) {
    Talk talk;
    const auto reply = talk.caller_says("Tell me a story");
    talk.model_writes(reply,
                      "It begins at sea. The captain of the ship was a very old and patient man. "
                      "He knew every star by its name.");
    talk.clip_arrives(reply, 0, 1s);
    talk.clip_arrives(reply, 1, 5s);
    talk.happens(ReplyPlayed{reply, 3s});
    talk.happens(CallerStartedSpeaking{});
    talk.happens(CallerTranscriptUpdated{"mhm", 0.9});
    talk.pass(1s);
    EXPECT_EQ(talk.conversation.state(), State::paused);
    EXPECT_EQ(talk.all<SynthesizeClip>().size(), 2U);
}

TEST(Conversation, AVoiceThatLeftTheCallerInSilenceIsAskedSooner) {
    Talk talk;
    const auto reply = talk.caller_says("Tell me a story");
    std::string story = "It begins at sea. ";
    for (int i = 0; i < 8; ++i)
        story +=
            "The captain of the ship, who had seen all the seas of the world, was a very old and patient "
            "man. ";
    talk.model_writes(reply, story);
    const auto asked = [&] { return talk.all<SynthesizeClip>().size(); };
    talk.now += 1s;
    talk.clip_arrives(reply, 0, 1s);
    EXPECT_EQ(asked(), 2U);
    talk.happens(ClipPlayed{reply, 0});
    talk.happens(ReplyPlayed{reply, 1s});
    talk.happens(ReplyRanDry{reply});
    talk.now += 1s;
    talk.happens(ReplyAudible{reply});
    talk.clip_arrives(reply, 1, 6s);
    EXPECT_EQ(asked(), 2U);
    talk.now += 2500ms;
    talk.happens(ReplyPlayed{reply, 3500ms});
    talk.happens(DeadlinePassed{});
    EXPECT_EQ(asked(), 3U) << "three and a half seconds before the end, no longer two";
}

TEST(Conversation, TheTextOfAClipIsShownWithItsPlaceInTheAudio) {
    Talk talk;
    const auto reply = talk.caller_says("Hello");
    talk.model_writes(reply, "Good morning to you. And what can I do for you today?");
    talk.clip_arrives(reply, 0, 1500ms);
    talk.clip_arrives(reply, 1, 2s);
    const auto shown = talk.all<ShowReplyText>();
    ASSERT_EQ(shown.size(), 2U);
    EXPECT_EQ(shown[0].audio_from, AudioTime(0));
    EXPECT_EQ(shown[1].audio_from, AudioTime(1500ms));
    EXPECT_EQ(shown[0].text + shown[1].text, "Good morning to you. And what can I do for you today?");
}

// ---- interruption

TEST(Conversation, BargeInStopsTheReplyAndKeepsOnlyWhatWasHeard) {
    Talk talk;
    const auto reply = talk.caller_says("What time is it?");
    talk.model_writes(reply, "It is exactly noon. Shall I book you a table for lunch?");
    talk.clip_arrives(reply, 0, 1s);
    talk.clip_arrives(reply, 1, 2s);
    talk.happens(ReplyPlayed{reply, 1s});
    talk.forget();
    talk.happens(CallerStartedSpeaking{});
    EXPECT_FALSE(talk.issued<StopReply>()) << "a noise is not yet an interruption";
    talk.happens(CallerTranscriptUpdated{"No thanks", 0.9});
    ASSERT_TRUE(talk.issued<StopReply>());
    EXPECT_EQ(talk.issued<StopReply>()->reply, reply);
    EXPECT_EQ(talk.issued<StopReply>()->keep, AudioTime(1s));
    EXPECT_EQ(talk.issued<RecordTurn>()->record.status, TurnStatus::interrupted);
    EXPECT_EQ(talk.issued<RecordTurn>()->record.reason, "barge_in");
    EXPECT_EQ(talk.issued<RecordTurn>()->record.heard_text, "It is exactly noon. ");
    EXPECT_EQ(talk.last_assistant(), "It is exactly noon.—");
    EXPECT_EQ(talk.conversation.state(), State::caller_speaking);
}

TEST(Conversation, WordsWhileTheModelThinksStartANewTurnAndLeaveNoReplyInTheHistory) {
    Talk talk;
    const auto first = talk.caller_says("What is");
    const auto second = talk.caller_says("the time in Paris?");
    EXPECT_NE(first, second);
    EXPECT_EQ(talk.issued<StopReply>()->reply, first);
    EXPECT_EQ(talk.all<AskModel>().back().messages,
              (std::vector<Message>{{Message::Role::caller, "What is"},
                                    {Message::Role::caller, "the time in Paris?"}}));
}

TEST(Conversation, WhatArrivesForAReplyThatWasStoppedIsDropped) {
    Talk talk;
    const auto old = talk.caller_says("Hello");
    talk.happens(CallerInterrupted{old});
    talk.forget();
    talk.happens(ReplyText{old, "Too late to be said. "});
    talk.happens(ReplyTextEnded{old, "end_turn"});
    talk.happens(ClipStarted{old, 0});
    talk.happens(ReplyAudible{old});
    talk.happens(ReplyPlayedOut{old});
    EXPECT_TRUE(talk.commands.empty());
    EXPECT_EQ(talk.conversation.state(), State::listening);
}

TEST(Conversation, TappingStopFlushesTheReplyAndListens) {
    Talk talk;
    const auto reply = talk.caller_says("Hello");
    talk.model_writes(reply, "Hello, how are you today?");
    talk.clip_arrives(reply, 0, 2s);
    talk.happens(ReplyPlayed{reply, 900ms});
    talk.happens(CallerInterrupted{reply});
    EXPECT_EQ(talk.issued<StopReply>()->reason, StopReason::cancelled);
    EXPECT_EQ(talk.issued<RecordTurn>()->record.reason, "cancelled");
    EXPECT_EQ(talk.conversation.state(), State::listening);
}

TEST(Conversation, TappingStopWhenNothingIsSaidChangesNothing) {
    Talk talk;
    talk.forget();
    talk.happens(CallerInterrupted{});
    EXPECT_TRUE(talk.commands.empty());
}

TEST(Conversation, ALateTapOnStopDoesNotCutTheNextReply) {
    Talk talk;
    const auto old = talk.caller_says("Hello");
    talk.caller_says("What time is it?");
    talk.forget();
    talk.happens(CallerInterrupted{old});
    EXPECT_TRUE(talk.commands.empty());
    EXPECT_EQ(talk.conversation.state(), State::thinking);
}

TEST(Conversation, ATurnThatEndsWithoutAnUpdateInterruptsToo) {
    Talk talk;
    const auto reply = talk.caller_says("Hello");
    talk.model_writes(reply, "Hello, how are you today?");
    talk.clip_arrives(reply, 0, 2s);
    talk.forget();
    talk.happens(CallerTurnEnded{"Stop it", "speech_final", 0ms});
    EXPECT_TRUE(talk.issued<StopReply>());
    EXPECT_TRUE(talk.issued<AskModel>());
}

TEST(Conversation, ASoundWithoutWordsDoesNotDisturbAReply) {
    Talk talk;
    const auto reply = talk.caller_says("Hello");
    talk.model_writes(reply, "Hello, how are you today?");
    talk.clip_arrives(reply, 0, 2s);
    talk.forget();
    talk.happens(CallerStartedSpeaking{});
    talk.happens(CallerTurnEnded{"", "timeout", 0ms});
    EXPECT_FALSE(talk.issued<StopReply>());
    EXPECT_EQ(talk.conversation.state(), State::speaking);
}

// ---- the caller's side

TEST(Conversation, RevisionsOfATranscriptCountUpAndTheLastIsFinal) {
    Talk talk;
    talk.happens(CallerStartedSpeaking{});
    talk.happens(CallerTranscriptUpdated{"Hel", 0.5});
    talk.happens(CallerTranscriptUpdated{"Hel", 0.5});
    talk.happens(CallerTranscriptUpdated{"Hello there", 0.9});
    talk.happens(CallerTurnEnded{"Hello there.", "model", 0ms});
    const auto shown = talk.all<ShowTranscript>();
    ASSERT_EQ(shown.size(), 3U);
    EXPECT_EQ(shown[0].revision, 1U);
    EXPECT_EQ(shown[1].revision, 2U);
    EXPECT_EQ(shown[2].revision, 3U);
    EXPECT_TRUE(shown[2].final);
    EXPECT_EQ(shown[2].text, "Hello there.");
    EXPECT_EQ(shown[2].stable_chars, 12U);
}

TEST(Conversation, ACallerWhoStartsAndSaysNothingIsWaitedForAndThenForgotten) {
    Talk talk;
    talk.happens(CallerStartedSpeaking{});
    EXPECT_EQ(talk.conversation.state(), State::caller_speaking);
    talk.pass(31s);
    EXPECT_EQ(talk.conversation.state(), State::listening);
}

TEST(Conversation, AMissedEndOfTurnNeverHangsTheTurn) {
    Talk talk;
    talk.happens(CallerTranscriptUpdated{"Are you there", 0.9});
    talk.pass(7999ms);
    EXPECT_FALSE(talk.issued<EndCallerTurn>());
    talk.pass(1ms);
    EXPECT_TRUE(talk.issued<EndCallerTurn>());
    EXPECT_FALSE(talk.issued<AskModel>());
    talk.pass(3s);
    ASSERT_TRUE(talk.issued<AskModel>());
    EXPECT_EQ(talk.issued<AskModel>()->messages.back().text, "Are you there");
}

TEST(Conversation, WordsThatWereAnsweredAlreadyAreNotAnsweredAgainWhenTheRecogniserCatchesUp) {
    Talk talk;
    talk.happens(CallerTranscriptUpdated{"Are you there", 0.9});
    talk.pass(34s);
    ASSERT_TRUE(talk.issued<AskModel>());
    talk.forget();
    talk.happens(CallerTranscriptUpdated{"Are you there", 0.9});
    talk.happens(CallerTurnEnded{"Are you there", "model", 0ms});
    EXPECT_FALSE(talk.issued<AskModel>());
    EXPECT_FALSE(talk.issued<StopReply>());
    talk.happens(CallerTurnEnded{"Are you there", "model", 0ms});
    EXPECT_TRUE(talk.issued<AskModel>()) << "the same words in a new turn are a new turn";
}

TEST(Conversation, CommittingATurnAsksTheRecogniserToSettle) {
    Talk talk;
    talk.happens(CallerTranscriptUpdated{"Two tickets", 0.9});
    talk.happens(CallerCommitted{});
    EXPECT_TRUE(talk.issued<EndCallerTurn>());
    talk.happens(CallerTurnEnded{"Two tickets.", "manual", 0ms});
    EXPECT_EQ(talk.issued<AskModel>()->messages.back().text, "Two tickets.");
}

TEST(Conversation, CommittingBeforeTheFirstWordArrivedStillEndsTheTurn) {
    Talk talk;
    talk.happens(CallerCommitted{});
    EXPECT_TRUE(talk.issued<EndCallerTurn>()) << "the recogniser may be behind";
    talk.happens(CallerStartedSpeaking{});
    talk.forget();
    talk.happens(CallerCommitted{});
    EXPECT_TRUE(talk.issued<EndCallerTurn>());
    EXPECT_EQ(talk.conversation.state(), State::caller_speaking);
    talk.happens(CallerTurnEnded{"Two tickets.", "manual", 0ms});
    EXPECT_TRUE(talk.issued<AskModel>());
}

TEST(Conversation, ACommittedTurnWithoutWordsIsForgottenSoon) {
    Talk talk;
    talk.happens(CallerStartedSpeaking{});
    talk.happens(CallerCommitted{});
    talk.pass(3s);
    EXPECT_EQ(talk.conversation.state(), State::listening);
}

TEST(Conversation, CommittingTwiceStillWaitsForTheRecognisersWord) {
    Talk talk;
    talk.happens(CallerTranscriptUpdated{"Two tick", 0.9});
    talk.happens(CallerCommitted{});
    talk.happens(CallerCommitted{});
    EXPECT_EQ(talk.all<EndCallerTurn>().size(), 1U);
    EXPECT_FALSE(talk.issued<AskModel>());
}

TEST(Conversation, TypedTextIsATurn) {
    Talk talk;
    talk.happens(CallerTyped{"My code is 4711"});
    ASSERT_TRUE(talk.issued<AskModel>());
    EXPECT_EQ(talk.issued<ShowTurnStarted>()->reason, TurnReason::text);
    EXPECT_TRUE(talk.issued<ShowTranscript>()->final);
}

TEST(Conversation, TypingWhileSpeakingKeepsBothAndAnswersOnce) {
    Talk talk;
    talk.happens(CallerTranscriptUpdated{"My code is", 0.9});
    talk.happens(CallerTyped{"4711"});
    ASSERT_TRUE(talk.issued<AskModel>());
    EXPECT_EQ(talk.issued<AskModel>()->messages,
              (std::vector<Message>{{Message::Role::caller, "My code is"}, {Message::Role::caller, "4711"}}));
    talk.forget();
    talk.happens(CallerTurnEnded{"My code is", "model", 0ms});
    EXPECT_FALSE(talk.issued<AskModel>());
}

TEST(Conversation, TypingTwiceInOneSpokenTurnAnswersEachWordOnce) {
    Talk talk;
    talk.happens(CallerTranscriptUpdated{"My code is", 0.9});
    talk.happens(CallerTyped{"4711"});
    talk.happens(CallerTranscriptUpdated{"My code is and my name", 0.9});
    talk.happens(CallerTyped{"Ada"});
    talk.forget();
    talk.happens(CallerTurnEnded{"My code is and my name", "model", 0ms});
    EXPECT_FALSE(talk.issued<AskModel>());
}

TEST(Conversation, BlankTextIsNoTurn) {
    Talk talk;
    talk.happens(CallerTyped{"  \n"});
    talk.happens(CallerTurnEnded{" ", "timeout", 0ms});
    talk.happens(CallerTranscriptUpdated{" ", 0});
    EXPECT_FALSE(talk.issued<AskModel>());
    EXPECT_EQ(talk.conversation.state(), State::listening);
}

// ---- greeting and endings

TEST(Conversation, AGreetingIsSaidOnConnectAndStandsInTheHistory) {
    ConversationSettings settings;
    settings.lines.greeting = "Hello, this is Atlas.";
    Talk talk(settings);
    ASSERT_TRUE(talk.issued<SynthesizeClip>());
    EXPECT_EQ(talk.issued<ShowTurnStarted>()->reason, TurnReason::greeting);
    EXPECT_FALSE(talk.issued<AskModel>());
    talk.clip_arrives(1, 0, 1s);
    talk.happens(ReplyPlayedOut{1});
    EXPECT_EQ(talk.last_assistant(), "Hello, this is Atlas.");
    EXPECT_EQ(talk.conversation.state(), State::listening);
}

TEST(Conversation, NobodySayingAnythingEndsTheCall) {
    Talk talk;
    talk.pass(10min);
    ASSERT_TRUE(talk.issued<EndCall>());
    EXPECT_EQ(talk.issued<EndCall>()->reason, "idle");
    EXPECT_EQ(talk.conversation.deadline(), std::nullopt);
}

TEST(Conversation, TheLongestCallEndsEvenInTheMiddleOfAReply) {
    ConversationSettings settings;
    settings.call_limit = 10s;
    Talk talk(settings);
    talk.pass(9s);
    const auto reply = talk.caller_says("Hello");
    talk.model_writes(reply, "Hello, how are you today?");
    talk.clip_arrives(reply, 0, 5s);
    talk.forget();
    talk.pass(1s);
    EXPECT_FALSE(talk.issued<StopReply>()) << "the sentence is heard to its end";
    talk.pass(settings.goodbye_limit);
    ASSERT_TRUE(talk.issued<EndCall>());
    EXPECT_EQ(talk.issued<EndCall>()->reason, "call_too_long");
    EXPECT_EQ(talk.conversation.state(), State::ended);
}

TEST(Conversation, NothingHappensAfterTheEnd) {
    Talk talk;
    talk.pass(10min);
    talk.forget();
    talk.happens(CallerTurnEnded{"Hello?", "model", 0ms});
    talk.happens(CallerTyped{"Hello?"});
    talk.happens(DeadlinePassed{});
    EXPECT_TRUE(talk.commands.empty());
}

TEST(Conversation, LeavingWhileListeningEndsAtTheAgreedTime) {
    Talk talk;
    talk.happens(CallMustEnd{talk.now + 5s, talk.now + 60s});
    talk.pass(4s);
    EXPECT_FALSE(talk.issued<EndCall>());
    talk.pass(1s);
    ASSERT_TRUE(talk.issued<EndCall>());
    EXPECT_EQ(talk.issued<EndCall>()->close_code, 1012);
}

TEST(Conversation, LeavingWhileSpeakingFinishesTheSentencesUnderWay) {
    Talk talk(by_number());
    const auto reply = talk.caller_says("Tell me a story");
    std::string story;
    for (int i = 0; i < 8; ++i) story += "This is a whole sentence of the story. ";
    talk.model_writes(reply, story);
    talk.clip_arrives(reply, 0, 2s);
    talk.happens(CallMustEnd{talk.now, talk.now + 60s});
    EXPECT_FALSE(talk.issued<EndCall>());
    EXPECT_FALSE(talk.issued<StopReply>());
    talk.clip_arrives(reply, 1, 2s);
    talk.clip_arrives(reply, 2, 2s);
    EXPECT_EQ(talk.all<SynthesizeClip>().size(), 3U) << "no further sentence is begun";
    EXPECT_TRUE(talk.issued<FinishReply>());
    talk.happens(ReplyPlayedOut{reply});
    ASSERT_TRUE(talk.issued<EndCall>());
    EXPECT_EQ(talk.issued<EndCall>()->reason, "going_away");
}

TEST(Conversation, LeavingNeverOutlastsItsLimit) {
    Talk talk;
    talk.caller_says("Hello");
    talk.happens(CallMustEnd{talk.now, talk.now + 3s});
    EXPECT_FALSE(talk.issued<EndCall>());
    talk.pass(3s);
    EXPECT_TRUE(talk.issued<EndCall>());
}

// ---- failure

TEST(Conversation, AModelThatFailsBeforeTheFirstWordIsReplacedByASpokenLine) {
    Talk talk;
    const auto reply = talk.caller_says("Hello");
    talk.happens(ReplyTextFailed{reply, "language_model_overloaded"});
    ASSERT_TRUE(talk.issued<SynthesizeClip>());
    EXPECT_EQ(talk.issued<ShowWarning>()->code, "language_model_failed");
    talk.clip_arrives(reply, 0, 1s);
    for (const auto& clip : talk.all<SynthesizeClip>()) {
        if (clip.clip > 0) talk.clip_arrives(reply, clip.clip, 1s);
    }
    talk.happens(ReplyPlayedOut{reply});
    const auto& record = talk.issued<RecordTurn>()->record;
    EXPECT_EQ(record.status, TurnStatus::failed);
    EXPECT_EQ(record.reason, "language_model_overloaded");
    EXPECT_EQ(talk.last_assistant(), ConversationSettings().lines.trouble);
}

TEST(Conversation, AModelThatFailsInTheMiddleIsAskedToGoOnFromThere) {
    Talk talk;
    const auto reply = talk.caller_says("Hello");
    talk.happens(ReplyText{reply, "The first sentence is whole. The second one br"});
    talk.forget();
    talk.happens(ReplyTextFailed{reply, "language_model_stalled"});
    const auto* again = talk.issued<AskModel>();
    ASSERT_TRUE(again);
    ASSERT_EQ(again->messages.size(), 3U);
    EXPECT_EQ(again->messages[1].role, Message::Role::assistant);
    EXPECT_EQ(again->messages[1].text, "The first sentence is whole. ") << "half a clause is forgotten";
    EXPECT_EQ(again->messages[2].role, Message::Role::caller);
    talk.model_writes(reply, "The second one is new.");
    talk.clip_arrives(reply, 0, 1s);
    talk.clip_arrives(reply, 1, 1s);
    talk.happens(ReplyPlayedOut{reply});
    EXPECT_EQ(talk.issued<RecordTurn>()->record.status, TurnStatus::completed);
    EXPECT_EQ(talk.issued<RecordTurn>()->record.effort.retries, 1);
    EXPECT_EQ(talk.last_assistant(), "The first sentence is whole. The second one is new.");
}

// The kept apology is queued, heard to its end, and the reply is over.
void the_apology_is_heard(Talk& talk, ReplyId reply) {
    ASSERT_EQ(talk.all<PlayCannedLine>().size(), 1U);
    const auto line = *talk.issued<PlayCannedLine>();
    EXPECT_EQ(line.line, CannedLine::trouble);
    EXPECT_TRUE(line.instead);
    EXPECT_FALSE(talk.issued<FinishReply>());
    talk.clip_arrives(reply, line.clip, 2s);
    EXPECT_TRUE(talk.issued<FinishReply>());
    talk.happens(ReplyPlayedOut{reply});
    EXPECT_EQ(talk.issued<RecordTurn>()->record.status, TurnStatus::failed);
}

TEST(Conversation, AModelThatFailsTwiceIsSaidAsFarAsItGotAndApologisedFor) {
    Talk talk;
    const auto reply = talk.caller_says("Hello");
    talk.happens(ReplyText{reply, "The first sentence is whole. The second one br"});
    talk.happens(ReplyTextFailed{reply, "language_model_stalled"});
    talk.happens(ReplyTextFailed{reply, "language_model_stalled"});
    ASSERT_EQ(talk.all<SynthesizeClip>().size(), 1U);
    EXPECT_FALSE(talk.issued<PlayCannedLine>()) << "what is complete is said first";
    talk.clip_arrives(reply, 0, 1s);
    the_apology_is_heard(talk, reply);
    EXPECT_EQ(talk.issued<RecordTurn>()->record.reason, "language_model_stalled");
    EXPECT_EQ(talk.last_assistant(), "The first sentence is whole. " + Lines().trouble);
}

TEST(Conversation, TextAndSpeechThatBothBreakOffAreApologisedForOnce) {
    Talk talk;
    const auto reply = talk.caller_says("Hello");
    talk.happens(ReplyText{reply, "The first sentence is whole. So is the second. The third br"});
    talk.happens(ReplyTextFailed{reply, "language_model_stalled"});
    talk.happens(ReplyTextFailed{reply, "language_model_stalled"});
    talk.clip_arrives(reply, 0, 1s);
    talk.happens(ClipFailed{reply, 1, 0us, "speech_disconnected"});
    the_apology_is_heard(talk, reply);
    EXPECT_EQ(talk.issued<RecordTurn>()->record.reason, "language_model_stalled");
}

TEST(Conversation, WithoutAKeptLineAReplyThatBreaksOffEndsThere) {
    Talk talk;
    const auto reply = talk.caller_says("Hello");
    talk.model_writes(reply, "Good morning to you. And what can I do for you today?");
    talk.clip_arrives(reply, 0, 1s);
    talk.happens(ClipFailed{reply, 1, 0us, "speech_disconnected"});
    talk.happens(ClipFailed{reply, talk.issued<PlayCannedLine>()->clip, 0us, "speech_no_kept_line"});
    EXPECT_TRUE(talk.issued<FinishReply>());
    talk.happens(ReplyPlayedOut{reply});
    EXPECT_EQ(talk.issued<RecordTurn>()->record.reason, "speech_disconnected");
    EXPECT_EQ(talk.last_assistant(), "Good morning to you.");
}

TEST(Conversation, AnApologyThatBreaksOffIsNotApologisedFor) {
    Talk talk;
    const auto reply = talk.caller_says("Hello");
    talk.happens(ReplyTextFailed{reply, "language_model_overloaded"});
    talk.clip_arrives(reply, 0, 1s);
    talk.happens(ClipFailed{reply, 1, 0us, "speech_disconnected"});
    EXPECT_FALSE(talk.issued<PlayCannedLine>());
    EXPECT_TRUE(talk.issued<FinishReply>());
}

TEST(Conversation, WordsOfOurOwnThatBreakOffAskForNoRepetition) {
    ConversationSettings settings;
    settings.lines.greeting = "Hello, this is Atlas. How can I help you today?";
    Talk talk(settings);
    talk.clip_arrives(1, 0, 1s);
    talk.happens(ClipFailed{1, 1, 0us, "speech_disconnected"});
    EXPECT_FALSE(talk.issued<PlayCannedLine>()) << "the caller has not said anything yet";
    EXPECT_TRUE(talk.issued<FinishReply>());
}

TEST(Conversation, AGoodbyeThatBreaksOffIsFollowedByTheEnd) {
    Talk talk;
    const auto reply = talk.caller_says("That is all");
    talk.happens(ReplyText{reply, "It was nice to talk to you. Goodbye, and take good care!"});
    talk.happens(ReplyCalledTool{reply, {"c1", "end_call", "{}"}});
    talk.happens(ReplyTextEnded{reply, "tool_use"});
    talk.clip_arrives(reply, 0, 1s);
    talk.happens(ClipFailed{reply, 1, 0us, "speech_disconnected"});
    EXPECT_FALSE(talk.issued<PlayCannedLine>());
    talk.happens(ReplyPlayedOut{reply});
    EXPECT_TRUE(talk.issued<EndCall>());
}

TEST(Conversation, AModelThatFailsTwiceBeforeAClauseIsWholeIsReplacedByASpokenLine) {
    Talk talk;
    const auto reply = talk.caller_says("Hello");
    talk.happens(ReplyText{reply, "The first br"});
    talk.happens(ReplyTextFailed{reply, "language_model_disconnected"});
    EXPECT_FALSE(talk.issued<SynthesizeClip>()) << "it may still write the whole of it";
    talk.happens(ReplyText{reply, "The fir"});
    talk.happens(ReplyTextFailed{reply, "language_model_disconnected"});
    ASSERT_TRUE(talk.issued<SynthesizeClip>());
    EXPECT_EQ(talk.all<SynthesizeClip>().front().speech.find("fir"), std::string::npos);
    for (std::size_t i = 0; i < talk.all<SynthesizeClip>().size(); ++i)
        talk.clip_arrives(reply, talk.all<SynthesizeClip>()[i].clip, 1s);
    talk.happens(ReplyPlayedOut{reply});
    EXPECT_EQ(talk.last_assistant(), ConversationSettings().lines.trouble);
    EXPECT_EQ(talk.issued<RecordTurn>()->record.status, TurnStatus::failed);
    EXPECT_EQ(talk.issued<RecordTurn>()->record.reason, "language_model_disconnected");
}

TEST(Conversation, AReplyWithoutTextIsNotSilence) {
    Talk talk;
    const auto reply = talk.caller_says("Hello");
    talk.happens(ReplyTextEnded{reply, "refusal"});
    EXPECT_TRUE(talk.issued<SynthesizeClip>());
    EXPECT_EQ(talk.issued<ShowWarning>()->message, "language_model_said_nothing: refusal");
}

TEST(Conversation, AReplyThatCannotBeSpokenAtAllEndsQuietlyWithItsTextShown) {
    Talk talk;
    const auto reply = talk.caller_says("Hello");
    talk.model_writes(reply, "👍");
    EXPECT_FALSE(talk.issued<SynthesizeClip>());
    ASSERT_TRUE(talk.issued<ShowReplyText>());
    EXPECT_EQ(talk.issued<ShowReplyText>()->text, "👍");
    EXPECT_EQ(talk.issued<RecordTurn>()->record.status, TurnStatus::completed);
    EXPECT_EQ(talk.conversation.state(), State::listening);
}

TEST(Conversation, TextThatIsNotHeardIsShownInItsPlace) {
    Talk talk;
    const auto reply = talk.caller_says("Hello");
    talk.model_writes(reply, "Good morning to you! 👍👍👍👍👍👍👍\n\nAnd what can I do for you today?");
    const auto clips = talk.all<SynthesizeClip>();
    ASSERT_EQ(clips.size(), 2U);
    EXPECT_FALSE(talk.issued<ShowReplyText>()) << "what comes before it is not shown yet";
    talk.clip_arrives(reply, clips[0].clip, 1s);
    talk.clip_arrives(reply, clips[1].clip, 1s);
    std::uint32_t next = 0;
    std::string text;
    for (const auto& shown : talk.all<ShowReplyText>()) {
        EXPECT_EQ(shown.segment, next++);
        text += shown.text;
    }
    EXPECT_EQ(text, "Good morning to you! 👍👍👍👍👍👍👍\n\nAnd what can I do for you today?");
}

TEST(Conversation, AVoiceThatGivesNoSoundAgainAndAgainIsGivenUp) {
    Talk talk(by_number());
    const auto reply = talk.caller_says("Tell me a story");
    std::string story;
    for (int i = 0; i < 8; ++i) story += "This is a whole sentence of the story. ";
    talk.model_writes(reply, story);
    for (int clip = 0; clip < 2; ++clip) {
        talk.happens(ClipSynthesized{reply, static_cast<ClipId>(clip), 0us});
        const auto again = talk.all<SynthesizeClip>().back();
        EXPECT_EQ(again.rest_of, static_cast<ClipId>(clip));
        talk.happens(ClipStarted{reply, again.clip});
        if (clip == 0) talk.happens(ReplyAudible{reply});
        talk.happens(ClipSynthesized{reply, again.clip, 2s});
    }
    const auto asked = talk.all<SynthesizeClip>().size();
    talk.happens(ClipSynthesized{reply, 2, 0us});
    the_apology_is_heard(talk, reply);
    EXPECT_EQ(talk.all<SynthesizeClip>().size(), asked) << "what has a sound is heard, and no more is tried";
    EXPECT_EQ(talk.all<ShowReplyText>().size(), 3U) << "what has no sound is not heard";
}

TEST(Conversation, AReplyThatNeverBecomesAudibleEndsOnce) {
    Talk talk;
    const auto reply = talk.caller_says("Hello");
    talk.model_writes(reply, "Hello, how are you today?");
    talk.happens(ClipStarted{reply, 0});
    talk.happens(ClipSynthesized{reply, 0, 1s});
    ASSERT_TRUE(talk.issued<FinishReply>());
    talk.pass(30s);
    EXPECT_EQ(talk.all<RecordTurn>().size(), 1U);
    EXPECT_EQ(talk.conversation.state(), State::listening);
}

TEST(Conversation, TheClientsWordCorrectsTheHeardPositionBackwardsToo) {
    Talk talk;
    const auto reply = talk.caller_says("Hello");
    talk.model_writes(reply, "Good morning to you.");
    talk.clip_arrives(reply, 0, 1s);
    talk.happens(ReplyPlayed{reply, 900ms});
    talk.happens(ReplyPlayed{reply, 300ms});
    talk.happens(CallerInterrupted{reply});
    EXPECT_EQ(talk.issued<StopReply>()->keep, AudioTime(300ms));
}

TEST(Conversation, APlayerThatStandsStillDoesNotHoldTheReplyForEver) {
    Talk talk;
    const auto reply = talk.caller_says("Hello");
    talk.model_writes(reply, "Good morning to you.");
    talk.clip_arrives(reply, 0, 3s);
    for (int i = 0; i < 20; ++i) {
        talk.happens(ReplyPlayed{reply, 200ms});
        talk.happens(ReplyPlayed{reply, 0ms});
        talk.pass(500ms);
    }
    ASSERT_TRUE(talk.issued<RecordTurn>());
    EXPECT_EQ(talk.issued<RecordTurn>()->record.reason, "playback_stalled");
    EXPECT_EQ(talk.issued<RecordTurn>()->record.heard_text, "");
}

TEST(Conversation, TheFirstReasonOfAFailureIsKept) {
    Talk talk(by_number());
    const auto reply = talk.caller_says("Hello");
    talk.happens(ReplyText{reply, "The first sentence is whole. The second one br"});
    talk.clip_arrives(reply, 0, 1500ms);
    talk.happens(ReplyText{reply, "oke."});
    talk.happens(ReplyTextEnded{reply, "end_turn"});
    talk.happens(ClipFailed{reply, 1, 0ms, "speech_disconnected"});
    talk.happens(ReplyTextFailed{reply, "language_model_stalled"});
    talk.happens(ReplyPlayedOut{reply});
    EXPECT_EQ(talk.issued<RecordTurn>()->record.reason, "speech_disconnected");
}

TEST(Conversation, WhenNothingCanBeSynthesisedAKeptLineIsPlayed) {
    Talk talk;
    const auto reply = talk.caller_says("Hello");
    talk.model_writes(reply, "Hello, how are you today?");
    talk.happens(ClipFailed{reply, 0, 0us, "speech_unreachable"});
    ASSERT_TRUE(talk.issued<PlayCannedLine>());
    const auto clip = talk.issued<PlayCannedLine>()->clip;
    talk.happens(ClipStarted{reply, clip});
    talk.happens(ReplyAudible{reply});
    talk.happens(ClipSynthesized{reply, clip, 2s});
    EXPECT_TRUE(talk.issued<FinishReply>());
    talk.happens(ReplyPlayedOut{reply});
    EXPECT_EQ(talk.issued<RecordTurn>()->record.reason, "speech_unreachable");
    EXPECT_EQ(talk.last_assistant(), ConversationSettings().lines.trouble)
        << "only what was heard is remembered";
    EXPECT_EQ(talk.conversation.state(), State::listening);
}

TEST(Conversation, TheRestOfAClipThatBreaksIsSynthesisedAgain) {
    Talk talk;
    const auto reply = talk.caller_says("Hello");
    talk.model_writes(reply, "Hello, how are you today?");
    talk.happens(ClipStarted{reply, 0});
    talk.happens(ReplyAudible{reply});
    talk.forget();
    talk.happens(ClipFailed{reply, 0, 100ms, "speech_stalled"});
    const auto* rest = talk.issued<SynthesizeClip>();
    ASSERT_TRUE(rest);
    EXPECT_EQ(rest->rest_of, ClipId(0));
    EXPECT_EQ(rest->speech, "Hello, how are you today?") << "no word of it was heard";
    talk.happens(ClipStarted{reply, rest->clip});
    talk.happens(ClipSynthesized{reply, rest->clip, 2s});
    EXPECT_TRUE(talk.issued<FinishReply>());
    talk.happens(ReplyPlayedOut{reply});
    EXPECT_EQ(talk.issued<RecordTurn>()->record.status, TurnStatus::completed);
    EXPECT_EQ(talk.last_assistant(), "Hello, how are you today?");
}

TEST(Conversation, SpeechThatBreaksAgainAndAgainIsReplacedByAKeptLine) {
    Talk talk;
    const auto reply = talk.caller_says("Hello");
    talk.model_writes(reply, "Hello, how are you today?");
    talk.happens(ClipStarted{reply, 0});
    talk.happens(ReplyAudible{reply});
    talk.happens(ClipFailed{reply, 0, 100ms, "speech_stalled"});
    talk.happens(ClipFailed{reply, talk.all<SynthesizeClip>().back().clip, 0ms, "speech_stalled"});
    EXPECT_TRUE(talk.issued<PlayCannedLine>());
}

TEST(Conversation, AClipThatBreaksInItsClosingPauseCostsNothingOfWhatFollows) {
    Talk talk;
    const auto reply = talk.caller_says("Hello");
    talk.model_writes(reply, "Good morning to you. And what can I do for you today?");
    talk.happens(ClipStarted{reply, 0});
    talk.happens(ReplyAudible{reply});
    talk.forget();
    talk.happens(ClipFailed{reply, 0, 3s, "speech_disconnected", {{0s, 2500ms}}});
    ASSERT_TRUE(talk.issued<EndClip>());
    EXPECT_EQ(talk.issued<EndClip>()->clip, 0U);
    EXPECT_EQ(talk.issued<ShowWarning>()->message, "speech_disconnected");
    EXPECT_FALSE(talk.issued<FinishReply>());
    talk.happens(ClipPlayed{reply, 0});
    talk.happens(ClipStarted{reply, 1});
    talk.happens(ClipSynthesized{reply, 1, 3s});
    EXPECT_TRUE(talk.issued<FinishReply>());
    EXPECT_EQ(talk.all<SynthesizeClip>().size(), 0U) << "nothing is said twice";
    talk.happens(ReplyPlayedOut{reply});
    EXPECT_EQ(talk.issued<RecordTurn>()->record.status, TurnStatus::completed);
    EXPECT_EQ(talk.last_assistant(), "Good morning to you. And what can I do for you today?");
}

TEST(Conversation, TheLastClipMayBreakInItsClosingPause) {
    Talk talk;
    const auto reply = talk.caller_says("Hello");
    talk.model_writes(reply, "Good morning to you.");
    talk.happens(ClipStarted{reply, 0});
    talk.happens(ReplyAudible{reply});
    talk.happens(ClipFailed{reply, 0, 3s, "speech_disconnected", {{0s, 2500ms}}});
    EXPECT_TRUE(talk.issued<FinishReply>());
    talk.happens(ReplyPlayedOut{reply});
    EXPECT_EQ(talk.issued<RecordTurn>()->record.status, TurnStatus::completed);
}

TEST(Conversation, AClipOfWordsWithoutSoundIsAskedForOnceMore) {
    Talk talk;
    const auto reply = talk.caller_says("Hello");
    talk.model_writes(reply, "Good morning to you. And what can I do for you today?");
    talk.clip_arrives(reply, 0, 1s);
    talk.forget();
    talk.happens(ClipSynthesized{reply, 1, 0us});
    const auto* again = talk.issued<SynthesizeClip>();
    ASSERT_TRUE(again);
    EXPECT_EQ(again->rest_of, ClipId(1));
    EXPECT_EQ(again->speech, "And what can I do for you today?");
    talk.happens(ReplyPlayed{reply, 1s});
    talk.happens(ClipStarted{reply, again->clip});
    talk.happens(ClipSynthesized{reply, again->clip, 2s});
    talk.happens(ReplyPlayedOut{reply});
    const auto& record = talk.issued<RecordTurn>()->record;
    EXPECT_EQ(record.status, TurnStatus::completed);
    EXPECT_EQ(record.heard_text, "Good morning to you. And what can I do for you today?");
    EXPECT_EQ(record.effort.retries, 1);
    EXPECT_EQ(talk.all<ShowReplyText>().back().text, "And what can I do for you today?");
}

TEST(Conversation, WhatStandsBehindAClipThatComesAgainIsNotShownBeforeIt) {
    Talk talk;
    const auto reply = talk.caller_says("Hello");
    talk.model_writes(reply, "Good morning to you. And what can I do for you today?");
    talk.happens(ClipStarted{reply, 1});
    talk.happens(ClipSynthesized{reply, 0, 0us});
    EXPECT_FALSE(talk.issued<ShowReplyText>());
    talk.happens(ClipSynthesized{reply, talk.all<SynthesizeClip>().back().clip, 1s});
    const auto shown = talk.all<ShowReplyText>();
    ASSERT_EQ(shown.size(), 2U);
    EXPECT_EQ(shown[0].text, "Good morning to you. ");
    EXPECT_EQ(shown[1].text, "And what can I do for you today?");
}

TEST(Conversation, WordsThatNeverGetASoundAreNotHeard) {
    Talk talk;
    const auto reply = talk.caller_says("Hello");
    talk.model_writes(reply, "Good morning to you. And what can I do for you today?");
    talk.clip_arrives(reply, 0, 1s);
    talk.happens(ClipSynthesized{reply, 1, 0us});
    talk.happens(ClipSynthesized{reply, talk.all<SynthesizeClip>().back().clip, 0us});
    EXPECT_EQ(talk.all<SynthesizeClip>().size(), 3U) << "once more, and not again and again";
    the_apology_is_heard(talk, reply);
    EXPECT_EQ(talk.issued<RecordTurn>()->record.reason, "speech_without_sound");
    EXPECT_EQ(talk.last_assistant(), "Good morning to you. " + Lines().trouble);
}

TEST(Conversation, WithoutAnySoundAKeptLineIsPlayed) {
    Talk talk;
    const auto reply = talk.caller_says("Hello");
    talk.model_writes(reply, "Good morning to you.");
    talk.happens(ClipSynthesized{reply, 0, 0us});
    EXPECT_FALSE(talk.issued<PlayCannedLine>());
    talk.happens(ClipSynthesized{reply, talk.all<SynthesizeClip>().back().clip, 0us});
    EXPECT_TRUE(talk.issued<PlayCannedLine>());
}

TEST(Conversation, WithoutEvenAKeptLineTheTurnFailsAndTheCallGoesOn) {
    Talk talk;
    const auto reply = talk.caller_says("Hello");
    talk.model_writes(reply, "Hello, how are you today?");
    talk.happens(ClipFailed{reply, 0, 0us, "speech_unreachable"});
    talk.happens(ClipFailed{reply, talk.issued<PlayCannedLine>()->clip, 0us, "speech_no_kept_line"});
    EXPECT_TRUE(talk.issued<StopReply>());
    EXPECT_EQ(talk.issued<RecordTurn>()->record.status, TurnStatus::failed);
    EXPECT_EQ(talk.last_assistant(), "");
    EXPECT_EQ(talk.conversation.state(), State::listening);
    EXPECT_NE(talk.caller_says("Hello again"), reply);
}

TEST(Conversation, SpeechThatBreaksOffForGoodIsHeardAsFarAsItGotAndApologisedFor) {
    Talk talk;
    const auto reply = talk.caller_says("Hello");
    talk.model_writes(reply, "Good morning to you. And what can I do for you today?");
    talk.clip_arrives(reply, 0, 1s);
    talk.happens(ClipStarted{reply, 1});
    talk.happens(ClipFailed{reply, 1, 700ms, "speech_disconnected"});
    talk.happens(ClipFailed{reply, talk.all<SynthesizeClip>().back().clip, 0us, "speech_disconnected"});
    the_apology_is_heard(talk, reply);
    const auto& record = talk.issued<RecordTurn>()->record;
    EXPECT_EQ(record.heard_text, "Good morning to you. And what can " + Lines().trouble);
    EXPECT_EQ(record.reason, "speech_disconnected");
    EXPECT_EQ(talk.all<ShowReplyText>().back().text, " " + Lines().trouble);
    EXPECT_EQ(talk.last_assistant(), record.heard_text);
}

TEST(Conversation, AModelThatStaysSilentIsGivenUpAfterItsTime) {
    Talk talk;
    talk.caller_says("Hello");
    talk.pass(8s);
    EXPECT_TRUE(talk.issued<AbandonModel>());
    EXPECT_EQ(talk.issued<ShowWarning>()->message, "language_model_timed_out");
    EXPECT_TRUE(talk.issued<SynthesizeClip>());
}

TEST(Conversation, NoStateLastsForEverWhateverFails) {
    Talk talk;
    talk.caller_says("Hello");
    talk.pass(8s);  // no text: our own line
    talk.pass(6s);  // no audio: the kept line
    ASSERT_TRUE(talk.issued<PlayCannedLine>());
    talk.pass(6s);  // not even that
    EXPECT_EQ(talk.issued<RecordTurn>()->record.status, TurnStatus::failed);
    EXPECT_EQ(talk.conversation.state(), State::listening);
}

TEST(Conversation, AReplyThatStopsMovingIsEnded) {
    Talk talk;
    const auto reply = talk.caller_says("Hello");
    talk.happens(ReplyText{reply, "The first sentence is whole. And then"});
    talk.happens(ClipStarted{reply, 0});
    talk.happens(ReplyAudible{reply});
    talk.pass(8s);
    EXPECT_TRUE(talk.issued<PlayCannedLine>());
    talk.pass(6s);
    EXPECT_EQ(talk.issued<RecordTurn>()->record.reason, "reply_stalled");
    EXPECT_EQ(talk.conversation.state(), State::listening);
}

// How far a clip has come is told in steps, and once more when it is given up.
TEST(Conversation, WhatWasHeardOfAClipThatIsGivenUpStandsBeforeTheApology) {
    Talk talk;
    const auto reply = talk.caller_says("Hello");
    talk.happens(ReplyText{reply, "The first sentence is whole. And then"});
    talk.happens(ClipStarted{reply, 0});
    talk.happens(ReplyAudible{reply});
    talk.pass(8s);
    ASSERT_TRUE(talk.issued<PlayCannedLine>());
    talk.happens(ClipGrew{reply, 0, 450ms});
    the_apology_is_heard(talk, reply);
    const std::string heard = talk.issued<RecordTurn>()->record.heard_text;
    EXPECT_TRUE(heard.starts_with("The")) << heard;
    EXPECT_TRUE(heard.ends_with(" " + Lines().trouble)) << heard;
    EXPECT_LT(heard.size(), Lines().trouble.size() + 20) << heard;
}

TEST(Conversation, ALongClipThatPlaysIsNotAStall) {
    Talk talk;
    const auto reply = talk.caller_says("Hello");
    talk.model_writes(reply, "One very long sentence.");
    talk.clip_arrives(reply, 0, 30s);
    talk.forget();
    for (int second = 1; second <= 29; ++second) {
        talk.pass(1s);
        talk.happens(ReplyPlayed{reply, std::chrono::seconds(second)});
    }
    EXPECT_FALSE(talk.issued<RecordTurn>());
    EXPECT_EQ(talk.conversation.state(), State::speaking);
}

TEST(Conversation, ACallerWhoCannotBeHeardIsToldSoBeforeTheCallEnds) {
    Talk talk;
    talk.happens(RecognizerLost{"recognizer_unauthorized"});
    EXPECT_EQ(talk.issued<ShowWarning>()->code, "recognizer_failed");
    ASSERT_TRUE(talk.issued<SynthesizeClip>());
    EXPECT_FALSE(talk.issued<EndCall>());
    for (const auto& clip : talk.all<SynthesizeClip>()) talk.clip_arrives(1, clip.clip, 1s);
    talk.happens(ReplyPlayedOut{1});
    ASSERT_TRUE(talk.issued<EndCall>());
    EXPECT_EQ(talk.issued<EndCall>()->reason, "recognizer_failed");
}

TEST(Conversation, AReplyUnderWayIsFinishedBeforeTheCallerIsToldThatNobodyHears) {
    Talk talk;
    const auto reply = talk.caller_says("Hello");
    talk.model_writes(reply, "Hello, how are you today?");
    talk.clip_arrives(reply, 0, 2s);
    talk.happens(RecognizerLost{"recognizer_disconnected"});
    EXPECT_FALSE(talk.issued<RecordTurn>());
    talk.happens(ReplyPlayedOut{reply});
    EXPECT_EQ(talk.all<ShowTurnStarted>().back().reason, TurnReason::notice);
}

}  // namespace
}  // namespace atlas::conversation
