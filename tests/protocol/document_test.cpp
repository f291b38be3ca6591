#include "protocol/document.hpp"

#include "atlas/protocol/error_codes.hpp"
#include "atlas/protocol/limits.hpp"
#include "atlas/protocol/native_codec.hpp"
#include "support/schema_check.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <set>

namespace atlas::test {
namespace {

using protocol::NativeCodec;
using testing::Contains;
using testing::HasSubstr;

SchemaSet schemas_of(const std::string& from) {
    return from == "client" ? client_schemas() : server_schemas();
}

std::set<std::string> types_shown(const std::string& from) {
    std::set<std::string> types;
    for (const Example& example : examples()) {
        if (example.from == from)
            types.insert(nlohmann::json::parse(example.json).at("t").get<std::string>());
    }
    return types;
}

TEST(ClientProtocolDocument, ShowsExamplesThatKeepToTheirSchemas) {
    const SchemaSet client = client_schemas();
    const SchemaSet server = server_schemas();
    for (const auto& [from, json] : examples()) {
        ASSERT_TRUE(from == "client" || from == "server") << from;
        EXPECT_EQ((from == "client" ? client : server).find_problem(json), std::nullopt) << json;
    }
}

TEST(ClientProtocolDocument, ShowsAnExampleOfEachMessage) {
    for (const std::string from : {"client", "server"}) {
        const auto types = schemas_of(from).types();
        EXPECT_EQ(types_shown(from), std::set<std::string>(types.begin(), types.end())) << from;
    }
}

TEST(ClientProtocolDocument, ShowsClientMessagesThatTheServerUnderstands) {
    for (const std::string& text : client_examples()) {
        const auto decoded = NativeCodec().decode_text(text);
        const auto* received = std::get_if<protocol::ReceivedMessage>(&decoded);
        ASSERT_NE(received, nullptr) << text << std::get<protocol::ProtocolError>(decoded).message;
        EXPECT_FALSE(std::holds_alternative<protocol::UnknownMessage>(received->message)) << text;
    }
}

TEST(ClientProtocolDocument, ListsTheErrorsOfTheServerLineByLine) {
    std::vector<std::vector<std::string>> expected;
    for (const auto& line : protocol::error_codes()) {
        const std::string close = line.close_code == 0 ? "–" : std::to_string(line.close_code);
        expected.push_back({"`" + std::string(line.name) + "`", line.fatal ? "yes" : "no", close,
                            std::string(line.meaning)});
    }
    EXPECT_EQ(table("| Code | Fatal"), expected);
}

TEST(ClientProtocolDocument, SaysWhatToDoAboutEachCloseCode) {
    std::set<std::string> explained;
    for (const auto& row : table("| code | meaning")) explained.insert(row.at(0));
    for (const auto& line : protocol::error_codes()) {
        if (!line.fatal) continue;
        EXPECT_THAT(explained, Contains(std::to_string(line.close_code))) << line.name;
    }
}

TEST(ClientProtocolDocument, ListsTheLimitsOfTheServer) {
    using namespace protocol;
    const auto number = [](auto value) { return std::to_string(value); };
    const std::vector<std::pair<std::string, std::string>> expected{
        {"a text message",
         number(max_text_message_bytes) + " bytes, " + number(max_json_depth) +
             " levels of nesting (`hello` and `tool.result`: " + number(max_tool_json_depth) + " levels)"},
        {"a pcm16 message", number(max_audio_message_ms) + " ms"},
        {"an Opus packet", number(max_opus_packet_bytes) + " bytes"},
        {"`input.text`", number(max_input_text_chars) + " characters"},
        {"`config.instructions`", number(max_instructions_bytes) + " bytes"},
        {"`config.greeting`", number(max_greeting_chars) + " characters"},
        {"`config.language`", number(max_language_chars) + " characters"},
        {"`config.variables`", number(max_variables) + " members, names of " +
                                   number(max_variable_name_chars) + " and values of " +
                                   number(max_variable_value_chars)},
        {"`config.goodbye`", number(max_goodbye_chars) + " characters"},
        {"`config.idle.prompt`", number(max_line_chars) + " characters"},
        {"`config.tools`", number(max_tools) + " tools, " + number(max_tools_bytes) + " bytes in all"},
        {"a tool's `name`", number(max_tool_name_chars) + " letters"},
        {"a tool's `description`", number(max_tool_description_chars) + " characters"},
        {"a tool's `parameters`", number(max_tool_parameters_bytes) + " bytes"},
        {"a tool's `timeout_ms`", number(min_tool_timeout_ms) + " to " + number(max_tool_timeout_ms)},
        {"a tool's `filler`", number(max_line_chars) + " characters"},
        {"`tool.result.call`", number(max_tool_call_id_chars) + " characters"},
        {"`tool.result.result`", number(max_tool_result_bytes) + " bytes"},
        {"`tool.result.error`", number(max_tool_error_chars) + " characters"},
        {"`inject`", number(max_inject_chars) + " characters"},
        {"`audio.in`, `audio.out`", "1 to " + number(max_audio_offers)},
        {"`features`", number(max_features) + " of " + number(max_name_chars)},
        {"`resume.token`", number(max_resume_token_chars) + " characters"},
        {"`bye.reason`", number(max_bye_reason_chars) + " characters"},
    };
    const auto rows = table("| what | limit");
    for (const auto& [what, limit] : expected) {
        const auto row =
            std::find_if(rows.begin(), rows.end(), [&](const auto& cells) { return cells.at(0) == what; });
        ASSERT_NE(row, rows.end()) << what;
        EXPECT_THAT(row->at(1), HasSubstr(limit)) << what;
    }
}

std::string list(std::span<const int> values) {
    std::string text;
    for (const int value : values) text += (text.empty() ? "" : ", ") + std::to_string(value);
    return text;
}

TEST(ClientProtocolDocument, ListsTheAudioFormatsOfTheServer) {
    std::vector<std::vector<std::string>> formats;
    for (const auto& row : table("| codec | rate")) formats.push_back({row.at(0), row.at(1), row.at(2)});
    std::vector<std::vector<std::string>> expected;
    for (const auto codec : {audio::Codec::pcm16, audio::Codec::opus}) {
        expected.push_back({"`" + std::string(audio::name(codec)) + "`", list(audio::allowed_rates()),
                            list(audio::allowed_frame_ms(codec))});
    }
    EXPECT_EQ(formats, expected);
}

TEST(ClientProtocolDocument, NamesEveryValueOfEveryEnumeration) {
    using namespace protocol;
    const std::string text = document();
    const auto expect_named = [&](std::string_view value) {
        EXPECT_THAT(text, HasSubstr("`" + std::string(value) + "`"));
        EXPECT_NE(value, "unknown");
    };
    for (int i = 0; i <= static_cast<int>(CallState::ended); ++i)
        expect_named(name(static_cast<CallState>(i)));
    for (int i = 0; i <= static_cast<int>(TurnReason::inject); ++i)
        expect_named(name(static_cast<TurnReason>(i)));
    for (int i = 0; i <= static_cast<int>(TurnStatus::failed); ++i)
        expect_named(name(static_cast<TurnStatus>(i)));
    for (int i = 0; i <= static_cast<int>(FlushReason::error); ++i)
        expect_named(name(static_cast<FlushReason>(i)));
    for (int i = 0; i <= static_cast<int>(GoingAwayReason::rebalance); ++i)
        expect_named(name(static_cast<GoingAwayReason>(i)));
    for (int i = 0; i <= static_cast<int>(CloseReason::failed); ++i)
        expect_named(name(static_cast<CloseReason>(i)));
}

TEST(ClientProtocolDocument, NamesTheRangesOfNumbersInTheConfiguration) {
    using namespace protocol;
    const auto range = [](std::int64_t min, std::int64_t max) {
        return std::to_string(min) + " to " + std::to_string(max);
    };
    const std::vector<std::pair<std::string, std::string>> expected{
        {"`config.interruption`", range(1, max_interruption_words)},
        {"`config.idle`", range(min_idle_after_s, max_idle_after_s)},
        {"`config.idle`", range(0, max_idle_prompts)},
        {"`config.max_duration_s`", range(min_call_s, max_call_s)},
        {"`config.context_tokens`", range(min_context_tokens, max_context_tokens)},
    };
    const auto rows = table("| member | type");  // of `hello`, the first one
    for (const auto& [member, text] : expected) {
        const auto row =
            std::find_if(rows.begin(), rows.end(), [&](const auto& cells) { return cells.at(0) == member; });
        ASSERT_NE(row, rows.end()) << member;
        EXPECT_THAT(row->at(3), HasSubstr(text)) << member;
    }
}

TEST(ClientProtocolDocument, ExplainsTheWarningsOfThisFolder) {
    std::string explained;
    for (const auto& row : table("| warning | meaning")) explained += row.at(0);
    for (const auto warning : {protocol::warning_unknown_type, protocol::warning_resume_unavailable,
                               protocol::warning_unknown_tool_call, protocol::warning_recognizer_restarted}) {
        EXPECT_THAT(explained, HasSubstr("`" + std::string(warning) + "`"));
    }
}

}  // namespace
}  // namespace atlas::test
