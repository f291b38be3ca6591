#include "audio/allocation_count.hpp"
#include "call/one_call.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstring>

namespace atlas::test {
namespace {

// A loop and a socket that allocate nothing themselves, so that only our own code is counted.
class QuietLoop final : public net::Loop {
public:
    net::TimePoint now() const override { return now_; }
    void post(std::function<void()> work) override { work(); }
    std::unique_ptr<net::Timer> make_timer(std::function<void()> on_expiry) override {
        auto timer = std::make_unique<QuietTimer>(*this, std::move(on_expiry));
        timers_[count_++] = timer.get();
        return timer;
    }
    void advance(net::Duration time) {
        now_ += time;
        for (std::size_t i = 0; i < count_; ++i) timers_.at(i)->fire_if_due();
    }

private:
    class QuietTimer final : public net::Timer {
    public:
        QuietTimer(QuietLoop& loop, std::function<void()> on_expiry)
            : loop_(loop), on_expiry_(std::move(on_expiry)) {}
        void expire_at(net::TimePoint when) override { due_ = when; }
        void expire_after(net::Duration delay) override { due_ = loop_.now_ + delay; }
        void cancel() override { due_.reset(); }
        void fire_if_due() {
            if (!due_ || *due_ > loop_.now_) return;
            due_.reset();
            on_expiry_();
        }

    private:
        QuietLoop& loop_;
        std::function<void()> on_expiry_;
        std::optional<net::TimePoint> due_;
    };
    net::TimePoint now_{std::chrono::hours(1)};
    std::array<QuietTimer*, 8> timers_{};
    std::size_t count_ = 0;
};

struct QuietSocket final : net::Websocket {
    struct Wire {
        net::WebsocketHandlers handlers;
        int frames = 0;
        std::size_t bytes = 0;
    };
    explicit QuietSocket(Wire& to) : wire(to) {}
    Wire& wire;

    void start(net::WebsocketHandlers handlers) override { wire.handlers = std::move(handlers); }
    bool send_text(std::string_view) override { return true; }
    bool send_binary(std::span<const std::byte> head, std::span<const std::byte> body) override {
        ++wire.frames;
        wire.bytes += head.size() + body.size();
        return true;
    }
    std::size_t drop_queued_binary() override { return 0; }
    std::size_t queued_bytes() const override { return 0; }
    void ping() override {}
    void close(std::uint16_t, std::string_view) override {}
    std::string_view subprotocol() const override { return {}; }
    std::string_view peer_address() const override { return {}; }
};

class FramePath : public testing::Test {
protected:
    FramePath() {
        call::CallerLink::Handlers handlers;
        handlers.on_hello = [](const protocol::Hello&) {};
        handlers.on_message = [](const protocol::ReceivedMessage&) {};
        handlers.on_audio = [this](std::span<const std::int16_t> samples) { heard += samples.size(); };
        handlers.on_audible = [] {};
        handlers.on_clip_played = [](std::uint32_t) {};
        handlers.on_progress = [] {};
        handlers.on_played_out = [] {};
        handlers.on_error = [this](const protocol::ProtocolError&) { ++errors; };
        handlers.on_closed = [](const net::WebsocketClosed&) {};
        link = std::make_unique<call::CallerLink>(loop, std::make_unique<QuietSocket>(wire), codec,
                                                  call::CallerLink::Settings{}, std::move(handlers));
    }

    // 20 s of a caller, and of a voice that is synthesised as it is played.
    std::int64_t allocations(const protocol::AudioChoice& formats, const std::string& frame_in) {
        wire.handlers.on_text(R"({"t":"hello","proto":"atlas.v1"})");
        link->agree(formats, protocol::Ready{});
        link->begin_reply(1);
        const auto speech = voice(20ms);
        const auto pass_one = [&] {
            wire.handlers.on_binary(std::as_bytes(std::span(frame_in)));
            link->speak(speech);
            loop.advance(20ms);
        };
        for (int i = 0; i < 200; ++i) pass_one();
        const auto frames = wire.frames;
        const auto before = allocation_count();
        for (int i = 0; i < 1000; ++i) pass_one();
        const auto counted = allocation_count() - before;
        EXPECT_EQ(wire.frames - frames, 20'000 / formats.out.frame_ms);
        EXPECT_EQ(heard, 1200U * static_cast<unsigned>(formats.in.rate) / 50);
        EXPECT_EQ(errors, 0);
        return counted;
    }

    QuietLoop loop;
    QuietSocket::Wire wire;
    protocol::NativeCodec codec;
    std::unique_ptr<call::CallerLink> link;
    std::size_t heard = 0;
    int errors = 0;
};

TEST_F(FramePath, DoesNotAllocateForPcmAtTheSynthesisersRate) {
    EXPECT_EQ(allocations({{audio::Codec::pcm16, 16000, 20}, {audio::Codec::pcm16, 24000, 40}},
                          audio_message(std::vector<std::int16_t>(320, 5))),
              0);
}

TEST_F(FramePath, DoesNotAllocateForResampledPcm) {
    EXPECT_EQ(allocations({{audio::Codec::pcm16, 48000, 20}, {audio::Codec::pcm16, 16000, 20}},
                          audio_message(std::vector<std::int16_t>(960, 5))),
              0);
}

TEST_F(FramePath, DoesNotAllocateForOpus) {
    audio::OpusEncoder encoder({.rate = 16000, .frame_ms = 20});
    std::array<std::byte, 1500> packet{};
    const auto encoded = encoder.encode(std::vector<std::int16_t>(320, 5), packet);
    auto message = audio_message({});
    message.append(reinterpret_cast<const char*>(packet.data()), encoded.size);
    EXPECT_EQ(allocations({{audio::Codec::opus, 16000, 20}, {audio::Codec::opus, 24000, 20}}, message), 0);
}

}  // namespace
}  // namespace atlas::test
