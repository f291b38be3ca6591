#include "sandbox/services/claude_rules.hpp"
#include "sandbox/services/claude_stream.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <map>

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

// A request whose assistant made calls and whose user gave results, as JSON.
Json with_tools(const std::string& uses, const std::string& results) {
    return with_messages((R"([{"role":"user","content":"a"},{"role":"assistant","content":[)" + uses +
                          R"(]},{"role":"user","content":[)" + results + "]}]")
                             .c_str());
}

TEST(SandboxClaude, WantsEachCallAndResultOnce) {
    const std::string use = R"({"type":"tool_use","id":"t1","name":"x","input":{}})";
    const std::string result = R"({"type":"tool_result","tool_use_id":"t1","content":"x"})";
    EXPECT_EQ(message_of(with_tools(use, result)), "accepted");
    EXPECT_THAT(message_of(with_tools(use + "," + use, result)), HasSubstr("`tool_use` ids must be unique"));
    EXPECT_THAT(message_of(with_tools(use, result + "," + result)),
                HasSubstr("multiple `tool_result` blocks"));
    const std::string other = R"({"type":"tool_result","tool_use_id":"t2","content":"x"})";
    EXPECT_THAT(message_of(with_tools(use, result + "," + other)), HasSubstr("unexpected `tool_use_id`"));
}

TEST(SandboxClaude, RefusesCallsAndResultsOfTheWrongShape) {
    const std::string result = R"({"type":"tool_result","tool_use_id":"t1","content":"x"})";
    for (const char* use :
         {R"({"type":"tool_use","id":"t1","name":"x","input":"{}"})",
          R"({"type":"tool_use","id":"t1","name":"x"})", R"({"type":"tool_use","id":"t1","input":{}})",
          R"({"type":"tool_use","id":"t1","name":"x y","input":{}})",
          R"({"type":"tool_use","id":"t|1","name":"x","input":{}})"})
        EXPECT_EQ(refused(post(with_tools(use, result))).status, 400) << use;
    const std::string use = R"({"type":"tool_use","id":"t1","name":"x","input":{}})";
    for (const char* wrong :
         {R"({"type":"tool_result","tool_use_id":"t1","content":""})",
          R"({"type":"tool_result","tool_use_id":"t1","content":[{"type":"text","text":" "}]})",
          R"({"type":"tool_result","tool_use_id":"t1","content":{"a":1}})",
          R"({"type":"tool_result","tool_use_id":"t1","content":"x","is_error":"no"})",
          R"({"type":"tool_result","content":"x"})"})
        EXPECT_EQ(refused(post(with_tools(use, wrong))).status, 400) << wrong;
}

TEST(SandboxClaude, ReadsTheTextsOfTheLastResults) {
    const ClaudeRequest request =
        accepted(with_tools(R"({"type":"tool_use","id":"t1","name":"x","input":{}},
                               {"type":"tool_use","id":"t2","name":"x","input":{}})",
                            R"({"type":"tool_result","tool_use_id":"t1","content":"21 degrees"},
                               {"type":"tool_result","tool_use_id":"t2","content":[{"type":"text","text":"rain"}]})"));
    EXPECT_EQ(request.results, "21 degrees\nrain\n");
}

TEST(SandboxClaude, RefusesToolsThatCannotBeDeclared) {
    const auto message = [](const char* tools, const char* choice = "") {
        Json body = minimal();
        body["tools"] = Json::parse(tools);
        if (*choice != '\0') body["tool_choice"] = Json::parse(choice);
        return message_of(body);
    };
    const char* good = R"([{"name":"a","description":"d","input_schema":{"type":"object"}}])";
    EXPECT_EQ(message(good), "accepted");
    EXPECT_EQ(message(good, R"({"type":"none"})"), "accepted");
    EXPECT_THAT(message(R"([{"name":"a b","input_schema":{"type":"object"}}])"), HasSubstr("tools.0.name"));
    EXPECT_THAT(message(R"([{"name":"a","input_schema":{}}])"), HasSubstr("Input should be 'object'"));
    EXPECT_THAT(message(R"([{"name":"a","input_schema":[]}])"), HasSubstr("Input should be 'object'"));
    EXPECT_THAT(message(R"([{"name":"a","input_schema":{"type":"object"},"url":"x"}])"),
                HasSubstr("tools.0.url: Extra inputs"));
    EXPECT_THAT(message(R"([{"name":"a","input_schema":{"type":"object"}},
                            {"name":"a","input_schema":{"type":"object"}}])"),
                HasSubstr("must be unique"));
    EXPECT_THAT(message(good, R"({"type":"tool","name":"b"})"), HasSubstr("'b' not found"));
    EXPECT_THAT(message(good, R"({"type":"none","name":"a"})"), HasSubstr("tool_choice.name: Extra inputs"));
    EXPECT_THAT(message(good, R"({"type":"maybe"})"), HasSubstr("tool_choice.type"));
}

