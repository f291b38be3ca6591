#include "call_support.hpp"

#include "atlas/audio/wav.hpp"
#include "support/schema_check.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <unistd.h>

namespace atlas::test {

CallFiles::CallFiles() {
    const auto* info = testing::UnitTest::GetInstance()->current_test_info();
    folder_ = std::filesystem::temp_directory_path() /
              ("atlas_call_" + std::to_string(getpid()) + "_" + info->test_suite_name() + "_" + info->name());
    std::filesystem::create_directories(folder_);
}

std::filesystem::path CallFiles::text(const std::string& name, std::string_view content) const {
    std::ofstream(path(name), std::ios::binary) << content;
    return path(name);
}

std::filesystem::path CallFiles::wav(const std::string& name, std::span<const std::int16_t> samples,
                                     int rate) const {
    audio::WavWriter writer;
    EXPECT_FALSE(writer.open(path(name), rate));
    EXPECT_FALSE(writer.write(samples));
    EXPECT_FALSE(writer.close());
    return path(name);
}

ScriptedGateway::ScriptedGateway(ManualLoop& loop, FakeWebsocketConnector& connector)
    : loop_(loop), connector_(connector) {
    connector_.on_open = [this](FakePeer& opened) {
        opened.on_message = [this](FakePeer& from, const SentMessage& message) { answer(from, message); };
    };
}

void ScriptedGateway::answer(FakePeer& from, const SentMessage& message) {
    if (message.binary) {
        last_header = caller::read_audio_header(std::as_bytes(std::span(message.bytes))).value();
        return;
    }
    const std::string type = Json::parse(message.bytes).at("t");
    if (type == "hello" && answers_hello) say(ready);
    if (type == "bye" && answers_bye) {
        say({{"t", "closed"},
             {"reason", "user"},
             {"usage", {{"duration_ms", 1}, {"turns", 1}, {"audio_in_ms", 1}, {"audio_out_ms", 1}}}});
        from.close(1000, "user");
    }
}

void ScriptedGateway::say(Json message) {
    message["s"] = ++seq_;
    peer().text(message.dump());
    loop_.run_ready();
}

void ScriptedGateway::state(std::string_view state) { say({{"t", "state"}, {"state", state}, {"turn", 0}}); }

void ScriptedGateway::reply(std::uint32_t turn, std::string_view reason, std::chrono::milliseconds length) {
    state("thinking");
    say({{"t", "turn.start"}, {"turn", turn}, {"reason", reason}});
    say({{"t", "agent.text"}, {"turn", turn}, {"seg", 0}, {"text", "It is noon."}});
    sound(turn, 0, length, true);
    state("speaking");
}

void ScriptedGateway::sound(std::uint32_t turn, std::int64_t position, std::chrono::milliseconds length,
                            bool last) {
    const auto samples =
        ramp(static_cast<std::size_t>(audio::samples_in(length, 24000)), static_cast<int>(position));
    caller::AudioHeader header{.kind = caller::audio_kind, .stream = static_cast<std::uint16_t>(turn)};
    header.timestamp = static_cast<std::uint32_t>(position);
    if (position == 0) header.flags |= caller::flag_first;
    if (last) header.flags |= caller::flag_last;
    const auto head = caller::write_audio_header(header);
    const auto body = audio::pcm16_bytes(samples);
    std::string message(reinterpret_cast<const char*>(head.data()), head.size());
    message.append(reinterpret_cast<const char*>(body.data()), body.size());
    peer().binary(std::move(message));
    loop_.run_ready();
}

void ScriptedGateway::end(std::uint32_t turn, std::string_view status, std::string_view reason) {
    Json message{
        {"t", "turn.end"},
        {"turn", turn},
        {"status", status},
        {"user_text", "What time is it?"},
        {"heard_text", status == "completed" ? "It is noon." : "It is"},
        {"full_text", "It is noon."},
        {"stages_ms", {{"end_of_turn", 200}, {"first_text", 300}, {"audible", 1}, {"response", 501}}}};
    if (!reason.empty()) message["reason"] = reason;
    say(std::move(message));
    state("listening");
}

void ScriptedGateway::flush(std::uint32_t turn, std::int64_t keep_ms) {
    say({{"t", "audio.flush"}, {"turn", turn}, {"reason", "barge_in"}, {"keep_ms", keep_ms}});
}

std::vector<Json> ScriptedGateway::received(std::string_view type) {
    std::vector<Json> found;
    for (const std::string& text : peer().texts()) {
        Json message = Json::parse(text);
        if (message.at("t") == type) found.push_back(std::move(message));
    }
    return found;
}

std::size_t ScriptedGateway::frames() { return peer().binaries().size(); }

std::vector<net::TimePoint> ScriptedGateway::loud_frames() {
    std::vector<net::TimePoint> times;
    for (const SentMessage& message : peer().sent) {
        if (!message.binary) continue;
        const auto payload = std::string_view(message.bytes).substr(caller::audio_header_bytes);
        if (payload.find_first_not_of('\0') != std::string_view::npos) times.push_back(message.at);
    }
    return times;
}

std::vector<std::string> ScriptedGateway::schema_problems() {
    const SchemaSet schemas = client_schemas();
    std::vector<std::string> problems;
    for (const std::string& text : peer().texts()) {
        if (auto problem = schemas.find_problem(text)) problems.push_back(text + ": " + *problem);
    }
    return problems;
}

}  // namespace atlas::test
