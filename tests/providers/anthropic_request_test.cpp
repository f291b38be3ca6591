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

const ModelMessage hello{Role::user, "Hello"};
const std::string long_prompt(5000, 'x');

TEST(AnthropicRequest, IsTheSameBytesEveryTime) {
    const RequestBody body = write_request({}, asks({hello}, "Be brief."));
    EXPECT_EQ(body.body,
              R"({"model":"claude-haiku-5-5","max_tokens":400,"stream":true,"thinking":{"type":"disabled"},)"
              R"("system":"Be brief.","messages":[{"role":"user","content":"Hello"}]})");
}

TEST(AnthropicRequest, NeverHasASamplingParameterOrAnUnknownKey) {
    for (const std::string model : {"claude-haiku-5-5", "claude-sonnet-5-5", "claude-opus-5-5", "other"}) {
        const Json body = written(asks({hello}, long_prompt), for_model(model));
        for (const auto& [key, value] : body.items())
            EXPECT_THAT(key, testing::AnyOf("model", "max_tokens", "stream", "thinking", "output_config",
                                            "system", "messages"));
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
    EXPECT_EQ(body["messages"][0]["content"], "Hello\nAnyone?");
    EXPECT_EQ(body["messages"][1]["role"], "assistant");
}

TEST(AnthropicRequest, DropsTextWithoutWordsAndMergesWhatBecomesNeighbours) {
    const Json body = written(asks({hello,
                                    {Role::assistant, " \n\t"},
                                    {Role::assistant, ""},
                                    {Role::assistant, "\xC2\xA0\xE3\x80\x80"},
                                    {Role::user, "Still there?"}}));
    ASSERT_EQ(body["messages"].size(), 1u);
    EXPECT_EQ(body["messages"][0]["content"], "Hello\nStill there?");
}

TEST(AnthropicRequest, StripsTrailingWhiteSpace) {
    const Json body =
        written(asks({{Role::user, "Hi"}, {Role::assistant, "It is \n"}, {Role::user, "Stop\xC2\xA0"}}));
    EXPECT_EQ(body["messages"][1]["content"], "It is");
    EXPECT_EQ(body["messages"][2]["content"], "Stop");
}

TEST(AnthropicRequest, PutsAUserMessageBeforeAGreeting) {
    const Json body = written(asks({{Role::assistant, "Welcome!"}, hello}));
    ASSERT_EQ(body["messages"].size(), 3u);
    EXPECT_EQ(body["messages"][0], Json({{"role", "user"}, {"content", "(call connected)"}}));
    EXPECT_EQ(body["messages"][1]["content"], "Welcome!");
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

TEST(AnthropicRequest, MarksTheSystemPromptAndTheLastUserMessageForTheCache) {
    const Json body = written(asks({hello, {Role::assistant, "Hi."}, {Role::user, "Bye"}}, long_prompt));
    const Json marker = {{"type", "ephemeral"}};
    EXPECT_EQ(body["system"][0]["cache_control"], marker);
    EXPECT_EQ(body["system"][0]["text"], long_prompt);
    EXPECT_EQ(body["messages"][0]["content"], "Hello");
    EXPECT_EQ(body["messages"][2]["content"][0]["cache_control"], marker);
    EXPECT_EQ(body["messages"][2]["content"][0]["text"], "Bye");
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
    EXPECT_EQ(body["system"], long_prompt);
}

TEST(AnthropicRequest, TakesTheRequestsOwnMaxTokens) {
    ModelRequest request = asks({hello});
    request.max_tokens = 77;
    EXPECT_EQ(written(request)["max_tokens"], 77);
}

TEST(AnthropicRequest, ReplacesBrokenUtf8InsteadOfFailing) {
    EXPECT_EQ(written(asks({{Role::user, "a\xFFz"}}))["messages"][0]["content"], "a\xEF\xBF\xBDz");
}

}  // namespace
}  // namespace atlas::providers::anthropic
