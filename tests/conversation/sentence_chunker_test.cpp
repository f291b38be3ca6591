#include "atlas/conversation/sentence_chunker.hpp"

#include "conversation/replies.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace atlas::conversation {
namespace {

using Pieces = std::vector<std::string>;

// The pieces of a text that arrives in the given parts; everything to be had is taken after each.
Pieces pieces_of_parts(const std::vector<std::string_view>& parts, const ChunkerSettings& settings = {}) {
    SentenceChunker chunker(settings);
    Pieces pieces;
    const auto collect = [&] {
        while (auto piece = chunker.next()) pieces.push_back(*piece);
    };
    for (const auto part : parts) {
        chunker.add(part);
        collect();
    }
    chunker.finish();
    collect();
    EXPECT_TRUE(chunker.done());
    return pieces;
}

Pieces pieces_of(std::string_view text, std::size_t at_once = std::string_view::npos,
                 const ChunkerSettings& settings = {}) {
    std::vector<std::string_view> parts;
    for (std::size_t at = 0; at < text.size(); at += std::min(at_once, text.size() - at))
        parts.push_back(text.substr(at, at_once));
    return pieces_of_parts(parts, settings);
}

ChunkerSettings in_language(std::string language) {
    ChunkerSettings settings;
    settings.language = std::move(language);
    return settings;
}

std::string joined(const Pieces& pieces) {
    std::string text;
    for (const auto& piece : pieces) text += piece;
    return text;
}

// Is the text never cut inside `whole`?
bool kept_whole(const Pieces& pieces, std::string_view whole) {
    return std::any_of(pieces.begin(), pieces.end(),
                       [&](const std::string& piece) { return piece.find(whole) != std::string::npos; });
}

bool is_word_byte(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// ---- what is a piece

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
          "Version 2.5.1 is the newest.", "Look at No. 5 on the list.", "It is by Acme Inc. Boston or so.",
          "We ship on Jan. 5 at the latest.", "She has a Ph.D. degree in physics.",
          "The host 192.168.0.1 answers."}) {
        const auto pieces =
            pieces_of("Here is what I found for you. " + sentence + " Is that all you wanted to know?");
        ASSERT_GE(pieces.size(), 3U) << sentence;
        EXPECT_EQ(pieces[1], sentence + " ");
    }
}

TEST(SentenceChunker, AnAbbreviationEndsASentenceBeforeAWordThatBeginsOne) {
    for (const std::string sentence :
         {"The shop closes at 5 p.m. ", "The parcel was sent by Acme Inc. ", "It was invented in the U.S. ",
          "What you want is vitamin C. ", "There are apples, pears, etc. "}) {
        const auto pieces = pieces_of("Here is what I found for you. " + sentence + "We can go there.");
        ASSERT_GE(pieces.size(), 3U) << sentence;
        EXPECT_EQ(pieces[1], sentence);
    }
}

TEST(SentenceChunker, EachLanguageHasItsAbbreviations) {
    struct Case {
        std::string language;
        std::string sentence;
    };
    for (const auto& [language, sentence] : std::vector<Case>{
             {"de", "Das ist z.B. Hrn. Maier ganz egal. "},
             {"de-AT", "Der 3. Platz ist noch immer frei. "},
             {"fr", "Il faut appeler Mme. Dupont tout de suite. "},
             {"es-MX", "Mañana viene la Sra. García con su hijo. "},
             {"it", "Domani arriva il sig. Rossi con la moglie. "},
             {"pt-BR", "Amanhã chega a Dra. Souza com o filho. "},
             {"nl", "Morgen komt dhr. De Vries met zijn vrouw. "},
             {"en", "Tomorrow comes Capt. Smith with his wife. "},
             {"", "Morgen, am 5. Mai, kommt Dr. Weiß mit Mme. Blanc. "},
         }) {
        const auto pieces =
            pieces_of("Bla bla bla bla bla! " + sentence + "Ja bla bla?", 7, in_language(language));
        ASSERT_EQ(pieces.size(), 3U) << language << ": " << sentence;
        EXPECT_EQ(pieces[1], sentence);
    }
}

TEST(SentenceChunker, AWordThatIsAnAbbreviationElsewhereEndsASentence) {
    EXPECT_EQ(pieces_of("Bla bla bla bla bla! Now I really mean that he is Max. Fred is not.", 5,
                        in_language("en")),
              (Pieces{"Bla bla bla bla bla! ", "Now I really mean that he is Max. ", "Fred is not."}));
}

