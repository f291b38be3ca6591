#include "atlas/conversation/spoken_weight.hpp"

#include <gtest/gtest.h>

#include <string>

namespace atlas::conversation {
namespace {

AudioTime usual(std::string_view text) {
    AudioTime sum{};
    for (const SpokenWord& word : spoken_words(text)) sum += word.usual;
    return sum;
}

std::vector<std::string> words(std::string_view text) {
    std::vector<std::string> found;
    std::size_t from = 0;
    for (const SpokenWord& word : spoken_words(text)) {
        from = std::min(text.find_first_not_of(" \n", from), word.end);
        found.emplace_back(text.substr(from, word.end - from));
        from = word.end;
    }
    return found;
}

std::string breaks(std::string_view text) {
    std::string found;
    for (const SpokenWord& word : spoken_words(text)) {
        found += word.after == Break::sentence ? '.' : word.after == Break::clause ? ',' : '_';
    }
    return found;
}

using Words = std::vector<std::string>;

TEST(SpokenWeight, WordsLieBetweenBlanks) {
    EXPECT_EQ(words(" One,  two\nthree. "), (Words{"One,", "two", "three."}));
    EXPECT_TRUE(words("").empty());
    EXPECT_TRUE(words(" \n").empty());
}
TEST(SpokenWeight, ScriptsWithoutBlanksAreTakenByTheCharacter) {
    EXPECT_EQ(words("今日は。"), (Words{"今", "日", "は。"}));
    EXPECT_EQ(words("我有iPhone手机"), (Words{"我", "有", "iPhone", "手", "机"}));
    EXPECT_EQ(words("안녕하세요 여러분"), (Words{"안녕하세요", "여러분"}));
    EXPECT_EQ(words("か\u3099き"), (Words{"か\u3099", "き"})) << "a mark goes with its letter";
}
TEST(SpokenWeight, LongWordsTakeLonger) {
    EXPECT_LT(usual("a"), usual("cat"));
    EXPECT_LT(usual("cat"), usual("banana"));
    EXPECT_LT(usual("banana"), usual("infrastructure"));
    EXPECT_LT(usual("time"), usual("timid"));
}
TEST(SpokenWeight, NumbersTakeTheTimeOfTheirWords) {
    EXPECT_GT(usual("2026"), usual("seven"));
    EXPECT_GT(usual("$29.95"), usual("elevators"));
    EXPECT_GT(usual("$29.95"), usual("29"));
    EXPECT_GT(usual("15%"), usual("15"));
    EXPECT_LT(usual("1,250"), usual("1,250.75"));
    EXPECT_GT(usual("715,500"), usual("715"));
    EXPECT_GT(usual("048213"), usual("48"));
    EXPECT_EQ(usual("14th"), usual("14"));
    EXPECT_EQ(usual("€20"), usual("$20"));
}
TEST(SpokenWeight, AnEndlessNumberIsReadDigitByDigitAndDoesNotOverflow) {
    EXPECT_GT(usual(std::string(300, '9')), usual(std::string(299, '9')));
    EXPECT_GT(usual("99999999999999999999.99999999999999999999"), AudioTime(1));
    EXPECT_GT(usual("$1.99999999999999999999"), AudioTime(1));
}
TEST(SpokenWeight, WhatIsNotReadTakesNoTime) {
    for (const char* text : {"-", "—", "👍", "**", "...", "\"", "\xC3"})
        EXPECT_EQ(usual(text), AudioTime(0)) << text;
    EXPECT_EQ(usual("**bold** word"), usual("bold word"));
    EXPECT_EQ(usual("[our page](https://example.com/a/long/address?b=c) now"), usual("our page now"));
    EXPECT_LT(usual("https://www.example.com/help/returns?lang=en"), usual("example.com/help/returns"));
}
TEST(SpokenWeight, OfABlockOfCodeOnlyItsNameIsRead) {
    const std::string code = "```cpp\nint main() { return 0; }\nvoid f();\n```";
    ASSERT_EQ(words(code), (Words{code}));
    EXPECT_LT(usual(code), std::chrono::seconds(2));
    EXPECT_EQ(words("Look:\n" + code + "\nSo."), (Words{"Look:", code, "So."}));
}
TEST(SpokenWeight, EveryScriptTakesSomeTime) {
    for (const char* text :
         {"привет", "مرحبا", "नमस्ते", "สวัสดี", "こんにちは", "你好", "안녕", "Γειά", "Grüße"}) {
        EXPECT_GT(usual(text), AudioTime(100'000)) << text;
        EXPECT_LT(usual(text), AudioTime(2'000'000)) << text;
    }
}
TEST(SpokenWeight, MarksTellWhereAVoicePauses) {
    EXPECT_EQ(breaks("Yes, it is. Or not? End"), ",_._..");
    EXPECT_EQ(breaks("Dr. Lee comes at 3 p.m. today"), "______.");
    EXPECT_EQ(breaks("He said \"no\", twice"), "__,.");
    EXPECT_EQ(breaks("one\ntwo"), "..");
    EXPECT_EQ(breaks("this - that (or it) x"), ",,,_,.");
}
TEST(SpokenWeight, BrokenTextHarmsNothing) {
    const std::string_view whole = "今日は 👍 $1,2.5-٣ «ça» \xF0\x9F\x91 ```x";
    for (std::size_t from = 0; from < whole.size(); ++from) {
        for (std::size_t size = 0; size <= whole.size() - from; ++size) {
            const auto text = whole.substr(from, size);
            std::size_t last = 0;
            for (const SpokenWord& word : spoken_words(text)) {
                ASSERT_GT(word.end, last);
                last = word.end;
            }
            ASSERT_LE(last, text.size());
        }
    }
}

}  // namespace
}  // namespace atlas::conversation
