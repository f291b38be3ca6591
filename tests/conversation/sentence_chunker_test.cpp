#include "atlas/conversation/sentence_chunker.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace atlas::conversation {
namespace {

using Pieces = std::vector<std::string>;

Pieces pieces_of(const std::string& text, std::size_t at_once = std::string::npos) {
    SentenceChunker chunker;
    Pieces pieces;
    const auto collect = [&] {
        while (auto piece = chunker.next()) pieces.push_back(*piece);
    };
    for (std::size_t at = 0; at < text.size(); at += std::min(at_once, text.size() - at)) {
        chunker.add(text.substr(at, at_once));
        collect();
    }
    chunker.finish();
    collect();
    EXPECT_TRUE(chunker.done());
    return pieces;
}

std::string joined(const Pieces& pieces) {
    std::string text;
    for (const auto& piece : pieces) text += piece;
    return text;
}

TEST(SentenceChunker, TheFirstPieceIsAClauseAndTheRestAreSentences) {
    EXPECT_EQ(
        pieces_of(
            "Well, let me see, the train leaves at noon, from platform two. It takes an hour and a half."),
        (Pieces{"Well, let me see, ", "the train leaves at noon, from platform two. ",
                "It takes an hour and a half."}));
}

TEST(SentenceChunker, AShortSentenceIsSpokenWithTheNextExceptTheFirst) {
    EXPECT_EQ(pieces_of("That is a fine idea. Yes. No. We can leave at eight o'clock."),
              (Pieces{"That is a fine idea. ", "Yes. No. We can leave at eight o'clock."}));
}

TEST(SentenceChunker, NothingIsCutInsideNumbersMoneyTimesOrAbbreviations) {
    for (const std::string sentence :
         {"It costs $29.95 in the shop.", "Dr. Smith sees you at 10:30 a.m. tomorrow.",
          "That makes 1,000,000 of them.", "Ask e.g. Mr. Jones about it.", "J. R. Tolkien wrote the book.",
          "Version 2.5.1 is the newest."}) {
        const auto pieces =
            pieces_of("Here is what I found for you. " + sentence + " Is that all you wanted to know?");
        ASSERT_GE(pieces.size(), 3U) << sentence;
        EXPECT_EQ(pieces[1], sentence + " ");
    }
}

TEST(SentenceChunker, AFullStopAtTheEndOfWhatIsKnownWaitsForMore) {
    SentenceChunker chunker;
    chunker.add("The total comes to 29.");
    EXPECT_EQ(chunker.next(), std::nullopt);
    chunker.add("95 dollars. Is");
    EXPECT_EQ(chunker.next(), "The total comes to 29.95 dollars. ");
}

TEST(SentenceChunker, AnEllipsisEndsASentenceOnlyBeforeACapital) {
    EXPECT_EQ(pieces_of("I was thinking... maybe tomorrow is a better day. So be it then, my friend."),
              (Pieces{"I was thinking... maybe tomorrow is a better day. ", "So be it then, my friend."}));
}

TEST(SentenceChunker, QuotesAndBracketsStayWithTheirSentence) {
    EXPECT_EQ(pieces_of("She said \"I am coming home.\" Then she left the house for good."),
              (Pieces{"She said \"I am coming home.\" ", "Then she left the house for good."}));
}

TEST(SentenceChunker, WideScriptsNeedNoBlanks) {
    EXPECT_EQ(pieces_of("今日はとても良い天気です。明日は雨が降るかもしれません。"),
              (Pieces{"今日はとても良い天気です。", "明日は雨が降るかもしれません。"}));
}

TEST(SentenceChunker, LinesEndPieces) {
    EXPECT_EQ(
        pieces_of("Here is the list:\n- the first thing there is to do\n- the second thing there is to do\n"),
        (Pieces{"Here is the list:\n", "- the first thing there is to do\n",
                "- the second thing there is to do\n"}));
}

TEST(SentenceChunker, TextWithoutAnyMarkIsCutAtABlankBeforeTheLimit) {
    std::string text;
    for (int i = 0; i < 200; ++i) text += "word ";
    for (const auto& piece : pieces_of(text)) {
        EXPECT_LE(piece.size(), 280U);
        EXPECT_TRUE(piece.ends_with(' '));
    }
}

TEST(SentenceChunker, TextWithoutBlanksIsCutBetweenCharacters) {
    std::string text;
    for (int i = 0; i < 300; ++i) text += "é";
    for (const auto& piece : pieces_of(text)) {
        EXPECT_EQ(piece.size() % 2, 0U) << "a character was torn apart";
    }
}

TEST(SentenceChunker, ThePiecesAreTheTextHoweverItArrives) {
    const std::string text =
        "Hi! Well... it's 10:30, e.g. \"late\" (very). 今日は。次に。\n\n- a\n- b, c; d: "
        "e\nwww.example.com/x?y=1. Fine — ok? 3.14!";
    for (std::size_t at_once = 1; at_once < 20; ++at_once)
        EXPECT_EQ(joined(pieces_of(text, at_once)), text) << at_once;
}

TEST(SentenceChunker, NoTextMakesNoPiece) { EXPECT_TRUE(pieces_of("").empty()); }

}  // namespace
}  // namespace atlas::conversation
