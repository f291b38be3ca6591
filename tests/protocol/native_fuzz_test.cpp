#include "atlas/protocol/native_codec.hpp"
#include "atlas/protocol/protocol_guard.hpp"
#include "protocol/document.hpp"
#include "support/schema_check.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <random>
#include <set>

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

// JSON Schema counts characters of one text, not bytes of a value.
bool is_beyond_schemas(const std::string& place, const json& value) {
    const std::size_t size = value.dump().size();
    const bool schema = place.find("/parameters") != std::string::npos && size > max_tool_parameters_bytes;
    return schema || (place.starts_with("/result") && size > max_tool_result_bytes);
}

void expect_same_verdict(const json& message) {
    static const test::SchemaSet client = test::client_schemas();
    const std::string text = message.dump();
    const auto problem = client.find_problem(text);
    EXPECT_EQ(accepts(text), !problem.has_value()) << text.substr(0, 500) << "\n"
                                                   << problem.value_or("the schema has no objection");
}

// The document's examples, and some that have every member there is.
std::vector<json> messages() {
    std::vector<json> messages;
    for (const std::string& example : test::client_examples()) messages.push_back(json::parse(example));
    messages.push_back(json::parse(R"({"t": "hello", "s": 1, "proto": "atlas.v1",
        "client": {"platform": "a", "version": "b", "net": "c"}, "features": ["d", "e"],
        "audio": {"in": [{"codec": "opus", "rate": 48000, "frame_ms": 20}],
                  "out": [{"codec": "opus", "rate": 48000, "frame_ms": 20}, {"codec": "pcm16", "rate": 1, "frame_ms": 1}]},
        "resume": {"token": "f", "last_seq": 1, "turn": 1, "played_ms": 1, "mic_ts": 1},
        "config": {"instructions": "g", "variables": {"v": "h"}, "greeting": "i", "language": "en"}})"));
    messages.push_back(json::parse(R"({"t": "hello", "proto": "atlas.v1",
        "config": {"tools": [{"name": "j", "description": "k", "parameters": {"type": "object", "properties": {"l": {"type": "string"}}},
                     "effect": false, "timeout_ms": 100, "filler": "m"}, {"name": "n"}],
          "end_call": true, "idle": {"prompt": "o", "after_s": 3, "prompts": 1}, "max_duration_s": 10, "goodbye": "p",
          "protect_greeting": true, "turns": "manual", "speculation": false,
          "interruption": {"enabled": true, "min_words": 1}, "context_tokens": 1000}})"));
    messages.push_back(
        json::parse(R"({"t": "config", "s": 1, "instructions": "g", "turns": "auto", "goodbye": "p",
        "idle": {"prompt": "o", "after_s": 3, "prompts": 1}, "interruption": {"enabled": true, "min_words": 1}})"));
    messages.push_back(
        json::parse(R"({"t": "tool.result", "s": 1, "call": "a", "result": {"b": [1]}, "error": null})"));
    messages.push_back(
        json::parse(R"({"t": "tool.result", "s": 1, "call": "a", "result": null, "error": "b"})"));
    messages.push_back(json::parse(R"({"t": "inject", "s": 1, "text": "a", "reply": true})"));
    messages.push_back(json::parse(R"({"t": "ptt", "s": 1, "down": true})"));
    messages.push_back(json::parse(R"({"t": "pong", "s": 1, "echo_ms": 1, "time_ms": 1})"));
    return messages;
}

