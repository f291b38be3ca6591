#include "atlas/net/http_client.hpp"

#include "net/network.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <stdexcept>
#include <unistd.h>

namespace atlas::net {
namespace {

using std::chrono::milliseconds;
using test::Network;
using test::RawPeer;
using test::RawServer;
using test::TestCertificates;
using testing::AllOf;
using testing::AnyOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
using testing::ThrowsMessage;

// One request and what was reported of it.
struct Request {
    std::unique_ptr<Transfer> transfer;
    std::vector<int> statuses;
    HttpHeaders headers;
    std::string body;
    std::optional<TransferResult> result;
    int pieces = 0;

    TransferHandlers handlers() {
        TransferHandlers all;
        all.on_head = [this](int status, const HttpHeaders& head) {
            statuses.push_back(status);
            headers = head;
            EXPECT_EQ(body, "");
        };
        all.on_body = [this](std::string_view bytes) {
            EXPECT_EQ(statuses.size(), 1u);
            body.append(bytes);
            ++pieces;
        };
        all.on_done = [this](const TransferResult& how) {
            EXPECT_FALSE(result);
            result = how;
        };
        return all;
    }
};

HttpRequest get(const std::string& url) {
    HttpRequest request;
    request.url = url;
    return request;
}

class Client : public testing::Test {
protected:
    explicit Client(bool tls = false) : network(tls) {
        settings.trust.extra_ca_file = TestCertificates::instance().authority();
    }
    void open() { client = make_http_client(network.loop, settings); }
    void start(Request& request, HttpRequest what) {
        if (!client) open();
        request.transfer = client->start(std::move(what), request.handlers());
        EXPECT_FALSE(request.result);
    }
    testing::AssertionResult done(Request& request) {
        return network.until("the request to end", [&] { return request.result.has_value(); });
    }