TEST(SandboxClaude, KnowsWhenToolsMustNotBeCalled) {
    Json body = minimal();
    EXPECT_TRUE(accepted(body).may_call_tools);
    body["tools"] = Json::parse(R"([{"name":"a","input_schema":{"type":"object"}}])");
    body["tool_choice"] = {{"type", "none"}};
    EXPECT_FALSE(accepted(body).may_call_tools);
}

TEST(SandboxClaude, RefusesCacheMarksItDoesNotKnow) {
    for (const char* mark : {R"({"type":"forever"})", R"({"type":"ephemeral","ttl":"2h"})",
                             R"({"type":"ephemeral","scope":"x"})", R"("ephemeral")"}) {
        Json body = minimal();
        body["system"] =
            Json::array({Json{{"type", "text"}, {"text", "x"}, {"cache_control", Json::parse(mark)}}});
        EXPECT_EQ(refused(post(body)).status, 400) << mark;
    }
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

// ---- Tool calls as they are streamed

ClaudeReply calling(std::vector<ScriptedReply::Call> calls) {
    ClaudeReply reply = saying({"One", " moment."});
    reply.calls = std::move(calls);
    return reply;
}

std::vector<Json> events_of(const std::string& stream) {
    std::vector<Json> events;
    for (std::size_t at = stream.find("data: "); at != std::string::npos; at = stream.find("data: ", at + 1))
        events.push_back(Json::parse(stream.substr(at + 6, stream.find('\n', at) - at - 6)));
    return events;
}

TEST(SandboxClaude, StreamsParallelCallsOneAfterTheOtherInArbitraryPieces) {
    const std::string first = R"({"town":"SÃ£o Paulo 😀","note":"a \"quoted\" word"})";
    const ClaudeReply reply = calling({{"look", first}, {"book", R"({"seats":2})"}, {"end_call", "{}"}});
    bool odd_cut = false;
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
        Random random(seed);
        std::string stream;
        for (const StreamStep& step : claude_stream(reply, accepted(minimal()), {}, random))
            stream += step.bytes;
        std::map<int, std::string> inputs;
        int open = -1;
        for (const Json& event : events_of(stream)) {
            if (event["type"] == "content_block_start") {
                EXPECT_EQ(open, -1) << "one block at a time";
                open = event["index"];
            }
            if (event["type"] == "content_block_stop") {
                EXPECT_EQ(event["index"], open);
                open = -1;
            }
            if (event["type"] != "content_block_delta" || event["delta"]["type"] != "input_json_delta")
                continue;
            EXPECT_EQ(event["index"], open);
            inputs[open] += event["delta"]["partial_json"].get<std::string>();
            odd_cut = odd_cut || inputs[open].ends_with("\\");
        }
        ASSERT_EQ(inputs.size(), 3u);
        EXPECT_EQ(inputs[1], first);
        EXPECT_EQ(inputs[2], R"({"seats":2})");
        EXPECT_EQ(inputs[3], "{}");
    }
    EXPECT_TRUE(odd_cut) << "no piece ended inside an escape";
}

TEST(SandboxClaude, EndsAReplyWithCallsForThem) {
    ClaudeReply reply = calling({{"end_call", "{}"}});
    limit_reply(reply, accepted(minimal()));
    EXPECT_EQ(reply.stop_reason, "tool_use");
}

TEST(SandboxClaude, WaitsForTheFirstTokenOnceWhateverComesFirst) {
    ClaudeReply silent = calling({{"end_call", "{}"}});
    silent.tokens.clear();
    for (const ClaudeReply& reply : {saying({"Hi"}), silent, calling({{"end_call", "{}"}}), saying({})}) {
        Random random;
        int waits = 0;
        for (const StreamStep& step : claude_stream(reply, accepted(minimal()), {}, random))
            waits += step.wait == StreamStep::Wait::first_token ? 1 : 0;
        EXPECT_EQ(waits, 1);
    }
}

