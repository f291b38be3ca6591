#include "net/network.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace atlas::net {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::Network;
using test::RawPeer;
using test::Recorder;
using test::websocket_frame;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr int text_frame = 1;
constexpr int binary_frame = 2;
constexpr int close_frame = 8;
constexpr int ping_frame = 9;
constexpr int pong_frame = 10;

std::span<const std::byte> bytes(std::string_view text) { return std::as_bytes(std::span(text)); }

// Everything that must hold over plain TCP and over TLS, in either direction.
class WebsocketPair : public testing::TestWithParam<bool> {
protected:
    void SetUp() override { network.open_pair(); }
    bool send_all_binary(Websocket& from, const std::string& message, int times) {
        int sent = 0;
        while (sent < times && from.send_binary(bytes(message))) ++sent;
        return sent == times;
    }

    Network network{GetParam()};
    Recorder& server = network.server;
    Recorder& client = network.client;
};

INSTANTIATE_TEST_SUITE_P(Streams, WebsocketPair, testing::Bool(), test::stream_name);

TEST_P(WebsocketPair, CarriesTextAndBinaryBothWaysInOrder) {
    EXPECT_TRUE(client.websocket->send_text("gr\xC3\xBC\xC3\x9F dich"));
    EXPECT_TRUE(client.websocket->send_binary(bytes("head"), bytes("body")));
    EXPECT_TRUE(client.websocket->send_text(""));
    EXPECT_TRUE(server.websocket->send_binary(bytes(""), bytes("")));
    EXPECT_TRUE(server.websocket->send_text("hello"));
    ASSERT_TRUE(network.until("five messages", [&] {
        return server.text.size() == 2 && server.binary.size() == 1 && client.text.size() == 1 &&
               client.binary.size() == 1;
    }));
    EXPECT_THAT(server.text, ElementsAre("gr\xC3\xBC\xC3\x9F dich", ""));
    EXPECT_THAT(server.binary, ElementsAre("headbody"));
    EXPECT_THAT(client.text, ElementsAre("hello"));
    EXPECT_THAT(client.binary, ElementsAre(""));
    EXPECT_EQ(client.websocket->queued_bytes(), 0u);
}

TEST_P(WebsocketPair, CarriesAMessageAsLargeAsTheLimit) {
    std::string large(256 * 1024, '\0');
    for (std::size_t i = 0; i < large.size(); ++i) large[i] = static_cast<char>(i * 7 + i / 256);
    ASSERT_TRUE(client.websocket->send_binary(bytes(large)));
    ASSERT_TRUE(server.websocket->send_binary(bytes(large)));
    ASSERT_TRUE(
        network.until("both", [&] { return server.binary.size() == 1 && client.binary.size() == 1; }));
    EXPECT_EQ(server.binary[0], large);
    EXPECT_EQ(client.binary[0], large);
}

TEST_P(WebsocketPair, ClosesWith1009OnAMessageOverTheLimit) {
    const std::string large(256 * 1024 + 1, 'x');
    ASSERT_TRUE(client.websocket->send_binary(bytes(large)));
    ASSERT_TRUE(network.until("both to be closed", [&] { return server.closed && client.closed; }));
    EXPECT_EQ(server.closed->code, 1009);
    EXPECT_TRUE(server.closed->closed_by_us);
    EXPECT_NE(server.closed->error, "");
    EXPECT_TRUE(server.binary.empty());
}

TEST_P(WebsocketPair, CarriesManyMessagesEachWay) {
    const std::string frame(640, 'f');
    ASSERT_TRUE(send_all_binary(*client.websocket, frame, 1000));
    ASSERT_TRUE(send_all_binary(*server.websocket, frame, 1000));
    EXPECT_TRUE(network.until("all of them",
                              [&] { return server.binary.size() == 1000 && client.binary.size() == 1000; }));
}

TEST_P(WebsocketPair, TellsThePeerItsCodeAndReasonAndItselfThatItClosed) {
    client.websocket->close(4001, "b\xC3\xA4");
    ASSERT_TRUE(network.until("both to be closed", [&] { return server.closed && client.closed; }));
    EXPECT_EQ(server.closed->code, 4001);
    EXPECT_EQ(server.closed->reason, "b\xC3\xA4");
    EXPECT_FALSE(server.closed->closed_by_us);
    EXPECT_EQ(server.closed->error, "");
    EXPECT_EQ(client.closed->code, 4001);
    EXPECT_TRUE(client.closed->closed_by_us);
    EXPECT_EQ(client.closed->error, "");
}

