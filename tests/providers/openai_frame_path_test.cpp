#include "atlas/providers/openai/http_synthesizer.hpp"
#include "atlas/providers/openai/realtime_synthesizer.hpp"
#include "audio/allocation_count.hpp"
#include "openai_wire.hpp"
#include "support/fake_http_client.hpp"
#include "support/manual_loop.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

namespace atlas::providers::openai {
namespace {

// A WebSocket whose peer speaks on the caller's stack, because FakeWebsocket's deliveries allocate.
class BareConnector final : public net::WebsocketConnector {
public:
    explicit BareConnector(net::Loop& loop) : loop_(loop) {}

    std::unique_ptr<net::PendingConnect> connect(
        net::WebsocketRequest, std::function<void(net::WebsocketConnected)> on_done) override {
        loop_.post([this, on_done = std::move(on_done)] {
            net::WebsocketConnected connected;
            connected.websocket = std::make_unique<Socket>(*this);
            on_done(std::move(connected));
        });
        return std::make_unique<net::PendingConnect>();
    }
    void text(std::string_view message) { handlers_.on_text(message); }

private:
    class Socket final : public net::Websocket {
    public:
        explicit Socket(BareConnector& connector) : connector_(connector) {}
        void start(net::WebsocketHandlers handlers) override { connector_.handlers_ = std::move(handlers); }
        bool send_text(std::string_view) override { return true; }
        bool send_binary(std::span<const std::byte>, std::span<const std::byte>) override { return true; }
        std::size_t drop_queued_binary() override { return 0; }
        std::size_t queued_bytes() const override { return 0; }
        void ping() override {}
        void close(std::uint16_t, std::string_view) override {}
        std::string_view subprotocol() const override { return {}; }
        std::string_view peer_address() const override { return {}; }

    private:
        BareConnector& connector_;
    };

    net::Loop& loop_;
    net::WebsocketHandlers handlers_;
};

class OpenAiFramePath : public testing::Test {
protected:
    OpenAiFramePath() { request.text = "A text that is long enough to be spoken for quite a while."; }

    std::function<void(const SynthesisEvent&)> counting() {
        return [this](const SynthesisEvent& event) {
            if (const auto* audio = std::get_if<SynthesisAudio>(&event)) samples += audio->samples.size();
        };
    }
    // Allocations of one call of `deliver`, after some that may still grow buffers.
    template <class Deliver>
    std::int64_t allocations_once_warm(Deliver deliver) {
        for (int i = 0; i < 5; ++i) deliver();
        const auto before = test::allocation_count();
        for (int i = 0; i < 100; ++i) deliver();
        return static_cast<std::int64_t>(test::allocation_count() - before);
    }

    test::ManualLoop loop;
    OpenAiSpeechSettings settings;
    SynthesisRequest request;
    std::size_t samples = 0;
};

TEST_F(OpenAiFramePath, AllocatesNothingPerPieceOverRealtime) {
    BareConnector connector(loop);
    RealtimeSynthesizer synthesizer(settings, connector, loop);
    const auto synthesis = synthesizer.synthesize(request, counting());
    loop.advance({});
    connector.text(response_created("resp_1", "chunk_1"));
    const std::string piece = audio_delta("resp_1", bytes_of(ramp(2400)).substr(1));
    EXPECT_EQ(allocations_once_warm([&] { connector.text(piece); }), 0);
    EXPECT_EQ(samples, 105 * 4799 / 2);
}

TEST_F(OpenAiFramePath, AllocatesNothingPerEventOverHttp) {
    test::FakeHttpClient http(loop);
    settings.voice.model = "gpt-4o-mini-tts";
    HttpSynthesizer synthesizer(settings, http, loop);
    const auto synthesis = synthesizer.synthesize(request, counting());
    http.last().head(200, {{"content-type", "text/event-stream"}});
    loop.run_ready();
    const std::string piece = speech_delta(bytes_of(ramp(2400)).substr(1));
    EXPECT_EQ(allocations_once_warm([&] { http.last().body_now(piece); }), 0);
    EXPECT_EQ(samples, 105 * 4799 / 2);
}

TEST_F(OpenAiFramePath, AllocatesNothingPerPieceOfBareAudio) {
    test::FakeHttpClient http(loop);
    settings.voice.model = "tts-1";
    HttpSynthesizer synthesizer(settings, http, loop);
    const auto synthesis = synthesizer.synthesize(request, counting());
    http.last().head(200, {{"content-type", "audio/pcm"}});
    loop.run_ready();
    const std::string piece = bytes_of(ramp(2400)).substr(1);
    EXPECT_EQ(allocations_once_warm([&] { http.last().body_now(piece); }), 0);
    EXPECT_EQ(samples, 105 * 4799 / 2);
}

}  // namespace
}  // namespace atlas::providers::openai
