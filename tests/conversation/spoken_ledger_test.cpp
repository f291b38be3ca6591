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
    ASSERT_EQ(transcript.messages().size(), 1U);
    EXPECT_EQ(transcript.messages().front().text, "abcdefghij");
    EXPECT_EQ(transcript.dropped(), 2U);
}
TEST(Transcript, TheNewestMessageStaysHoweverLongItIs) {
    Transcript transcript(5);
    transcript.add_caller("much longer than the limit");
    EXPECT_EQ(transcript.messages().size(), 1U);
}

}  // namespace
}  // namespace atlas::conversation
