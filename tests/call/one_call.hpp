#pragma once

#include "atlas/call/call.hpp"
#include "atlas/protocol/native_codec.hpp"
#include "support/fake_providers.hpp"
#include "support/fake_websocket.hpp"
#include "support/manual_loop.hpp"

#include <nlohmann/json.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace atlas::test {

using Json = nlohmann::json;
using namespace std::chrono_literals;

// A binary message as a client reads it.
struct Frame {
    int flags = 0;
    int turn = 0;
    std::uint32_t timestamp = 0;
    std::string payload;
    net::TimePoint at;
    std::size_t order = 0;  // among all messages
};

// One call from both ends: the client is the test, so are the providers. Time is virtual.
class OneCall {
public:
    explicit OneCall(observe::LogLevel log_level = observe::LogLevel::error);
    ~OneCall();  // every text the server sent was as documented

    void connect(net::WebsocketOptions options = {});
    // connect() and the whole hello, with what the test adds to it.
    Json begin(const Json& extra = Json::object());

    // What the client does; each is delivered before it returns.
    void send(const Json& message);
    void send_text(std::string text);
    void send_binary(std::string bytes);
    void speak(std::chrono::milliseconds length, int rate = 16000);  // 20 ms messages, as time passes
    void run() { loop.run_ready(); }
    void pass(net::Duration time) { loop.advance(time); }

    // What the providers do together: a whole turn up to its first sound.
    void caller_says(const std::string& text);
    void model_says(const std::string& text);

    // What the client got.
    std::vector<Json> messages() const;
    std::vector<Json> messages(const std::string& type) const;
    Json message(const std::string& type) const;  // the last of its kind, or null
    std::vector<std::string> types() const;
    std::vector<Frame> frames() const;
    std::vector<Frame> frames(int turn) const;
    std::size_t order_of(const std::string& type) const;  // of the last one
    std::vector<std::int16_t> sound(int turn) const;      // of pcm16 frames

    void check_texts() const;

    ManualLoop loop;
    FakeRecognizers recognizers{loop};
    FakeModel model{loop};
    FakeSynthesizer synthesizer{loop};
    protocol::NativeCodec codec;
    std::optional<observe::Log> log;
    observe::Metrics metrics;
    call::CallSettings settings;
    call::CannedLines canned{loop, synthesizer, {"Sorry.", "I cannot hear you.", "One moment."}};
    call::CallServices services;
    std::shared_ptr<FakePeer> peer;
    std::shared_ptr<call::Call> call;
    int times_over = 0;
};

std::string audio_message(std::span<const std::int16_t> samples, std::uint32_t timestamp = 0, int flags = 0);

}  // namespace atlas::test
