#include "utf8.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace atlas::net {
namespace {

bool good(std::string_view text) { return is_utf8(std::as_bytes(std::span(text))); }

TEST(Utf8, IsAnythingThatTheStandardAllows) {
    EXPECT_TRUE(good(""));
    EXPECT_TRUE(good("plain text that is longer than eight bytes"));
    EXPECT_TRUE(good("gr\xC3\xBC\xC3\x9F dich, \xE4\xBD\xA0\xE5\xA5\xBD, \xF0\x9F\x98\x80"));
    EXPECT_TRUE(good("\xC2\x80 \xDF\xBF \xE0\xA0\x80 \xED\x9F\xBF \xEE\x80\x80 \xEF\xBF\xBF"));
    EXPECT_TRUE(good("\xF0\x90\x80\x80 \xF4\x8F\xBF\xBF"));
}

TEST(Utf8, IsNoOverlongFormNoSurrogateAndNothingAboveTheLastCodePoint) {
    for (const std::string_view bad :
         {"\xC0\x80", "\xC1\xBF", "\xE0\x9F\xBF", "\xF0\x8F\xBF\xBF", "\xED\xA0\x80", "\xED\xBF\xBF",
          "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFE", "\xFF", "\x80", "\xBF"}) {
        EXPECT_FALSE(good(bad)) << testing::PrintToString(bad);
    }
}

TEST(Utf8, IsNoCharacterThatIsCutShortOrContinuedWrongly) {
    for (const std::string whole : {"\xC3\xBC", "\xE4\xBD\xA0", "\xF0\x9F\x98\x80"}) {
        for (std::size_t size = 1; size < whole.size(); ++size) {
            EXPECT_FALSE(good("twelve bytes" + whole.substr(0, size)));
            EXPECT_FALSE(good("twelve bytes" + whole.substr(0, size) + "("));
        }
    }
}

// The fast way over eight bytes at a time must not jump over anything.
TEST(Utf8, FindsAFaultAtEveryPlace) {
    for (std::size_t size = 1; size < 40; ++size) {
        for (std::size_t at = 0; at < size; ++at) {
            std::string text(size, 'a');
            text[at] = '\xFF';
            EXPECT_FALSE(good(text)) << size << " " << at;
        }
    }
}

}  // namespace
}  // namespace atlas::net
