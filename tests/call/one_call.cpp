#include "call/one_call.hpp"

#include "support/schema_check.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace atlas::test {
namespace {

std::uint32_t number(std::string_view bytes) {
    std::uint32_t value = 0;
    for (std::size_t i = bytes.size(); i > 0; --i)
        value = value << 8U | static_cast<unsigned char>(bytes[i - 1]);
    return value;
}

observe::LogSettings log_settings(observe::LogLevel level) {
    observe::LogSettings settings;
    settings.level = level;
    return settings;
}

const SchemaSet& schemas() {
    static const SchemaSet set = server_schemas();
    return set;
}

}  // namespace

OneCall::OneCall(observe::LogLevel log_level)
    : services{loop,    recognizers, model, synthesizer, canned, codec, log.emplace(log_settings(log_level)),
               metrics, settings} {
    settings.instructions = "You are a test.";
    settings.server = {"test", "machine-1", "0.1.0"};
}

OneCall::~OneCall() {
    if (peer) check_texts();
}

void OneCall::connect(net::WebsocketOptions options) {
    auto pair = make_fake_websocket(loop, options);
    peer = pair.peer;
    call =
        std::make_shared<call::Call>("call_1", std::move(pair.websocket), services, [this] { ++times_over; });
    run();
}

Json OneCall::begin(const Json& extra) {
    connect();
    Json hello{{"t", "hello"}, {"proto", "atlas.v1"}};
    hello.update(extra);
    send(hello);
    return message("ready");
}

void OneCall::send(const Json& message) { send_text(message.dump()); }

void OneCall::send_text(std::string text) {
    peer->text(std::move(text));
    run();
}

void OneCall::send_binary(std::string bytes) {
    peer->binary(std::move(bytes));
    run();
}

void OneCall::speak(std::chrono::milliseconds length, int rate) {
    const std::vector<std::int16_t> frame(static_cast<std::size_t>(rate / 50), 1000);
    std::uint32_t timestamp = 0;
    for (auto left = length; left > 0ms; left -= 20ms) {
        send_binary(audio_message(frame, timestamp));
        timestamp += static_cast<std::uint32_t>(frame.size());
        pass(20ms);
    }
}

void OneCall::caller_says(const std::string& text) {
    recognizers.last().hears_turn(text);
    run();
}

void OneCall::model_says(const std::string& text) {
    model.last().writes(text);
    model.last().completes();
    run();
}

std::vector<Json> OneCall::messages() const {
    std::vector<Json> all;
    for (const auto& text : peer->texts()) all.push_back(Json::parse(text));
    return all;
}

std::vector<Json> OneCall::messages(const std::string& type) const {
    auto all = messages();
    std::erase_if(all, [&type](const Json& message) { return message["t"] != type; });
    return all;
}

Json OneCall::message(const std::string& type) const {
    const auto all = messages(type);
    return all.empty() ? Json() : all.back();
}

std::vector<std::string> OneCall::types() const {
    std::vector<std::string> types;
    for (const auto& message : messages()) types.push_back(message["t"]);
    return types;
}

std::vector<Frame> OneCall::frames() const {
    std::vector<Frame> frames;
    for (std::size_t order = 0; order < peer->sent.size(); ++order) {
        const auto& message = peer->sent[order];
        if (!message.binary) continue;
        const std::string_view bytes = message.bytes;
        EXPECT_GE(bytes.size(), 8U);
        EXPECT_EQ(bytes[0], 1) << "the kind of audio";
        frames.push_back({bytes[1], static_cast<int>(number(bytes.substr(2, 2))), number(bytes.substr(4, 4)),
                          std::string(bytes.substr(8)), message.at, order});
    }
    return frames;
}

std::vector<Frame> OneCall::frames(int turn) const {
    auto all = frames();
    std::erase_if(all, [turn](const Frame& frame) { return frame.turn != turn; });
    return all;
}

std::size_t OneCall::order_of(const std::string& type) const {
    for (std::size_t i = peer->sent.size(); i > 0; --i) {
        const auto& sent = peer->sent[i - 1];
        if (!sent.binary && Json::parse(sent.bytes)["t"] == type) return i - 1;
    }
    ADD_FAILURE() << "no " << type << " was sent";
    return 0;
}

std::vector<std::int16_t> OneCall::sound(int turn) const {
    std::vector<std::int16_t> samples;
    for (const auto& frame : frames(turn))
        audio::take_pcm16(std::as_bytes(std::span(frame.payload)), samples);
    return samples;
}

void OneCall::check_texts() const {
    std::uint64_t seq = 0;
    for (const auto& text : peer->texts()) {
        const auto problem = schemas().find_problem(text);
        EXPECT_FALSE(problem.has_value()) << *problem << "\n" << text;
        EXPECT_EQ(Json::parse(text)["s"], ++seq) << "numbered without a gap";
    }
}

std::string audio_message(std::span<const std::int16_t> samples, std::uint32_t timestamp, int flags) {
    std::string bytes(8, '\0');
    bytes[0] = 1;
    bytes[1] = static_cast<char>(flags);
    for (std::size_t i = 0; i < 4; ++i) bytes[4 + i] = static_cast<char>(timestamp >> (8 * i) & 0xFFU);
    const auto payload = audio::pcm16_bytes(samples);
    bytes.append(reinterpret_cast<const char*>(payload.data()), payload.size());
    return bytes;
}

}  // namespace atlas::test