TEST(SentenceChunker, AFullStopAtTheEndOfWhatIsKnownWaitsForMore) {
    SentenceChunker chunker;
    chunker.add("The total comes to $29.");
    EXPECT_EQ(chunker.next(), std::nullopt);
    chunker.add("95 dollars. Is");
    EXPECT_EQ(chunker.next(), "The total comes to $29.95 dollars. ");
}

TEST(SentenceChunker, AnEllipsisEndsASentenceOnlyBeforeACapital) {
    EXPECT_EQ(pieces_of("I was thinking... maybe tomorrow is a better day. So be it then, my friend."),
              (Pieces{"I was thinking... maybe tomorrow is a better day. ", "So be it then, my friend."}));
    EXPECT_EQ(pieces_of("I was thinking… We could meet tomorrow, after all."),
              (Pieces{"I was thinking… ", "We could meet tomorrow, after all."}));
}

TEST(SentenceChunker, QuotesAndBracketsStayWithTheirSentence) {
    EXPECT_EQ(pieces_of("She said \"I am coming home.\" Then she left the house for good."),
              (Pieces{"She said \"I am coming home.\" ", "Then she left the house for good."}));
    EXPECT_EQ(pieces_of("“You really mean it?” she asked me. Yes, I did mean it."),
              (Pieces{"“You really mean it?” she asked me. ", "Yes, I did mean it."}));
    EXPECT_EQ(pieces_of("He came (as ever, and I mean it. Late.) to the party. Nobody minded at all."),
              (Pieces{"He came (as ever, and I mean it. Late.) to the party. ", "Nobody minded at all."}));
}

TEST(SentenceChunker, AClauseIsNotCutInsideADateOrAList) {
    EXPECT_EQ(pieces_of("It was on January 5, 2025, that she called."),
              (Pieces{"It was on January 5, 2025, ", "that she called."}));
    EXPECT_EQ(pieces_of("The winning numbers are 1, 2, 3 and 4. Did you win anything at all?").front(),
              "The winning numbers are 1, 2, 3 and 4. ");
}

TEST(SentenceChunker, ADashEndsAClause) {
    EXPECT_EQ(pieces_of("I think so—or do I? Let me see what there is.").front(), "I think so—or do I? ");
    EXPECT_EQ(pieces_of("I really do think so—or do I now?").front(), "I really do think so—");
    EXPECT_EQ(pieces_of("I really do think so – or do I?").front(), "I really do think so – ");
    EXPECT_EQ(pieces_of("It is a well-known trick and takes 3–4 days.").size(), 1U);
}

TEST(SentenceChunker, WideScriptsNeedNoBlanks) {
    EXPECT_EQ(pieces_of("今日はとても良い天気です。明日は雨が降るかもしれません。"),
              (Pieces{"今日はとても良い天気です。", "明日は雨が降るかもしれません。"}));
    EXPECT_EQ(pieces_of("「明日は行きます。」と彼は言いました。それから帰りました。"),
              (Pieces{"「明日は行きます。」", "と彼は言いました。", "それから帰りました。"}));
    EXPECT_EQ(pieces_of("好的,我来帮您查一下。总共是1,299元,对吗?谢谢您!").front(), "好的,我来帮您查一下。");
}

TEST(SentenceChunker, OtherScriptsHaveTheirMarks) {
    EXPECT_EQ(pieces_of("كيف يمكنني مساعدتك اليوم؟ لدينا مواعيد متاحة يوم الثلاثاء."),
              (Pieces{"كيف يمكنني مساعدتك اليوم؟ ", "لدينا مواعيد متاحة يوم الثلاثاء."}));
    EXPECT_EQ(pieces_of("مرحبا يا صديقي، كيف حالك اليوم؟"), (Pieces{"مرحبا يا صديقي، ", "كيف حالك اليوم؟"}));
    EXPECT_EQ(pieces_of("मैं आपकी मदद कर सकता हूँ। आपका ऑर्डर कल पहुँच जाएगा।"),
              (Pieces{"मैं आपकी मदद कर सकता हूँ। ", "आपका ऑर्डर कल पहुँच जाएगा।"}));
    EXPECT_EQ(pieces_of("שלום, איך אפשר לעזור לך? התור נקבע ליום שלישי."),
              (Pieces{"שלום, איך אפשר לעזור לך? ", "התור נקבע ליום שלישי."}));
}

TEST(SentenceChunker, ThaiIsCutAtItsBlanks) {
    EXPECT_EQ(pieces_of("ผมยินดีช่วยเหลือคุณครับ คุณต้องการนัดหมายวันไหน เรามีเวลาว่างวันอังคารค่ะ ขอบคุณมาก"),
              (Pieces{"ผมยินดีช่วยเหลือคุณครับ ", "คุณต้องการนัดหมายวันไหน เรามีเวลาว่างวันอังคารค่ะ ", "ขอบคุณมาก"}));
}

