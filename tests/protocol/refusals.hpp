#pragma once

#include "atlas/protocol/native_codec.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>

namespace atlas::protocol {

// What a client is told about a message that is refused; a test fails when it is not.

inline ProtocolError refusal(std::string_view text) {
    auto decoded = NativeCodec().decode_text(text);
    if (auto* error = std::get_if<ProtocolError>(&decoded)) return std::move(*error);
    ADD_FAILURE() << "was accepted: " << text.substr(0, 200);
    return {};
}

inline ProtocolError refused_hello(const std::string& members) {
    return refusal(R"({"t":"hello","proto":"atlas.v1",)" + members + "}");
}

inline void expect_refusal(const ProtocolError& error, ErrorCode code, std::string_view field,
                           std::string_view message) {
    EXPECT_EQ(info(error.code).name, info(code).name);
    EXPECT_EQ(error.field, field);
    EXPECT_EQ(error.message, message);
    EXPECT_EQ(error.fatal, info(code).fatal);
    EXPECT_EQ(error.close_code, info(code).close_code);
}

}  // namespace atlas::protocol
