#include "protocol/text.hpp"

#include <gtest/gtest.h>

namespace atlas::protocol {
namespace {

TEST(Text, CountsCodePoints) {
    EXPECT_EQ(count_chars(""), 0U);
    EXPECT_EQ(count_chars("aé😀"), 3U);
}

TEST(Text, QuotesFortyCharactersWhateverTheirBytes) {
    std::string text;
    std::string first;
    for (int i = 0; i < 41; ++i) text += "😀";
    for (int i = 0; i < 40; ++i) first += "😀";
    EXPECT_EQ(quote(text), "\"" + first + "…\"");
    EXPECT_EQ(quote(first), "\"" + first + "\"");
}

TEST(Text, EscapesWhatCouldDisturbATerminalOrALog) {
    EXPECT_EQ(quote(std::string_view("a\0b", 3)), R"("a\x00b")");
    EXPECT_EQ(quote("\x1b[2J\r\n\t\x7f"), R"("\x1B[2J\x0D\n\t\x7F")");
    EXPECT_EQ(quote("\"\\"), R"("\"\\")");
    EXPECT_EQ(quote("\u0085"), R"("\xC2\x85")");
    EXPECT_EQ(quote("\u202E\u2028\u2066"), R"("\xE2\x80\xAE\xE2\x80\xA8\xE2\x81\xA6")");
}

TEST(Text, EscapesBytesThatAreNotUtf8) {
    EXPECT_EQ(quote("\xFF\x80"), R"("\xFF\x80")");
    EXPECT_EQ(quote("\xE2\x82"), R"("\xE2\x82")");
    EXPECT_EQ(quote("\xC3("), R"("\xC3(")");
    EXPECT_EQ(quote("\xC0\xAF"), R"("\xC0\xAF")");
    EXPECT_EQ(quote("\xE0\x80\xAF"), R"("\xE0\x80\xAF")");
    EXPECT_EQ(quote("\xED\xA0\x80"), R"("\xED\xA0\x80")");
    EXPECT_EQ(quote("\xF4\x90\x80\x80"), R"("\xF4\x90\x80\x80")");
}

TEST(Text, CutsBetweenCharacters) {
    EXPECT_EQ(fit_json("abcdef", 6), "abcdef");
    EXPECT_EQ(fit_json("abcdefg", 6), "abc…");
    EXPECT_EQ(fit_json("éééé", 8), "éééé");
    EXPECT_EQ(fit_json("éééé", 7), "éé…");
    EXPECT_EQ(fit_json("éééé", 6), "é…");
    EXPECT_EQ(fit_json("", 6), "");
}

TEST(Text, CutsByTheSizeOfTheEscapes) {
    EXPECT_EQ(fit_json("\"\"\"", 6), "\"\"\"");
    EXPECT_EQ(fit_json("\"\"\"\"", 7), "\"\"…");
    EXPECT_EQ(fit_json("\x01\x01", 12), "\x01\x01");
    EXPECT_EQ(fit_json("\x01\x01", 11), "\x01…");
    EXPECT_EQ(fit_json("\xFF\xFF", 5), "…");
}

}  // namespace
}  // namespace atlas::protocol
