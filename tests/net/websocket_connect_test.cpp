#include "net/network.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace atlas::net {
namespace {

using std::chrono::milliseconds;
using test::Network;
using test::RawPeer;
using test::RawServer;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class Connect : public testing::TestWithParam<bool> {
protected:
    WebsocketRequest to(const std::string& path) {
        WebsocketRequest request;
        request.url = network.url("ws", path);
        return request;
    }
    const WebsocketConnected& attempt(WebsocketRequest request) {
        network.pending = network.connect(std::move(request));
        EXPECT_FALSE(network.connected);
        EXPECT_TRUE(network.until("the attempt to end", [&] { return network.connected.has_value(); }));
        static const WebsocketConnected nothing;
        return network.connected ? *network.connected : nothing;
    }
    void refuse_with(OutgoingResponse answer) {
        ListenerHandlers handlers;
        handlers.on_upgrade = [this, answer](const IncomingRequest& request) {
            asked = request;
            return UpgradeDecision(answer);
        };
        handlers.on_websocket = [](const IncomingRequest&, std::unique_ptr<Websocket>) { ADD_FAILURE(); };
        network.listen(std::move(handlers));
    }

    Network network{GetParam()};
    std::optional<IncomingRequest> asked;
};

INSTANTIATE_TEST_SUITE_P(Streams, Connect, testing::Bool(), test::stream_name);

TEST_P(Connect, SendsPathQueryHeadersAndHost) {
    ListenerHandlers handlers;
    handlers.on_upgrade = [this](const IncomingRequest& request) {
        asked = request;
        return AcceptUpgrade{"atlas.v1", {}};
    };
    handlers.on_websocket = [this](const IncomingRequest& request, std::unique_ptr<Websocket> websocket) {
        EXPECT_EQ(request.path, "/v2/listen");
        EXPECT_EQ(websocket->subprotocol(), "atlas.v1");
        EXPECT_EQ(websocket->peer_address(), "127.0.0.1");
        network.server.take(std::move(websocket));
    };
    network.listen(std::move(handlers));
    WebsocketRequest request = to("/v2/listen?model=a%20b&x=1");
    request.headers.add("Authorization", "Token secret");
    request.headers.add("X-Twice", "1");
    request.headers.add("X-Twice", "2");
    request.subprotocol = "atlas.v1";
    const WebsocketConnected& result = attempt(request);
    ASSERT_TRUE(network.client.websocket) << result.error;
    EXPECT_EQ(result.http_status, 101);
    EXPECT_EQ(result.error, "");
    EXPECT_EQ(result.headers.find("Sec-WebSocket-Protocol"), "atlas.v1");
    EXPECT_EQ(network.client.websocket->subprotocol(), "atlas.v1");
    EXPECT_EQ(network.client.websocket->peer_address(), "127.0.0.1");
    ASSERT_TRUE(asked);
    EXPECT_EQ(asked->method, "GET");
    EXPECT_EQ(asked->query, "model=a%20b&x=1");
    EXPECT_EQ(asked->headers.find("host"), network.host());
    EXPECT_EQ(asked->headers.find("authorization"), "Token secret");
    EXPECT_EQ(asked->tls, GetParam());
    EXPECT_FALSE(asked->headers.contains("Sec-WebSocket-Extensions"));
}

TEST_P(Connect, GivesStatusHeadersAndBodyOfARefusal) {
    refuse_with(
        {402, {{"Content-Type", "application/json"}, {"dg-request-id", "abc"}}, "{\"err\":\"credit\"}"});
    const WebsocketConnected& result = attempt(to("/"));
    EXPECT_FALSE(network.client.websocket);
    EXPECT_EQ(result.http_status, 402);
    EXPECT_EQ(result.headers.find("DG-Request-Id"), "abc");
    EXPECT_EQ(result.body, "{\"err\":\"credit\"}");
    EXPECT_THAT(result.error, HasSubstr("402"));
    EXPECT_FALSE(result.timed_out);
}

TEST_P(Connect, ShortensALargeRefusal) {
    refuse_with({500, {}, std::string(20000, 'x')});
    const WebsocketConnected& result = attempt(to("/"));
    EXPECT_EQ(result.http_status, 500);
    EXPECT_EQ(result.body, std::string(4096, 'x'));
}

TEST_P(Connect, FailsWhenTheServerChoosesAnotherSubprotocol) {
    ListenerHandlers handlers;
    handlers.on_upgrade = [](const IncomingRequest&) { return AcceptUpgrade{"other", {}}; };
    handlers.on_websocket = [](const IncomingRequest&, std::unique_ptr<Websocket>) {};
    network.listen(std::move(handlers));
    EXPECT_THAT(attempt(to("/")).error, HasSubstr("subprotocol"));
    EXPECT_FALSE(network.client.websocket);
}

TEST_P(Connect, MayBeGivenUpAtAnyMomentOfIt) {
    for (int turns = 0; turns < 60; ++turns) {
        Network fresh(GetParam());
        fresh.listen_for_websockets();
        WebsocketRequest request;
        request.url = fresh.url("ws");
        auto pending = fresh.connector->connect(
            request, [&](WebsocketConnected result) { fresh.connected = std::move(result); });
        for (int i = 0; i < turns && !fresh.connected; ++i) fresh.loop.run_one_for(milliseconds(100));
        const bool done = fresh.connected.has_value();
        pending.reset();
        for (int i = 0; i < 5; ++i) fresh.loop.run_one_for(milliseconds(5));
        EXPECT_EQ(fresh.connected.has_value(), done);
        fresh.connected.reset();
        if (done) break;
    }
}

TEST_P(Connect, MayBeGivenUpInsideItsOwnCallback) {
    network.listen_for_websockets();
    bool called = false;
    std::unique_ptr<PendingConnect> pending;
    pending = network.connector->connect(to("/"), [&](WebsocketConnected result) {
        pending.reset();
        EXPECT_TRUE(result.websocket);
        called = true;
    });
    EXPECT_TRUE(network.until("the callback", [&] { return called; }));
}

TEST_P(Connect, ANewWebsocketMayBeDroppedWithoutStartingIt) {
    network.listen_for_websockets();
    network.pending = network.connector->connect(to("/"), [&](WebsocketConnected result) {
        result.websocket.reset();
        network.connected.emplace();
    });
    ASSERT_TRUE(network.until("the server to notice", [&] { return network.server.closed.has_value(); }));
    EXPECT_EQ(network.server.closed->code, 1001);
}

class PlainConnect : public Connect {};
INSTANTIATE_TEST_SUITE_P(Plain, PlainConnect, testing::Values(false));

TEST_P(PlainConnect, SaysWhatIsWrongWithTheUrl) {
    for (const char* url : {"", "http://localhost/", "localhost:80", "ws://"}) {
        network.connected.reset();
        WebsocketRequest request;
        request.url = url;
        const WebsocketConnected& result = attempt(request);
        EXPECT_THAT(result.error, HasSubstr("URL")) << url;
        EXPECT_EQ(result.http_status, 0);
    }
}

TEST_P(PlainConnect, RefusesToSendALineBreakInAHeaderAndDoesNotRepeatIt) {
    WebsocketRequest request;
    request.url = "ws://localhost:9/";
    request.headers.add("Authorization", "Token geheim\r\nX-Evil: 1");
    const WebsocketConnected& result = attempt(request);
    EXPECT_THAT(result.error, HasSubstr("Authorization"));
    EXPECT_THAT(result.error, Not(HasSubstr("geheim")));
}

TEST_P(PlainConnect, SaysThatTheConnectionWasRefused) {
    WebsocketRequest request;
    {
        const RawServer gone;
        request.url = "ws://127.0.0.1:" + std::to_string(gone.port()) + "/";
    }
    const WebsocketConnected& result = attempt(request);
    EXPECT_THAT(result.error, HasSubstr("Connection refused"));
    EXPECT_THAT(result.error, HasSubstr("127.0.0.1:"));
    EXPECT_FALSE(result.timed_out);
}

TEST_P(PlainConnect, SaysThatANameHasNoAddress) {
    WebsocketRequest request;
    request.url = "ws://does-not-exist.invalid/";
    request.connect_timeout = std::chrono::seconds(15);
    const WebsocketConnected& result = attempt(request);
    EXPECT_THAT(result.error, HasSubstr("resolving does-not-exist.invalid"));
}

TEST_P(PlainConnect, TimesOutOnAServerThatNeverAnswers) {
    RawServer silent;
    WebsocketRequest request;
    request.url = "ws://127.0.0.1:" + std::to_string(silent.port()) + "/";
    request.connect_timeout = milliseconds(50);
    const WebsocketConnected& result = attempt(request);
    EXPECT_TRUE(result.timed_out);
    EXPECT_THAT(result.error, HasSubstr("upgrade 127.0.0.1"));
    EXPECT_THAT(result.error, HasSubstr("50 ms"));
}

TEST_P(PlainConnect, TimesOutInTheTlsHandshake) {
    RawServer silent;
    WebsocketRequest request;
    request.url = "wss://127.0.0.1:" + std::to_string(silent.port()) + "/";
    request.connect_timeout = milliseconds(50);
    EXPECT_THAT(attempt(request).error, HasSubstr("TLS handshake"));
    EXPECT_TRUE(network.connected->timed_out);
}

// What a server answers to the upgrade, and what is made of it.
class OddServer : public PlainConnect {
protected:
    const WebsocketConnected& answered(const std::function<std::string(const std::string& request)>& answer) {
        WebsocketRequest request;
        request.url = "ws://127.0.0.1:" + std::to_string(server.port()) + "/";
        network.pending = network.connect(request);
        EXPECT_TRUE(network.until("the request", [&] {
            if (!peer) {
                if (auto accepted = server.accept()) peer.emplace(std::move(*accepted));
            }
            return peer && peer->received().find("\r\n\r\n") != std::string::npos;
        }));
        const std::string text = answer(peer->received());
        if (!text.empty()) peer->send(text);
        EXPECT_TRUE(network.until("the attempt to end", [&] { return network.connected.has_value(); }));
        return *network.connected;
    }
    RawServer server;
    std::optional<RawPeer> peer;
};
INSTANTIATE_TEST_SUITE_P(Plain, OddServer, testing::Values(false));

TEST_P(OddServer, ThatSendsFramesRightBehindTheUpgradeLosesNone) {
    answered([](const std::string& request) {
        return test::websocket_accept(request) + test::websocket_frame(1, "welcome", false);
    });
    ASSERT_TRUE(network.client.websocket);
    ASSERT_TRUE(network.until("the message", [&] { return !network.client.text.empty(); }));
    EXPECT_EQ(network.client.text[0], "welcome");
    EXPECT_THAT(peer->received(), HasSubstr("Host: 127.0.0.1:"));
}

TEST_P(OddServer, ThatAcceptsWithTheWrongKeyIsNotTrusted) {
    const auto& result = answered([](const std::string&) {
        return test::websocket_accept("Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==");
    });
    EXPECT_FALSE(network.client.websocket);
    EXPECT_EQ(result.http_status, 101);
    EXPECT_NE(result.error, "");
}

TEST_P(OddServer, ThatSpeaksNoHttpIsAnError) {
    const auto& result = answered([](const std::string&) { return std::string("SSH-2.0-OpenSSH\r\n\r\n"); });
    EXPECT_EQ(result.http_status, 0);
    EXPECT_NE(result.error, "");
}

TEST_P(OddServer, ThatClosesWithoutAnAnswerIsAnError) {
    const auto& result = answered([&](const std::string&) {
        peer->finish_sending();
        return std::string();
    });
    EXPECT_EQ(result.http_status, 0);
    EXPECT_NE(result.error, "");
    EXPECT_FALSE(result.timed_out);
}

TEST_P(OddServer, ThatRefusesWithoutABodyIsARefusal) {
    const auto& result = answered([](const std::string&) {
        return std::string("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n");
    });
    EXPECT_EQ(result.http_status, 401);
    EXPECT_THAT(result.body, IsEmpty());
}

TEST_P(OddServer, ThatEndsItsMessageWithoutAClosingHandshakeIs1006) {
    answered([](const std::string& request) { return test::websocket_accept(request); });
    ASSERT_TRUE(network.client.websocket);
    peer->close();
    ASSERT_TRUE(network.until("the end", [&] { return network.client.closed.has_value(); }));
    EXPECT_EQ(network.client.closed->code, 1006);
}

class TlsConnect : public Connect {};
INSTANTIATE_TEST_SUITE_P(Tls, TlsConnect, testing::Values(true));

TEST_P(TlsConnect, TrustsAnAddressInTheCertificate) {
    network.listen_for_websockets();
    WebsocketRequest request;
    request.url = "wss://127.0.0.1:" + std::to_string(network.listener->port()) + "/";
    const auto& result = attempt(request);
    EXPECT_TRUE(network.client.websocket) << result.error;
}

TEST_P(TlsConnect, RefusesACertificateForAnotherName) {
    network.settings.tls = test::TestCertificates::instance().elsewhere();
    network.listen_for_websockets();
    EXPECT_THAT(attempt(to("/")).error, HasSubstr("hostname mismatch"));
    WebsocketRequest request;
    request.url = "wss://127.0.0.1:" + std::to_string(network.listener->port()) + "/";
    network.connected.reset();
    EXPECT_THAT(attempt(request).error, HasSubstr("IP address mismatch"));
    EXPECT_FALSE(network.client.websocket);
    EXPECT_FALSE(network.server.websocket);
}

TEST_P(TlsConnect, RefusesAnAuthorityItDoesNotKnow) {
    network.listen_for_websockets();
    network.connector = make_websocket_connector(network.loop);
    EXPECT_THAT(attempt(to("/")).error, HasSubstr("certificate"));
    EXPECT_FALSE(network.client.websocket);
}

}  // namespace
}  // namespace atlas::net