TEST_P(WebsocketPair, ClosesFromTheServersSideToo) {
    server.websocket->close(1012, "restart");
    ASSERT_TRUE(network.until("both to be closed", [&] { return server.closed && client.closed; }));
    EXPECT_EQ(client.closed->code, 1012);
    EXPECT_EQ(client.closed->reason, "restart");
    EXPECT_TRUE(server.closed->closed_by_us);
    EXPECT_EQ(server.closed->error, "");
}

TEST_P(WebsocketPair, EndsOnceEvenWhenBothCloseTogether) {
    client.websocket->close(4001, "");
    server.websocket->close(4002, "");
    ASSERT_TRUE(network.until("both to be closed", [&] { return server.closed && client.closed; }));
    EXPECT_TRUE(network.ends());
    EXPECT_EQ(server.closings, 1);
    EXPECT_EQ(client.closings, 1);
}

TEST_P(WebsocketPair, SendsWhatIsQueuedBeforeTheCloseFrame) {
    const std::string frame(1000, 'f');
    ASSERT_TRUE(send_all_binary(*server.websocket, frame, 500));
    ASSERT_TRUE(server.websocket->send_text("goodbye"));
    server.websocket->close(1000, "");
    EXPECT_FALSE(server.websocket->send_text("too late"));
    ASSERT_TRUE(network.until("the end", [&] { return client.closed && server.closed; }));
    EXPECT_EQ(client.binary.size(), 500u);
    EXPECT_THAT(client.text, ElementsAre("goodbye"));
    EXPECT_EQ(client.closed->code, 1000);
}

TEST_P(WebsocketPair, ReportsACloseWithoutACodeAs1005) {
    client.websocket->close(1005, "");
    ASSERT_TRUE(network.until("the server to notice", [&] { return server.closed.has_value(); }));
    EXPECT_EQ(server.closed->code, 1005);
}

TEST_P(WebsocketPair, ClosesWith1001WhenItsOwnerLetsGo) {
    client.websocket.reset();
    ASSERT_TRUE(network.until("the server to notice", [&] { return server.closed.has_value(); }));
    EXPECT_EQ(server.closed->code, 1001);
    EXPECT_EQ(client.closings, 0);
}

TEST_P(WebsocketPair, CallsNobodyAfterItsOwnerLetGoThoughMessagesWaitToBeRead) {
    ASSERT_TRUE(send_all_binary(*server.websocket, std::string(100, 'f'), 100));
    ASSERT_TRUE(network.until("the first", [&] { return !client.binary.empty(); }));
    client.websocket.reset();
    const std::size_t seen = client.binary.size();
    EXPECT_TRUE(network.until("the server to notice", [&] { return server.closed.has_value(); }));
    EXPECT_EQ(client.binary.size(), seen);
}

TEST_P(WebsocketPair, CutsALongReasonAtACharactersEnd) {
    std::string reason;
    while (reason.size() < 200) reason += "\xC3\xA4";
    client.websocket->close(4000, reason);
    ASSERT_TRUE(network.until("the server to notice", [&] { return server.closed.has_value(); }));
    EXPECT_EQ(server.closed->reason, reason.substr(0, 122));
    EXPECT_EQ(server.closed->code, 4000);
}

TEST_P(WebsocketPair, LeavesNothingOnTheLoop) {
    server.websocket->send_text("x");
    EXPECT_TRUE(network.ends());
}

TEST_P(WebsocketPair, CountsAnUpgradedConnectionUntilItsSocketIsClosed) {
    EXPECT_EQ(network.listener->connections(), 1u);
    server.websocket.reset();
    EXPECT_TRUE(network.until("the count to fall", [&] { return network.listener->connections() == 0; }));
}

