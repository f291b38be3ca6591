#include "atlas/net/http_message.hpp"

#include <gtest/gtest.h>

namespace atlas::net {
namespace {

TEST(HttpHeaders, FindsNamesWithoutRegardToCase) {
    const HttpHeaders headers{{"Content-Type", "text/plain"}, {"X-Empty", ""}};
    EXPECT_EQ(headers.find("content-TYPE"), "text/plain");
    EXPECT_TRUE(headers.contains("x-empty"));
    EXPECT_EQ(headers.find("x-empty"), "");
    EXPECT_FALSE(headers.contains("content"));
    EXPECT_EQ(headers.find("Content-Typee"), "");
}

TEST(HttpHeaders, KeepsRepeatedFieldsInOrder) {
    HttpHeaders headers;
    headers.add("A", "1");
    headers.add("a", "2");
    EXPECT_EQ(headers.find("a"), "1");
    ASSERT_EQ(headers.fields().size(), 2u);
    EXPECT_EQ(headers.fields()[1].second, "2");
}

}  // namespace
}  // namespace atlas::net
