#include "atlas/net/url.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace atlas::net {
namespace {

using testing::HasSubstr;
using testing::Not;

Url good(std::string_view text) {
    std::string error;
    const auto url = parse_url(text, error);
    EXPECT_TRUE(url) << error;
    return url.value_or(Url{});
}

std::string refusal(std::string_view text) {
    std::string error;
    EXPECT_FALSE(parse_url(text, error)) << text;
    return error;
}

TEST(Url, IsTakenApart) {
    const Url url = good("WSS://API.Deepgram.com:8443/v2/listen?model=flux&a=b#part");
    EXPECT_EQ(url.scheme, "wss");
    EXPECT_EQ(url.host, "api.deepgram.com");
    EXPECT_EQ(url.port, 8443);
    EXPECT_EQ(url.target, "/v2/listen?model=flux&a=b");
    EXPECT_EQ(url.path(), "/v2/listen");
    EXPECT_EQ(url.query(), "model=flux&a=b");
    EXPECT_EQ(url.authority(), "api.deepgram.com:8443");
    EXPECT_EQ(url.text(), "wss://api.deepgram.com:8443/v2/listen?model=flux&a=b");
    EXPECT_TRUE(url.tls());
    EXPECT_TRUE(url.websocket());
}

TEST(Url, KnowsTheDefaultPorts) {
    EXPECT_EQ(good("http://a").port, 80);
    EXPECT_EQ(good("ws://a").port, 80);
    EXPECT_EQ(good("https://a").port, 443);
    EXPECT_EQ(good("wss://a").port, 443);
    EXPECT_EQ(good("https://a:443/").authority(), "a");
    EXPECT_EQ(good("http://a:443/").authority(), "a:443");
}

TEST(Url, AddsTheMissingSlash) {
    EXPECT_EQ(good("http://a").target, "/");
    EXPECT_EQ(good("http://a?x=1").target, "/?x=1");
    EXPECT_EQ(good("http://a#x").target, "/");
}

TEST(Url, TakesAddresses) {
    EXPECT_EQ(good("ws://127.0.0.1:9000/x").host, "127.0.0.1");
    const Url six = good("ws://[2001:DB8::1]:9000/x");
    EXPECT_EQ(six.host, "2001:db8::1");
    EXPECT_EQ(six.authority(), "[2001:db8::1]:9000");
    EXPECT_EQ(good("ws://[::1]").port, 80);
}

TEST(Url, RefusesWhatItIsNotMeantFor) {
    EXPECT_THAT(refusal(""), HasSubstr("must begin with"));
    EXPECT_THAT(refusal("api.deepgram.com"), HasSubstr("must begin with"));
    EXPECT_THAT(refusal("ftp://a/"), HasSubstr("must begin with"));
    EXPECT_THAT(refusal("http:///x"), HasSubstr("host"));
    EXPECT_THAT(refusal("http://a b/"), HasSubstr("host"));
    EXPECT_THAT(refusal("http://[::1/"), HasSubstr("host"));
    EXPECT_THAT(refusal("http://[evil]/"), HasSubstr("host"));
    EXPECT_THAT(refusal("http://a:/"), HasSubstr("host"));
    EXPECT_THAT(refusal("http://a:0/"), HasSubstr("port"));
    EXPECT_THAT(refusal("http://a:65536/"), HasSubstr("port"));
    EXPECT_THAT(refusal("http://a:8x/"), HasSubstr("port"));
    EXPECT_THAT(refusal("http://a/ b"), HasSubstr("spaces"));
    EXPECT_THAT(refusal("http://a/\r\nX: y"), HasSubstr("controls"));
}

TEST(Url, NeverRepeatsAPasswordInItsError) {
    EXPECT_THAT(refusal("https://user:geheim@host/"), Not(HasSubstr("geheim")));
}

TEST(Url, ShortensWhatItRepeats) { EXPECT_LT(refusal("ftp://" + std::string(5000, 'x')).size(), 200u); }

TEST(PercentEncode, LeavesOnlyUnreservedCharacters) {
    EXPECT_EQ(percent_encode("aZ0-._~"), "aZ0-._~");
    EXPECT_EQ(percent_encode("a b+c&d=e/f?\xC3\xBC"), "a%20b%2Bc%26d%3De%2Ff%3F%C3%BC");
    EXPECT_EQ(percent_encode(""), "");
}

TEST(PercentDecode, UndoesTheEncodingOfEveryByte) {
    std::string all;
    for (int i = 0; i < 256; ++i) all.push_back(static_cast<char>(i));
    EXPECT_EQ(percent_decode(percent_encode(all)), all);
    EXPECT_EQ(percent_decode("a+b%2b"), "a b+");
}

TEST(PercentDecode, RefusesHalfAnEscape) {
    EXPECT_FALSE(percent_decode("%"));
    EXPECT_FALSE(percent_decode("a%4"));
    EXPECT_FALSE(percent_decode("%zz"));
}

TEST(Query, IsAddedEncodedAndInOrder) {
    EXPECT_EQ(with_query("https://a/x", {{"keyterm", "new york"}, {"keyterm", "a&b"}}),
              "https://a/x?keyterm=new%20york&keyterm=a%26b");
    EXPECT_EQ(with_query("https://a/x?m=1", {{"n", "2"}}), "https://a/x?m=1&n=2");
    EXPECT_EQ(with_query("https://a/x?", {{"n", "2"}}), "https://a/x?n=2");
    EXPECT_EQ(with_query("https://a/x?m=1&", {{"n", "2"}}), "https://a/x?m=1&n=2");
    EXPECT_EQ(with_query("https://a/x#f", {{"n", "2"}}), "https://a/x?n=2");
    EXPECT_EQ(with_query("https://a/x", {}), "https://a/x");
}

TEST(Query, IsReadBack) {
    const QueryParameters expected = {{"a", "1 2"}, {"b", ""}, {"c", ""}, {"a", "3"}};
    EXPECT_EQ(parse_query("a=1+2&b=&&c&a=3&bad=%"), expected);
    EXPECT_EQ(query_value("a=1&token=x%2Fy", "token"), "x/y");
    EXPECT_EQ(query_value("a=1&a=2", "a"), "1");
    EXPECT_FALSE(query_value("a=1", "token"));
}

}  // namespace
}  // namespace atlas::net