TEST(SentenceChunker, LinesEndPieces) {
    EXPECT_EQ(
        pieces_of("Here is the list:\n- the first thing there is to do\n- the second thing there is to do\n"),
        (Pieces{"Here is the list:\n", "- the first thing there is to do\n",
                "- the second thing there is to do\n"}));
}

TEST(SentenceChunker, TheNumberOfAListItemStaysWithIt) {
    EXPECT_EQ(pieces_of("You can do this: 1. Open the heavy door slowly. 2. Close it again at once."),
              (Pieces{"You can do this: ", "1. Open the heavy door slowly. ", "2. Close it again at once."}));
}

TEST(SentenceChunker, AnEmojiStaysWithItsSentence) {
    EXPECT_EQ(pieces_of("I have booked it for you! 😀 Is there anything else? 👍🏽 Fine."),
              (Pieces{"I have booked it for you! 😀 ", "Is there anything else? 👍🏽 ", "Fine."}));
    EXPECT_EQ(pieces_of("I have booked it for you 😀 Is there anything else?").front(),
              "I have booked it for you 😀 ");
}

TEST(SentenceChunker, ABlockOfCodeIsAPieceOfItsOwn) {
    const std::string code = "```python\nprint(\"a. B\")\n\n" + std::string(400, 'x') + "\n```\n\n";
    EXPECT_EQ(pieces_of("Run:\n" + code + "Then look."), (Pieces{"Run:\n", code, "Then look."}));
    EXPECT_EQ(pieces_of("~~~\na\n```\nb\n~~~\nAnd more."), (Pieces{"~~~\na\n```\nb\n~~~\n", "And more."}));
}

TEST(SentenceChunker, ABlockOfCodeWithoutAnEndIsOnePiece) {
    const std::string code = "```\n" + std::string(1000, 'x') + ". Y\nz";
    EXPECT_GT(pieces_of("Run this one: " + code).size(), 3U) << "no block begins in the middle of a line";
    EXPECT_EQ(pieces_of("Run this one:\n" + code), (Pieces{"Run this one:\n", code}));
}

TEST(SentenceChunker, LinksAndInlineCodeAreNotCut) {
    const auto pieces = pieces_of(
        "Please see [our page. The new one, I mean](https://example.com/a,b?c=1.2) there, or `a. B, c` "
        "here.");
    EXPECT_TRUE(kept_whole(pieces, "[our page. The new one, I mean](https://example.com/a,b?c=1.2)"));
    EXPECT_TRUE(kept_whole(pieces, "`a. B, c`"));
}

// ---- long text

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

TEST(SentenceChunker, TextWithoutBlanksIsNotCutInsideWhatIsSeenAsOneCharacter) {
    for (const std::string picture :
         {"👨‍👩‍👧‍👦", "👍🏽", "🇩🇪", "क्षि", "e\u0301", "กำ"}) {
        std::string text;
        while (text.size() < 2000) text += picture;
        const auto pieces = pieces_of(text, 3);
        EXPECT_GT(pieces.size(), 5U);
        for (const auto& piece : pieces) EXPECT_EQ(piece.size() % picture.size(), 0U) << picture << piece;
    }
}

TEST(SentenceChunker, ALongTextNeverWaitsForMuchMoreThanTheLimit) {
    for (const std::string unit :
         {"x", "word ", "字", "a`b ", "[c ", "1", " ", "\n", "(d ", "\"e ", ".", "— ", "😀"}) {
        SentenceChunker chunker;
        std::size_t waiting = 0;
        for (int i = 0; i < 1500; ++i) {
            chunker.add(unit);
            waiting += unit.size();
            while (auto piece = chunker.next()) waiting -= piece->size();
            ASSERT_LE(waiting, 280U + 280U) << unit;
        }
    }
}

TEST(SentenceChunker, AnAddressMayBeLongerThanAPiece) {
    const std::string address = "https://example.com/" + std::string(500, 'a');
    EXPECT_EQ(pieces_of("See " + address + " and tell me more.", 9),
              (Pieces{"See ", address + " ", "and tell me more."}));
    EXPECT_GT(pieces_of("See https://example.com/" + std::string(5000, 'a')).size(), 10U);
}

// ---- however it arrives

TEST(SentenceChunker, ThePiecesAreTheSameWhereverTheTextIsSplitInTwo) {
    for (const auto text : realistic_replies) {
        const auto whole = pieces_of(text);
        for (std::size_t at = 1; at < text.size(); ++at)
            ASSERT_EQ(pieces_of_parts({text.substr(0, at), text.substr(at)}), whole) << at << ": " << text;
    }
}

