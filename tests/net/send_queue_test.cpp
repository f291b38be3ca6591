#include "atlas/net/send_queue.hpp"

#include <gtest/gtest.h>

#include <string_view>

namespace atlas::net {
namespace {

std::span<const std::byte> bytes(std::string_view text) { return std::as_bytes(std::span(text)); }

TEST(SendQueue, GivesMessagesBackInOrderWithHeadAndBodyJoined) {
    SendQueue queue(100);
    EXPECT_TRUE(queue.push(false, bytes("one"), {}));
    EXPECT_TRUE(queue.push(true, bytes("he"), bytes("ad")));
    const OutgoingMessage* message = queue.take();
    ASSERT_NE(message, nullptr);
    EXPECT_EQ(message->bytes, "one");
    EXPECT_FALSE(message->binary);
    message = queue.take();
    ASSERT_NE(message, nullptr);
    EXPECT_EQ(message->bytes, "head");
    EXPECT_TRUE(message->binary);
    EXPECT_EQ(queue.take(), nullptr);
    EXPECT_EQ(queue.bytes(), 0u);
}

TEST(SendQueue, RefusesWhatDoesNotFitAndKeepsTheRest) {
    SendQueue queue(10);
    EXPECT_TRUE(queue.push(false, bytes("123456"), {}));
    EXPECT_FALSE(queue.push(false, bytes("12345"), {}));
    EXPECT_TRUE(queue.push(false, bytes("1234"), {}));
    EXPECT_EQ(queue.bytes(), 10u);
    EXPECT_FALSE(SendQueue(10).push(true, bytes("12345678901"), {}));
}

TEST(SendQueue, CountsTheMessageBeingWrittenUntilItIsDone) {
    SendQueue queue(10);
    ASSERT_TRUE(queue.push(false, bytes("1234567890"), {}));
    ASSERT_NE(queue.take(), nullptr);
    EXPECT_EQ(queue.bytes(), 10u);
    EXPECT_FALSE(queue.push(false, bytes("1"), {}));
    queue.done();
    EXPECT_TRUE(queue.push(false, bytes("1"), {}));
}

TEST(SendQueue, BoundsTheNumberOfEmptyMessagesToo) {
    SendQueue queue(10);
    std::size_t taken = 0;
    while (taken < 1'000'000 && queue.push(false, {}, {})) ++taken;
    EXPECT_LT(taken, 1'000'000u);
}

TEST(SendQueue, DropsBinaryMessagesButNeverTextNorTheOneBeingWritten) {
    SendQueue queue(100);
    ASSERT_TRUE(queue.push(true, bytes("writing"), {}));
    const OutgoingMessage* writing = queue.take();
    for (const auto* text : {"a", "b", "c"}) {
        ASSERT_TRUE(queue.push(true, bytes("sound"), {}));
        ASSERT_TRUE(queue.push(false, bytes(text), {}));
    }
    EXPECT_EQ(queue.drop_binary(), 3u);
    EXPECT_EQ(writing->bytes, "writing");
    EXPECT_EQ(queue.bytes(), 10u);
    for (const auto* text : {"a", "b", "c"}) {
        const OutgoingMessage* message = queue.take();
        ASSERT_NE(message, nullptr);
        EXPECT_EQ(message->bytes, text);
        EXPECT_FALSE(message->binary);
    }
    EXPECT_TRUE(queue.empty());
    EXPECT_EQ(queue.drop_binary(), 0u);
}

TEST(SendQueue, GivesMessagesInOrderAgainAfterABurstWhoseMemoryWasGivenBack) {
    SendQueue queue(100000);
    for (int burst = 0; burst < 3; ++burst) {
        for (int i = 0; i < 20; ++i) ASSERT_TRUE(queue.push(true, bytes(std::to_string(i)), {}));
        for (int i = 0; i < 20; ++i) ASSERT_EQ(queue.take()->bytes, std::to_string(i));
        EXPECT_EQ(queue.take(), nullptr);
        EXPECT_EQ(queue.bytes(), 0U);
    }
}

TEST(SendQueue, KeepsItsOrderWhileItGrowsRoundItsEnd) {
    SendQueue queue(100000);
    int next_in = 0;
    int next_out = 0;
    for (int round = 0; round < 50; ++round) {
        for (int i = 0; i < round; ++i) ASSERT_TRUE(queue.push(false, bytes(std::to_string(next_in++)), {}));
        for (int i = 0; i < round / 2; ++i) ASSERT_EQ(queue.take()->bytes, std::to_string(next_out++));
    }
    while (const OutgoingMessage* message = queue.take())
        ASSERT_EQ(message->bytes, std::to_string(next_out++));
    EXPECT_EQ(next_out, next_in);
}

}  // namespace
}  // namespace atlas::net
