#include "websocket_handshake.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace atlas::net {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

constexpr std::string_view key = "dGhlIHNhbXBsZSBub25jZQ==";  // RFC 6455 §1.3

HttpHeaders good_answer() {
    HttpHeaders headers;
    headers.add("upgrade", "WebSocket");
    headers.add("Connection", "keep-alive, Upgrade");
    headers.add("Sec-WebSocket-Accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    return headers;
}

TEST(Handshake, ProvesTheKeyAsTheRfcsExampleDoes) {
    EXPECT_EQ(websocket_accept_for(key), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

TEST(Handshake, DrawsAnotherKeyOf16BytesEachTime) {
    const std::string one = new_websocket_key();
    EXPECT_EQ(one.size(), 24u);
    EXPECT_TRUE(one.ends_with("=="));
    EXPECT_NE(one, new_websocket_key());
}

TEST(Handshake, AsksWithHostPathAndHeadersAndOffersASubprotocolOnlyWhenThereIsOne) {
    std::string error;
    const auto url = parse_url("wss://[::1]:8443/v2/listen?x=1", error);
    ASSERT_TRUE(url) << error;
    HttpHeaders headers;
    headers.add("Authorization", "Token t");
    const std::string request = upgrade_request(*url, key, "", headers);
    EXPECT_THAT(request, StartsWith("GET /v2/listen?x=1 HTTP/1.1\r\nHost: [::1]:8443\r\n"));
    EXPECT_THAT(request, HasSubstr("\r\nSec-WebSocket-Version: 13\r\n"));
    EXPECT_THAT(request, HasSubstr("\r\nAuthorization: Token t\r\n"));
    EXPECT_EQ(request.find("Sec-WebSocket-Protocol"), std::string::npos);
    EXPECT_TRUE(request.ends_with("\r\n\r\n"));
    EXPECT_THAT(upgrade_request(*url, key, "atlas.v1", headers),
                HasSubstr("\r\nSec-WebSocket-Protocol: atlas.v1\r\n"));
}

TEST(Handshake, TrustsAnAnswerThatProvesTheKey) { EXPECT_EQ(upgrade_problem(good_answer(), key), ""); }

TEST(Handshake, DoesNotTrustAnAnswerThatLacksAHeaderOrProvesAnotherKey) {
    HttpHeaders none;
    EXPECT_THAT(upgrade_problem(none, key), HasSubstr("Upgrade"));
    none.add("Upgrade", "websocket");
    EXPECT_THAT(upgrade_problem(none, key), HasSubstr("Connection"));
    none.add("Connection", "Upgrade");
    EXPECT_THAT(upgrade_problem(none, key), HasSubstr("Sec-WebSocket-Accept"));
    EXPECT_THAT(upgrade_problem(good_answer(), "AAAAAAAAAAAAAAAAAAAAAA=="), HasSubstr("key"));
}

TEST(Handshake, DoesNotTakeAnExtensionThatWasNotOffered) {
    HttpHeaders headers = good_answer();
    headers.add("Sec-WebSocket-Extensions", "permessage-deflate");
    EXPECT_THAT(upgrade_problem(headers, key), HasSubstr("extension"));
}

}  // namespace
}  // namespace atlas::net
