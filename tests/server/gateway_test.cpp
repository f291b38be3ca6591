#include "atlas/server/gateway.hpp"

#include "atlas/net/http_client.hpp"
#include "atlas/net/websocket_connect.hpp"
#include "atlas/protocol/native_codec.hpp"
#include "net/test_certificates.hpp"
#include "support/fake_providers.hpp"
#include "support/run_until.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <deque>
#include <optional>

namespace atlas::test {
namespace {

using namespace std::chrono_literals;
using Json = nlohmann::json;
using testing::HasSubstr;

// One client: its attempt to connect and what came of it.
struct Client {
    std::unique_ptr<net::PendingConnect> pending;
    std::optional<net::WebsocketConnected> outcome;
    std::unique_ptr<net::Websocket> websocket;
    std::vector<Json> messages;
    std::size_t audio_bytes = 0;
    std::optional<net::WebsocketClosed> closed;

    bool in() const { return websocket != nullptr; }
    const Json* message(const std::string& type) const {
        for (const auto& message : messages)
            if (message["t"] == type) return &message;
        return nullptr;
    }
};

struct Answer {
    int status = 0;
    net::HttpHeaders headers;
    std::string body;
    bool done = false;

    std::string code() const { return Json::parse(body)["error"]["code"]; }
};

observe::LogSettings quiet() {
    observe::LogSettings settings;
    settings.level = observe::LogLevel::error;
    return settings;
}

// A port that nobody listens on.
std::uint16_t free_port() {
    net::AsioLoop loop;
    net::ListenerSettings settings;
    settings.address = "127.0.0.1";
    auto listener = net::open_listener(loop, settings, {});
    const auto port = listener->port();
    listener.reset();
    loop.run();
    return port;
}

// The whole gateway on the loopback interface, with fake providers on its own loop.
class GatewayTest : public testing::Test {
protected:
    GatewayTest() {
        config.listen.bind = config.listen.metrics_bind = "127.0.0.1";
        config.listen.port = 0;
        config.listen.metrics_port = 0;
        config.drain = {10s, 0s};
        config.call.server = {"test", "machine-1", "0.1.0"};
        synthesizer.speak_at_once = 100ms;
        model.answer = "It is noon.";
    }

    void open() {
        gateway = std::make_unique<server::Gateway>(loop, config, services);
        gateway->open();
    }

    void TearDown() override {
        clients.clear();
        transfers.clear();
        gateway.reset();
        http.reset();
        connector.reset();
        EXPECT_TRUE(run_out(loop));
    }

    Client& connect(const net::HttpHeaders& headers = {}, std::string subprotocol = "atlas.v1",
                    std::string url = {}) {
        Client& client = clients.emplace_back();
        net::WebsocketRequest request;
        request.url = url.empty() ? "ws://127.0.0.1:" + std::to_string(gateway->port()) + "/v1/voice" : url;
        request.headers = headers;
        request.subprotocol = std::move(subprotocol);
        client.pending = connector->connect(std::move(request), [&client](net::WebsocketConnected outcome) {
            client.websocket = std::move(outcome.websocket);
            client.outcome = std::move(outcome);
            if (!client.websocket) return;
            net::WebsocketHandlers handlers;
            handlers.on_text = [&client](std::string_view text) {
                client.messages.push_back(Json::parse(text));
            };
            handlers.on_binary = [&client](std::span<const std::byte> bytes) {
                client.audio_bytes += bytes.size();
            };
            handlers.on_closed = [&client](const net::WebsocketClosed& closed) { client.closed = closed; };
            client.websocket->start(std::move(handlers));
        });
        return client;
    }

    // connect() and what came of it.
    Client& try_to_call(const net::HttpHeaders& headers = {}, std::string subprotocol = "atlas.v1") {
        Client& client = connect(headers, std::move(subprotocol));
        EXPECT_TRUE(run_until(loop, "the answer to the upgrade", [&] { return client.outcome.has_value(); }));
        return client;
    }

    Client& call() {
        Client& client = try_to_call();
        if (client.in()) client.websocket->send_text(R"({"t":"hello","proto":"atlas.v1"})");
        EXPECT_TRUE(run_until(loop, "ready", [&] { return client.message("ready") != nullptr; }));
        return client;
    }

    void expect_refused(const Client& client, int status, const std::string& code) {
        ASSERT_FALSE(client.in());
        EXPECT_EQ(client.outcome->http_status, status);
        EXPECT_EQ(Json::parse(client.outcome->body)["error"]["code"], code) << client.outcome->body;
        EXPECT_THAT(services.metrics.text({}),
                    HasSubstr("atlas_calls_refused_total{reason=\"" + code + "\"}"));
    }

