#include "sandbox/services/claude_rules.hpp"
#include "sandbox/services/claude_stream.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace atlas::sandbox {
namespace {

using Json = nlohmann::ordered_json;
using testing::HasSubstr;

Json minimal() {
    return Json::parse(R"({"model":"claude-haiku-5-5","max_tokens":100,"stream":true,
        "thinking":{"type":"disabled"},"messages":[{"role":"user","content":"Hello"}]})");
}

Request post(const Json& body) {
    Request request;
    request.method = "POST";
    request.path = "/v1/messages";
    request.headers = {
        {"x-api-key", "k"}, {"anthropic-version", "2023-06-01"}, {"content-type", "application/json"}};
    request.body = body.dump();
    return request;
}

ClaudeRefusal refused(const Request& request) {
    const auto read = read_claude_request(request, {});
    const auto* refusal = std::get_if<ClaudeRefusal>(&read);
    return refusal == nullptr ? ClaudeRefusal{0, "accepted", "accepted", "accepted"} : *refusal;
}

ClaudeRequest accepted(const Json& body) {
    const auto read = read_claude_request(post(body), {});
    if (const auto* refusal = std::get_if<ClaudeRefusal>(&read)) ADD_FAILURE() << refusal->message;
    return std::holds_alternative<ClaudeRequest>(read) ? std::get<ClaudeRequest>(read) : ClaudeRequest{};
}

std::string message_of(const Json& body) { return refused(post(body)).message; }

Json with_messages(const char* messages) {
    Json body = minimal();
    body["messages"] = Json::parse(messages);
    return body;
}

TEST(SandboxClaude, AcceptsAPlainStreamingRequest) {
    const ClaudeRequest request = accepted(minimal());
    EXPECT_EQ(request.model, "claude-haiku-5-5");
    EXPECT_TRUE(request.stream);
    EXPECT_FALSE(request.thinking);
    ASSERT_EQ(request.messages.size(), 1u);
    EXPECT_EQ(request.messages[0].text, "Hello");
}

TEST(SandboxClaude, WantsExactlyOneCredential) {
    Request none = post(minimal());
    std::erase_if(none.headers, [](const auto& header) { return header.first == "x-api-key"; });
    EXPECT_EQ(refused(none).status, 401);
    EXPECT_EQ(refused(none).type, "authentication_error");
    Request both = post(minimal());
    both.headers.emplace_back("authorization", "Bearer k");
    EXPECT_EQ(refused(both).status, 401);
    Request bearer = none;
    bearer.headers.emplace_back("authorization", "Bearer k");
    EXPECT_EQ(refused(bearer).status, 0);
}

TEST(SandboxClaude, RefusesAKeyThatIsNotOnItsList) {
    const auto read = read_claude_request(post(minimal()), {"another"});
    ASSERT_TRUE(std::holds_alternative<ClaudeRefusal>(read));
    EXPECT_EQ(std::get<ClaudeRefusal>(read).status, 401);
}

TEST(SandboxClaude, WantsAKnownVersionHeader) {
    Request request = post(minimal());
    request.headers[1].second = "2025-01-01";
    EXPECT_EQ(refused(request).rule, "version");
    std::erase_if(request.headers, [](const auto& header) { return header.first == "anthropic-version"; });
    EXPECT_THAT(refused(request).message, HasSubstr("anthropic-version"));
}

TEST(SandboxClaude, RefusesUnknownKeysByName) {
    Json body = minimal();
    body["voice"] = "loud";
    EXPECT_EQ(message_of(body), "voice: Extra inputs are not permitted");
}

TEST(SandboxClaude, AnswersAnUnknownModelWith404) {
    Json body = minimal();
    body["model"] = "claude-2";
    EXPECT_EQ(refused(post(body)).status, 404);
    EXPECT_EQ(refused(post(body)).type, "not_found_error");
}

TEST(SandboxClaude, RefusesSamplingParametersUnderTheNewVersionOnEveryModel) {
    Json body = minimal();
    body["model"] = "claude-haiku-4-5";
    body["temperature"] = 1;
    Request request = post(body);
    EXPECT_EQ(refused(request).status, 0);
    request.headers[1].second = "2026-10-21";
    EXPECT_EQ(refused(request).rule, "sampling_parameter");
}

TEST(SandboxClaude, RefusesThinkingTypesTheModelDoesNotKnow) {
    Json body = minimal();
    body["model"] = "claude-sonnet-5-5";
    EXPECT_EQ(refused(post(body)).rule, "thinking");
    body["thinking"]["type"] = "between_tools";
    EXPECT_EQ(refused(post(body)).status, 0);
    body["model"] = "claude-haiku-5-5";
    EXPECT_EQ(refused(post(body)).rule, "thinking");
}

TEST(SandboxClaude, ThinksWhenTheFieldIsLeftOutAndTheModelDoesSoByDefault) {
    Json body = minimal();
    body.erase("thinking");
    EXPECT_TRUE(accepted(body).thinking);
    body["model"] = "claude-haiku-4-5";
    EXPECT_FALSE(accepted(body).thinking);
}

TEST(SandboxClaude, RefusesZeroTokensTogetherWithStreaming) {
    Json body = minimal();
    body["max_tokens"] = 0;
    EXPECT_EQ(refused(post(body)).rule, "max_tokens");
    body["stream"] = false;
    EXPECT_EQ(refused(post(body)).status, 0);
}

