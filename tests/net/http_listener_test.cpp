#include "net/network.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <sys/resource.h>

namespace atlas::net {
namespace {

using std::chrono::milliseconds;
using test::Network;
using test::RawPeer;
using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::MatchesRegex;
using testing::Not;
using testing::StartsWith;
using testing::ThrowsMessage;

class Listener : public testing::Test {
protected:
    void listen() {
        ListenerHandlers handlers;
        handlers.on_request = [this](const IncomingRequest& request) {
            asked.push_back(request);
            return answer;
        };
        network.listen(std::move(handlers));
    }
    RawPeer connect() { return RawPeer::connect_to(network.listener->port()); }
    // Everything the listener says until it closes.
    std::string ask(std::string_view request) {
        RawPeer peer = connect();
        peer.send(request);
        EXPECT_TRUE(network.until("the connection to be closed", [&] { return peer.ended(); }));
        return peer.received();
    }
    void wait_for(RawPeer& peer, std::string_view text) {
        ASSERT_TRUE(network.until(text, [&] { return peer.received().find(text) != std::string::npos; }))
            << peer.received();
    }
    static std::string error(int status, const std::string& code) {
        return "HTTP/1\\.1 " + std::to_string(status) + " .*\\{\"error\":\\{\"code\":\"" + code +
               "\",\"message\":\".+\"\\}\\}";
    }