TEST_P(WebsocketPair, OutlivesTheListenerThatAcceptedIt) {
    network.listener.reset();
    client.websocket->send_text("still here?");
    ASSERT_TRUE(network.until("the message", [&] { return !server.text.empty(); }));
    server.websocket->send_text("yes");
    EXPECT_TRUE(network.until("the answer", [&] { return !client.text.empty(); }));
}

TEST_P(WebsocketPair, RefusesMessagesWhenTheQueueIsFullAndRecoversWhenItDrains) {
    const std::string large(200 * 1024, 'x');
    EXPECT_FALSE(send_all_binary(*client.websocket, large, 100));
    const std::size_t queued = client.websocket->queued_bytes();
    EXPECT_LE(queued, 1024u * 1024u);
    EXPECT_GE(queued, 5 * large.size());
    ASSERT_TRUE(network.until("the queue to drain", [&] { return client.websocket->queued_bytes() == 0; }));
    EXPECT_TRUE(client.websocket->send_binary(bytes(large)));
    EXPECT_TRUE(network.until("six messages", [&] { return server.binary.size() == 6; }));
}

TEST_P(WebsocketPair, DropsQueuedSoundAndStillSendsTheText) {
    ASSERT_TRUE(send_all_binary(*server.websocket, std::string(100, 's'), 50));
    ASSERT_TRUE(server.websocket->send_text("flush"));
    EXPECT_EQ(server.websocket->drop_queued_binary(), 50u);
    ASSERT_TRUE(network.until("the text", [&] { return !client.text.empty(); }));
    EXPECT_TRUE(client.binary.empty());
}

// The owner may do anything from inside a handler.

TEST_P(WebsocketPair, MayBeDestroyedInsideAMessageHandler) {
    auto opened = std::move(client.websocket);
    Network second(GetParam());
    second.listen_for_websockets();
    WebsocketRequest request;
    request.url = second.url("ws");
    std::unique_ptr<Websocket> websocket;
    const std::string captured = "a string long enough to live on the heap, captured by the handler";
    std::string seen;
    auto pending = second.connector->connect(request, [&](WebsocketConnected result) {
        websocket = std::move(result.websocket);
        WebsocketHandlers handlers;
        handlers.on_text = [&, captured](std::string_view) {
            websocket.reset();
            seen += captured;
        };
        handlers.on_closed = [&](const WebsocketClosed&) { seen += "closed"; };
        websocket->start(std::move(handlers));
    });
    ASSERT_TRUE(second.until("the connection", [&] { return second.server.websocket != nullptr; }));
    second.server.websocket->send_text("one");
    second.server.websocket->send_text("two");
    ASSERT_TRUE(second.until("the close", [&] { return second.server.closed.has_value(); }));
    EXPECT_EQ(second.server.closed->code, 1001);
    EXPECT_EQ(seen, captured);
    pending.reset();
}

TEST_P(WebsocketPair, MayBeDestroyedInsideItsClosedHandler) {
    auto pair = std::make_unique<Network>(GetParam());
    pair->listen_for_websockets();
    WebsocketRequest request;
    request.url = pair->url("ws");
    std::unique_ptr<Websocket> websocket;
    bool closed = false;
    auto pending = pair->connector->connect(request, [&](WebsocketConnected result) {
        websocket = std::move(result.websocket);
        WebsocketHandlers handlers;
        handlers.on_closed = [&](const WebsocketClosed&) {
            websocket.reset();
            closed = true;
        };
        websocket->start(std::move(handlers));
        websocket->close(1000, "");
    });
    EXPECT_TRUE(pair->until("the close", [&] { return closed; }));
    pending.reset();
}

TEST_P(WebsocketPair, AnswersPingsAndTakesPongsWithoutTellingAnybody) {
    client.websocket->ping();
    server.websocket->ping();
    client.websocket->send_text("after");
    ASSERT_TRUE(network.until("the text", [&] { return !server.text.empty(); }));
    EXPECT_FALSE(client.closed);
    EXPECT_FALSE(server.closed);
}

