#include "atlas/conversation/speakable.hpp"

#include <gtest/gtest.h>

namespace atlas::conversation {
namespace {

TEST(Speakable, PlainWordsStayAsTheyAre) {
    EXPECT_EQ(speakable("It is noon, isn't it? Yes: 12.30!"), "It is noon, isn't it? Yes: 12.30!");
}
TEST(Speakable, MarkdownIsReadWithoutItsMarks) {
    EXPECT_EQ(speakable("**Bold** and _soft_ and `code`."), "Bold and soft and code.");
    EXPECT_EQ(speakable("## A heading\nText"), "A heading. Text");
}
TEST(Speakable, ListItemsSoundLikeSentences) { EXPECT_EQ(speakable("- apples\n- pears\n"), "apples. pears"); }
TEST(Speakable, LinksAreReadByTheirWordsAndAddressesByTheirHost) {
    EXPECT_EQ(speakable("See [our page](https://example.com/a?b) now."), "See our page now.");
    EXPECT_EQ(speakable("Go to https://www.example.com/a/b?c=1."), "Go to example.com.");
}
TEST(Speakable, EmojiAreNotRead) { EXPECT_EQ(speakable("Great 👍🏽 news ☀️!"), "Great news !"); }
TEST(Speakable, UnderscoresInsideWordsAreKept) {
    EXPECT_EQ(speakable("the file_name here"), "the file_name here");
}
TEST(Speakable, OtherScriptsAreRead) {
    EXPECT_EQ(speakable("今日は。"), "今日は。");
    EXPECT_EQ(speakable("Grüße, ça va?"), "Grüße, ça va?");
    EXPECT_EQ(speakable("مرحبا"), "مرحبا");
}
TEST(Speakable, WhatCannotBeSpokenIsEmpty) {
    for (const char* text : {"", "   ", "...", "—", "👍", "**", "- \n", "。", "!?", "\n\n", "“”"}) {
        EXPECT_EQ(speakable(text), "") << text;
    }
}
TEST(Speakable, BrokenBytesAreLeftOut) { EXPECT_EQ(speakable("good\xF0\x9F morning\xC3"), "good morning"); }
TEST(Speakable, WhiteSpaceIsFolded) { EXPECT_EQ(speakable("  a \t b  "), "a b"); }

}  // namespace
}  // namespace atlas::conversation
