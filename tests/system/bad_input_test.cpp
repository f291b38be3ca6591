#include "atlas/net/websocket_connect.hpp"
#include "support/run_until.hpp"
#include "support/schema_check.hpp"
#include "system/system_under_test.hpp"

#include <gmock/gmock.h>

#include <deque>
#include <memory>

// Everything a client can do wrong, over a real socket, while another call goes on undisturbed.

namespace atlas::test {
namespace {

using testing::HasSubstr;

// A client that says just what the test wants; every answer is held against its published schema.
class RawClient {
public:
    RawClient(SystemUnderTest& system, const std::string& url, std::string subprotocol = "atlas.v1")
        : system_(system), connector_(net::make_websocket_connector(system.loop())) {
        net::WebsocketRequest request;
        request.url = url;
        request.subprotocol = std::move(subprotocol);
        request.options.max_queued_bytes = 32 * 1024 * 1024;
        pending_ = connector_->connect(std::move(request), [this](net::WebsocketConnected result) {
            connected_ = true;
            result_ = std::move(result);
        });
        EXPECT_TRUE(run_until(system.loop(), "the connection", [this] { return connected_; }));
        if (!result_.websocket) return;
        net::WebsocketHandlers handlers;
        handlers.on_text = [this](std::string_view text) {
            const auto problem = schemas_.find_problem(text);
            EXPECT_FALSE(problem) << text << "\n" << problem.value_or("");
            messages_.push_back(Json::parse(text));
        };
        handlers.on_closed = [this](const net::WebsocketClosed& closed) { closed_ = closed; };
        result_.websocket->start(std::move(handlers));
    }
    ~RawClient() { pending_.reset(); }

    bool open() const { return result_.websocket != nullptr; }
    const net::WebsocketConnected& result() const { return result_; }
    void text(const std::string& message) { result_.websocket->send_text(message); }
    void binary(const std::string& bytes) { result_.websocket->send_binary(std::as_bytes(std::span(bytes))); }
    void hello(const std::string& audio = "{}") {
        text(R"({"t":"hello","proto":"atlas.v1","client":{"platform":"test"},"audio":)" + audio + "}");
        EXPECT_TRUE(answer("ready"));
    }

    // The next message of this type.
    std::optional<Json> answer(const std::string& type) {
        std::optional<Json> found;
        EXPECT_TRUE(run_until(system_.loop(), "a message " + type, [&] {
            while (!messages_.empty() && !found) {
                if (messages_.front().at("t") == type) found = messages_.front();
                messages_.pop_front();
            }
            return found.has_value() || (closed_ && messages_.empty());
        }));
        return found;
    }
    std::string error_code() {
        const auto error = answer("error");
        return error ? error->at("code").get<std::string>() : "none";
    }
    int close_code() {
        EXPECT_TRUE(run_until(system_.loop(), "the close", [this] { return closed_.has_value(); }));
        return closed_ ? closed_->code : 0;
    }
    bool still_answers() {
        text(R"({"t":"ping","time_ms":7})");
        const auto pong = answer("pong");
        return pong && pong->at("echo_ms") == 7;
    }

private:
    SystemUnderTest& system_;
    SchemaSet schemas_ = server_schemas();
    std::unique_ptr<net::WebsocketConnector> connector_;
    std::unique_ptr<net::PendingConnect> pending_;
    net::WebsocketConnected result_;
    bool connected_ = false;
    std::deque<Json> messages_;
    std::optional<net::WebsocketClosed> closed_;
};

std::string audio_message(std::size_t payload_bytes) {
    return std::string("\x01\0\0\0\0\0\0\0", 8) + std::string(payload_bytes, '\0');
}

class BadInput : public testing::Test {
protected:
    static void SetUpTestSuite() {
        system = new SystemUnderTest("scripted");
        system->script({{"transcripts", {"What time is it?"}}, {"replies", {"It is noon."}}});
    }
    static void TearDownTestSuite() {
        delete system;
        system = nullptr;
    }
    void SetUp() override { bystander = system->start_call({"--in", recordings + "/cards/004.wav"}); }
    void TearDown() override {
        EXPECT_EQ(bystander->wait_for_exit(std::chrono::seconds(60)), 0)
            << "another call was disturbed\n"
            << bystander->all() << system->gateway().all();
        EXPECT_TRUE(system->gateway().running());
    }

