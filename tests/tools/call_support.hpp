#pragma once

#include "atlas/audio/audio_format.hpp"
#include "audio/sounds.hpp"
#include "call/client_message.hpp"
#include "call/server_message.hpp"
#include "call/virtual_caller.hpp"
#include "support/fake_websocket.hpp"
#include "support/manual_loop.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace atlas::test {

using namespace std::chrono_literals;
using Json = nlohmann::ordered_json;

inline std::shared_ptr<const caller::Recording> recording(std::vector<std::int16_t> samples, int rate = 16000,
                                                          std::string name = "speech.wav") {
    return std::make_shared<const caller::Recording>(
        caller::Recording{std::move(name), rate, std::move(samples)});
}

// A loud tone of this length.
inline std::shared_ptr<const caller::Recording> speech(std::chrono::milliseconds length) {
    return recording(tone(300, 16000, static_cast<std::size_t>(audio::samples_in(length, 16000))));
}

// A folder of its own for each test, gone after it.
class CallFiles {
public:
    CallFiles();
    ~CallFiles() { std::filesystem::remove_all(folder_); }
    std::filesystem::path path(const std::string& name) const { return folder_ / name; }
    std::filesystem::path text(const std::string& name, std::string_view content) const;
    std::filesystem::path wav(const std::string& name, std::span<const std::int16_t> samples,
                              int rate = 16000) const;

private:
    std::filesystem::path folder_;
};

// A gateway in the hands of a test: answers hello with ready, everything else when it is told to. The audio
// it gives out is a ramp, so that every sample tells its position.
class ScriptedGateway {
public:
    ScriptedGateway(ManualLoop& loop, FakeWebsocketConnector& connector);

    caller::AudioHeader last_header;  // of the caller's audio
    bool answers_hello = true;
    bool answers_bye = true;
    Json ready = Json::parse(R"({"t": "ready", "call_id": "c_1",
        "resume": {"token": "secret-token", "ttl_ms": 30000},
        "audio": {"in": {"codec": "pcm16", "rate": 16000, "frame_ms": 20},
                  "out": {"codec": "pcm16", "rate": 24000, "frame_ms": 40}},
        "heartbeat_ms": 15000, "limits": {"max_message_bytes": 65536, "max_text_chars": 4000,
        "max_call_s": 3600, "hello_timeout_ms": 10000},
        "server": {"region": "fra", "machine": "m1", "version": "0.1.0"}, "resumed": false})");

    FakePeer& peer() { return connector_.last(); }
    void say(Json message);  // with the next `s`
    void state(std::string_view state);
    // turn.start, text, `length` of sound at once, the last message marked.
    void reply(std::uint32_t turn, std::string_view reason, std::chrono::milliseconds length);
    void sound(std::uint32_t turn, std::int64_t position, std::chrono::milliseconds length, bool last);
    void end(std::uint32_t turn, std::string_view status = "completed", std::string_view reason = "");
    void flush(std::uint32_t turn, std::int64_t keep_ms);

    // What the caller has sent.
    std::vector<Json> received(std::string_view type);
    std::size_t frames();
    std::vector<net::TimePoint> loud_frames();  // when each frame of pcm16 speech came
    std::vector<std::string> schema_problems();

private:
    void answer(FakePeer& from, const SentMessage& message);

    ManualLoop& loop_;
    FakeWebsocketConnector& connector_;
    std::uint64_t seq_ = 0;
};

}  // namespace atlas::test
