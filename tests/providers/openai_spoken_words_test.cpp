#include "atlas/providers/openai/spoken_words.hpp"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace atlas::providers::openai {
namespace {

using Pairs = std::vector<std::pair<const char*, const char*>>;

void expect_same(const Pairs& pairs) {
    for (const auto& [asked, spoken] : pairs)
        EXPECT_TRUE(same_words(asked, spoken)) << asked << " -> " << bare_words(asked) << '\n'
                                               << spoken << " -> " << bare_words(spoken);
}

void expect_different(const Pairs& pairs) {
    for (const auto& [asked, spoken] : pairs)
        EXPECT_FALSE(same_words(asked, spoken)) << asked << " / " << spoken;
}

TEST(SpokenWords, ForgiveCasePunctuationAndSpace) {
    expect_same({{"Hello, world!", "hello world"},
                 {"Don’t stop\n now…", "Don't stop now."},
                 {"“Well” — he said", "well, he said"},
                 {"e-mail every day", "Email everyday"},
                 {"ÉCOLE Ünder", "école ünder"},
                 {"Привет, МИР", "привет мир"},
                 {"你好，世界。", "你好世界"}});
}

TEST(SpokenWords, ForgiveHowNumbersAreWritten) {
    expect_same({{"It costs $42.50 today.", "It costs forty-two dollars and fifty cents today."},
                 {"At 3:30 p.m.", "at three thirty PM"},
                 {"About 100 people", "About a hundred people"},
                 {"The 21st of May", "the twenty-first of May"},
                 {"20% off", "twenty percent off"},
                 {"It is 12 °C", "It is twelve degrees C"},
                 {"Room 204, floor 2", "Room two oh four, floor two"}});
}

TEST(SpokenWords, ForgiveAFewAbbreviations) {
    expect_same({{"Dr. Smith & Mr. Jones", "Doctor Smith and Mister Jones"}, {"a@b", "a at b"}});
}

TEST(SpokenWords, DoNotForgiveOtherWords) {
    expect_different({{"You can leave.", "You can't leave."},
                      {"The meeting is at noon.", "Sure! The meeting is at noon."},
                      {"What is your name?", "My name is Marin."},
                      {"one two and three apples", "one two and three pears"},
                      {"I will call you.", "I'll call you."},
                      {"It costs 5 dollars.", "It costs dollars."},
                      {"Hello", ""}});
}

TEST(SpokenWords, KeepWordsThatOnlySometimesBelongToANumber) {
    EXPECT_EQ(bare_words("cats and dogs and a point"), "catsanddogsandapoint");
    EXPECT_EQ(bare_words("two and a dog"), "#andadog");
    EXPECT_EQ(bare_words(""), "");
}

}  // namespace
}  // namespace atlas::providers::openai
