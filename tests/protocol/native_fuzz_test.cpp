#include "atlas/protocol/native_codec.hpp"
#include "atlas/protocol/protocol_guard.hpp"
#include "protocol/document.hpp"
#include "support/schema_check.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <random>

// What no list of bad messages contains: messages made by chance, with a fixed seed.
namespace atlas::protocol {
namespace {

using nlohmann::json;

const test::SchemaSet& server() {
    static const test::SchemaSet schemas = test::server_schemas();
    return schemas;
}

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == '\x7F'; }

// Whatever was sent: no exception, and an error that can be told to the client and written to a log.
bool accepts(const std::string& text) {
    const auto decoded = NativeCodec().decode_text(text);
    const auto* error = std::get_if<ProtocolError>(&decoded);
    if (error == nullptr) return true;
    EXPECT_FALSE(error->message.empty());
    EXPECT_LT(error->message.size(), 600U) << error->message;
    EXPECT_FALSE(std::any_of(error->message.begin(), error->message.end(), is_control)) << error->message;
    EXPECT_EQ(server().find_problem(NativeCodec().encode(to_message(*error), 1)), std::nullopt);
    return false;
}

TEST(NativeFuzz, SurvivesMessagesCutAnywhere) {
    for (const std::string& example : test::client_examples()) {
        const std::string text = json::parse(example).dump();
        for (std::size_t length = 0; length < text.size(); ++length) {
            EXPECT_FALSE(accepts(text.substr(0, length))) << text.substr(0, length);
        }
        EXPECT_TRUE(accepts(text));
    }
}

TEST(NativeFuzz, SurvivesMessagesWithBytesChangedAddedAndRemoved) {
    std::mt19937 random(20261123);
    const auto examples = test::client_examples();
    int accepted = 0;
    for (int round = 0; round < 20'000; ++round) {
        std::string text = examples[random() % examples.size()];
        for (auto changes = random() % 4 + 1; changes > 0; --changes) {
            const std::size_t at = random() % text.size();
            if (random() % 3 == 0)
                text.erase(at, random() % 3);
            else if (random() % 2 == 0)
                text.insert(at, 1, "{}[],:\"\\0-e.nt"[random() % 14]);
            else
                text[at] = static_cast<char>(random());
            if (text.empty()) text = " ";
        }
        accepted += accepts(text) ? 1 : 0;
    }
    EXPECT_GT(accepted, 1000);  // else the changes are too coarse to reach the fields
    EXPECT_LT(accepted, 19'000);
}

TEST(NativeFuzz, SurvivesRandomBytesAsAudio) {
    std::mt19937 random(20261123);
    const NativeCodec codec;
    std::array<int, 3> seen{};
    for (int round = 0; round < 20'000; ++round) {
        std::vector<std::byte> message(random() % (round % 10 == 0 ? 20'000 : 64));
        for (std::byte& byte : message) byte = static_cast<std::byte>(random());
        if (!message.empty() && round % 2 == 0) message[0] = audio_kind;
        const audio::AudioFormat format{round % 3 == 0 ? audio::Codec::opus : audio::Codec::pcm16, 16000, 20};
        const auto decoded = codec.decode_audio(message, format);
        ++seen[decoded.index()];
        const auto* frame = std::get_if<AudioFrame>(&decoded);
        if (frame == nullptr) continue;
        EXPECT_EQ(frame->payload.size() + audio_header_bytes, message.size());
        EXPECT_LE(frame->payload.size(), 3840U);
    }
    EXPECT_GT(seen[0], 1000);
    EXPECT_GT(seen[1], 0);
    EXPECT_GT(seen[2], 1000);
}

// Every place of a message, as JSON pointers, without the type.
std::vector<std::string> places(const json& message) {
    std::vector<std::string> places;
    const json flat = message.flatten();
    for (const auto& [pointer, value] : flat.items()) {
        for (std::string place = pointer; !place.empty(); place.erase(place.rfind('/'))) {
            if (place != "/t" && std::find(places.begin(), places.end(), place) == places.end())
                places.push_back(place);
        }
    }
    return places;
}

const std::vector<json>& odd_values() {
    static const std::vector<json> values{nullptr,
                                          true,
                                          -1,
                                          0,
                                          1,
                                          20,
                                          1.0,
                                          1.5,
                                          1e300,
                                          4294967295,
                                          4294967296,
                                          9007199254740991,
                                          9007199254740992,
                                          18446744073709551615U,
                                          "",
                                          " ",
                                          "x",
                                          "de-AT",
                                          "atlas.v1",
                                          std::string(65, 'x'),
                                          std::string(513, 'x'),
                                          std::string(5000, 'x'),
                                          std::string(33000, 'x'),
                                          json::array(),
                                          json::array({1}),
                                          json::array({"x"}),
                                          json(std::vector<std::string>(33, "x")),
                                          json::object(),
                                          json::object({{"a b", "c"}}),
                                          json::object({{"name", 1}}),
                                          json::object({{"name", "x"}})};
    return values;
}

void expect_same_verdict(const json& message) {
    static const test::SchemaSet client = test::client_schemas();
    const std::string text = message.dump();
    const auto problem = client.find_problem(text);
    EXPECT_EQ(accepts(text), !problem.has_value()) << text.substr(0, 500) << "\n"
                                                   << problem.value_or("the schema has no objection");
}

// The document's examples, and one with every member there is.
std::vector<json> messages() {
    std::vector<json> messages;
    for (const std::string& example : test::client_examples()) messages.push_back(json::parse(example));
    messages.push_back(json::parse(R"({"t": "hello", "s": 1, "proto": "atlas.v1",
        "client": {"platform": "a", "version": "b", "net": "c"}, "features": ["d", "e"],
        "audio": {"in": [{"codec": "opus", "rate": 48000, "frame_ms": 20}],
                  "out": [{"codec": "opus", "rate": 48000, "frame_ms": 20}, {"codec": "pcm16", "rate": 1, "frame_ms": 1}]},
        "resume": {"token": "f", "last_seq": 1, "turn": 1, "played_ms": 1, "mic_ts": 1},
        "config": {"instructions": "g", "variables": {"v": "h"}, "greeting": "i", "language": "en"}})"));
    messages.push_back(json::parse(R"({"t": "pong", "s": 1, "echo_ms": 1, "time_ms": 1})"));
    return messages;
}

TEST(NativeFuzz, RefusesExactlyWhatTheSchemasRefuse) {
    int changes = 0;
    for (const json& message : messages()) {
        expect_same_verdict(message);
        for (const std::string& place : places(message)) {
            const json::json_pointer pointer(place);
            for (const json& value : odd_values()) {
                json changed = message;
                changed[pointer] = value;
                expect_same_verdict(changed);
                ++changes;
            }
            json changed = message;
            json& parent = changed[pointer.parent_pointer()];
            if (!parent.is_object()) continue;
            parent.erase(pointer.back());
            expect_same_verdict(changed);
        }
    }
    EXPECT_GT(changes, 2000);
}

TEST(NativeFuzz, DrawsTheLimitsOfListsWhereTheSchemasDraw) {
    const json hello = {{"t", "hello"}, {"proto", "atlas.v1"}};
    const json offer = {{"codec", "opus"}, {"rate", 48000}, {"frame_ms", 20}};
    for (const std::size_t excess : {std::size_t{0}, std::size_t{1}}) {
        std::vector<json> changed(4, hello);
        changed[0]["features"] = std::vector<std::string>(max_features + excess, "x");
        changed[1]["audio"]["in"] = std::vector<json>(max_audio_offers + excess, offer);
        changed[2]["audio"]["out"] = std::vector<json>(max_audio_offers + excess, offer);
        for (std::size_t i = 0; i < max_variables + excess; ++i)
            changed[3]["config"]["variables"]["v" + std::to_string(i)] = "x";
        for (const json& message : changed) {
            EXPECT_EQ(accepts(message.dump()), excess == 0) << message.dump().substr(0, 100);
            expect_same_verdict(message);
        }
    }
}

TEST(NativeFuzz, DrawsTheLimitsOfTextsWhereTheSchemasDraw) {
    const json hello = {{"t", "hello"}, {"proto", "atlas.v1"}, {"resume", {{"token", "x"}, {"last_seq", 1}}}};
    const std::vector<std::tuple<json, std::string, std::size_t>> limits{
        {{{"t", "input.text"}}, "/text", max_input_text_chars},
        {{{"t", "bye"}}, "/reason", max_bye_reason_chars},
        {hello, "/client/platform", max_name_chars},
        {hello, "/resume/token", max_resume_token_chars},
        {hello, "/config/greeting", max_greeting_chars},
        {hello, "/config/instructions", max_instructions_bytes},
        {hello, "/config/variables/v", max_variable_value_chars},
    };
    for (const auto& [message, place, limit] : limits) {
        json changed = message;
        changed[json::json_pointer(place)] = std::string(limit, 'x');
        EXPECT_TRUE(accepts(changed.dump())) << place;
        expect_same_verdict(changed);
        changed[json::json_pointer(place)] = std::string(limit + 1, 'x');
        EXPECT_FALSE(accepts(changed.dump())) << place;
        expect_same_verdict(changed);
    }
}

}  // namespace
}  // namespace atlas::protocol
