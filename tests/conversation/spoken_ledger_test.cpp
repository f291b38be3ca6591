#include "atlas/conversation/spoken_ledger.hpp"

#include "atlas/conversation/transcript.hpp"

#include <gtest/gtest.h>

namespace atlas::conversation {
namespace {

using namespace std::chrono_literals;

SpokenLedger two_clips() {
    SpokenLedger ledger;
    ledger.add_clip("One two three four. ");
    ledger.add_clip("Five six seven eight.");
    ledger.set_length(0, 2s);
    ledger.set_length(1, 2s);
    return ledger;
}

TEST(SpokenLedger, NothingPlayedIsNothingHeard) { EXPECT_EQ(two_clips().heard_until(0us), ""); }
TEST(SpokenLedger, WholeClipsAreHeardWhole) {
    EXPECT_EQ(two_clips().heard_until(2s), "One two three four. ");
    EXPECT_EQ(two_clips().heard_until(4s), "One two three four. Five six seven eight.");
    EXPECT_EQ(two_clips().heard_until(1h), "One two three four. Five six seven eight.");
}
TEST(SpokenLedger, AClipIsCutAtAWholeWordInProportion) {
    EXPECT_EQ(two_clips().heard_until(1s), "One two");
    EXPECT_EQ(two_clips().heard_until(3s), "One two three four. Five six");
}
TEST(SpokenLedger, TheFirstMomentsOfAClipHoldNoWord) { EXPECT_EQ(two_clips().heard_until(100ms), ""); }
TEST(SpokenLedger, AClipWhoseLengthIsNotKnownYetIsJudgedByTheUsualPace) {
    SpokenLedger ledger;
    ledger.add_clip("This sentence is still being synthesised while it plays.");
    EXPECT_EQ(ledger.heard_until(1s), "") << "none of its audio was queued";
    ledger.set_started(0);
    EXPECT_EQ(ledger.heard_until(1s), "This sentence");
}
TEST(SpokenLedger, AClipThatBrokeOffIsNeverHeardWhole) {
    SpokenLedger ledger;
    ledger.add_clip("This sentence broke off long before its end was reached.");
    ledger.set_broken_off(0, 1s);
    ledger.add_clip("Sorry.");
    ledger.set_length(1, 1s);
    EXPECT_EQ(ledger.heard_until(1s), "This sentence");
    EXPECT_EQ(ledger.heard_until(2s), "This sentenceSorry.");
}
TEST(SpokenLedger, ScriptsWithoutBlanksAreCutBetweenCharacters) {
    SpokenLedger ledger;
    ledger.add_clip("今日はとても良い天気です。");
    ledger.set_length(0, 1300ms);
    EXPECT_EQ(ledger.heard_until(300ms), "今日は");
    EXPECT_EQ(ledger.heard_until(350ms), "今日は");
}
TEST(SpokenLedger, AnEmptyClipTakesNoTime) {
    SpokenLedger ledger;
    ledger.add_clip("👍 ");
    ledger.add_clip("Fine.");
    ledger.set_length(0, 0us);
    ledger.set_length(1, 1s);
    EXPECT_EQ(ledger.start_of(1), 0us);
    EXPECT_EQ(ledger.heard_until(1s), "👍 Fine.");
}

TEST(SpokenLedger, AWordCountsWhenHalfOfItWasPlayed) {
    EXPECT_EQ(two_clips().heard_until(150ms), "");
    EXPECT_EQ(two_clips().heard_until(1s + 20ms), "One two");
    EXPECT_EQ(two_clips().heard_until(1s + 100ms), "One two three");
}

// ---- the energy of the audio

TEST(SpokenLedger, PausesAreNoWords) {
    SpokenLedger ledger;
    ledger.add_clip("One two three four");
    ledger.set_length(0, 4s, {{800ms, 1800ms}, {2800ms, 3800ms}});
    EXPECT_EQ(ledger.heard_until(800ms), "") << "leading silence";
    EXPECT_EQ(ledger.heard_until(1800ms), "One two");
    EXPECT_EQ(ledger.heard_until(2800ms), "One two") << "nothing is said in the pause";
    EXPECT_EQ(ledger.heard_until(3800ms), "One two three four");
}
TEST(SpokenLedger, ALongPauseLiesBehindTheFullStop) {
    // The voice draws out "Oh no", so that the share of the speech alone would put more words before the
    // pause.
    SpokenLedger ledger;
    ledger.add_clip("Oh no. It is not what we had hoped for");
    ledger.set_length(0, 4s, {{0ms, 800ms}, {1300ms, 3300ms}});
    EXPECT_EQ(ledger.heard_until(1290ms), "Oh no.");
    SpokenLedger without_mark;
    without_mark.add_clip("Oh no it is not what we had hoped for");
    without_mark.set_length(0, 4s, {{0ms, 800ms}, {850ms, 2850ms}});
    EXPECT_GT(without_mark.heard_until(850ms), std::string("Oh no"));
}
TEST(SpokenLedger, ManyPausesAndManyWordsAreStillLaidOverEachOther) {
    SpokenLedger ledger;
    std::string text;
    std::vector<SpeechSpan> speech;
    for (int i = 0; i < 250; ++i) {
        text += "word, ";
        speech.push_back({i * 500ms, i * 500ms + 300ms});
    }
    ledger.add_clip(text);
    ledger.set_length(0, 125s, speech);
    EXPECT_EQ(ledger.heard_until(50s).size(), std::string("word, ").size() * 100 - 1);
}
TEST(SpokenLedger, SpeechThatDoesNotFitTheTextHarmsNothing) {
    for (const auto& speech : std::vector<std::vector<SpeechSpan>>{
             {{0ms, 0ms}}, {{0ms, 1ms}, {1999ms, 2s}}, {{1s, 5s}}, {{500ms, 600ms}, {550ms, 700ms}}}) {
        SpokenLedger ledger;
        ledger.add_clip("One, two. Three?");
        ledger.set_length(0, 2s, speech);
        std::size_t last = 0;
        for (auto position = 0ms; position <= 2s; position += 10ms) {
            const std::string heard = ledger.heard_until(position);
            EXPECT_GE(heard.size(), last);
            last = heard.size();
        }
        EXPECT_EQ(ledger.heard_until(2s), "One, two. Three?");
    }
}
TEST(SpokenLedger, ALongNumberTakesItsTime) {
    SpokenLedger ledger;
    ledger.add_clip("It is $1,234,567.89 for it");
    ledger.set_length(0, 4s);
    EXPECT_EQ(ledger.heard_until(1s), "It is");
    EXPECT_EQ(ledger.heard_until(3500ms), "It is $1,234,567.89");
}
TEST(SpokenLedger, WhatIsNotReadIsHeardWithItsNeighbour) {
    SpokenLedger ledger;
    ledger.add_clip("- one ð two");
    ledger.set_length(0, 2s);
    EXPECT_EQ(ledger.heard_until(100ms), "");
    EXPECT_EQ(ledger.heard_until(1s), "- one ð");
}

// ---- clips that are not whole

TEST(SpokenLedger, AGrowingClipIsJudgedByItsSpeechSoFar) {
    SpokenLedger ledger;
    ledger.add_clip("This sentence is still being synthesised while it plays.");
    ledger.set_partial(0, 2s, {{1s, 2s}});
    EXPECT_EQ(ledger.heard_until(1s), "");
    EXPECT_EQ(ledger.heard_until(1900ms).substr(0, 13), "This sentence");
    EXPECT_EQ(ledger.length_of(0), 2s);
    EXPECT_FALSE(ledger.length_known(0));
}
TEST(SpokenLedger, AGrowingClipIsSpokenAsFastAsTheClipsBefore) {
    const auto heard = [](AudioTime first_clip) {
        SpokenLedger ledger;
        ledger.add_clip("This is how fast the voice can speak, as one has heard. ");
        ledger.add_clip("This is how fast it goes on from there to the end.");
        ledger.set_length(0, first_clip, {{0us, first_clip}});
        ledger.set_partial(1, 1s, {{0s, 1s}});
        return ledger.heard_until(first_clip + 1s).size();
    };
    EXPECT_GT(heard(2s), heard(4s));
    EXPECT_GT(heard(4s), heard(8s));
}
TEST(SpokenLedger, ThePaceOfEarlierRepliesHelps) {
    SpokenLedger slow;
    SpokenLedger fast;
    for (SpokenLedger* ledger : {&slow, &fast})
        ledger->add_clip("This is how fast it goes on from there to the end.");
    slow.expect_pace(2);
    fast.expect_pace(0.5);
    for (SpokenLedger* ledger : {&slow, &fast}) ledger->set_partial(0, 1s, {{0s, 1s}});
    EXPECT_LT(slow.heard_until(1s).size(), fast.heard_until(1s).size());
    EXPECT_DOUBLE_EQ(slow.pace(), 2) << "nothing was learned";
}
TEST(SpokenLedger, ThePaceIsLearnedFromCompleteClips) {
    SpokenLedger slow;
    slow.add_clip("This is how fast the voice can speak, as one has heard.");
    slow.set_length(0, 10s, {{2s, 9s}});
    EXPECT_GT(slow.pace(), 1.2);
    SpokenLedger fast;
    fast.add_clip("This is how fast the voice can speak, as one has heard.");
    fast.set_length(0, 10s, {{2s, 3500ms}});
    EXPECT_LT(fast.pace(), 0.8);
}
TEST(SpokenLedger, WhatIsMissingOfABrokenClipDoesNotChangeLater) {
    SpokenLedger ledger;
    ledger.add_clip("This sentence broke off long before its end was reached.");
    ledger.set_broken_off(0, 1s, {{0s, 1s}});
    const std::string said = ledger.heard_of(0, AudioTime::max());
    EXPECT_FALSE(said.empty());
    EXPECT_LT(said.size(), ledger.text_of(0).size());
    ledger.add_clip_after(1, ledger.text_of(0).substr(said.size()), 0);
    ledger.set_length(1, 30s, {{0s, 30s}});
    EXPECT_EQ(ledger.heard_of(0, AudioTime::max()), said);
    EXPECT_EQ(ledger.heard_until(31s), ledger.text_of(0)) << "no word lost or repeated";
}
TEST(SpokenLedger, ABrokenClipWithoutAudioWasNotHeard) {
    SpokenLedger ledger;
    ledger.add_clip("Never said. ");
    ledger.add_clip("Sorry.");
    ledger.set_broken_off(0, 0us);
    ledger.set_length(1, 1s);
    EXPECT_EQ(ledger.heard_until(1s), "Sorry.");
    EXPECT_FALSE(ledger.is_silent(0));
}

// ---- play order and groups

TEST(SpokenLedger, AClipMayBeHeardBeforeOneThatWasAddedEarlier) {
    SpokenLedger ledger;
    ledger.add_clip("First. ");
    ledger.add_clip("The answer.");
    ledger.add_clip_before(2, "One moment. ", 1);
    ledger.set_length(0, 1s);
    ledger.set_length(2, 2s);
    ledger.set_length(1, 4s);
    EXPECT_EQ(ledger.clips(), 3U);
    EXPECT_EQ(ledger.text_of(2), "One moment. ");
    EXPECT_EQ(ledger.start_of(0), 0s);
    EXPECT_EQ(ledger.start_of(2), 1s);
    EXPECT_EQ(ledger.start_of(1), 3s);
    EXPECT_EQ(ledger.start_of(3), 7s) << "the end of all";
    EXPECT_EQ(ledger.heard_until(3s), "First. One moment. ");
    EXPECT_EQ(ledger.heard_until(7s), "First. One moment. The answer.");
    EXPECT_EQ(ledger.heard_of(2, 2s), "One moment. ");
}
TEST(SpokenLedger, WhatIsHeardOfAGroupIsItsOwnText) {
    SpokenLedger ledger;
    ledger.add_clip("Let me look. ", 0);
    ledger.add_clip("It is noon. ", 1);
    ledger.add_clip("Anything else?", 1);
    for (ClipId clip = 0; clip < 3; ++clip) ledger.set_length(clip, 2s);
    EXPECT_EQ(ledger.heard_until(1h, 0), "Let me look. ");
    EXPECT_EQ(ledger.heard_until(1h, 1), "It is noon. Anything else?");
    EXPECT_EQ(ledger.heard_until(2s, 1), "");
    EXPECT_EQ(ledger.heard_until(4s, 1), "It is noon. ");
    EXPECT_EQ(ledger.heard_until(4s, 7), "");
}
TEST(SpokenLedger, AnInsertedClipIsOfTheGroupOfItsNeighbour) {
    SpokenLedger ledger;
    ledger.add_clip("It is noon.", 3);
    ledger.add_clip_before(1, "One moment. ", 0);
    ledger.add_clip_after(2, " Well.", 0);
    for (ClipId clip = 0; clip < 3; ++clip) ledger.set_length(clip, 1s);
    EXPECT_EQ(ledger.heard_until(3s, 3), "One moment. It is noon. Well.");
}

TEST(Transcript, AReplyOfWhichNothingWasHeardLeavesNoTrace) {
    Transcript transcript(1000);
    transcript.add_caller("Hello");
    transcript.add_interrupted_assistant("  ");
    EXPECT_EQ(transcript.messages().size(), 1U);
}
TEST(Transcript, AnInterruptedReplyEndsInADash) {
    Transcript transcript(1000);
    transcript.add_interrupted_assistant("It is noon. ");
    EXPECT_EQ(transcript.messages().back().text, "It is noon.—");
}
TEST(Transcript, TheOldestMessagesGoWhenItGrowsTooLongAndTheRestBeginsWithTheCaller) {
    Transcript transcript(25);
    transcript.add_caller("0123456789");
    transcript.add_assistant("0123456789");
    transcript.add_caller("abcdefghij");
    transcript.trim();
    ASSERT_EQ(transcript.messages().size(), 1U);
    EXPECT_EQ(transcript.messages().front().text, "abcdefghij");
    EXPECT_EQ(transcript.dropped(), 2U);
}
TEST(Transcript, TheNewestMessageStaysHoweverLongItIs) {
    Transcript transcript(5);
    transcript.add_caller("much longer than the limit");
    transcript.trim();
    EXPECT_EQ(transcript.messages().size(), 1U);
}

}  // namespace
}  // namespace atlas::conversation
