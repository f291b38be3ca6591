#include "websocket_end.hpp"

#include <gtest/gtest.h>

namespace atlas::net {
namespace {

std::optional<CloseReason> read(std::string_view payload) {
    return read_close(std::as_bytes(std::span(payload)));
}

TEST(CloseFrame, CarriesCodeAndText) {
    const std::string payload = close_payload(make_close(4001, "why"));
    EXPECT_EQ(payload, "\x0F\xA1why");
    const auto reason = read(payload);
    ASSERT_TRUE(reason);
    EXPECT_EQ(reason->code, 4001);
    EXPECT_EQ(reason->text, "why");
}

TEST(CloseFrame, WithoutACodeIsEmptyAndReadAs1005) {
    EXPECT_EQ(close_payload(make_close(1005, "never sent")), "");
    EXPECT_EQ(close_payload(make_close(1006, "")), "");
    const auto reason = read("");
    ASSERT_TRUE(reason);
    EXPECT_EQ(reason->code, 1005);
}

TEST(CloseFrame, IsRefusedWithHalfACodeACodeThatMustNotTravelOrBrokenText) {
    EXPECT_FALSE(read("\x03"));
    for (const unsigned code : {0u, 999u, 1004u, 1005u, 1006u, 1015u, 2999u, 5000u, 65535u}) {
        const char bytes[] = {static_cast<char>(code >> 8), static_cast<char>(code & 255)};
        EXPECT_FALSE(read(std::string_view(bytes, 2))) << code;
    }
    for (const unsigned code : {1000u, 1003u, 1007u, 1014u, 3000u, 4999u}) {
        const char bytes[] = {static_cast<char>(code >> 8), static_cast<char>(code & 255)};
        EXPECT_TRUE(read(std::string_view(bytes, 2))) << code;
    }
    EXPECT_FALSE(read("\x03\xE8\xFF"));
}

TEST(CloseFrame, CutsItsTextAtACharactersEnd) {
    EXPECT_EQ(make_close(1000, std::string(122, 'a') + "\xC3\xA4").text, std::string(122, 'a'));
    EXPECT_EQ(make_close(1000, std::string(121, 'a') + "\xC3\xA4").text.size(), 123u);
}

}  // namespace
}  // namespace atlas::net