TEST(NativeFuzz, RefusesExactlyWhatTheSchemasRefuse) {
    int changes = 0;
    std::set<std::pair<std::string, std::string>> tried;
    for (const json& message : messages()) {
        expect_same_verdict(message);
        for (const std::string& place : places(message)) {
            if (!tried.emplace(message.at("t").get<std::string>(), place).second) continue;
            const json::json_pointer pointer(place);
            for (const json& value : odd_values()) {
                json changed = message;
                changed[pointer] = value;
                if (is_beyond_schemas(place, value)) {
                    EXPECT_FALSE(accepts(changed.dump())) << place;
                } else {
                    expect_same_verdict(changed);
                }
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
        std::vector<json> changed(5, hello);
        changed[0]["features"] = std::vector<std::string>(max_features + excess, "x");
        changed[1]["audio"]["in"] = std::vector<json>(max_audio_offers + excess, offer);
        changed[2]["audio"]["out"] = std::vector<json>(max_audio_offers + excess, offer);
        for (std::size_t i = 0; i < max_variables + excess; ++i)
            changed[3]["config"]["variables"]["v" + std::to_string(i)] = "x";
        for (std::size_t i = 0; i < max_tools + excess; ++i)
            changed[4]["config"]["tools"].push_back({{"name", "t" + std::to_string(i)}});
        for (const json& message : changed) {
            EXPECT_EQ(accepts(message.dump()), excess == 0) << message.dump().substr(0, 100);
            expect_same_verdict(message);
        }
    }
}

TEST(NativeFuzz, DrawsTheLimitsOfTextsWhereTheSchemasDraw) {
    const json hello = {{"t", "hello"}, {"proto", "atlas.v1"}, {"resume", {{"token", "x"}, {"last_seq", 1}}}};
    json tool = hello;
    tool["config"]["tools"] = json::array({{{"name", "x"}}});
    const std::vector<std::tuple<json, std::string, std::size_t>> limits{
        {{{"t", "input.text"}}, "/text", max_input_text_chars},
        {{{"t", "bye"}}, "/reason", max_bye_reason_chars},
        {hello, "/client/platform", max_name_chars},
        {hello, "/resume/token", max_resume_token_chars},
        {hello, "/config/greeting", max_greeting_chars},
        {hello, "/config/instructions", max_instructions_bytes},
        {hello, "/config/variables/v", max_variable_value_chars},
        {hello, "/config/goodbye", max_goodbye_chars},
        {hello, "/config/idle/prompt", max_line_chars},
        {tool, "/config/tools/0/name", max_tool_name_chars},
        {tool, "/config/tools/0/description", max_tool_description_chars},
        {tool, "/config/tools/0/filler", max_line_chars},
        {{{"t", "tool.result"}, {"result", 1}}, "/call", max_tool_call_id_chars},
        {{{"t", "tool.result"}, {"call", "x"}}, "/error", max_tool_error_chars},
        {{{"t", "inject"}}, "/text", max_inject_chars},
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

TEST(NativeFuzz, DrawsTheLimitsOfNumbersWhereTheSchemasDraw) {
    const std::vector<std::tuple<std::string, std::int64_t, std::int64_t>> limits{
        {"/config/tools/0/timeout_ms", min_tool_timeout_ms, max_tool_timeout_ms},
        {"/config/idle/after_s", min_idle_after_s, max_idle_after_s},
        {"/config/idle/prompts", 0, max_idle_prompts},
        {"/config/max_duration_s", min_call_s, max_call_s},
        {"/config/interruption/min_words", 1, max_interruption_words},
        {"/config/context_tokens", min_context_tokens, max_context_tokens},
    };
    for (const auto& [place, min, max] : limits) {
        for (const std::int64_t value : {min - 1, min, max, max + 1}) {
            json hello = json::parse(R"({"t":"hello","proto":"atlas.v1","config":{"tools":[{"name":"x"}]}})");
            hello[json::json_pointer(place)] = value;
            EXPECT_EQ(accepts(hello.dump()), value >= min && value <= max) << place << " " << value;
            expect_same_verdict(hello);
        }
    }
}

// A JSON value by chance, as an app's function may return it.
json any_value(std::mt19937& random, int depth) {
    switch (random() % (depth > 0 ? 7 : 5)) {
        case 0:
            return nullptr;
        case 1:
            return random() % 2 == 0;
        case 2:
            return static_cast<std::int64_t>(random()) - 1'000'000'000;
        case 3:
            return static_cast<double>(random()) / 7.0;
        case 4:
            return std::string(random() % 9, "aZ\"\\\n\x01/{ "[random() % 10]);
        case 5: {
            json list = json::array();
            for (auto count = random() % 4; count > 0; --count) list.push_back(any_value(random, depth - 1));
            return list;
        }
        default: {
            json object = json::object();
            for (auto count = random() % 4; count > 0; --count)
                object[std::string(1, static_cast<char>('a' + random() % 5))] = any_value(random, depth - 1);
            return object;
        }
    }
}

TEST(NativeFuzz, GivesTheModelWhateverAToolReturned) {
    std::mt19937 random(20261123);
    for (int round = 0; round < 5'000; ++round) {
        const json result = any_value(random, 6);
        const json message = {{"t", "tool.result"}, {"call", "c"}, {"result", result}};
        const auto decoded = NativeCodec().decode_text(message.dump());
        ASSERT_TRUE(std::holds_alternative<ReceivedMessage>(decoded)) << message;
        const auto& answer = std::get<ToolResult>(std::get<ReceivedMessage>(decoded).message);
        EXPECT_EQ(answer.content, result.is_string() ? result.get<std::string>() : result.dump());
        EXPECT_FALSE(answer.is_error);
    }
}

TEST(NativeFuzz, SendsOnlyArgumentsThatAreJson) {
    std::mt19937 random(20261123);
    int sent = 0;
    for (int round = 0; round < 5'000; ++round) {
        const json value = any_value(random, 6);
        std::string text = value.dump();
        if (random() % 4 == 0) text.erase(random() % text.size(), 1 + random() % 3);
        const json call = json::parse(NativeCodec().encode(ToolCall{1, "c", "n", text, 1}, 1));
        EXPECT_EQ(server().find_problem(call.dump()), std::nullopt) << text;
        EXPECT_EQ(call.at("arguments"), is_tool_arguments(text) ? json::parse(text) : json::object());
        sent += is_tool_arguments(text) ? 1 : 0;
    }
    EXPECT_GT(sent, 300);
    EXPECT_LT(sent, 4'000);
}

}  // namespace
}  // namespace atlas::protocol