    Network network;
    HttpClientSettings settings;
    std::unique_ptr<HttpClient> client;
};

// Against our own listener.

class ClientOfListener : public Client, public testing::WithParamInterface<bool> {
protected:
    ClientOfListener() : Client(GetParam()) {
        ListenerHandlers handlers;
        handlers.on_request = [this](const IncomingRequest& request) {
            asked.push_back(request);
            return answer;
        };
        network.listen(std::move(handlers));
    }
    OutgoingResponse answer{200, {{"X-One", "1"}}, "hello"};
    std::vector<IncomingRequest> asked;
};

INSTANTIATE_TEST_SUITE_P(Streams, ClientOfListener, testing::Bool(), test::stream_name);

TEST_P(ClientOfListener, GetsAnAnswer) {
    Request request;
    HttpRequest what = get(network.url("http", "/a/../b?x=%20y"));
    what.headers.add("X-Api-Key", "k");
    what.headers.add("X-Empty", "");
    start(request, what);
    ASSERT_TRUE(done(request));
    EXPECT_TRUE(request.result->delivered) << request.result->error;
    EXPECT_TRUE(request.result->reached_server);
    EXPECT_EQ(request.result->error, "");
    EXPECT_THAT(request.statuses, testing::ElementsAre(200));
    EXPECT_EQ(request.headers.find("x-one"), "1");
    EXPECT_EQ(request.body, "hello");
    ASSERT_EQ(asked.size(), 1u);
    EXPECT_EQ(asked[0].method, "GET");
    EXPECT_EQ(asked[0].path, "/a/../b");
    EXPECT_EQ(asked[0].query, "x=%20y");
    EXPECT_EQ(asked[0].headers.find("x-api-key"), "k");
    EXPECT_TRUE(asked[0].headers.contains("x-empty"));
    EXPECT_EQ(asked[0].headers.find("user-agent"), "atlas-voice");
    EXPECT_FALSE(asked[0].headers.contains("accept-encoding"));
}

TEST_P(ClientOfListener, PostsABodyOfAnyBytes) {
    Request request;
    HttpRequest what = get(network.url("http"));
    what.method = "POST";
    what.body = std::string("a\0b", 3) + std::string(50000, 'x');
    what.headers.add("Content-Type", "application/json");
    start(request, what);
    ASSERT_TRUE(done(request));
    ASSERT_EQ(asked.size(), 1u);
    EXPECT_EQ(asked[0].method, "POST");
    EXPECT_EQ(asked[0].body, what.body);
    EXPECT_EQ(asked[0].headers.find("content-type"), "application/json");
    EXPECT_FALSE(asked[0].headers.contains("expect"));
}

TEST_P(ClientOfListener, SendsOtherMethodsWithoutInventingAType) {
    for (const char* method : {"POST", "DELETE", "PUT"}) {
        Request request;
        HttpRequest what = get(network.url("http"));
        what.method = method;
        start(request, what);
        ASSERT_TRUE(done(request));
        EXPECT_EQ(asked.back().method, method);
        EXPECT_FALSE(asked.back().headers.contains("content-type"));
    }
}

TEST_P(ClientOfListener, GetsHeadsAndErrorsAsTheyAre) {
    answer.status = 404;
    Request head;
    HttpRequest what = get(network.url("http"));
    what.method = "HEAD";
    start(head, what);
    ASSERT_TRUE(done(head));
    EXPECT_THAT(head.statuses, testing::ElementsAre(404));
    EXPECT_EQ(head.body, "");
    EXPECT_TRUE(head.result->delivered);
}

TEST_P(ClientOfListener, FollowsNoRedirect) {
    answer = {302, {{"Location", "/elsewhere"}}, ""};
    Request request;
    start(request, get(network.url("http")));
    ASSERT_TRUE(done(request));
    EXPECT_THAT(request.statuses, testing::ElementsAre(302));
    EXPECT_EQ(asked.size(), 1u);
}

TEST_P(ClientOfListener, KeepsItsConnectionUnlessAFreshOneIsAskedFor) {
    for (int i = 0; i < 3; ++i) {
        Request request;
        start(request, get(network.url("http")));
        ASSERT_TRUE(done(request));
        EXPECT_EQ(network.listener->connections(), 1u);
    }
    Request fresh;
    HttpRequest what = get(network.url("http"));
    what.fresh_connection = true;
    start(fresh, what);
    ASSERT_TRUE(done(fresh));
    EXPECT_EQ(network.listener->connections(), 2u);
    client.reset();
    EXPECT_TRUE(
        network.until("its connections to close", [&] { return network.listener->connections() == 0; }));
}

TEST_P(ClientOfListener, MayBeCancelledAfterAnyTurnOfTheLoop) {
    for (int turns = 0; turns < 100; ++turns) {
        Request request;
        HttpRequest what = get(network.url("http"));
        what.fresh_connection = true;
        start(request, what);
        for (int i = 0; i < turns && !request.result; ++i) network.loop.run_one_for(milliseconds(100));
        const bool was_done = request.result.has_value();
        const std::size_t seen = request.body.size();
        request.transfer.reset();
        for (int i = 0; i < 3; ++i) network.loop.run_one_for(milliseconds(5));
        EXPECT_EQ(request.result.has_value(), was_done);
        EXPECT_EQ(request.body.size(), seen);
        if (was_done) return;
    }
}

// Handlers that destroy things.

class TransferEnds : public ClientOfListener {
protected:
    // Destroys the transfer in one of its handlers and returns how many were called.
    int destroy_in(int which) {
        int called = 0;
        std::unique_ptr<Transfer> transfer;
        const std::string captured = "a string long enough to live on the heap, captured by the handlers";
        const auto count = [&, captured](int handler) {
            ++called;
            if (handler == which) transfer.reset();
            EXPECT_THAT(captured, StartsWith("a string"));
        };
        TransferHandlers handlers;
        handlers.on_head = [count](int, const HttpHeaders&) { count(0); };
        handlers.on_body = [count](std::string_view) { count(1); };
        handlers.on_done = [count](const TransferResult&) { count(2); };
        if (!client) open();
        transfer = client->start(get(network.url("http")), std::move(handlers));
        EXPECT_TRUE(network.until("the handler", [&] { return called == which + 1; }));
        for (int i = 0; i < 5; ++i) network.loop.run_one_for(milliseconds(5));
        return called;
    }
};
INSTANTIATE_TEST_SUITE_P(Streams, TransferEnds, testing::Bool(), test::stream_name);

TEST_P(TransferEnds, InsideItsHeadHandler) { EXPECT_EQ(destroy_in(0), 1); }
TEST_P(TransferEnds, InsideItsBodyHandler) { EXPECT_EQ(destroy_in(1), 2); }
TEST_P(TransferEnds, InsideItsDoneHandler) { EXPECT_EQ(destroy_in(2), 3); }

TEST_P(TransferEnds, WithTheClientInsideAHandler) {
    bool called = false;
    Request other;
    start(other, get(network.url("http")));
    TransferHandlers handlers;
    handlers.on_head = [&](int, const HttpHeaders&) {
        client.reset();
        called = true;
    };
    handlers.on_done = [&](const TransferResult&) { ADD_FAILURE(); };
    const auto transfer = client->start(get(network.url("http")), std::move(handlers));
    ASSERT_TRUE(network.until("the head", [&] { return called; }));
    for (int i = 0; i < 5; ++i) network.loop.run_one_for(milliseconds(5));
}

TEST_P(TransferEnds, AndStartsAnotherInsideAHandler) {
    Request second;
    TransferHandlers handlers;
    std::unique_ptr<Transfer> first;
    handlers.on_done = [&](const TransferResult&) {
        first.reset();
        start(second, get(network.url("http")));
    };
    open();
    first = client->start(get(network.url("http")), std::move(handlers));
    ASSERT_TRUE(done(second));
    EXPECT_EQ(second.body, "hello");
}

// What goes wrong.

class ClientErrors : public Client {};

TEST_F(ClientErrors, AConnectionThatIsRefused) {
    std::string url;
    {
        const RawServer gone;
        url = "http://127.0.0.1:" + std::to_string(gone.port()) + "/";
    }
    Request request;
    start(request, get(url));
    ASSERT_TRUE(done(request));
    EXPECT_FALSE(request.result->delivered);
    EXPECT_FALSE(request.result->reached_server);
    EXPECT_FALSE(request.result->timed_out);
    EXPECT_THAT(request.result->error, HasSubstr("onnect"));
    EXPECT_THAT(request.result->error, Not(HasSubstr("\n")));
    EXPECT_TRUE(request.statuses.empty());
}

TEST_F(ClientErrors, AServerThatNeverShakesHands) {
    RawServer silent;
    Request request;
    HttpRequest what = get("https://127.0.0.1:" + std::to_string(silent.port()) + "/");
    what.connect_timeout = milliseconds(50);
    start(request, what);
    ASSERT_TRUE(done(request));
    EXPECT_TRUE(request.result->timed_out);
    EXPECT_FALSE(request.result->reached_server);
}

TEST_F(ClientErrors, UrlsAndHeadersThatCannotBeSent) {
    for (const char* url : {"", "ws://localhost/", "ftp://localhost/", "localhost"}) {
        Request request;
        start(request, get(url));
        ASSERT_TRUE(done(request));
        EXPECT_THAT(request.result->error, HasSubstr("URL"));
    }
    Request request;
    HttpRequest what = get("http://localhost/");
    what.headers.add("X-Api-Key", "geheim\nX: y");
    start(request, what);
    ASSERT_TRUE(done(request));
    EXPECT_THAT(request.result->error, AllOf(HasSubstr("X-Api-Key"), Not(HasSubstr("geheim"))));
}

TEST_F(ClientErrors, AnAuthorityFileThatCannotBeUsed) {
    settings.trust.extra_ca_file = "/nowhere/ca.pem";
    EXPECT_THAT([&] { open(); }, ThrowsMessage<std::runtime_error>(HasSubstr("/nowhere/ca.pem")));
}

TEST_F(ClientErrors, ANameThatIsBeingResolvedDoesNotHoldUpItsCancellation) {
    Request request;
    start(request, get("http://does-not-exist.invalid/"));
    for (int i = 0; i < 2; ++i) network.loop.run_one_for(milliseconds(5));
    const TimePoint before = network.loop.now();
    request.transfer.reset();
    client.reset();
    EXPECT_LT(network.loop.now() - before, std::chrono::seconds(1));
}

class ClientTrust : public Client {
protected:
    ClientTrust() : Client(true) {}
    std::string error() {
        Request request;
        start(request, get(network.url("http")));
        EXPECT_TRUE(done(request));
        EXPECT_FALSE(request.result->delivered);
        return request.result->error;
    }
};

TEST_F(ClientTrust, RefusesACertificateForAnotherName) {
    network.settings.tls = TestCertificates::instance().elsewhere();
    network.listen({});
    EXPECT_THAT(error(), HasSubstr("localhost"));
}

TEST_F(ClientTrust, RefusesAnAuthorityItDoesNotKnow) {
    settings.trust.extra_ca_file.clear();
    network.listen({});
    EXPECT_THAT(error(), HasSubstr("certificate"));
}

TEST_F(ClientTrust, KeepsTheSystemsAuthoritiesBesidesTheExtraOne) {
    network.listen({});
    Request request;
    start(request, get(network.url("http")));
    ASSERT_TRUE(done(request));
    EXPECT_THAT(request.statuses, testing::ElementsAre(404)) << request.result->error;
}

// An HTTP/1.1 server whose every byte we choose.
class ClientOfRawServer : public Client {
protected:
    void begin(Request& request, HttpRequest what = {}) {
        what.url = "http://127.0.0.1:" + std::to_string(server.port()) + "/";
        start(request, what);
        ASSERT_TRUE(network.until("the request", [&] {
            if (!peer) {
                if (auto accepted = server.accept()) peer.emplace(std::move(*accepted));
            }
            return peer && peer->received().find("\r\n\r\n") != std::string::npos;
        }));
    }
    RawServer server;
    std::optional<RawPeer> peer;
};

TEST_F(ClientOfRawServer, GivesBodyBytesAsTheyCome) {
    Request request;
    begin(request);
    peer->send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    ASSERT_TRUE(network.until("the head", [&] { return !request.statuses.empty(); }));
    peer->send("3\r\nabc\r\n");
    ASSERT_TRUE(network.until("a piece", [&] { return request.body == "abc"; }));
    peer->send("2\r\nde\r\n0\r\nX-Trailer: 1\r\n\r\n");
    ASSERT_TRUE(done(request));
    EXPECT_EQ(request.body, "abcde");
    EXPECT_TRUE(request.result->delivered);
    EXPECT_FALSE(request.headers.contains("x-trailer"));
}

TEST_F(ClientOfRawServer, IgnoresHeadsThatAreNotFinal) {
    Request request;
    begin(request);
    peer->send(
        "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 200 OK\r\nX-Final: 1\r\nContent-Length: "
        "2\r\n\r\nok");
    ASSERT_TRUE(done(request));
    EXPECT_THAT(request.statuses, testing::ElementsAre(200));
    EXPECT_EQ(request.headers.find("x-final"), "1");
    EXPECT_FALSE(request.headers.contains("link"));
}

TEST_F(ClientOfRawServer, ReportsAnAnswerThatIsCutOff) {
    for (const char* head : {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
                             "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"}) {
        Request request;
        begin(request);
        peer->send(head);
        peer->close();
        ASSERT_TRUE(done(request));
        EXPECT_EQ(request.body, "abc");
        EXPECT_FALSE(request.result->delivered);
        EXPECT_TRUE(request.result->reached_server);
        EXPECT_NE(request.result->error, "");
        peer.reset();
    }
}

TEST_F(ClientOfRawServer, ReportsAServerThatClosesWithoutAnAnswer) {
    Request request;
    begin(request);
    peer->close();
    ASSERT_TRUE(done(request));
    EXPECT_FALSE(request.result->reached_server);
    EXPECT_FALSE(request.result->delivered);
}

TEST_F(ClientOfRawServer, DecompressesNothing) {
    Request request;
    begin(request);
    EXPECT_THAT(peer->received(), Not(HasSubstr("Encoding")));
    peer->send("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc");
    ASSERT_TRUE(done(request));
    EXPECT_EQ(request.body, "abc");
}

TEST_F(ClientOfRawServer, FailsATransferThatPilesUpMoreThanItsLimit) {
    settings.max_pending_bytes = 100;
    Request request;
    begin(request);
    peer->send("HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n" + std::string(2000, 'x'));
    ASSERT_TRUE(done(request));
    EXPECT_FALSE(request.result->delivered);
    EXPECT_THAT(request.result->error, HasSubstr("larger than 100 bytes"));
}

TEST_F(ClientOfRawServer, CancelledInTheMiddleOfAnAnswerClosesItsConnection) {
    Request request;
    begin(request);
    peer->send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
    ASSERT_TRUE(network.until("a piece", [&] { return request.body == "abc"; }));
    request.transfer.reset();
    EXPECT_TRUE(network.until("the connection to close", [&] { return peer->ended(); }));
    EXPECT_FALSE(request.result);
}

// HTTP/2, spoken by node.

class Http2Server {
public:
    Http2Server() {
        const TlsFiles& files = TestCertificates::instance().localhost();
        int in[2];
        int out[2];
        if (pipe(in) != 0 || pipe(out) != 0) return;
        if (fork() == 0) {
            dup2(in[0], 0);
            dup2(out[1], 1);
            for (int descriptor = 3; descriptor < 256; ++descriptor) ::close(descriptor);
            execlp("node", "node", ATLAS_HTTP2_SERVER, files.certificate_chain.c_str(),
                   files.private_key.c_str(), static_cast<char*>(nullptr));
            _exit(127);
        }
        ::close(in[0]);
        ::close(out[1]);
        input_ = in[1];
        char text[16] = {};
        if (read(out[0], text, sizeof text - 1) > 0) port_ = std::atoi(text);
        ::close(out[0]);
    }
    ~Http2Server() { ::close(input_); }
    int port() const { return port_; }

