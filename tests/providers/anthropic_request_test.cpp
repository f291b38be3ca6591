#include "atlas/providers/anthropic/messages.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <string>

namespace atlas::providers::anthropic {
namespace {

using Json = nlohmann::json;
using Role = ModelMessage::Role;
using testing::HasSubstr;
using testing::IsEmpty;

ModelRequest asks(std::vector<ModelMessage> messages, std::string system = "") {
    ModelRequest request;
    request.system = std::move(system);
    request.messages = std::move(messages);
    return request;
}

MessagesSettings for_model(std::string model) {
    MessagesSettings settings;
    settings.model = std::move(model);
    return settings;
}

Json written(const ModelRequest& request, const MessagesSettings& settings = {}) {
    const RequestBody body = write_request(settings, request);
    EXPECT_THAT(body.problem, IsEmpty());
    return Json::parse(body.body);
}

// The text of one message: all its text blocks.
std::string text_of(const Json& message) {
    std::string text;
    for (const Json& block : message["content"])
        if (block["type"] == "text") text += block["text"].get<std::string>();
    return text;
}

const ModelMessage hello{Role::user, "Hello"};
const std::string long_prompt(5000, 'x');

TEST(AnthropicRequest, IsTheSameBytesEveryTime) {
    const RequestBody body = write_request({}, asks({hello}, "Be brief."));
    EXPECT_EQ(body.body,
              R"({"model":"claude-haiku-5-5","max_tokens":400,"stream":true,"thinking":{"type":"disabled"},)"
              R"("system":[{"type":"text","text":"Be brief."}],)"
              R"("messages":[{"role":"user","content":[{"type":"text","text":"Hello"}]}]})");
}

TEST(AnthropicRequest, NeverHasASamplingParameterOrAnUnknownKey) {
    for (const std::string model : {"claude-haiku-5-5", "claude-sonnet-5-5", "claude-opus-5-5", "other"}) {
        ModelRequest request = asks({hello}, long_prompt);
        request.tools = {{"book", "", ""}};
        request.may_call_tools = false;
        const Json body = written(request, for_model(model));
        for (const auto& [key, value] : body.items())
            EXPECT_THAT(key, testing::AnyOf("model", "max_tokens", "stream", "thinking", "output_config",
                                            "tools", "tool_choice", "system", "messages"));
    }
}

TEST(AnthropicRequest, KeepsEachModelFromThinkingInTheWayItAllows) {
    const auto thinking = [](std::string model) {
        return written(asks({hello}), for_model(std::move(model))).value("thinking", Json()).dump();
    };
    EXPECT_EQ(thinking("claude-haiku-5-5"), R"({"type":"disabled"})");
    EXPECT_EQ(thinking("claude-haiku-5-5-20261007"), R"({"type":"disabled"})");
    EXPECT_EQ(thinking("claude-sonnet-5-5"), R"({"type":"between_tools"})");
    EXPECT_EQ(thinking("claude-haiku-4-5"), "null");
    EXPECT_EQ(thinking("claude-sonnet-4-6"), "null");
    EXPECT_EQ(thinking("claude-opus-5-5"), "null");
    EXPECT_EQ(thinking("claude-haiku-5-51"), "null");
}

TEST(AnthropicRequest, AsksModelsThatAlwaysThinkForLowEffort) {
    EXPECT_EQ(written(asks({hello}), for_model("claude-opus-5-5"))["output_config"]["effort"], "low");
    EXPECT_EQ(written(asks({hello}), for_model("claude-fable-5-2"))["output_config"]["effort"], "low");
    EXPECT_FALSE(written(asks({hello}), for_model("claude-haiku-5-5")).contains("output_config"));
}

TEST(AnthropicRequest, LetsTheSettingsDecideForAnUnknownModel) {
    MessagesSettings settings = for_model("claude-next");
    EXPECT_FALSE(written(asks({hello}), settings).contains("thinking"));
    settings.thinking = Thinking::disabled;
    settings.effort = "medium";
    const Json body = written(asks({hello}), settings);
    EXPECT_EQ(body["thinking"]["type"], "disabled");
    EXPECT_EQ(body["output_config"]["effort"], "medium");
}

TEST(AnthropicRequest, MergesNeighboursOfTheSameRole) {
    const Json body =
        written(asks({hello, {Role::user, "Anyone?"}, {Role::assistant, "Yes."}, {Role::user, "Good"}}));
    ASSERT_EQ(body["messages"].size(), 3u);
    EXPECT_EQ(text_of(body["messages"][0]), "Hello\nAnyone?");
    EXPECT_EQ(body["messages"][1]["role"], "assistant");
}

TEST(AnthropicRequest, DropsTextWithoutWordsAndMergesWhatBecomesNeighbours) {
    const Json body = written(asks({hello,
                                    {Role::assistant, " \n\t"},
                                    {Role::assistant, ""},
                                    {Role::assistant, "\xC2\xA0\xE3\x80\x80"},
                                    {Role::user, "Still there?"}}));
    ASSERT_EQ(body["messages"].size(), 1u);
    EXPECT_EQ(text_of(body["messages"][0]), "Hello\nStill there?");
}

TEST(AnthropicRequest, StripsTrailingWhiteSpace) {
    const Json body =
        written(asks({{Role::user, "Hi"}, {Role::assistant, "It is \n"}, {Role::user, "Stop\xC2\xA0"}}));
    EXPECT_EQ(text_of(body["messages"][1]), "It is");
    EXPECT_EQ(text_of(body["messages"][2]), "Stop");
}

TEST(AnthropicRequest, PutsAUserMessageBeforeAGreeting) {
    const Json body = written(asks({{Role::assistant, "Welcome!"}, hello}));
    ASSERT_EQ(body["messages"].size(), 3u);
    EXPECT_EQ(body["messages"][0]["role"], "user");
    EXPECT_EQ(text_of(body["messages"][0]), "(call connected)");
    EXPECT_EQ(text_of(body["messages"][1]), "Welcome!");
}

TEST(AnthropicRequest, RefusesAListThatEndsWithTheAssistant) {
    const RequestBody body = write_request({}, asks({hello, {Role::assistant, "It is"}, {Role::user, "  "}}));
    EXPECT_THAT(body.body, IsEmpty());
    EXPECT_THAT(body.problem, HasSubstr("the last one must be the caller's"));
}

TEST(AnthropicRequest, RefusesAListWithoutAnyText) {
    EXPECT_THAT(write_request({}, asks({})).problem, HasSubstr("messages"));
    EXPECT_THAT(write_request({}, asks({{Role::user, " "}})).problem, HasSubstr("messages"));
}

TEST(AnthropicRequest, LeavesOutAnEmptySystemPrompt) {
    EXPECT_FALSE(written(asks({hello}, " \n")).contains("system"));
}

TEST(AnthropicRequest, MarksNothingThatIsTooShortToBeCached) {
    const Json small = written(asks({hello}, "Be brief."));
    EXPECT_EQ(small.dump().find("cache_control"), std::string::npos);
    const Json for_haiku_4_5 = written(asks({hello}, long_prompt), for_model("claude-haiku-4-5"));
    EXPECT_EQ(for_haiku_4_5.dump().find("cache_control"), std::string::npos);
}

TEST(AnthropicRequest, MarksNothingWhenCachingIsOff) {
    MessagesSettings settings;
    settings.prompt_caching = false;
    const Json body = written(asks({hello}, long_prompt), settings);
    EXPECT_EQ(body.dump().find("cache_control"), std::string::npos);
    EXPECT_EQ(body["system"][0]["text"], long_prompt);
}

TEST(AnthropicRequest, TakesTheRequestsOwnMaxTokens) {
    ModelRequest request = asks({hello});
    request.max_tokens = 77;
    EXPECT_EQ(written(request)["max_tokens"], 77);
}

TEST(AnthropicRequest, ReplacesBrokenUtf8InsteadOfFailing) {
    EXPECT_EQ(text_of(written(asks({{Role::user, "a\xFFz"}}))["messages"][0]), "a\xEF\xBF\xBDz");
}

const ModelTool weather{"get_weather", "The weather of a town.",
                        R"({ "type" : "object", "properties" : {"town": {"type":"string"}} })"};
const ModelTool hang_up{"end_call", "Say goodbye first.", ""};

TEST(AnthropicRequest, WritesAToolLoopInTheseBytes) {
    ModelRequest request =
        asks({{Role::user, "Is it warm in Rome?"},
              {Role::assistant,
               "Let me see. ",
               {{"toolu_1", "get_weather", R"({ "town" : "Rome" })"}, {"toolu_2", "get_weather", ""}}},
              {Role::user, "And?", {}, {{"toolu_2", "No town.", true}, {"toolu_1", "21 degrees"}}}});
    request.tools = {weather, hang_up};
    const RequestBody body = write_request({}, request);
    EXPECT_EQ(
        body.body,
        R"({"model":"claude-haiku-5-5","max_tokens":400,"stream":true,"thinking":{"type":"disabled"},)"
        R"("tools":[{"name":"get_weather","description":"The weather of a town.","input_schema":)"
        R"({"type":"object","properties":{"town":{"type":"string"}}}},)"
        R"({"name":"end_call","description":"Say goodbye first.","input_schema":{"type":"object"}}],)"
        R"("messages":[{"role":"user","content":[{"type":"text","text":"Is it warm in Rome?"}]},)"
        R"({"role":"assistant","content":[{"type":"text","text":"Let me see."},)"
        R"({"type":"tool_use","id":"toolu_1","name":"get_weather","input":{"town":"Rome"}},)"
        R"({"type":"tool_use","id":"toolu_2","name":"get_weather","input":{}}]},)"
        R"({"role":"user","content":[{"type":"tool_result","tool_use_id":"toolu_1","content":"21 degrees"},)"
        R"({"type":"tool_result","tool_use_id":"toolu_2","content":"No town.","is_error":true},)"
        R"({"type":"text","text":"And?"}]}]})");
}

TEST(AnthropicRequest, ForbidsToolsWithoutTakingTheirDeclarationsAway) {
    ModelRequest request = asks({hello});
    request.may_call_tools = false;
    EXPECT_FALSE(written(request).contains("tool_choice"));
    request.tools = {weather};
    EXPECT_EQ(written(request)["tool_choice"], Json({{"type", "none"}}));
    EXPECT_EQ(written(request)["tools"].size(), 1u);
    request.may_call_tools = true;
    EXPECT_FALSE(written(request).contains("tool_choice"));
}

TEST(AnthropicRequest, NamesTheToolThatCannotBeDeclared) {
    const auto problem = [](std::vector<ModelTool> tools) {
        ModelRequest request = asks({hello});
        request.tools = std::move(tools);
        const RequestBody body = write_request({}, request);
        EXPECT_EQ(body.body.empty(), !body.problem.empty());
        return body.problem;
    };
    const std::string deep(100, '[');
    EXPECT_THAT(problem({weather, {"book", "", "{"}}), HasSubstr("\"book\""));
    EXPECT_THAT(problem({{"book", "", "[]"}}), HasSubstr("not a JSON object"));
    EXPECT_THAT(problem({{"book", "", R"({"a":)" + deep}}), HasSubstr("not a JSON object"));
    EXPECT_THAT(problem({{"book", "", R"({"properties":{}})"}}), HasSubstr("the type \"object\""));
    EXPECT_THAT(problem({{"book", "", R"({"type":"string"})"}}), HasSubstr("the type \"object\""));
    EXPECT_THAT(problem({{"book a table", "", ""}}), HasSubstr("\"book a table\""));
    EXPECT_THAT(problem({{"", "", ""}}), HasSubstr("letters"));
    EXPECT_THAT(problem({{std::string(65, 'x'), "", ""}}), HasSubstr("64"));
    EXPECT_THAT(problem({weather, weather}), HasSubstr("two with the name \"get_weather\""));
    EXPECT_THAT(problem({weather, hang_up}), IsEmpty());
}

// Where a request is marked: "tools", "system" and the indices of messages.
std::vector<std::string> marks_of(const Json& body) {
    std::vector<std::string> marks;
    const auto look = [&](const Json& blocks, const std::string& where) {
        for (const Json& block : blocks) {
            if (!block.contains("cache_control")) continue;
            EXPECT_EQ(block["cache_control"], Json({{"type", "ephemeral"}}));
            EXPECT_EQ(&block, &blocks.back()) << "a mark before the end of " << where;
            marks.push_back(where);
        }
    };
    if (body.contains("tools")) look(body["tools"], "tools");
    if (body.contains("system")) look(body["system"], "system");
    for (std::size_t i = 0; i < body["messages"].size(); ++i)
        look(body["messages"][i]["content"], std::to_string(i));
    return marks;
}

std::vector<ModelMessage> talk(std::size_t messages) {
    std::vector<ModelMessage> list;
    for (std::size_t i = 0; i < messages; ++i)
        list.push_back({i % 2 == 0 ? Role::user : Role::assistant, "message " + std::to_string(i)});
    return list;
}

TEST(AnthropicRequest, MarksSystemPromptStableMessagesAndTheLastTwoUserMessages) {
    using testing::ElementsAre;
    ModelRequest request = asks(talk(9), long_prompt);
    EXPECT_THAT(marks_of(written(request)), ElementsAre("system", "6", "8"));
    request.stable_messages = 4;
    EXPECT_THAT(marks_of(written(request)), ElementsAre("system", "3", "6", "8"));
    request.stable_messages = 9;
    EXPECT_THAT(marks_of(written(request)), ElementsAre("system", "6", "8"));
    request.tools = {weather};
    EXPECT_THAT(marks_of(written(request)), ElementsAre("system", "6", "8"));
    EXPECT_THAT(marks_of(written(asks(talk(1), long_prompt))), ElementsAre("system", "0"));
}

TEST(AnthropicRequest, MarksTheLastToolWhenThereIsNoSystemPrompt) {
    ModelRequest request = asks(talk(1));
    request.tools = {hang_up, weather};
    request.tools[0].description = long_prompt;
    EXPECT_THAT(marks_of(written(request)), testing::ElementsAre("tools", "0"));
}

TEST(AnthropicRequest, MarksOnlyWhereThePromptMayBeLongEnough) {
    std::vector<ModelMessage> list = talk(5);
    list[2].text = long_prompt;
    EXPECT_THAT(marks_of(written(asks(list, "Be brief."))), testing::ElementsAre("2", "4"));
}

TEST(AnthropicRequest, DoesNotCallAMessageStableThatMayStillGrow) {
    ModelRequest request = asks({hello,
                                 {Role::assistant, "Hi."},
                                 {Role::user, "One"},
                                 {Role::user, "Two"},
                                 {Role::assistant, "Yes."},
                                 {Role::user, "Three"},
                                 {Role::assistant, "So."},
                                 {Role::user, "Four"}},
                                long_prompt);
    request.stable_messages = 3;  // "One" is, but it became one message with "Two"
    EXPECT_THAT(marks_of(written(request)), testing::ElementsAre("system", "1", "4", "6"));
}

TEST(AnthropicRequest, RepeatsWhatItSaidInTheSameBytes) {
    ModelRequest request = asks(talk(5), long_prompt);
    Json before = written(request);
    request.messages.push_back({Role::user, "and one more thing"});  // the reply was interrupted unheard
    Json after = written(request);
    for (Json* body : {&before, &after})
        for (Json& message : (*body)["messages"])
            for (Json& block : message["content"]) block.erase("cache_control");
    EXPECT_EQ(before["system"], after["system"]);
    for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(before["messages"][i].dump(), after["messages"][i].dump());
    EXPECT_EQ(after["messages"][4]["content"].size(), 2u);
    EXPECT_EQ(before["messages"][4]["content"][0].dump(), after["messages"][4]["content"][0].dump());
}

}  // namespace
}  // namespace atlas::providers::anthropic