TEST(SentenceChunker, ThePiecesAreTheSameHoweverSmallThePartsAre) {
    for (const auto text : realistic_replies) {
        const auto whole = pieces_of(text);
        for (std::size_t at_once = 1; at_once < 20; ++at_once)
            ASSERT_EQ(pieces_of(text, at_once), whole) << at_once << ": " << text;
    }
}

TEST(SentenceChunker, ThePiecesAreTheSameHoweverTheTextIsSplit) {
    std::mt19937 random(20240611);
    for (const auto text : realistic_replies) {
        for (const auto* language : {"", "de", "en"}) {
            const auto whole = pieces_of(text, std::string_view::npos, in_language(language));
            for (int round = 0; round < 12; ++round) {
                std::vector<std::string_view> parts;
                for (std::size_t at = 0; at < text.size(); at += parts.back().size())
                    parts.push_back(text.substr(at, 1 + random() % 40));
                ASSERT_EQ(pieces_of_parts(parts, in_language(language)), whole) << text;
            }
        }
    }
}

TEST(SentenceChunker, RandomTextsOfAllMarksAreTheSameHoweverTheyAreSplit) {
    constexpr auto units = std::to_array<std::string_view>(
        {"a",   "B",  "The",    " ",    " ",        " ",     "\n",  ".",   ".",   ",",
         "!",   "?",  "…",      "1",    "29",       "`",     "```", "~~~", "[",   "](",
         ")",   "(",  "\"",     "“",    "”",        "*",     "- ",  "1. ", "#",   "。",
         "、",  "字", "「",     "」",   "؟",        "،",     "م",   "।",   "क्",   "ष",
         "ไทย", "👍",  "\u200D", "🇩",    "e\u0301",  "—",     " – ", "Dr",  "e.g", "https://x.y/",
         "|",   "\t", "\r\n",   "\xE3", "\xF0\x9F", "x@y.z", ":",   ";",   "'"});
    std::mt19937 random(7);
    for (int round = 0; round < 150; ++round) {
        std::string text;
        for (std::size_t i = 0, size = 20 + random() % 200; i < size; ++i)
            text += units[random() % units.size()];
        ChunkerSettings settings;
        settings.chunk_max = 40 + random() % 240;
        const auto whole = pieces_of(text, std::string_view::npos, settings);
        ASSERT_EQ(joined(whole), text);
        for (const std::size_t at_once : {1U, 2U, 5U, 17U})
            ASSERT_EQ(pieces_of(text, at_once, settings), whole) << text;
    }
}

TEST(SentenceChunker, ThePiecesJoinedAreTheText) {
    for (const auto text : realistic_replies) {
        EXPECT_EQ(joined(pieces_of(text, 3)), text);
        for (const auto& piece : pieces_of(text)) EXPECT_FALSE(piece.empty());
    }
}

TEST(SentenceChunker, NoPieceEndsInsideAWordANumberOrACharacter) {
    for (const auto text : realistic_replies) {
        const auto pieces = pieces_of(text);
        for (std::size_t i = 1; i < pieces.size(); ++i) {
            const char last = pieces[i - 1].back();
            const char first = pieces[i].front();
            EXPECT_FALSE(is_word_byte(last) && is_word_byte(first)) << pieces[i - 1] << "|" << pieces[i];
            EXPECT_NE(static_cast<unsigned char>(first) & 0xC0U, 0x80U) << "a character was torn apart";
        }
    }
}

TEST(SentenceChunker, WhatBelongsTogetherIsKeptTogether) {
    constexpr auto wholes =
        std::to_array<std::string_view>({"$29.95",
                                         "€1.299,00",
                                         "12.03.2024",
                                         "2024-03-12",
                                         "10:30 a.m.",
                                         "Jan. 12",
                                         "3.5%",
                                         "Dr. J. R. Smith",
                                         "D.C.",
                                         "No. 5",
                                         "192.168.0.1:8080",
                                         "v10.0.0-rc.1",
                                         "555 012 3456",
                                         "(555) 012-3456",
                                         "2. Walk",
                                         "Tea, green",
                                         "`code. With, marks`",
                                         "https://www.example.com/very/long/path?x=1.5&y=2,3#frag.",
                                         "bob.smith@example.co.uk",
                                         "👨‍👩‍👧‍👦",
                                         "🇩🇪🇫🇷",
                                         "5. Mai",
                                         "1. FC",
                                         "z. B.",
                                         "1 000 000",
                                         "1.250,75",
                                         "EE.UU.",
                                         "sig. Rossi",
                                         "R$ 1.299,50",
                                         "т.е. завтра",
                                         "1,299.50元",
                                         "₹1,299.50",
                                         "1.299.000 đ",
                                         "4 8 1 5 1 6.",
                                         "¥1,299",
                                         "x.so.1",
                                         "C:\\temp\\new.txt",
                                         "[our page, the new one. Really](https://example.com/a?b=1.2,3)",
                                         "Node.js",
                                         "Dec. 24, 2025"});
    for (const auto whole : wholes) {
        const auto* text =
            std::find_if(realistic_replies.begin(), realistic_replies.end(),
                         [&](std::string_view reply) { return reply.find(whole) != std::string_view::npos; });
        ASSERT_NE(text, realistic_replies.end()) << whole;
        EXPECT_TRUE(kept_whole(pieces_of(*text, 4), whole)) << whole;
    }
}

