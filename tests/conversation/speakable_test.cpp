#include "atlas/conversation/speakable.hpp"

#include "atlas/conversation/sentence_chunker.hpp"
#include "conversation/replies.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace atlas::conversation {
namespace {

TEST(Speakable, PlainWordsStayAsTheyAre) {
    EXPECT_EQ(speakable("It is noon, isn't it? Yes: 12.30!"), "It is noon, isn't it? Yes: 12.30!");
    EXPECT_EQ(speakable("2 * 3 = 6, 5 < 7 & C# costs $29.95 (50 %)."),
              "2 * 3 = 6, 5 < 7 & C# costs $29.95 (50 %).");
}
TEST(Speakable, MarkdownIsReadWithoutItsMarks) {
    EXPECT_EQ(speakable("**Bold** and _soft_ and `code`."), "Bold and soft and code.");
    EXPECT_EQ(speakable("__Strong__, ~~gone~~, ***both*** and (_soft_)."), "Strong, gone, both and (soft).");
    EXPECT_EQ(speakable("## A heading\nText"), "A heading. Text");
    EXPECT_EQ(speakable("> quoted\n> > twice"), "quoted. twice");
    EXPECT_EQ(speakable("One.\n\n---\n\nTwo.\n***\nThree."), "One. Two. Three.");
    EXPECT_EQ(speakable("\\*not bold\\* and C:\\temp"), "*not bold* and C:\\temp");
}
TEST(Speakable, AMarkThatIsNoHeadingIsRead) { EXPECT_EQ(speakable("#1 in the charts"), "#1 in the charts"); }
TEST(Speakable, HtmlIsReadWithoutItsTags) {
    EXPECT_EQ(speakable("<b>Bold</b>, line<br/>break &amp; more: a < b, c > d."),
              "Bold , line break & more: a < b, c > d.");
}

TEST(Speakable, ListItemsSoundLikeSentences) {
    EXPECT_EQ(speakable("- apples\n- pears\n"), "apples. pears.");
    EXPECT_EQ(speakable("* apples\n  + pears!\n• plums"), "apples. pears! plums.");
    EXPECT_EQ(speakable("- [ ] open\n- [x] done"), "open. done.");
    EXPECT_EQ(speakable("- **First:** go\n- \"Stop.\"\n- 50 %"), "First: go. \"Stop.\" 50 %.");
    EXPECT_EQ(speakable("- りんご\n- なし"), "りんご。 なし。");
    EXPECT_EQ(speakable("- सेब\n- आम"), "सेब। आम।");
}
TEST(Speakable, NumberedItemsKeepTheirNumbers) {
    EXPECT_EQ(speakable("1. Open it\n2. Close it\n"), "1. Open it. 2. Close it.");
}
TEST(Speakable, TheCellsOfATableHavePausesBetween) {
    EXPECT_EQ(speakable("| Name | Price |\n|:-----|------:|\n| Tea  | $3.50 |\n"),
              "Name, Price. Tea, $3.50.");
}
TEST(Speakable, ALineIsASentenceUnlessItGoesOn) {
    EXPECT_EQ(speakable("One line\nAnother\ngoes on\n\nand a third"),
              "One line. Another goes on. and a third");
}

TEST(Speakable, LinksAreReadByTheirWordsAndAddressesByTheirHost) {
    EXPECT_EQ(speakable("See [our page](https://example.com/a?b) now."), "See our page now.");
    EXPECT_EQ(speakable("See [our **new** page][1], ![a cat](c.png)!"), "See our new page, a cat!");
    EXPECT_EQ(speakable("Go to https://www.example.com/a/b?c=1."), "Go to example.com.");
    EXPECT_EQ(speakable("(see http://a.example/Foo_(film)), or <https://b.example/x>!"),
              "(see a.example), or b.example!");
    EXPECT_EQ(speakable("www.example.org:8080/x, 网址是https://example.com/路径。"),
              "example.org, 网址是example.com。");
    EXPECT_EQ(speakable("Write to <bob_smith@example.com>."), "Write to bob_smith@example.com.");
}
TEST(Speakable, FootnoteMarksAreNotRead) {
    EXPECT_EQ(speakable("It is so[^1], [I] think.\n\n[^1]: A note."), "It is so, [I] think. A note.");
}

TEST(Speakable, OfABlockOfCodeIsOnlySaidThatItIsThere) {
    EXPECT_EQ(speakable("Run:\n```python\nx = 1\n\ny()\n```\nThen look."), "Run: Code block. Then look.");
    EXPECT_EQ(speakable("  ~~~\n```\n~~~"), "Code block.");
    EXPECT_EQ(speakable("```c\nint main(", "de-DE"), "Codeblock.");
    EXPECT_EQ(speakable("```\n一\n```\n", "ja"), "コードです。");
    EXPECT_EQ(speakable("```\nx\n```\n", "xx"), "Code block.");
    EXPECT_EQ(speakable("```inline``` code"), "inline code");
}

TEST(Speakable, EmojiAreNotRead) {
    EXPECT_EQ(speakable("Great 👍🏽 news ☀️!"), "Great news!");
    EXPECT_EQ(speakable("All done 🎉 What else? 👨‍👩‍👧‍👦🇩🇪"),
              "All done. What else?");
    EXPECT_EQ(speakable("1️⃣ first"), "1 first");
    EXPECT_EQ(speakable("ça va ?"), "ça va ?");
}
TEST(Speakable, UnderscoresInsideWordsAreKept) {
    EXPECT_EQ(speakable("the file_name here"), "the file_name here");
}
TEST(Speakable, OtherScriptsAreRead) {
    for (const std::string text : {"今日は。", "Grüße, ça va?", "مرحبا", "नमस्ते।", "สวัสดี", "안녕하세요!",
                                   "Καλημέρα", "می‌خواهم", "क्‍ष"}) {
        EXPECT_EQ(speakable(text), text);
    }
    EXPECT_EQ(speakable("\u200Fשלום\u200F, \uFEFFso\u00ADft"), "שלום, soft")
        << "direction marks are left out";
}
TEST(Speakable, WhatCannotBeSpokenIsEmpty) {
    for (const char* text : {"",       "   ", "...",      "—",     "👍",    "**",          "- \n",
                             "。",     "!?",  "\n\n",     "“”",    "---",  "|---|---|\n", "🇩🇪 ❤️",
                             "\u200B", "> ",  "###",      "***\n", "[^1]", "<br>",        "、",
                             "؟",      "।",   "\xF0\x9F", "€",     "」"}) {
        EXPECT_EQ(speakable(text), "") << text;
    }
}
TEST(Speakable, BrokenBytesAreLeftOut) { EXPECT_EQ(speakable("good\xF0\x9F morning\xC3"), "good morning"); }
TEST(Speakable, WhiteSpaceIsFolded) { EXPECT_EQ(speakable("  a \t b  "), "a b"); }

TEST(Speakable, EveryPieceOfAReplyIsReadWithoutMarks) {
    for (const auto reply : realistic_replies) {
        SentenceChunker chunker;
        chunker.add(reply);
        chunker.finish();
        while (const auto piece = chunker.next()) {
            const std::string speech = speakable(*piece);
            for (const char* mark :
                 {"**", "```", "](", "http", "|", "\n", "  ", "print", "<b>", "&amp;", "😀"})
                EXPECT_EQ(speech.find(mark), std::string::npos) << speech;
        }
    }
}

TEST(Speakable, AnyBytesCanBeRead) {
    std::mt19937 random(11);
    const std::string marks = "`~*_[](){}<>|#-+=!&\\^:/.@\n\t \"'aB1\xE3\x80\x81\xF0\x9F\x98\x80\xCC\x81";
    for (int round = 0; round < 3000; ++round) {
        std::string text;
        for (std::size_t i = 0, size = random() % 60; i < size; ++i) text += marks[random() % marks.size()];
        const std::string speech = speakable(text);
        EXPECT_LE(speech.size(), text.size() * 5 + 20);
        EXPECT_FALSE(speech.starts_with(' ') || speech.ends_with(' ')) << text;
    }
}

}  // namespace
}  // namespace atlas::conversation