TEST(SandboxClaude, RefusesEmptyAndBlankText) {
    EXPECT_THAT(message_of(with_messages(R"([{"role":"user","content":""}])")),
                HasSubstr("non-empty content"));
    EXPECT_THAT(message_of(with_messages(R"([{"role":"user","content":" \n"}])")),
                HasSubstr("non-whitespace"));
    EXPECT_THAT(message_of(with_messages(R"([{"role":"user","content":[{"type":"text","text":""}]}])")),
                HasSubstr("text content blocks must be non-empty"));
}

TEST(SandboxClaude, RefusesPrefillAndAnAssistantFirst) {
    EXPECT_EQ(
        refused(post(with_messages(R"([{"role":"user","content":"a"},{"role":"assistant","content":"b"}])")))
            .rule,
        "prefill");
    EXPECT_EQ(
        refused(post(with_messages(R"([{"role":"assistant","content":"b"},{"role":"user","content":"a"}])")))
            .rule,
        "first_message");
}

TEST(SandboxClaude, WantsAResultForEveryToolUseInTheNextMessage) {
    const char* orphan = R"([{"role":"user","content":"a"},
        {"role":"assistant","content":[{"type":"tool_use","id":"t1","name":"x","input":{}}]},
        {"role":"user","content":"never mind"}])";
    EXPECT_THAT(message_of(with_messages(orphan)),
                HasSubstr("without `tool_result` blocks immediately after: t1"));
    const char* stray =
        R"([{"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":"x"}]}])";
    EXPECT_THAT(message_of(with_messages(stray)), HasSubstr("does not contain any `tool_use` blocks"));
    const char* text_first = R"([{"role":"user","content":"a"},
        {"role":"assistant","content":[{"type":"tool_use","id":"t1","name":"x","input":{}}]},
        {"role":"user","content":[{"type":"text","text":"so"},{"type":"tool_result","tool_use_id":"t1","content":"x"}]}])";
    EXPECT_THAT(message_of(with_messages(text_first)), HasSubstr("at the beginning of this message"));
    const char* good = R"([{"role":"user","content":"a"},
        {"role":"assistant","content":[{"type":"tool_use","id":"t1","name":"x","input":{}}]},
        {"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":"x"},{"type":"text","text":"so"}]}])";
    EXPECT_EQ(refused(post(with_messages(good))).status, 0);
}

TEST(SandboxClaude, AllowsFourCacheMarksAndNoFifth) {
    Json body = minimal();
    body["messages"][0]["content"] = Json::array();
    for (int i = 0; i < 4; ++i)
        body["messages"][0]["content"].push_back(
            {{"type", "text"}, {"text", "x"}, {"cache_control", {{"type", "ephemeral"}}}});
    EXPECT_EQ(refused(post(body)).status, 0);
    body["cache_control"] = {{"type", "ephemeral"}};
    EXPECT_EQ(refused(post(body)).rule, "cache_control");
}

TEST(SandboxClaude, MergesMessagesOfTheSameRole) {
    const ClaudeRequest request =
        accepted(with_messages(R"([{"role":"user","content":"a"},{"role":"user","content":"b"}])"));
    ASSERT_EQ(request.messages.size(), 1u);
    EXPECT_EQ(request.messages[0].text, "a b");
}

ClaudeReply saying(std::vector<std::string> tokens) {
    ClaudeReply reply;
    reply.tokens = std::move(tokens);
    return reply;
}

std::string stream_of(const ClaudeReply& reply, const std::optional<Fault>& fault) {
    Random random;
    std::string all;
    for (const StreamStep& step : claude_stream(reply, accepted(minimal()), fault, random)) all += step.bytes;
    return all;
}

TEST(SandboxClaude, StreamsEventsInTheServicesOrder) {
    const std::string stream = stream_of(saying({"Hi", " there"}), {});
    std::size_t at = 0;
    for (const char* event : {"message_start", "content_block_start", "ping", "content_block_delta",
                              "content_block_stop", "message_delta", "message_stop"}) {
        at = stream.find(std::string("event: ") + event + "\n", at);
        ASSERT_NE(at, std::string::npos) << event;
    }
    EXPECT_THAT(stream, HasSubstr(R"("text":" there")"));
}

TEST(SandboxClaude, EndsWithAnErrorEventAndWithoutMessageStopWhenTold) {
    Fault fault;
    fault.names = {"error_event"};
    fault.numbers["after_tokens"] = 1;
    const std::string stream = stream_of(saying({"Hi", " there"}), fault);
    EXPECT_THAT(stream, HasSubstr("overloaded_error"));
    EXPECT_EQ(stream.find("message_stop"), std::string::npos);
    EXPECT_EQ(stream.find(" there"), std::string::npos);
}

TEST(SandboxClaude, CutsTheReplyAtMaxTokens) {
    ClaudeRequest request;
    request.max_tokens = 2;
    ClaudeReply reply = saying({"one", " two", " three"});
    limit_reply(reply, request);
    EXPECT_EQ(reply.tokens.size(), 2u);
    EXPECT_EQ(reply.stop_reason, "max_tokens");
}

TEST(SandboxClaude, CutsTheReplyBeforeAStopSequence) {
    ClaudeRequest request;
    request.max_tokens = 50;
    request.stop_sequences = {"END"};
    ClaudeReply reply = saying({"one E", "ND two"});
    limit_reply(reply, request);
    EXPECT_EQ(reply.tokens, std::vector<std::string>{"one "});
    EXPECT_EQ(reply.stop_reason, "stop_sequence");
}

}  // namespace
}  // namespace atlas::sandbox
