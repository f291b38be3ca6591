#include "atlas/protocol/protocol_guard.hpp"

#include "atlas/protocol/limits.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace atlas::protocol {
namespace {

using testing::HasSubstr;

ProtocolError bad_field() { return make_error(ErrorCode::bad_field, "`turn` must be …", "turn"); }

ProtocolGuard in_call() {
    ProtocolGuard guard;
    EXPECT_FALSE(guard.admit({Hello{}, 1}));
    guard.ready_sent();
    return guard;
}

TEST(ProtocolGuard, AdmitsAHelloThenReadyThenAnything) {
    ProtocolGuard guard = in_call();
    EXPECT_FALSE(guard.admit({InputCommit{}, {}}));
    EXPECT_FALSE(guard.admit({UnknownMessage{"x"}, {}}));
    EXPECT_FALSE(guard.admit_audio());
    EXPECT_EQ(guard.errors(), 0U);
}

TEST(ProtocolGuard, EndsAConnectionThatDoesNotBeginWithHello) {
    for (const ClientMessage& message :
         {ClientMessage(InputCommit{}), ClientMessage(Ping{}), ClientMessage(UnknownMessage{})}) {
        ProtocolGuard guard;
        const auto error = guard.admit({message, 3});
        ASSERT_TRUE(error);
        const ProtocolError judged = guard.judge(*error);
        EXPECT_EQ(judged.code, ErrorCode::hello_expected);
        EXPECT_TRUE(judged.fatal);
        EXPECT_EQ(judged.close_code, 1008);
        EXPECT_EQ(judged.ref, 3U);
        EXPECT_FALSE(guard.hello_received());
    }
}

TEST(ProtocolGuard, EndsAConnectionThatSendsAudioBeforeHelloOrReady) {
    ProtocolGuard guard;
    EXPECT_THAT(guard.admit_audio()->message, HasSubstr("the first message must be `hello`"));
    EXPECT_FALSE(guard.admit({Hello{}, {}}));
    const auto early = guard.admit_audio();
    ASSERT_TRUE(early);
    EXPECT_EQ(early->code, ErrorCode::hello_expected);
    EXPECT_THAT(early->message, HasSubstr("after `ready`"));
    EXPECT_TRUE(early->fatal);
}

TEST(ProtocolGuard, RefusesASecondHelloAndKeepsTheCall) {
    ProtocolGuard guard = in_call();
    const auto error = guard.admit({Hello{}, 9});
    ASSERT_TRUE(error);
    EXPECT_EQ(error->code, ErrorCode::duplicate_hello);
    EXPECT_EQ(error->ref, 9U);
    EXPECT_FALSE(guard.judge(*error).fatal);
}

TEST(ProtocolGuard, MakesEveryErrorBeforeReadyFatal) {
    ProtocolGuard guard;
    const ProtocolError judged = guard.judge(bad_field());
    EXPECT_EQ(judged.code, ErrorCode::bad_field);
    EXPECT_EQ(judged.field, "turn");
    EXPECT_TRUE(judged.fatal);
    EXPECT_EQ(judged.close_code, 1008);
}

TEST(ProtocolGuard, KeepsTheCloseCodeOfWhatIsFatalAnyway) {
    ProtocolGuard guard;
    EXPECT_EQ(guard.judge(make_error(ErrorCode::message_too_large, "")).close_code, 1009);
}

TEST(ProtocolGuard, ForgivesFiftyErrorsInACallAndNotOneMore) {
    ProtocolGuard guard = in_call();
    for (std::size_t i = 0; i < max_errors_per_call; ++i) EXPECT_FALSE(guard.judge(bad_field()).fatal);
    ProtocolError last = bad_field();
    last.ref = 77;
    const ProtocolError judged = guard.judge(last);
    EXPECT_EQ(judged.code, ErrorCode::too_many_errors);
    EXPECT_TRUE(judged.fatal);
    EXPECT_EQ(judged.close_code, 1008);
    EXPECT_EQ(judged.ref, 77U);
    EXPECT_THAT(judged.message, HasSubstr("the last one: bad_field: `turn` must be"));
}

TEST(ProtocolGuard, TellsAClientEverythingAboutItsError) {
    ProtocolError error = bad_field();
    error.ref = 5;
    const Error message = to_message(error);
    EXPECT_EQ(message.code, ErrorCode::bad_field);
    EXPECT_EQ(message.message, error.message);
    EXPECT_EQ(message.field, "turn");
    EXPECT_FALSE(message.fatal);
    EXPECT_EQ(message.ref, 5U);
}

}  // namespace
}  // namespace atlas::protocol
