#include "atlas/server/credentials.hpp"

#include <gtest/gtest.h>

#include <array>

namespace atlas::server {
namespace {

using net::HttpHeaders;

TEST(Credentials, AreReadFromTheAuthorizationHeader) {
    EXPECT_EQ(shown_key(HttpHeaders{{"Authorization", "Bearer the-key"}}), "the-key");
    EXPECT_EQ(shown_key(HttpHeaders{{"authorization", "bEaReR the-key"}}), "the-key");
}

TEST(Credentials, AreReadFromTheSubprotocolWhereHeadersCannotBeSet) {
    EXPECT_EQ(shown_key(HttpHeaders{{"Sec-WebSocket-Protocol", "atlas.v1, atlas.token.the-key"}}), "the-key");
    EXPECT_EQ(shown_key(HttpHeaders{{"Sec-WebSocket-Protocol", "atlas.token.the-key,atlas.v1"}}), "the-key");
    EXPECT_EQ(shown_key(HttpHeaders{{"Sec-WebSocket-Protocol", "atlas.v1"},
                                    {"sec-websocket-protocol", "atlas.token.the-key"}}),
              "the-key");
}

TEST(Credentials, TheHeaderWinsOverTheSubprotocolUnlessItIsOfAnotherKind) {
    EXPECT_EQ(shown_key(HttpHeaders{{"Authorization", "Bearer one"},
                                    {"Sec-WebSocket-Protocol", "atlas.v1, atlas.token.two"}}),
              "one");
    EXPECT_EQ(shown_key(HttpHeaders{{"Authorization", "Basic b25l"},
                                    {"Sec-WebSocket-Protocol", "atlas.v1, atlas.token.two"}}),
              "two");
}

TEST(Credentials, NothingShownIsNothing) {
    EXPECT_EQ(shown_key({}), "");
    EXPECT_EQ(shown_key(HttpHeaders{{"Authorization", "Bearer "}}), "");
    EXPECT_EQ(shown_key(HttpHeaders{{"Sec-WebSocket-Protocol", "atlas.v1, ,,"}}), "");
}

TEST(Credentials, OnlyTheWholeKeyIsKnown) {
    const std::array<std::string, 2> keys{"first-key-of-the-test", "second-key-of-the-test"};
    EXPECT_TRUE(is_known_key("first-key-of-the-test", keys));
    EXPECT_TRUE(is_known_key("second-key-of-the-test", keys));
    for (const char* wrong : {"", "first-key-of-the-tesT", "first-key-of-the-tes", "first-key-of-the-testt",
                              "f", "first-key-of-the-testfirst-key-of-the-test"}) {
        EXPECT_FALSE(is_known_key(wrong, keys)) << wrong;
    }
    EXPECT_FALSE(is_known_key("anything", {}));
}

TEST(Credentials, TheSubprotocolIsFoundInEveryShapeOfAList) {
    const auto offers = [](const char* list) {
        return offers_subprotocol(HttpHeaders{{"Sec-WebSocket-Protocol", list}}, "atlas.v1");
    };
    EXPECT_TRUE(offers("atlas.v1"));
    EXPECT_TRUE(offers(" graphql-ws ,\tatlas.v1 "));
    EXPECT_FALSE(offers("atlas.v10"));
    EXPECT_FALSE(offers("ATLAS.V1")) << "names of subprotocols are exact";
    EXPECT_FALSE(offers(""));
    EXPECT_TRUE(offers_subprotocol(
        HttpHeaders{{"Sec-WebSocket-Protocol", "other"}, {"Sec-WebSocket-Protocol", "atlas.v1"}},
        "atlas.v1"));
}

}  // namespace
}  // namespace atlas::server
