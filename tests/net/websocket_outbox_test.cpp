#include "websocket_outbox.hpp"

#include "net/network.hpp"

#include <gtest/gtest.h>

#include <array>

namespace atlas::net {
namespace {

using test::websocket_frame;

MaskKey key_of_the_test() { return {std::byte{1}, std::byte{2}, std::byte{3}, std::byte{4}}; }

std::span<const std::byte> bytes(std::string_view text) { return std::as_bytes(std::span(text)); }

std::string taken(WebsocketOutbox& outbox, std::size_t room = 4096) {
    std::string piece(room, '\0');
    piece.resize(outbox.fill(std::as_writable_bytes(std::span(piece))));
    return piece;
}

std::string all_of(WebsocketOutbox& outbox, std::size_t room) {
    std::string all;
    for (std::string piece = taken(outbox, room); !piece.empty(); piece = taken(outbox, room)) all += piece;
    return all;
}

class Outbox : public testing::Test {
protected:
    WebsocketOutbox outbox{nullptr, 1 << 20};
};

TEST_F(Outbox, SaysNothingWhenThereIsNothing) { EXPECT_EQ(taken(outbox), ""); }

TEST_F(Outbox, SaysAllThatIsQueuedInOnePiece) {
    outbox.push(false, bytes("one"), {});
    outbox.push(true, bytes("tw"), bytes("o"));
    EXPECT_EQ(taken(outbox), websocket_frame(1, "one", false) + websocket_frame(2, "two", false));
    EXPECT_EQ(outbox.bytes(), 0u);
    EXPECT_EQ(taken(outbox), "");
}

TEST_F(Outbox, CutsALargeMessageIntoPiecesOfTheSameFrame) {
    const std::string large(70000, 'x');
    outbox.push(true, bytes(large), {});
    outbox.push(false, bytes("behind"), {});
    EXPECT_EQ(all_of(outbox, 256), websocket_frame(2, large, false) + websocket_frame(1, "behind", false));
}

TEST_F(Outbox, AnswersAPingBeforeTheNextMessageAndNeverInsideOne) {
    const std::string large(1000, 'x');
    outbox.push(true, bytes(large), {});
    outbox.push(false, bytes("behind"), {});
    std::string said = taken(outbox, 256);
    outbox.answer_ping(bytes("first"));
    outbox.answer_ping(bytes("last"));
    outbox.ping();
    said += all_of(outbox, 256);
    EXPECT_EQ(said, websocket_frame(2, large, false) + websocket_frame(10, "last", false) +
                        websocket_frame(9, "", false) + websocket_frame(1, "behind", false));
}

TEST_F(Outbox, ClosesAfterTheMessagesAndSaysNothingAfterThat) {
    outbox.close_when_empty(make_close(1000, "bye"));
    outbox.push(false, bytes("last words"), {});
    const std::string close = websocket_frame(8,
                                              "\x03\xE8"
                                              "bye",
                                              false);
    EXPECT_EQ(taken(outbox), websocket_frame(1, "last words", false) + close);
    EXPECT_TRUE(outbox.closed());
    outbox.ping();
    EXPECT_EQ(taken(outbox), "");
}

TEST_F(Outbox, ClosesAtOnceOnlyBehindTheFrameThatIsBegun) {
    const std::string large(1000, 'x');
    outbox.push(true, bytes(large), {});
    outbox.push(false, bytes("forgotten"), {});
    outbox.answer_ping(bytes("too late"));
    std::string said = taken(outbox, 256);
    outbox.close_now(make_close(1002, ""));
    outbox.close_now(make_close(1009, ""));
    said += all_of(outbox, 256);
    EXPECT_EQ(said, websocket_frame(10, "too late", false) + websocket_frame(2, large, false) +
                        websocket_frame(8, "\x03\xEA", false));
    EXPECT_EQ(outbox.bytes(), 0u);
}

TEST_F(Outbox, KeepsTheFrameThatIsBegunWhenSoundIsDropped) {
    const std::string large(1000, 'x');
    outbox.push(true, bytes(large), {});
    outbox.push(true, bytes("dropped"), {});
    std::string said = taken(outbox, 256);
    EXPECT_EQ(outbox.drop_binary(), 1u);
    said += all_of(outbox, 256);
    EXPECT_EQ(said, websocket_frame(2, large, false));
}

TEST(ClientOutbox, MasksEachFrameAcrossItsPieces) {
    WebsocketOutbox outbox(key_of_the_test, 1 << 20);
    const std::string large(1001, 'x');
    outbox.push(true, bytes(large), {});
    outbox.ping();
    std::string said = all_of(outbox, 300);
    FrameReader reader(true, 4096);
    auto input = std::as_writable_bytes(std::span(said));
    EXPECT_EQ(reader.next(input).kind, Incoming::Kind::ping);
    const Incoming got = reader.next(input);
    ASSERT_EQ(got.kind, Incoming::Kind::binary);
    EXPECT_EQ(std::string(reinterpret_cast<const char*>(got.payload.data()), got.payload.size()), large);
    EXPECT_NE(said.find(std::string(100, 'x')), std::string::npos) << "the reader unmasks in place";
}

}  // namespace
}  // namespace atlas::net