    Answer ask(const std::string& method, const std::string& path, std::uint16_t port = 0) {
        auto answer = std::make_shared<Answer>();
        net::HttpRequest request;
        request.method = method;
        request.url = "http://127.0.0.1:" + std::to_string(port == 0 ? gateway->port() : port) + path;
        net::TransferHandlers handlers;
        handlers.on_head = [answer](int status, const net::HttpHeaders& headers) {
            answer->status = status;
            answer->headers = headers;
        };
        handlers.on_body = [answer](std::string_view bytes) { answer->body += bytes; };
        handlers.on_done = [answer](const net::TransferResult&) { answer->done = true; };
        transfers.push_back(http->start(std::move(request), std::move(handlers)));
        EXPECT_TRUE(run_until(loop, "the answer to " + method + " " + path, [&] { return answer->done; }));
        return *answer;
    }

    net::AsioLoop loop;
    server::Config config;
    observe::Log log{quiet()};
    observe::Metrics metrics;
    protocol::NativeCodec codec;
    FakeRecognizers recognizers{loop};
    FakeModel model{loop};
    FakeSynthesizer synthesizer{loop};
    call::CannedLines canned{loop, synthesizer, {"Sorry.", "I cannot hear you."}};
    call::CallServices services{loop,  recognizers, model,   synthesizer, canned,
                                codec, log,         metrics, config.call};
    std::unique_ptr<net::HttpClient> http = net::make_http_client(loop);
    std::unique_ptr<net::WebsocketConnector> connector =
        net::make_websocket_connector(loop, {TestCertificates::instance().authority()});
    std::deque<Client> clients;
    std::vector<std::unique_ptr<net::Transfer>> transfers;
    std::unique_ptr<server::Gateway> gateway;
};

// ---- plain requests

TEST_F(GatewayTest, AnswersHealthAndPointsOtherRequestsTheWay) {
    open();
    const auto health = ask("GET", "/health");
    EXPECT_EQ(health.status, 200);
    EXPECT_EQ(Json::parse(health.body)["machine"], "machine-1");
    EXPECT_EQ(ask("GET", "/nothing").status, 404);
    const auto wrong = ask("DELETE", "/health");
    EXPECT_EQ(wrong.status, 405);
    EXPECT_EQ(wrong.headers.find("allow"), "GET, HEAD");
    const auto plain = ask("GET", "/v1/voice");
    EXPECT_EQ(plain.status, 426);
    EXPECT_EQ(plain.code(), "upgrade_required");
}

TEST_F(GatewayTest, HealthSaysWhenItIsFull) {
    config.admission.max_calls = 1;
    open();
    call();
    const auto health = ask("GET", "/health");
    EXPECT_EQ(health.status, 503);
    EXPECT_EQ(Json::parse(health.body)["status"], "full");
    EXPECT_EQ(Json::parse(health.body)["calls"], 1);
}

// ---- admission

TEST_F(GatewayTest, TakesACallAndAnswersHello) {
    open();
    const auto& client = call();
    EXPECT_EQ(client.websocket->subprotocol(), "atlas.v1");
    EXPECT_EQ((*client.message("ready"))["server"]["region"], "test");
    EXPECT_EQ(gateway->calls(), 1U);
}

TEST_F(GatewayTest, RefusesAClientWithoutTheSubprotocol) {
    open();
    expect_refused(try_to_call({}, ""), 400, "missing_subprotocol");
    expect_refused(try_to_call({}, "atlas.v9"), 400, "missing_subprotocol");
    EXPECT_EQ(gateway->calls(), 0U);
}

TEST_F(GatewayTest, RefusesAWrongKeyAndTakesEitherWayToShowTheRightOne) {
    config.admission.api_keys = {"the-right-key-of-the-test"};
    open();
    expect_refused(try_to_call(), 401, "unauthorized");
    expect_refused(try_to_call({{"Authorization", "Bearer the-wrong-key-of-the-test"}}), 401, "unauthorized");
    EXPECT_EQ(clients.back().outcome->headers.find("www-authenticate"), "Bearer");
    EXPECT_TRUE(try_to_call({{"Authorization", "Bearer the-right-key-of-the-test"}}).in());
    // Our connector offers one subprotocol and takes no other answer; the call is admitted all the same.
    connect({{"Sec-WebSocket-Protocol", "atlas.v1, atlas.token.the-right-key-of-the-test"}}, "");
    EXPECT_TRUE(run_until(loop, "the second call", [&] {
        return services.metrics.text({}).find("atlas_calls_admitted_total 2") != std::string::npos;
    }));
}

TEST_F(GatewayTest, RefusesTheCallAfterTheLastAndTakesOneAgainWhenOneEnds) {
    config.admission.max_calls = 2;
    open();
    auto& first = call();
    call();
    const auto& third = try_to_call();
    expect_refused(third, 503, "at_capacity");
    EXPECT_EQ(third.outcome->headers.find("retry-after"), "2");
    first.websocket->send_text(R"({"t":"bye"})");
    ASSERT_TRUE(run_until(loop, "the end of the first call", [&] { return gateway->calls() == 1; }));
    EXPECT_TRUE(try_to_call().in());
}

TEST_F(GatewayTest, NeverTakesMoreThanItsLimitHoweverManyComeAtOnce) {
    config.admission.max_calls = 2;
    open();
    for (int i = 0; i < 12; ++i) connect();
    const auto settled = [](const Client& client) {
        return client.outcome && (!client.in() || client.closed || client.message("ready"));
    };
    ASSERT_TRUE(run_until(loop, "all answers", [&] {
        EXPECT_LE(gateway->calls(), 2U);
        for (auto& client : clients)
            if (client.in() && !client.closed)
                client.websocket->send_text(R"({"t":"hello","proto":"atlas.v1"})");
        return std::all_of(clients.begin(), clients.end(), settled);
    }));
    EXPECT_EQ(std::count_if(clients.begin(), clients.end(), [](const auto& c) { return c.message("ready"); }),
              2);
}

TEST_F(GatewayTest, RefusesMoreCallsFromOneAddressThanAllowed) {
    config.admission.calls_per_address = 1;
    open();
    call();
    const auto& second = try_to_call();
    expect_refused(second, 429, "too_many_calls");
    EXPECT_EQ(second.outcome->headers.find("retry-after"), "5");
}

TEST_F(GatewayTest, BehindFlysEdgeTheAddressIsTheOneInItsHeader) {
    config.admission.calls_per_address = 1;
    config.log.region = "fra";
    open();
    EXPECT_TRUE(try_to_call({{"Fly-Client-IP", "192.0.2.1"}}).in());
    EXPECT_TRUE(try_to_call({{"Fly-Client-IP", "192.0.2.2"}}).in());
    ASSERT_TRUE(run_until(loop, "both calls", [&] { return gateway->calls() == 2; }));
    expect_refused(try_to_call({{"Fly-Client-IP", "192.0.2.1"}}), 429, "too_many_calls");
}

TEST_F(GatewayTest, ElsewhereThatHeaderIsNotBelieved) {
    config.admission.calls_per_address = 1;
    open();
    EXPECT_TRUE(try_to_call({{"Fly-Client-IP", "192.0.2.1"}}).in());
    ASSERT_TRUE(run_until(loop, "the call", [&] { return gateway->calls() == 1; }));
    expect_refused(try_to_call({{"Fly-Client-IP", "192.0.2.2"}}), 429, "too_many_calls");
}

// ---- draining

TEST_F(GatewayTest, DrainsCallsOnePolitelyAfterTheOther) {
    open();
    call();
    call();
    bool empty = false;
    gateway->drain([&] { empty = true; });
    EXPECT_EQ(ask("GET", "/health").status, 503);
    expect_refused(try_to_call(), 503, "draining");
    EXPECT_EQ(clients.back().outcome->headers.find("retry-after"), "1");
    EXPECT_FALSE(clients.back().outcome->headers.contains("fly-replay"));
    ASSERT_TRUE(run_until(loop, "the last call to leave", [&] { return empty; }));
    for (std::size_t i = 0; i < 2; ++i) {
        const auto& client = clients[i];
        ASSERT_TRUE(run_until(loop, "the close", [&] { return client.closed.has_value(); }));
        EXPECT_EQ((*client.message("going_away"))["reason"], "deploy");
        EXPECT_EQ((*client.message("closed"))["reason"], "deploy");
        EXPECT_EQ(client.closed->code, 1012);
    }
    EXPECT_EQ(gateway->calls(), 0U);
}

TEST_F(GatewayTest, SendsNewCallsToAnotherMachineWhileItDrainsButNeverInCircles) {
    config.log.region = "fra";
    open();
    call();
    recognizers.last().hears("a caller who speaks");  // the call stays
    bool empty = false;
    gateway->drain([&] { empty = true; });
    const auto& client = try_to_call();
    expect_refused(client, 503, "draining");
    EXPECT_EQ(client.outcome->headers.find("fly-replay"), "elsewhere=true");
    const auto& replayed = try_to_call({{"fly-replay-src", "instance=other"}});
    EXPECT_FALSE(replayed.outcome->headers.contains("fly-replay"));
}

TEST_F(GatewayTest, IsEmptyAtOnceWhenThereAreNoCalls) {
    open();
    bool empty = false;
    gateway->drain([&] { empty = true; });
    EXPECT_FALSE(empty) << "told from the loop, not inside the call";
    ASSERT_TRUE(run_until(loop, "the end", [&] { return empty; }));
}

TEST_F(GatewayTest, ASecondSignalDropsWhatIsLeft) {
    config.drain = {300s, 0s};
    open();
    auto& client = call();
    recognizers.last().hears("a caller who speaks and speaks");
    ASSERT_TRUE(run_until(loop, "the words", [&] { return client.message("user.transcript") != nullptr; }));
    bool empty = false;
    gateway->drain([&] { empty = true; });
    ASSERT_TRUE(run_until(loop, "the news", [&] { return client.message("going_away") != nullptr; }));
    EXPECT_FALSE(empty);
    gateway->drain([&] { ADD_FAILURE() << "the first one is told"; });
    ASSERT_TRUE(run_until(loop, "the end", [&] { return empty; }));
    gateway.reset();
    ASSERT_TRUE(run_until(loop, "the close", [&] { return client.closed.has_value(); }));
    EXPECT_EQ(client.closed->code, 1001);
}

TEST_F(GatewayTest, ADeadlineEndsTheDrain) {
    config.drain = {1s, 0s};
    open();
    auto& client = call();
    recognizers.last().hears("a caller who speaks and speaks");
    ASSERT_TRUE(run_until(loop, "the words", [&] { return client.message("user.transcript") != nullptr; }));
    bool empty = false;
    gateway->drain([&] { empty = true; });
    ASSERT_TRUE(run_until(loop, "the end", [&] { return empty; }));
}

TEST_F(GatewayTest, MayGoWhileItsCallsEnd) {
    open();
    auto& client = call();
    client.websocket->send_text(R"({"t":"bye"})");
    ASSERT_TRUE(run_until(loop, "closed", [&] { return client.message("closed") != nullptr; }));
    gateway.reset();
    ASSERT_TRUE(run_until(loop, "the close", [&] { return client.closed.has_value(); }));
}

// ---- metrics

TEST_F(GatewayTest, TheMetricsPortTellsHowLongTheStagesOfATurnTook) {
    config.listen.metrics_port = free_port();
    open();
    const auto& client = call();
    recognizers.last().hears_turn("What time is it?");
    ASSERT_TRUE(
        run_until(loop, "the end of the turn", [&] { return client.message("turn.end") != nullptr; }));
    EXPECT_GT(client.audio_bytes, 4800U) << "100 ms of sound";
    const auto metrics_answer = ask("GET", "/metrics", gateway->metrics_port());
    EXPECT_EQ(metrics_answer.status, 200);
    EXPECT_THAT(metrics_answer.body, HasSubstr("atlas_calls 1"));
    EXPECT_THAT(metrics_answer.body, HasSubstr("atlas_turns_total{reason=\"\",status=\"completed\"} 1"));
    for (const char* stage :
         {"asked", "first_text", "first_audio", "audible", "response", "rest_of_playing"}) {
        EXPECT_THAT(metrics_answer.body,
                    HasSubstr("atlas_turn_stage_seconds_count{stage=\"" + std::string(stage) + "\"} 1"));
    }
    EXPECT_EQ(ask("GET", "/health", gateway->metrics_port()).status, 404);
    EXPECT_EQ(ask("GET", "/metrics").status, 404) << "not where callers come in";
}

// ---- TLS

TEST_F(GatewayTest, TakesCallsOverTlsToo) {
    config.listen.tls = TestCertificates::instance().localhost();
    config.listen.tls_port = 0;
    open();
    Client& client =
        connect({}, "atlas.v1", "wss://localhost:" + std::to_string(gateway->tls_port()) + "/v1/voice");
    ASSERT_TRUE(run_until(loop, "the answer", [&] { return client.outcome.has_value(); }));
    ASSERT_TRUE(client.in()) << client.outcome->error;
    client.websocket->send_text(R"({"t":"hello","proto":"atlas.v1"})");
    ASSERT_TRUE(run_until(loop, "ready", [&] { return client.message("ready") != nullptr; }));
}

TEST_F(GatewayTest, ThatCannotListenSaysWhereAndWhy) {
    open();
    server::Config taken = config;
    taken.listen.port = gateway->port();
    server::Gateway second(loop, taken, services);
    try {
        second.open();
        ADD_FAILURE() << "the port is taken";
    } catch (const std::runtime_error& error) {
        EXPECT_THAT(error.what(), HasSubstr("127.0.0.1 port " + std::to_string(gateway->port())));
    }
}

}  // namespace
}  // namespace atlas::test