TEST(SandboxClaude, CutsTheJsonOfACallAtMaxTokens) {
    ClaudeRequest request;
    const auto limited = [&](int max_tokens) {
        ClaudeReply reply = calling({{"look", R"({"town":"Rome"})"}, {"end_call", "{}"}});
        request.max_tokens = max_tokens;
        limit_reply(reply, request);
        return reply;
    };
    EXPECT_TRUE(limited(2).calls.empty());
    EXPECT_EQ(limited(2).stop_reason, "max_tokens");
    ASSERT_EQ(limited(3).calls.size(), 1u);
    EXPECT_EQ(limited(3).calls[0].input_json, "");
    EXPECT_EQ(limited(5).calls[0].input_json, R"({"town":)");
    ASSERT_EQ(limited(7).calls.size(), 1u);
    EXPECT_EQ(limited(7).stop_reason, "max_tokens");
    EXPECT_EQ(limited(9).calls.size(), 2u);
    EXPECT_EQ(limited(9).stop_reason, "tool_use");
}

TEST(SandboxClaude, ReportsTheSameUsageAtStartAndEnd) {
    ClaudeReply reply = saying({"Hi"});
    reply.usage = {11, 22, 33, 0, 2};
    const auto events = events_of(stream_of(reply, {}));
    for (const Json& usage : {events.front()["message"]["usage"], events[events.size() - 2]["usage"]}) {
        EXPECT_EQ(usage["input_tokens"], 11);
        EXPECT_EQ(usage["cache_read_input_tokens"], 22);
        EXPECT_EQ(usage["cache_creation_input_tokens"], 33);
    }
    EXPECT_EQ(events.front()["message"]["usage"]["cache_creation"]["ephemeral_5m_input_tokens"], 33);
}

// ---- The prompt cache

class SandboxPromptCache : public testing::Test {
protected:
    // Blocks of 100 tokens each, marked or not: "ab*c*".
    static Prompt prompt(std::string_view blocks) {
        Prompt made;
        made.model = "claude-haiku-5-5";
        for (const char c : blocks) {
            if (c == '*')
                made.blocks.back().marked = true;
            else
                made.blocks.push_back({std::string(400, c), 400, false, false});
        }
        return made;
    }
    PromptUsage ask(const Prompt& asked) {
        const auto use = cache.read(asked, now);
        cache.write(use, now);
        EXPECT_EQ(use.usage.input + use.usage.read + use.usage.written(), int(asked.blocks.size()) * 100);
        return use.usage;
    }
    PromptUsage ask(std::string_view blocks) { return ask(prompt(blocks)); }

    PromptCache cache;
    PromptCache::Time now{};
};

TEST_F(SandboxPromptCache, WritesUpToTheMarkAndReadsItNextTime) {
    const PromptUsage first = ask("abcdef*g");
    EXPECT_EQ(first.written(), 600);
    EXPECT_EQ(first.read, 0);
    EXPECT_EQ(first.input, 100);
    EXPECT_EQ(first.marks, 1);
    const PromptUsage second = ask("abcdef*x");
    EXPECT_EQ(second.read, 600);
    EXPECT_EQ(second.written(), 0);
    EXPECT_EQ(second.input, 100);
}

TEST_F(SandboxPromptCache, FindsAnEarlierEntryBehindAMarkThatMoved) {
    ask("abcdef*");
    const PromptUsage usage = ask("abcdefgh*");
    EXPECT_EQ(usage.read, 600);
    EXPECT_EQ(usage.written(), 200);
}

TEST_F(SandboxPromptCache, ReadsNothingBehindAChange) {
    ask("abcdef*");
    EXPECT_EQ(ask("Xbcdef*").read, 0);
    EXPECT_EQ(ask("abXdefgh*").read, 0);
    EXPECT_EQ(ask("abcde").read, 0) << "nothing was asked for";
    Prompt other = prompt("abcdef*");
    other.model = "claude-opus-5-5";
    EXPECT_EQ(ask(other).read, 0);
}

TEST_F(SandboxPromptCache, ReadsOnlyWhereSomethingWasWritten) {
    ask("abcdefgh*");
    EXPECT_EQ(ask("abcdef*").read, 0) << "a part of an entry is none";
}