// The server against a client that misbehaves, byte by byte.
class RawClient : public testing::Test {
protected:
    RawPeer open() {
        network.listen_for_websockets();
        RawPeer peer = RawPeer::connect_to(network.listener->port());
        peer.send(test::websocket_request());
        EXPECT_TRUE(network.until("the upgrade", [&] {
            return server.websocket && peer.received().find("\r\n\r\n") != std::string::npos;
        }));
        EXPECT_THAT(peer.received(), HasSubstr("HTTP/1.1 101 "));
        EXPECT_THAT(peer.received(), HasSubstr("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
        peer.forget();
        return peer;
    }
    testing::AssertionResult closed() {
        return network.until("the server's end", [&] { return server.closed.has_value(); });
    }

    Network network;
    Recorder& server = network.server;
};

TEST_F(RawClient, AConnectionThatEndsWithoutACloseFrameIs1006) {
    RawPeer peer = open();
    peer.close();
    ASSERT_TRUE(closed());
    EXPECT_EQ(server.closed->code, 1006);
    EXPECT_FALSE(server.closed->closed_by_us);
    EXPECT_NE(server.closed->error, "");
    EXPECT_FALSE(server.websocket->send_text("x"));
}

TEST_F(RawClient, AResetIs1006) {
    RawPeer peer = open();
    peer.reset();
    ASSERT_TRUE(closed());
    EXPECT_EQ(server.closed->code, 1006);
    EXPECT_NE(server.closed->error, "");
}

TEST_F(RawClient, JoinsFragmentsAndTakesControlFramesBetweenThem) {
    RawPeer peer = open();
    peer.send(websocket_frame(text_frame, "Hel", true, false));
    peer.send(websocket_frame(ping_frame, "p", true));
    peer.send(websocket_frame(0, "", true, false));
    peer.send(websocket_frame(0, "lo", true));
    ASSERT_TRUE(network.until("the message", [&] { return !server.text.empty(); }));
    EXPECT_THAT(server.text, ElementsAre("Hello"));
    EXPECT_TRUE(network.until("the pong",
                              [&] { return peer.received() == websocket_frame(pong_frame, "p", false); }));
}

TEST_F(RawClient, TakesAMessageByteByByte) {
    RawPeer peer = open();
    for (const char c : websocket_frame(binary_frame, std::string(300, 'b'), true)) {
        peer.send(std::string_view(&c, 1));
        network.loop.run_one_for(milliseconds(10));
    }
    ASSERT_TRUE(network.until("the message", [&] { return !server.binary.empty(); }));
    EXPECT_EQ(server.binary[0], std::string(300, 'b'));
}

TEST_F(RawClient, IsClosedWith1007ForTextThatIsNotUtf8) {
    RawPeer peer = open();
    peer.send(websocket_frame(text_frame, "\xC3\x28", true));
    ASSERT_TRUE(network.until("a close frame", [&] { return peer.ended(); }));
    EXPECT_THAT(peer.received(), HasSubstr(websocket_frame(close_frame, "\x03\xEF", false)));
    peer.close();
    ASSERT_TRUE(closed());
    EXPECT_EQ(server.closed->code, 1007);
    EXPECT_TRUE(server.closed->closed_by_us);
}

TEST_F(RawClient, IsAnsweredTheLastOfManyPingsAndNotEveryOne) {
    RawPeer peer = open();
    std::string pings;
    for (int i = 0; i < 100; ++i) pings += websocket_frame(ping_frame, std::to_string(i), true);
    peer.send(pings);
    const std::string last = websocket_frame(pong_frame, "99", false);
    ASSERT_TRUE(network.until("the pong", [&] { return peer.received().ends_with(last); }));
    EXPECT_LT(peer.received().size(), 100u);
}

TEST_F(RawClient, GetsWhatWasSentDuringOneEventInOnePiece) {
    RawPeer peer = open();
    const std::string expected = websocket_frame(text_frame, "state", false) +
                                 websocket_frame(binary_frame, "sound", false) +
                                 websocket_frame(text_frame, "flush", false);
    server.websocket->send_text("state");
    server.websocket->send_binary(bytes("sound"));
    server.websocket->send_text("flush");
    EXPECT_EQ(peer.received(), "");
    ASSERT_TRUE(network.until("the messages", [&] { return !peer.received().empty(); }));
    EXPECT_EQ(peer.received(), expected);
}

TEST_F(RawClient, IsClosedWith1002ForACloseFrameWithACodeThatMustNotTravel) {
    RawPeer peer = open();
    peer.send(websocket_frame(close_frame, "\x03\xEE", true));
    ASSERT_TRUE(closed());
    EXPECT_EQ(server.closed->code, 1002);
    EXPECT_TRUE(server.closed->closed_by_us);
}

TEST_F(RawClient, ThatGoesOnSendingAfterItsFaultIsReadAwayAndDropped) {
    network.server_options.close_timeout = milliseconds(50);
    RawPeer peer = open();
    peer.send(websocket_frame(text_frame, "\xFF", true) + std::string(20000, 'x'));
    ASSERT_TRUE(closed());
    EXPECT_EQ(server.closed->code, 1007);
    EXPECT_TRUE(
        network.until("the socket to be closed", [&] { return network.listener->connections() == 0; }));
    EXPECT_THAT(peer.received(), HasSubstr(websocket_frame(close_frame, "\x03\xEF", false)));
}

TEST_F(RawClient, IsClosedWith1002ForAFrameWithoutAMask) {
    RawPeer peer = open();
    peer.send(websocket_frame(text_frame, "x", false));
    ASSERT_TRUE(network.until("a close frame", [&] { return peer.ended(); }));
    peer.close();
    ASSERT_TRUE(closed());
    EXPECT_EQ(server.closed->code, 1002);
}

TEST_F(RawClient, IsClosedWith1009BeforeALargeMessageIsSentAtAll) {
    network.server_options.max_message_bytes = 1000;
    RawPeer peer = open();
    peer.send(websocket_frame(binary_frame, std::string(100000, 'x'), true).substr(0, 20));
    ASSERT_TRUE(network.until("a close frame", [&] { return peer.ended(); }));
    EXPECT_THAT(peer.received(), HasSubstr(websocket_frame(close_frame, "\x03\xF1", false)));
    peer.close();
    ASSERT_TRUE(closed());
    EXPECT_EQ(server.closed->code, 1009);
}

TEST_F(RawClient, IsNotWaitedForWhenItFailsTheProtocolAndStaysThere) {
    network.server_options.close_timeout = milliseconds(50);
    RawPeer peer = open();
    peer.send(websocket_frame(text_frame, "\xFF", true));
    ASSERT_TRUE(closed());
    EXPECT_NE(server.closed->error, "");
}

TEST_F(RawClient, ACloseFrameWithoutACodeIs1005) {
    RawPeer peer = open();
    peer.send(websocket_frame(close_frame, "", true));
    ASSERT_TRUE(network.until("its answer", [&] { return peer.ended(); }));
    peer.close();
    ASSERT_TRUE(closed());
    EXPECT_EQ(server.closed->code, 1005);
    EXPECT_EQ(server.closed->error, "");
}

TEST_F(RawClient, ThatNeverAnswersACloseIsNotWaitedForLongerThanTheTimeout) {
    network.server_options.close_timeout = milliseconds(50);
    RawPeer peer = open();
    server.websocket->close(1000, "bye");
    ASSERT_TRUE(closed());
    EXPECT_EQ(server.closed->code, 1000);
    EXPECT_TRUE(server.closed->closed_by_us);
    EXPECT_THAT(server.closed->error, HasSubstr("close"));
    EXPECT_THAT(peer.received(), HasSubstr("bye"));
    EXPECT_TRUE(
        network.until("the socket to be closed", [&] { return network.listener->connections() == 0; }));
}

TEST_F(RawClient, ThatNeverAnswersACloseIsNotWaitedForAfterTheOwnerLetGoEither) {
    network.server_options.close_timeout = milliseconds(50);
    RawPeer peer = open();
    server.websocket.reset();
    EXPECT_TRUE(
        network.until("the socket to be closed", [&] { return network.listener->connections() == 0; }));
    EXPECT_EQ(server.closings, 0);
}

TEST_F(RawClient, ThatAnswersACloseButKeepsTheSocketIsNotWaitedFor) {
    network.server_options.close_timeout = milliseconds(50);
    RawPeer peer = open();
    peer.send(websocket_frame(close_frame, "\x03\xE8", true));
    ASSERT_TRUE(closed());
    EXPECT_TRUE(
        network.until("the socket to be closed", [&] { return network.listener->connections() == 0; }));
}

TEST_F(RawClient, ThatReadsNothingIsClosedAfterTheWriteTimeout) {
    network.server_options.write_timeout = milliseconds(100);
    network.server_options.max_queued_bytes = 32 * 1024 * 1024;
    RawPeer peer = open();
    const std::string large(1024 * 1024, 'x');
    for (int i = 0; i < 20; ++i) ASSERT_TRUE(server.websocket->send_binary(bytes(large)));
    ASSERT_TRUE(closed());
    EXPECT_EQ(server.closed->code, 1006);
    EXPECT_THAT(server.closed->error, HasSubstr("did not take a message"));
}

TEST_F(RawClient, ThatReadsNothingCannotHoldUpACloseEither) {
    network.server_options.close_timeout = milliseconds(100);
    network.server_options.max_queued_bytes = 32 * 1024 * 1024;
    RawPeer peer = open();
    const std::string large(1024 * 1024, 'x');
    for (int i = 0; i < 20; ++i) ASSERT_TRUE(server.websocket->send_binary(bytes(large)));
    server.websocket->close(1000, "");
    ASSERT_TRUE(closed());
    EXPECT_TRUE(server.closed->closed_by_us);
    EXPECT_NE(server.closed->error, "");
}

TEST_F(RawClient, ThatAnswersNoPingIsClosed) {
    network.server_options.ping_interval = milliseconds(20);
    network.server_options.pong_timeout = milliseconds(50);
    RawPeer peer = open();
    ASSERT_TRUE(closed());
    EXPECT_EQ(server.closed->code, 1006);
    EXPECT_THAT(server.closed->error, HasSubstr("after a ping"));
    EXPECT_THAT(peer.received(), HasSubstr(websocket_frame(ping_frame, "", false)));
}

TEST_F(RawClient, StaysOpenWhileItAnswersPings) {
    network.server_options.ping_interval = milliseconds(5);
    network.server_options.pong_timeout = seconds(5);
    RawPeer peer = open();
    std::size_t answered = 0;
    ASSERT_TRUE(network.until("ten pings", [&] {
        const std::size_t pings = peer.received().size() / 2;
        for (; answered < pings; ++answered) peer.send(websocket_frame(pong_frame, "", true));
        return answered >= 10;
    }));
    EXPECT_FALSE(server.closed);
}

TEST_F(RawClient, HearsACloseAfterWhatWasSentBeforeIt) {
    RawPeer peer = open();
    peer.send(websocket_frame(text_frame, "last words", true) +
              websocket_frame(close_frame, "\x0F\xA1why", true));
    ASSERT_TRUE(network.until("its answer", [&] { return peer.ended(); }));
    peer.close();
    ASSERT_TRUE(closed());
    EXPECT_THAT(server.text, ElementsAre("last words"));
    EXPECT_EQ(server.closed->code, 4001);
    EXPECT_EQ(server.closed->reason, "why");
}

TEST_F(RawClient, IsNotHarmedByAHandlerThatThrows) {
    ListenerHandlers handlers;
    std::unique_ptr<Websocket> websocket;
    std::optional<WebsocketClosed> how;
    handlers.on_upgrade = [](const IncomingRequest&) { return AcceptUpgrade{}; };
    handlers.on_websocket = [&](const IncomingRequest&, std::unique_ptr<Websocket> opened) {
        websocket = std::move(opened);
        WebsocketHandlers inner;
        inner.on_text = [](std::string_view) { throw std::runtime_error("a bug"); };
        inner.on_closed = [&](const WebsocketClosed& closed) { how = closed; };
        websocket->start(std::move(inner));
    };
    network.listen(std::move(handlers));
    RawPeer peer = RawPeer::connect_to(network.listener->port());
    peer.send(test::websocket_request());
    ASSERT_TRUE(network.until("the upgrade", [&] { return websocket != nullptr; }));
    peer.send(websocket_frame(text_frame, "x", true));
    ASSERT_TRUE(network.until("the end", [&] { return how.has_value(); }));
    EXPECT_EQ(how->code, 1006);
    EXPECT_THAT(how->error, HasSubstr("a bug"));
    websocket.reset();
}

}  // namespace
}  // namespace atlas::net