TEST(SentenceChunker, NoTextMakesNoPiece) { EXPECT_TRUE(pieces_of("").empty()); }

// ---- pauses in the text

TEST(SentenceChunker, AFlushMakesPiecesOfEverythingAndTheTextMayGoOn) {
    SentenceChunker chunker;
    chunker.add("Let me look that up for you, one mom");
    EXPECT_EQ(chunker.next(), "Let me look that up for you, ");
    chunker.flush();
    EXPECT_EQ(chunker.next(), "one mom");
    EXPECT_EQ(chunker.next(), std::nullopt);
    EXPECT_FALSE(chunker.done());
    chunker.add("I have found it, it costs $29. Fine.");
    EXPECT_EQ(chunker.next(), "I have found it, ");
    chunker.finish();
    EXPECT_EQ(chunker.next(), "it costs $29. Fine.");
    EXPECT_TRUE(chunker.done());
}

TEST(SentenceChunker, AFlushCutsLikeTheEndOfTheText) {
    for (const auto text : realistic_replies) {
        SentenceChunker chunker;
        chunker.add(text);
        chunker.flush();
        Pieces pieces;
        while (auto piece = chunker.next()) pieces.push_back(*piece);
        EXPECT_EQ(pieces, pieces_of(text));
        chunker.finish();
        EXPECT_TRUE(chunker.done());
    }
}

TEST(SentenceChunker, AFlushOfNothingMakesNoPiece) {
    SentenceChunker chunker;
    chunker.flush();
    chunker.flush();
    EXPECT_EQ(chunker.next(), std::nullopt);
    chunker.finish();
    EXPECT_TRUE(chunker.done());
}

TEST(SentenceChunker, TextThatBreaksOffIsSpokenUpToItsLastClause) {
    struct Case {
        std::string text;
        Pieces kept;
    };
    for (const auto& [text, kept] : std::vector<Case>{
             {"The train leaves at noon. It takes an hour, and a hal",
              {"The train leaves at noon. ", "It takes an hour, "}},
             {"The train leaves at noon.", {"The train leaves at noon."}},
             {"The train leaves at noon. ", {"The train leaves at noon. "}},
             {"She told me: \"It is over.\"", {"She told me: ", "\"It is over.\""}},
             {"It takes an hour,", {"It takes an hour,"}},
             {"The total, I think, is $29.", {"The total, I think, "}},
             {"The total is $1,", {}},
             {"We meet at 10:", {}},
             {"Please ask Dr.", {}},
             {"Here it is:\n- one thing\n- another th", {"Here it is:\n", "- one thing\n"}},
             {"Here it is:\n```c\nint main(", {"Here it is:\n"}},
             {"See [our page, the new", {}},
             {"今日は良い天気です。明日", {"今日は良い天気です。"}},
             {"今日は良い天気です。", {"今日は良い天気です。"}},
             {"no mark at all", {}},
             {"", {}},
         }) {
        SentenceChunker chunker;
        chunker.add(text);
        chunker.drop_incomplete();
        Pieces pieces;
        while (auto piece = chunker.next()) pieces.push_back(*piece);
        EXPECT_EQ(pieces, kept) << text;
        chunker.add("And here we go on.");
        chunker.finish();
        EXPECT_EQ(chunker.next(), "And here we go on.");
        EXPECT_TRUE(chunker.done());
    }
}

TEST(SentenceChunker, FinishedTextIsComplete) {
    SentenceChunker chunker;
    chunker.add("the last wor");
    chunker.finish();
    chunker.drop_incomplete();
    EXPECT_EQ(chunker.next(), "the last wor");
}

}  // namespace
}  // namespace atlas::conversation