    static const Http2Server& instance() {
        static const Http2Server server;
        return server;
    }

private:
    int input_ = -1;
    int port_ = 0;
};

class Http2 : public Client {
protected:
    void SetUp() override {
        if (Http2Server::instance().port() == 0) GTEST_SKIP() << "node is not installed";
    }
    static HttpRequest request_for(const std::string& path) {
        return get("https://localhost:" + std::to_string(Http2Server::instance().port()) + path);
    }
    std::string fetch(const std::string& path) {
        Request request;
        start(request, request_for(path));
        EXPECT_TRUE(done(request));
        EXPECT_EQ(request.result->error, "");
        return request.body;
    }
    int count(const std::string& name) {
        const std::string stats = fetch("/stats");
        const std::size_t at = stats.find("\"" + name + "\":");
        return at == std::string::npos ? -1 : std::atoi(stats.c_str() + at + name.size() + 3);
    }
};

TEST_F(Http2, IsSpokenWhenTheServerDoes) {
    Request request;
    HttpRequest what = request_for("/echo");
    what.method = "POST";
    what.body = "{}";
    what.headers.add("X-Api-Key", "k");
    start(request, what);
    ASSERT_TRUE(done(request));
    EXPECT_THAT(request.statuses, testing::ElementsAre(200));
    EXPECT_THAT(request.body, AllOf(HasSubstr("\"httpVersion\":\"2.0\""), HasSubstr("\"method\":\"POST\""),
                                    HasSubstr("\"x-api-key\":\"k\""), HasSubstr("\"body\":\"{}\"")));
    EXPECT_TRUE(request.headers.contains("X-Twice"));
}

TEST_F(Http2, IsAvoidedWhenAskedTo) {
    Request request;
    HttpRequest what = request_for("/echo");
    what.http1_only = true;
    start(request, what);
    ASSERT_TRUE(done(request));
    EXPECT_THAT(request.body, HasSubstr("\"httpVersion\":\"1.1\""));
}

TEST_F(Http2, StreamsABodyPieceByPiece) {
    Request request;
    start(request, request_for("/stream"));
    ASSERT_TRUE(done(request));
    EXPECT_TRUE(request.result->delivered);
    EXPECT_EQ(request.body, "piece 5;piece 4;piece 3;piece 2;piece 1;");
    EXPECT_GT(request.pieces, 1);
}

TEST_F(Http2, IgnoresHeadsThatAreNotFinal) {
    Request request;
    start(request, request_for("/early"));
    ASSERT_TRUE(done(request));
    EXPECT_THAT(request.statuses, testing::ElementsAre(200));
    EXPECT_EQ(request.body, "late");
    EXPECT_FALSE(request.headers.contains("link"));
}

TEST_F(Http2, ReceivesALargeBodyWhole) {
    Request request;
    start(request, request_for("/large"));
    ASSERT_TRUE(done(request));
    EXPECT_EQ(request.body.size(), 3'000'000u);
}

TEST_F(Http2, CarriesRequestsThatStartTogetherOnOneConnection) {
    const int before = count("sessions");
    client.reset();
    std::vector<Request> requests(6);
    for (Request& request : requests) start(request, request_for("/stream"));
    for (Request& request : requests) ASSERT_TRUE(done(request));
    for (Request& request : requests) EXPECT_THAT(request.body, HasSubstr("piece 1;"));
    EXPECT_EQ(count("sessions"), before + 1);
}

TEST_F(Http2, CancelsOneStreamWhileItsSiblingGoesOn) {
    const int before = count("cancelled");
    const int sessions = count("sessions");
    Request cancelled;
    Request sibling;
    start(cancelled, request_for("/forever"));
    start(sibling, request_for("/forever"));
    ASSERT_TRUE(
        network.until("both streams", [&] { return !cancelled.body.empty() && !sibling.body.empty(); }));
    cancelled.transfer.reset();
    const std::size_t seen = cancelled.body.size();
    const std::size_t heard = sibling.body.size();
    ASSERT_TRUE(network.until("more of the sibling", [&] { return sibling.body.size() > heard + 40; }));
    EXPECT_EQ(cancelled.body.size(), seen);
    EXPECT_FALSE(cancelled.result);
    EXPECT_FALSE(sibling.result);
    EXPECT_EQ(count("cancelled"), before + 1);
    EXPECT_EQ(count("sessions"), sessions);
}

// Why `delivered` never means complete (claude_openai_tts §D.6).
TEST_F(Http2, ShowsAStreamThatWasResetWithoutAnErrorAsDelivered) {
    Request request;
    start(request, request_for("/truncated-quietly"));
    ASSERT_TRUE(done(request));
    EXPECT_EQ(request.body.size(), 5000u);
    EXPECT_TRUE(request.result->delivered) << request.result->error;
}

TEST_F(Http2, ReportsAStreamThatWasResetWithAnError) {
    Request request;
    start(request, request_for("/truncated-loudly"));
    ASSERT_TRUE(done(request));
    EXPECT_EQ(request.body.size(), 5000u);
    EXPECT_FALSE(request.result->delivered);
    EXPECT_NE(request.result->error, "");
}

TEST_F(Http2, CancelsARequestThatGotNoAnswerYet) {
    Request request;
    start(request, request_for("/hang"));
    EXPECT_EQ(fetch("/early"), "late");
    request.transfer.reset();
    EXPECT_EQ(fetch("/early"), "late");
    EXPECT_FALSE(request.result);
}

}  // namespace
}  // namespace atlas::net