    static SystemUnderTest* system;
    std::unique_ptr<ChildProcess> bystander;
};
SystemUnderTest* BadInput::system = nullptr;

TEST_F(BadInput, BeforeReadyEveryMistakeEndsTheConnection) {
    for (const auto& [message, code] :
         {std::pair<std::string, std::string>{"this is not JSON", "not_json"},
          {"[1,2]", "not_an_object"},
          {R"({"x":1})", "missing_type"},
          {R"({"t":"input.text","text":"hi"})", "hello_expected"},
          {R"({"t":"hello","proto":"atlas.v9"})", "unsupported_protocol"},
          {R"({"t":"hello","proto":"atlas.v1","audio":{"in":[{"codec":"mp3","rate":16000,"frame_ms":20}]}})",
           "no_common_audio_format"}}) {
        RawClient client(*system, system->url());
        ASSERT_TRUE(client.open());
        client.text(message);
        EXPECT_EQ(client.error_code(), code) << message;
        EXPECT_EQ(client.close_code(), 1008) << message;
    }
}

TEST_F(BadInput, AudioBeforeHelloEndsTheConnection) {
    RawClient client(*system, system->url());
    client.binary(audio_message(640));
    EXPECT_EQ(client.error_code(), "hello_expected");
    EXPECT_EQ(client.close_code(), 1008);
}

TEST_F(BadInput, InsideACallMistakesAreAnsweredAndTheCallGoesOn) {
    RawClient client(*system, system->url());
    client.hello();
    for (const auto& [message, code] :
         {std::pair<std::string, std::string>{"{", "not_json"},
          {R"({"t":"hello","proto":"atlas.v1"})", "duplicate_hello"},
          {R"({"t":"input.text","text":")" + std::string(5000, 'x') + "\"}", "text_too_long"},
          {R"({"t":"playback","turn":"one"})", "bad_field"}}) {
        client.text(message);
        EXPECT_EQ(client.error_code(), code);
    }
    client.binary(std::string("\x01\0\0", 3));
    EXPECT_EQ(client.error_code(), "audio_header_too_short");
    client.binary(std::string("\x09\0\0\0\0\0\0\0", 8) + "ab");
    EXPECT_EQ(client.error_code(), "audio_kind_unknown");
    client.binary(audio_message(641));
    EXPECT_EQ(client.error_code(), "audio_odd_length");
    client.binary(audio_message(16000));
    EXPECT_EQ(client.error_code(), "audio_frame_too_large");
    client.text(R"({"t":"some.future.message","x":1})");
    EXPECT_EQ(client.answer("warning")->at("code"), "unknown_type");
    EXPECT_TRUE(client.still_answers());
}

TEST_F(BadInput, OpusThatDoesNotDecodeIsAnswered) {
    RawClient client(*system, system->url());
    client.hello(R"({"in":[{"codec":"opus","rate":48000,"frame_ms":20}]})");
    client.binary(audio_message(0) + "\xFF\xFF\xFF not an opus packet at all");
    EXPECT_EQ(client.error_code(), "audio_undecodable");
    EXPECT_TRUE(client.still_answers());
}

TEST_F(BadInput, TooManyMistakesEndTheCall) {
    RawClient client(*system, system->url());
    client.hello();
    for (int i = 0; i < 60; ++i) client.text("{");
    EXPECT_EQ(client.close_code(), 1008);
}

TEST_F(BadInput, AMessageOfTenMegabytesClosesWith1009) {
    RawClient client(*system, system->url());
    client.hello();
    client.text(std::string(10 * 1024 * 1024, 'x'));
    // Who is still sending when the server closes may meet a reset before it reads the reason.
    EXPECT_THAT(client.close_code(), testing::AnyOf(1009, 1006));
    RawClient other(*system, system->url());
    other.hello();
    EXPECT_TRUE(other.still_answers()) << "nobody else is disturbed";
}

TEST_F(BadInput, AMessageALittleTooLargeIsNamedBeforeTheClose) {
    RawClient client(*system, system->url());
    client.hello();
    client.text(R"({"t":"input.text","text":")" + std::string(70 * 1024, 'x') + "\"}");
    EXPECT_EQ(client.error_code(), "message_too_large");
    EXPECT_EQ(client.close_code(), 1009);
}

TEST_F(BadInput, AConnectionThatNeverSaysHelloIsClosed) {
    RawClient client(*system, system->url());
    EXPECT_EQ(client.error_code(), "hello_timeout");
    EXPECT_EQ(client.close_code(), 1008);
}

TEST_F(BadInput, AnUpgradeWithoutTheSubprotocolIsRefusedWithAReason) {
    RawClient client(*system, system->url(), "");
    EXPECT_FALSE(client.open());
    EXPECT_EQ(client.result().http_status, 400);
    EXPECT_THAT(client.result().body, HasSubstr("missing_subprotocol"));
}

TEST_F(BadInput, WrongPathsAndMethodsGetAJsonErrorWithTheRightStatus) {
    RawClient client(*system, "ws" + system->http_url("/v1/nowhere").substr(4));
    EXPECT_EQ(client.result().http_status, 404);
    EXPECT_EQ(system->http("GET", system->http_url("/nowhere")).status, 404);
    EXPECT_EQ(system->http("POST", system->http_url("/health"), "{}").status, 405);
    const auto plain = system->http("GET", system->http_url("/v1/voice"));
    EXPECT_EQ(plain.status, 426);
    EXPECT_EQ(Json::parse(plain.body).at("error").at("code"), "upgrade_required");
}

TEST(BadFiles, AFileThatIsNoWavIsNamedBeforeAnyCall) {
    ChildProcess call(ATLAS_CALL, {"--url", "ws://127.0.0.1:9/v1/voice", "--in", "/etc/hostname"});
    EXPECT_EQ(call.wait_for_exit(), 2);
    EXPECT_THAT(call.all(), HasSubstr("/etc/hostname"));
}

TEST(BadConfiguration, EverythingThatIsWrongIsSaidAtOnceAndTheExitCodeIs2) {
    ChildProcess gateway(
        ATLAS_VOICE, {},
        {"PORT=70000", "ATLAS_LOG_LEVEL=loud", "OPENAI_API_KEY=sk-very-secret", "ATLAS_TTS_VOICE="});
    EXPECT_EQ(gateway.wait_for_exit(), 2);
    for (const char* part :
         {"PORT", "70000", "ATLAS_LOG_LEVEL", "loud", "DEEPGRAM_API_KEY", "ANTHROPIC_API_KEY"}) {
        EXPECT_THAT(gateway.all(), HasSubstr(part));
    }
    EXPECT_THAT(gateway.all(), testing::Not(HasSubstr("very-secret")));
}

TEST(BadConfiguration, APortInUseIsSaidInOneLine) {
    SystemUnderTest system("scripted");
    const auto port = system.http_url("").substr(std::string("http://127.0.0.1:").size());
    const auto second = system.start_gateway({"PORT=" + port});
    EXPECT_EQ(second->wait_for_exit(), 1);
    EXPECT_THAT(second->all(), HasSubstr(port));
}

}  // namespace
}  // namespace atlas::test
