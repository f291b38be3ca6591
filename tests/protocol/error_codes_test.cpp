#include "atlas/protocol/error_codes.hpp"

#include <gtest/gtest.h>

#include <set>

namespace atlas::protocol {
namespace {

TEST(ErrorCodes, AreFoundByTheirNames) {
    for (const auto& line : error_codes()) EXPECT_EQ(find_error_code(line.name), line.code) << line.name;
    EXPECT_EQ(find_error_code("no_such_code"), std::nullopt);
    EXPECT_EQ(find_error_code(""), std::nullopt);
}

TEST(ErrorCodes, HaveNamesOfTheirOwn) {
    std::set<std::string_view> names;
    for (const auto& line : error_codes()) names.insert(line.name);
    EXPECT_EQ(names.size(), error_codes().size());
}

TEST(ErrorCodes, CloseTheConnectionExactlyWhenTheyAreFatal) {
    for (const auto& line : error_codes()) EXPECT_EQ(line.fatal, line.close_code >= 1000) << line.name;
}

TEST(ErrorCodes, MakeErrorsAsTheTableHasThem) {
    const ProtocolError error = make_error(ErrorCode::at_capacity, "full");
    EXPECT_TRUE(error.fatal);
    EXPECT_EQ(error.close_code, 1013);
    EXPECT_EQ(error.message, "full");
    EXPECT_FALSE(make_error(ErrorCode::speech_failed, "").fatal);
}

}  // namespace
}  // namespace atlas::protocol