TEST_F(SandboxPromptCache, KeepsNothingShorterThanTheModelsMinimum) {
    for (int i = 0; i < 2; ++i) {
        const PromptUsage usage = ask("abcde*");  // 500 tokens
        EXPECT_EQ(usage.read + usage.written(), 0);
        EXPECT_EQ(usage.input, 500);
    }
    Prompt long_minimum = prompt("abcdef*");
    long_minimum.smallest_cached = 1024;
    EXPECT_EQ(ask(long_minimum).written(), 0);
}

TEST_F(SandboxPromptCache, LooksTwentyBlocksBackAndNoFurther) {
    const std::string start = "abcdef*";
    ask(start);
    EXPECT_EQ(ask("abcdef" + std::string(19, 'x') + "*").read, 600);
    PromptCache fresh;
    cache = fresh;
    ask(start);
    EXPECT_EQ(ask("abcdef" + std::string(20, 'x') + "*").read, 0);
    EXPECT_EQ(ask("abcdef*" + std::string(40, 'y') + "*").read, 600) << "its own mark";
}

TEST_F(SandboxPromptCache, LosesAnEntryAfterFiveMinutesWithoutUse) {
    ask("abcdef*");
    now += std::chrono::minutes(4);
    EXPECT_EQ(ask("abcdef*").read, 600);
    now += std::chrono::minutes(4);
    EXPECT_EQ(ask("abcdef*").read, 600) << "reading kept it";
    now += std::chrono::minutes(5);
    EXPECT_EQ(ask("abcdef*").read, 0);
}

TEST_F(SandboxPromptCache, KeepsForAnHourWhatIsMarkedSo) {
    Prompt marked = prompt("abcdef*");
    marked.blocks.back().for_an_hour = true;
    EXPECT_EQ(ask(marked).written_1h, 600);
    now += std::chrono::minutes(59);
    EXPECT_EQ(ask(marked).read, 600);
}

TEST_F(SandboxPromptCache, LetsOthersReadOnlyWhenTheAnswerHasBegun) {
    const auto first = cache.read(prompt("abcdef*"), now);
    EXPECT_EQ(cache.read(prompt("abcdef*"), now).usage.read, 0) << "asked at the same time";
    cache.write(first, now);
    EXPECT_EQ(cache.read(prompt("abcdef*"), now).usage.read, 600);
}

TEST_F(SandboxPromptCache, SeesThePromptInTheServicesOrderWithoutItsMarks) {
    Json body = minimal();
    body["tools"] = Json::parse(R"([{"name":"a","input_schema":{"type":"object"}}])");
    body["system"] = "s";
    const auto blocks = [&] { return accepted(body).prompt.blocks; };
    const auto plain = blocks();
    ASSERT_EQ(plain.size(), 3u);
    EXPECT_THAT(plain[0].identity, HasSubstr("input_schema"));
    EXPECT_EQ(plain[1].bytes, 1u);
    EXPECT_EQ(plain[2].bytes, 5u);
    body["tools"][0]["cache_control"] = {{"type", "ephemeral"}, {"ttl", "1h"}};
    body["system"] = Json::parse(R"([{"type":"text","text":"s","cache_control":{"type":"ephemeral"}}])");
    body["messages"][0]["content"] = Json::parse(R"([{"type":"text","text":"Hello"}])");
    body["cache_control"] = {{"type", "ephemeral"}};
    const auto marked = blocks();
    ASSERT_EQ(marked.size(), 3u);
    for (std::size_t i = 0; i < 3; ++i) {
        EXPECT_EQ(marked[i].identity, plain[i].identity);
        EXPECT_TRUE(marked[i].marked);
        EXPECT_EQ(marked[i].for_an_hour, i == 0);
    }
}

TEST_F(SandboxPromptCache, TakesTheChoiceOfToolsForAPartOfTheMessages) {
    Json body = minimal();
    body["tools"] = Json::parse(R"([{"name":"a","input_schema":{"type":"object"}}])");
    const auto before = accepted(body).prompt.blocks;
    body["tool_choice"] = {{"type", "none"}};
    const auto after = accepted(body).prompt.blocks;
    EXPECT_EQ(before[0].identity, after[0].identity);
    EXPECT_NE(before[1].identity, after[1].identity);
}

}  // namespace
}  // namespace atlas::sandbox