    Network network;
    OutgoingResponse answer{200, {{"Content-Type", "text/plain"}}, "hello"};
    std::vector<IncomingRequest> asked;
};

constexpr std::string_view closing = "Host: a\r\nConnection: close\r\n\r\n";

TEST_F(Listener, AnswersARequest) {
    listen();
    const std::string said = ask("GET /health?full=1&x HTTP/1.1\r\nX-One: 1\r\n" + std::string(closing));
    EXPECT_THAT(said, AllOf(StartsWith("HTTP/1.1 200 OK\r\n"), HasSubstr("Content-Type: text/plain\r\n"),
                            HasSubstr("Content-Length: 5\r\n"), HasSubstr("Connection: close\r\n"),
                            EndsWith("\r\n\r\nhello")));
    EXPECT_THAT(said, MatchesRegex("(.|\n)*\nDate: [A-Z][a-z]+, .* GMT\r\n(.|\n)*"));
    ASSERT_EQ(asked.size(), 1u);
    EXPECT_EQ(asked[0].method, "GET");
    EXPECT_EQ(asked[0].path, "/health");
    EXPECT_EQ(asked[0].query, "full=1&x");
    EXPECT_EQ(asked[0].headers.find("x-one"), "1");
    EXPECT_EQ(asked[0].peer_address, "127.0.0.1");
    EXPECT_FALSE(asked[0].tls);
    EXPECT_THAT(network.bad_connections, IsEmpty());
}

TEST_F(Listener, KeepsTheConnectionForFurtherRequests) {
    listen();
    RawPeer peer = connect();
    for (int i = 1; i <= 3; ++i) {
        peer.send("POST /n HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody");
        wait_for(peer, "hello");
        EXPECT_THAT(peer.received(), HasSubstr("Connection: keep-alive"));
        peer.forget();
        EXPECT_EQ(network.listener->connections(), 1u);
    }
    ASSERT_EQ(asked.size(), 3u);
    EXPECT_EQ(asked[2].body, "body");
}

TEST_F(Listener, AnswersRequestsThatCameTogether) {
    listen();
    const std::string said =
        ask("GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\n" + std::string(closing));
    ASSERT_EQ(asked.size(), 2u);
    EXPECT_EQ(asked[1].path, "/2");
}

TEST_F(Listener, ReadsARequestByteByByteAndAChunkedBody) {
    listen();
    RawPeer peer = connect();
    for (const char c : std::string("POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: "
                                    "chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")) {
        peer.send(std::string_view(&c, 1));
        network.loop.run_one_for(milliseconds(10));
    }
    wait_for(peer, "hello");
    EXPECT_EQ(asked.at(0).body, "abcde");
}

TEST_F(Listener, GivesAHeadRequestToTheHandlerAsGetAndLeavesOutTheBody) {
    listen();
    const std::string said = ask("HEAD / HTTP/1.1\r\n" + std::string(closing));
    EXPECT_THAT(said, AllOf(HasSubstr("Content-Length: 5\r\n"), EndsWith("\r\n\r\n")));
    EXPECT_EQ(asked.at(0).method, "GET");
}

TEST_F(Listener, SpeaksHttp10AndClosesAfterIt) {
    listen();
    EXPECT_THAT(ask("GET / HTTP/1.0\r\n\r\n"), AllOf(StartsWith("HTTP/1.0 200"), EndsWith("hello")));
}

TEST_F(Listener, SendsNoBodyWith204) {
    answer = {204, {}, "ignored"};
    listen();
    EXPECT_THAT(ask("GET / HTTP/1.1\r\n" + std::string(closing)),
                AllOf(StartsWith("HTTP/1.1 204"), Not(HasSubstr("Content-Length")), EndsWith("\r\n\r\n")));
}

TEST_F(Listener, AsksForABodyThatWaitsToBeAskedFor) {
    listen();
    RawPeer peer = connect();
    peer.send("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    wait_for(peer, "HTTP/1.1 100 Continue\r\n\r\n");
    peer.send("ok");
    wait_for(peer, "hello");
    EXPECT_EQ(asked.at(0).body, "ok");
}

TEST_F(Listener, TakesATargetInAProxysForm) {
    listen();
    ask("GET http://a/p?q HTTP/1.1\r\n" + std::string(closing));
    EXPECT_EQ(asked.at(0).path, "/p");
    EXPECT_EQ(asked.at(0).query, "q");
}

TEST_F(Listener, Answers400ToWhatIsNoRequest) {
    listen();
    for (const char* bad :
         {"garbage\r\n\r\n", "GET / HTTP/1.1\r\nbad header\r\n\r\n", "GET  HTTP/1.1\r\n\r\n",
          "GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", "GET nopath HTTP/1.1\r\nHost: a\r\n\r\n",
          "GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
          "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
          "\x16\x03\x01\x02\x01\x01\r\n\r\n"}) {
        EXPECT_THAT(ask(bad), AllOf(StartsWith("HTTP/1.1 400 "),
                                    HasSubstr("{\"error\":{\"code\":\"bad_request\",\"message\":\"")))
            << bad;
    }
    EXPECT_EQ(network.bad_connections.size(), 9u);
    EXPECT_THAT(asked, IsEmpty());
}

TEST_F(Listener, Answers431ToAHeaderOverTheLimit) {
    network.settings.max_header_bytes = 1024;
    listen();
    EXPECT_THAT(ask("GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(2000, 'x') + "\r\n\r\n"),
                AllOf(StartsWith("HTTP/1.1 431 "), HasSubstr("1024 bytes")));
    EXPECT_THAT(ask("GET /" + std::string(3000, 'x')), StartsWith("HTTP/1.1 431 "));
}

TEST_F(Listener, Answers413ToABodyOverTheLimitWithoutWaitingForIt) {
    network.settings.max_body_bytes = 100;
    listen();
    EXPECT_THAT(ask("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 101\r\n\r\n"),
                AllOf(StartsWith("HTTP/1.1 413 "), HasSubstr("100 bytes")));
    EXPECT_THAT(
        ask("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n65\r\n" + std::string(101, 'x')),
        StartsWith("HTTP/1.1 413 "));
    EXPECT_THAT(asked, IsEmpty());
}

TEST_F(Listener, Answers408ToARequestThatDoesNotComeToItsEnd) {
    network.settings.header_timeout = milliseconds(50);
    listen();
    EXPECT_THAT(ask("GET / HTTP/1.1\r\nHo"), StartsWith("HTTP/1.1 408 "));
    EXPECT_THAT(ask("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nabc"),
                StartsWith("HTTP/1.1 408 "));
    EXPECT_THAT(asked, IsEmpty());
}

TEST_F(Listener, ClosesSilentConnectionsWithoutAWord) {
    network.settings.header_timeout = milliseconds(50);
    listen();
    EXPECT_EQ(ask(""), "");
    RawPeer peer = connect();
    peer.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    wait_for(peer, "hello");
    peer.forget();
    EXPECT_TRUE(network.until("the idle connection to be closed", [&] { return peer.ended(); }));
    EXPECT_EQ(peer.received(), "");
    EXPECT_THAT(network.bad_connections, IsEmpty());
}

TEST_F(Listener, CountsAConnectionThatBreaksInTheMiddleOfARequest) {
    listen();
    {
        RawPeer peer = connect();
        peer.send("GET / HT");
        ASSERT_TRUE(network.until("the connection", [&] { return network.listener->connections() == 1; }));
    }
    ASSERT_TRUE(network.until("the end of it", [&] { return network.listener->connections() == 0; }));
    EXPECT_EQ(network.bad_connections.size(), 1u);
}

TEST_F(Listener, ClosesConnectionsOverTheLimitAtOnce) {
    network.settings.max_connections = 2;
    listen();
    RawPeer first = connect();
    RawPeer second = connect();
    ASSERT_TRUE(network.until("two connections", [&] { return network.listener->connections() == 2; }));
    RawPeer third = connect();
    ASSERT_TRUE(network.until("the third to be closed", [&] { return third.ended(); }));
    EXPECT_EQ(network.listener->connections(), 2u);
    first.close();
    ASSERT_TRUE(network.until("room", [&] { return network.listener->connections() == 1; }));
    EXPECT_THAT(ask("GET / HTTP/1.1\r\n" + std::string(closing)), EndsWith("hello"));
}

TEST_F(Listener, Answers500WhenItsHandlerThrows) {
    ListenerHandlers handlers;
    handlers.on_request = [](const IncomingRequest&) -> OutgoingResponse {
        throw std::runtime_error("a secret detail");
    };
    network.listen(std::move(handlers));
    EXPECT_THAT(ask("GET / HTTP/1.1\r\n" + std::string(closing)),
                AllOf(StartsWith("HTTP/1.1 500 "), Not(HasSubstr("secret"))));
    ASSERT_EQ(network.bad_connections.size(), 1u);
    EXPECT_THAT(network.bad_connections[0], HasSubstr("a secret detail"));
}

TEST_F(Listener, NeverSendsALineBreakFromAnAnswersHeader) {
    answer.headers.add("X-Bad", "a\r\nSet-Cookie: b");
    listen();
    EXPECT_THAT(ask("GET / HTTP/1.1\r\n" + std::string(closing)),
                AllOf(StartsWith("HTTP/1.1 500 "), Not(HasSubstr("Set-Cookie"))));
}

TEST_F(Listener, MayBeDestroyedInsideItsHandler) {
    ListenerHandlers handlers;
    handlers.on_request = [this](const IncomingRequest&) {
        network.listener.reset();
        return OutgoingResponse{};
    };
    network.listen(std::move(handlers));
    RawPeer other = connect();
    ASSERT_TRUE(network.until("the other one", [&] { return network.listener->connections() == 1; }));
    ask("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_TRUE(network.until("the other one to be dropped", [&] { return other.ended(); }));
}

TEST_F(Listener, MayBeDestroyedInsideItsUpgradeHandler) {
    ListenerHandlers handlers;
    handlers.on_upgrade = [this](const IncomingRequest&) {
        network.listener.reset();
        return AcceptUpgrade{};
    };
    handlers.on_websocket = [](const IncomingRequest&, std::unique_ptr<Websocket>) { ADD_FAILURE(); };
    network.listen(std::move(handlers));
    EXPECT_EQ(ask(test::websocket_request()), "");
}

TEST_F(Listener, MayBeDestroyedInsideItsWebsocketHandler) {
    ListenerHandlers handlers;
    handlers.on_upgrade = [](const IncomingRequest&) { return AcceptUpgrade{}; };
    handlers.on_websocket = [this](const IncomingRequest&, std::unique_ptr<Websocket> websocket) {
        network.listener.reset();
        network.server.take(std::move(websocket));
    };
    network.listen(std::move(handlers));
    RawPeer peer = connect();
    peer.send(test::websocket_request());
    ASSERT_TRUE(network.until("the WebSocket", [&] { return network.server.websocket != nullptr; }));
    peer.send(test::websocket_frame(1, "x", true));
    EXPECT_TRUE(network.until("a message", [&] { return !network.server.text.empty(); }));
}

TEST_F(Listener, SaysClearlyWhyItCannotListen) {
    listen();
    ListenerSettings settings;
    settings.address = "127.0.0.1";
    settings.port = network.listener->port();
    EXPECT_THAT(
        [&] { open_listener(network.loop, settings, {}); },
        ThrowsMessage<std::runtime_error>("Cannot listen on 127.0.0.1 port " + std::to_string(settings.port) +
                                          ": Address already in use"));
    settings.address = "example.com";
    EXPECT_THAT([&] { open_listener(network.loop, settings, {}); },
                ThrowsMessage<std::runtime_error>(HasSubstr("no IP address")));
    settings.address = "127.0.0.1";
    settings.port = 0;
    settings.tls = TlsFiles{"/nowhere/cert.pem", "/nowhere/key.pem"};
    EXPECT_THAT([&] { open_listener(network.loop, settings, {}); },
                ThrowsMessage<std::runtime_error>(HasSubstr("/nowhere/cert.pem")));
}

TEST_F(Listener, GoesOnAcceptingAfterItRanOutOfDescriptors) {
    listen();
    RawPeer waiting = connect();
    rlimit before{};
    ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
    rlimit none = before;
    none.rlim_cur = 3;
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
    const auto failed = network.until("accept to fail", [&] { return network.bad_connections.size() >= 2; });
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
    ASSERT_TRUE(failed);
    EXPECT_THAT(network.bad_connections[0], HasSubstr("Too many open files"));
    waiting.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    wait_for(waiting, "hello");
}

// Upgrades.

class Upgrade : public Listener {
protected:
    std::string ask_upgrade(std::string request, std::string_view take, std::string_view put) {
        network.listen_for_websockets();
        const std::size_t at = request.find(take);
        EXPECT_NE(at, std::string::npos);
        request.replace(at, take.size(), put);
        const std::string said = ask(request);
        EXPECT_FALSE(network.server.websocket);
        return said;
    }
};

TEST_F(Upgrade, NeedsHttp11) {
    EXPECT_THAT(ask_upgrade(test::websocket_request(), "HTTP/1.1", "HTTP/1.0"), HasSubstr(" 400 "));
}
TEST_F(Upgrade, NeedsGet) {
    EXPECT_THAT(ask_upgrade(test::websocket_request(), "GET", "POST"), StartsWith("HTTP/1.1 400 "));
}
TEST_F(Upgrade, NeedsConnectionUpgrade) {
    EXPECT_THAT(ask_upgrade(test::websocket_request(), "keep-alive, Upgrade", "close"),
                StartsWith("HTTP/1.1 400 "));
}
TEST_F(Upgrade, NeedsAKey) {
    EXPECT_THAT(ask_upgrade(test::websocket_request(), "Sec-WebSocket-Key:", "X-Key:"),
                AllOf(StartsWith("HTTP/1.1 400 "), HasSubstr("Sec-WebSocket-Key")));
}
TEST_F(Upgrade, NeedsAKeyOf16Bytes) {
    EXPECT_THAT(ask_upgrade(test::websocket_request(), "dGhlIHNhbXBsZSBub25jZQ==", "dGhl"),
                StartsWith("HTTP/1.1 400 "));
}
TEST_F(Upgrade, NeedsVersion13) {
    EXPECT_THAT(ask_upgrade(test::websocket_request(), "Version: 13", "Version: 8"),
                AllOf(StartsWith("HTTP/1.1 426 "), HasSubstr("Sec-WebSocket-Version: 13\r\n")));
}
TEST_F(Upgrade, MustNotHaveABody) {
    EXPECT_THAT(ask_upgrade(test::websocket_request(), "\r\n\r\n", "\r\nContent-Length: 5\r\n\r\nhello"),
                StartsWith("HTTP/1.1 400 "));
}
TEST_F(Upgrade, MustNotBeFollowedByFramesBeforeItsAnswer) {
    EXPECT_THAT(
        ask_upgrade(test::websocket_request() + "early", "early", test::websocket_frame(1, "x", true)),
        StartsWith("HTTP/1.1 400 "));
}

TEST_F(Upgrade, IsNotFoundWhereNoWebsocketIsServed) {
    listen();
    EXPECT_THAT(ask(test::websocket_request()), StartsWith("HTTP/1.1 404 "));
}

TEST_F(Upgrade, MayBeAnsweredWithAPlainResponseAndCloses) {
    ListenerHandlers handlers;
    handlers.on_upgrade = [](const IncomingRequest&) {
        return OutgoingResponse{503, {{"Retry-After", "1"}}, "busy"};
    };
    handlers.on_websocket = [](const IncomingRequest&, std::unique_ptr<Websocket>) { ADD_FAILURE(); };
    network.listen(std::move(handlers));
    EXPECT_THAT(
        ask(test::websocket_request()),
        AllOf(StartsWith("HTTP/1.1 503 "), HasSubstr("Retry-After: 1\r\n"), EndsWith("\r\n\r\nbusy")));
}

TEST_F(Upgrade, ToAnotherProtocolIsIgnored) {
    listen();
    EXPECT_THAT(ask("GET / HTTP/1.1\r\nUpgrade: h2c\r\n" + std::string(closing)), EndsWith("hello"));
}

TEST_F(Upgrade, MayFollowPlainRequestsOnTheSameConnection) {
    ListenerHandlers handlers;
    handlers.on_request = [this](const IncomingRequest&) { return answer; };
    handlers.on_upgrade = [](const IncomingRequest&) { return AcceptUpgrade{}; };
    handlers.on_websocket = [this](const IncomingRequest&, std::unique_ptr<Websocket> websocket) {
        network.server.take(std::move(websocket));
    };
    network.listen(std::move(handlers));
    RawPeer peer = connect();
    peer.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    wait_for(peer, "hello");
    peer.send(test::websocket_request());
    EXPECT_TRUE(network.until("the WebSocket", [&] { return network.server.websocket != nullptr; }));
}

// TLS.

TEST(TlsListener, ReportsAClientThatSpeaksNoTls) {
    Network network(true);
    network.listen_for_websockets();
    RawPeer peer = RawPeer::connect_to(network.listener->port());
    peer.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    ASSERT_TRUE(network.until("it to be closed", [&] { return peer.ended(); }));
    ASSERT_EQ(network.bad_connections.size(), 1u);
    EXPECT_THAT(network.bad_connections[0], HasSubstr("TLS handshake"));
}

TEST(TlsListener, DropsAClientThatNeverShakesHands) {
    Network network(true);
    network.settings.header_timeout = milliseconds(50);
    network.listen_for_websockets();
    RawPeer peer = RawPeer::connect_to(network.listener->port());
    EXPECT_TRUE(network.until("it to be closed", [&] { return peer.ended(); }));
}

}  // namespace
}  // namespace atlas::net
