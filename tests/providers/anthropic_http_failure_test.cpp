#include "atlas/providers/http_failure.hpp"

#include <gtest/gtest.h>

#include <string>

namespace atlas::providers {
namespace {

using namespace std::chrono_literals;

TEST(RetryAfter, IsReadInAllItsForms) {
    EXPECT_EQ(read_retry_after({{"retry-after", "2"}}), 2000ms);
    EXPECT_EQ(read_retry_after({{"Retry-After", "0.25"}}), 250ms);
    EXPECT_EQ(read_retry_after({{"retry-after", "7"}, {"retry-after-ms", "120"}}), 120ms);
    EXPECT_EQ(read_retry_after({{"retry-after", "Sun, 06 Nov 1994 08:49:40 GMT"},
                                {"date", "Sun, 06 Nov 1994 08:49:37 GMT"}}),
              3000ms);
    EXPECT_EQ(read_retry_after({{"retry-after", "Sun, 06 Nov 1994 08:49:30 GMT"},
                                {"date", "Sun, 06 Nov 1994 08:49:37 GMT"}}),
              0ms);
}

TEST(RetryAfter, IsEmptyWhenItCannotBeRead) {
    for (const char* value : {"", "soon", "-1", "nan", "1e300", "Sun, 06 Nov 1994 08:49:40 GMT"})
        EXPECT_FALSE(read_retry_after({{"retry-after", value}})) << value;
    EXPECT_FALSE(read_retry_after({}));
}

TEST(ServiceError, IsReadInTheShapesOfAllServices) {
    EXPECT_EQ(read_service_error(R"({"error":{"type":"t","code":"c","message":"m"}})").code, "c");
    EXPECT_EQ(read_service_error(R"({"error":{"type":"t","code":404}})").code, "404");
    EXPECT_EQ(read_service_error(R"({"error":{"details":{"error_code":"e"}}})").code, "e");
    EXPECT_EQ(read_service_error(R"({"error":"plain"})").message, "plain");
    EXPECT_EQ(read_service_error(R"({"detail":"not found"})").message, "not found");
    EXPECT_EQ(read_service_error(R"({"message":"m","code":"c"})").message, "m");
}

TEST(ServiceError, IsEmptyForEverythingElse) {
    for (const char* body : {"", "<html>", "[]", "7", "\"text\"", R"({"error":null})", R"({"error":[1]})",
                             R"({"error":{"message":{}}})", "{\"error\":{\"message\":\"\xFF\"}}"}) {
        const ServiceError error = read_service_error(body);
        EXPECT_EQ(error.type + error.code + error.message, "") << body;
    }
}

TEST(OneLine, HidesKeysEvenWhenHalfMasked) {
    EXPECT_EQ(one_line("Incorrect API key provided: sk-abc***xyz. Go on", {}),
              "Incorrect API key provided: [hidden] Go on");
    EXPECT_EQ(one_line("a task-list, \"sk-1\"", {}), "a task-list, \"[hidden]\"");
}

TEST(OneLine, CutsAtACharacter) {
    const std::string cut = one_line("abc\xC3\xA9zzz", {}, 4);
    EXPECT_EQ(cut, "abc…");
    EXPECT_EQ(one_line("abc", {}, 3), "abc");
}

TEST(OneLine, DoesNotHideWordsThatAreInEverySentence) {
    EXPECT_EQ(one_line("a bad request", {"a", ""}), "a bad request");
}

}  // namespace
}  // namespace atlas::providers
