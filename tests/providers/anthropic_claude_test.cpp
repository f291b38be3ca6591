#include "anthropic_wire.hpp"
#include "atlas/providers/anthropic/claude.hpp"
#include "support/fake_http_client.hpp"
#include "support/manual_loop.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace atlas::providers::anthropic {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

const net::HttpHeaders event_stream{{"content-type", "text/event-stream; charset=utf-8"},
                                    {"request-id", "req_42"}};

class ClaudeTest : public testing::Test {
protected:
    ClaudeTest() {
        settings.api_key = "key-123456";
        claude = std::make_unique<Claude>(settings, http, loop);
    }

    void ask(std::string words = "What time is it?") {
        ModelRequest request;
        request.messages.push_back({ModelMessage::Role::user, std::move(words)});
        ask_for(std::move(request));
    }
    void ask_for(ModelRequest request) {
        generation =
            claude->generate(std::move(request), [this](ModelEvent event) { hear(std::move(event)); });
    }
    void hear(ModelEvent event) {
        ASSERT_FALSE(completed || failure) << "an event after the last one";
        if (auto* start = std::get_if<ModelStarted>(&event)) starts.push_back(*start);
        if (auto* piece = std::get_if<ModelText>(&event)) text += piece->text;
        if (auto* called = std::get_if<ModelCalledTool>(&event)) calls.push_back(called->call.id);
        if (auto* end = std::get_if<ModelCompleted>(&event)) completed = *end;
        if (auto* end = std::get_if<ModelFailed>(&event)) {
            failed = *end;
            failure = end->failure;
        }
        if (on_hear) on_hear();
    }
    void server_sends(const std::string& bytes) {
        http.last().body(bytes);
        loop.run_ready();
    }
    void begin_stream() {
        http.last().head(200, event_stream);
        loop.run_ready();
    }
    void begin_text() {
        begin_stream();
        server_sends(message_start() + text_block_start() + text_delta("It is"));
        ASSERT_EQ(text, "It is");
    }
    void refuse(int status, net::HttpHeaders headers = {}, std::string body = "{}") {
        http.last().answer(status, std::move(headers), std::move(body));
        loop.run_ready();
    }
    FailureReason reason() const { return failure ? failure->reason : FailureReason::refused; }

    test::ManualLoop loop;
    test::FakeHttpClient http{loop};
    ClaudeSettings settings;
    std::unique_ptr<Claude> claude;
    std::unique_ptr<Generation> generation;
    std::vector<ModelStarted> starts;
    std::string text;
    std::vector<std::string> calls;
    std::optional<ModelCompleted> completed;
    std::optional<ModelFailed> failed;
    std::optional<ProviderFailure> failure;
    std::function<void()> on_hear;
};

TEST_F(ClaudeTest, AsksTheMessagesApiWithItsHeaders) {
    ask();
    const net::HttpRequest& request = http.last().request;
    EXPECT_EQ(request.method, "POST");
    EXPECT_EQ(request.url, "https://api.anthropic.com/v1/messages");
    EXPECT_EQ(request.headers.find("x-api-key"), "key-123456");
    EXPECT_EQ(request.headers.find("anthropic-version"), "2023-06-01");
    EXPECT_EQ(request.headers.find("content-type"), "application/json");
    EXPECT_FALSE(request.headers.contains("authorization"));
    EXPECT_EQ(request.connect_timeout, 2500ms);
    EXPECT_FALSE(request.fresh_connection);
    EXPECT_THAT(request.body, HasSubstr("What time is it?"));
}

TEST_F(ClaudeTest, StreamsTheTextAndCompletesAtMessageStop) {
    ask();
    begin_stream();
    server_sends(sample_reply());
    EXPECT_EQ(text, "Hello, na\xC3\xAFve \xF0\x9F\x98\x80 world.");
    ASSERT_TRUE(completed);
    EXPECT_EQ(completed->request_id, "req_42");
    EXPECT_EQ(completed->usage.output, 15);
    EXPECT_FALSE(loop.has_deadline());
}

TEST_F(ClaudeTest, TakesTheStreamByteByByte) {
    ask();
    begin_stream();
    for (const char byte : sample_reply()) http.last().body(std::string(1, byte));
    loop.run_ready();
    EXPECT_EQ(text, "Hello, na\xC3\xAFve \xF0\x9F\x98\x80 world.");
    EXPECT_TRUE(completed);
}

TEST_F(ClaudeTest, NeverFeedsAnErrorBodyToTheStreamParser) {
    ask();
    refuse(400, {}, text_delta("not a reply"));
    EXPECT_EQ(text, "");
    EXPECT_EQ(reason(), FailureReason::bad_request);
}

TEST_F(ClaudeTest, RefusesAnAnswerThatIsNoEventStream) {
    ask();
    for (int i = 0; i < 2; ++i) {
        refuse(200, {{"content-type", "text/html"}}, "<html>Log in to the Wi-Fi</html>");
        loop.advance(0s);
    }
    EXPECT_EQ(reason(), FailureReason::protocol);
    EXPECT_EQ(http.requests.size(), 2u) << "once more, at once, on a fresh connection";
    EXPECT_TRUE(http.last().request.fresh_connection);
}

TEST_F(ClaudeTest, ReadsOnlyTheStartOfAnEndlessErrorBody) {
    ask();
    http.last().head(400);
    for (int i = 0; i < 20; ++i) http.last().body(std::string(8 * 1024, 'x'));
    loop.run_ready();
    EXPECT_EQ(reason(), FailureReason::bad_request);
    EXPECT_TRUE(http.last().cancelled());
}

TEST_F(ClaudeTest, TellsARefusalWhoseBodyDoesNotEndByItsStatus) {
    ask();
    http.last().head(401);
    loop.advance(5s);
    EXPECT_EQ(reason(), FailureReason::unauthorized);
}

TEST_F(ClaudeTest, NeverRetriesWhatWouldBeRefusedAgain) {
    for (const int status : {400, 401, 402, 403, 404, 408, 409, 413}) {
        failure.reset();
        http.requests.clear();
        ask();
        refuse(status);
        loop.advance(10s);
        EXPECT_TRUE(failure) << status;
        EXPECT_EQ(http.requests.size(), 1u) << status;
    }
}

TEST_F(ClaudeTest, RetriesServerTroubleOnceAfterAQuarterToHalfASecondOnAFreshConnection) {
    for (const int status : {500, 503, 504, 529}) {
        failure.reset();
        http.requests.clear();
        ask();
        const std::string body = http.last().request.body;
        refuse(status);
        loop.advance(249ms);
        EXPECT_EQ(http.requests.size(), 1u) << status;
        loop.advance(251ms);
        ASSERT_EQ(http.requests.size(), 2u) << status;
        EXPECT_TRUE(http.last().request.fresh_connection);
        EXPECT_EQ(http.last().request.body, body);
        refuse(status);
        loop.advance(10s);
        EXPECT_EQ(http.requests.size(), 2u) << status;
        EXPECT_EQ(reason(), FailureReason::overloaded);
        EXPECT_EQ(failure->attempts, 2);
    }
}

TEST_F(ClaudeTest, CompletesOnTheSecondAttempt) {
    ask();
    refuse(529);
    loop.advance(500ms);
    begin_stream();
    server_sends(sample_reply());
    EXPECT_TRUE(completed);
    EXPECT_FALSE(failure);
}

TEST_F(ClaudeTest, RetriesWhenTheConnectionCannotBeMade) {
    ask();
    http.last().time_out_connecting();
    loop.advance(500ms);
    ASSERT_EQ(http.requests.size(), 2u);
    http.last().break_off("Connection refused");
    loop.run_ready();
    EXPECT_EQ(reason(), FailureReason::unreachable);
    EXPECT_THAT(failure->message, HasSubstr("Connection refused"));
}

TEST_F(ClaudeTest, RetriesWhenTheStreamBreaksBeforeAnyText) {
    ask();
    begin_stream();
    server_sends(message_start() + text_block_start());
    http.last().done();
    loop.advance(500ms);
    EXPECT_EQ(http.requests.size(), 2u);
}

TEST_F(ClaudeTest, RetriesAnErrorEventBeforeAnyText) {
    ask();
    begin_stream();
    server_sends(message_start() +
                 sse(R"({"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}})"));
    loop.advance(500ms);
    EXPECT_EQ(http.requests.size(), 2u);
    EXPECT_FALSE(failure);
}

TEST_F(ClaudeTest, ForgetsTheHalfEventOfTheFirstAttempt) {
    ask();
    begin_stream();
    server_sends("event: content_block_delta\ndata: {\"type\":\"content_");
    http.last().break_off();
    loop.advance(500ms);
    begin_stream();
    server_sends(sample_reply());
    EXPECT_TRUE(completed);
}

TEST_F(ClaudeTest, NeverRetriesAfterTheFirstText) {
    ask();
    begin_text();
    http.last().break_off("recv failure");
    loop.advance(10s);
    EXPECT_EQ(http.requests.size(), 1u);
    EXPECT_EQ(reason(), FailureReason::disconnected);
    EXPECT_EQ(failure->request_id, "req_42");
}

TEST_F(ClaudeTest, CallsATransportEndWithoutMessageStopTruncated) {
    ask();
    begin_text();
    http.last().done();
    loop.run_ready();
    EXPECT_EQ(reason(), FailureReason::truncated);
    EXPECT_FALSE(completed);
}

TEST_F(ClaudeTest, FailsOnAnErrorEventAfterText) {
    ask();
    begin_text();
    server_sends(sse(R"({"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}})"));
    loop.advance(10s);
    EXPECT_EQ(reason(), FailureReason::overloaded);
    EXPECT_EQ(http.requests.size(), 1u);
}

TEST_F(ClaudeTest, WaitsForARateLimitThatEndsSoon) {
    ask();
    refuse(429, {{"retry-after", "1"}});
    loop.advance(999ms);
    EXPECT_EQ(http.requests.size(), 1u);
    loop.advance(1ms);
    EXPECT_EQ(http.requests.size(), 2u);
}

TEST_F(ClaudeTest, DoesNotWaitForARateLimitThatTakesLong) {
    ask();
    refuse(429, {{"retry-after", "2"}});
    loop.advance(10s);
    EXPECT_EQ(http.requests.size(), 1u);
    EXPECT_EQ(reason(), FailureReason::rate_limited);
    EXPECT_EQ(failure->retry_after, 2000ms);
}

TEST_F(ClaudeTest, DoesNotRetryA429WithoutRetryAfter) {
    ask();
    refuse(429);
    loop.advance(10s);
    EXPECT_EQ(http.requests.size(), 1u);
    EXPECT_EQ(reason(), FailureReason::quota);
}

TEST_F(ClaudeTest, RetriesAfterFiveSecondsWithoutContentAndGivesUpAfterEight) {
    ask();
    loop.advance(4999ms);
    EXPECT_TRUE(http.last().open());
    loop.advance(1ms);
    EXPECT_TRUE(http.last().cancelled());
    loop.advance(500ms);
    ASSERT_EQ(http.requests.size(), 2u);
    loop.advance(2499ms);
    EXPECT_FALSE(failure);
    loop.advance(1ms);
    EXPECT_EQ(reason(), FailureReason::timed_out);
    EXPECT_TRUE(http.last().cancelled());
}

TEST_F(ClaudeTest, IsNotKeptWaitingForContentByPings) {
    ask();
    begin_stream();
    server_sends(message_start());
    for (int i = 0; i < 4; ++i) {
        loop.advance(1s);
        server_sends(ping());
    }
    EXPECT_TRUE(http.last().open());
    loop.advance(1s);
    EXPECT_TRUE(http.last().cancelled());
}

TEST_F(ClaudeTest, GivesUpAfterEightSecondsOfThinking) {
    ask();
    begin_stream();
    server_sends(sse(R"({"type":"content_block_start","index":0,"content_block":{"type":"thinking"}})"));
    for (int i = 0; i < 7; ++i) {
        loop.advance(1s);
        server_sends(ping());
    }
    EXPECT_FALSE(failure);
    loop.advance(1s);
    EXPECT_EQ(reason(), FailureReason::stalled);
    EXPECT_EQ(http.requests.size(), 1u);
}

TEST_F(ClaudeTest, CallsThreeSilentSecondsAfterTextAStall) {
    ask();
    begin_text();
    loop.advance(2s);
    server_sends(text_delta(" noon"));
    loop.advance(2999ms);
    EXPECT_FALSE(failure);
    loop.advance(1ms);
    EXPECT_EQ(reason(), FailureReason::stalled);
    EXPECT_TRUE(http.last().cancelled());
}

TEST_F(ClaudeTest, TakesPingsForLifeButNotForMoreThanTenSecondsWithoutText) {
    ask();
    begin_text();
    for (int i = 0; i < 9; ++i) {
        loop.advance(1s);
        server_sends(ping());
    }
    EXPECT_FALSE(failure);
    loop.advance(1s);
    EXPECT_EQ(reason(), FailureReason::stalled);
}

TEST_F(ClaudeTest, StreamsForLongAsLongAsTextComes) {
    ask();
    begin_text();
    for (int i = 0; i < 60; ++i) {
        loop.advance(2s);
        server_sends(text_delta("."));
    }
    server_sends(message_end());
    EXPECT_TRUE(completed);
}

TEST_F(ClaudeTest, TellsThatTheServiceBeganAndForWhichRequest) {
    ask();
    begin_stream();
    EXPECT_TRUE(starts.empty());
    server_sends(message_start());
    ASSERT_EQ(starts.size(), 1u);
    EXPECT_EQ(starts[0].request_id, "req_42");
    EXPECT_EQ(starts[0].usage.cache_read, 512);
}

TEST_F(ClaudeTest, StartsOnlyOnceHoweverManyAttemptsItTakes) {
    ask();
    begin_stream();
    server_sends(message_start());
    http.last().break_off();
    loop.advance(500ms);
    begin_stream();
    server_sends(sample_reply());
    EXPECT_EQ(starts.size(), 1u);
    ASSERT_TRUE(completed);
    EXPECT_EQ(completed->story.attempts, 2);
    EXPECT_EQ(completed->story.hedges, 0);
}

TEST_F(ClaudeTest, TellsHowManyAttemptsAndTokensAFailureTook) {
    ask();
    refuse(529);
    loop.advance(500ms);
    begin_text();
    http.last().break_off();
    loop.run_ready();
    ASSERT_TRUE(failed);
    EXPECT_EQ(failed->story.attempts, 2);
    EXPECT_EQ(failed->usage.input, 25);
    EXPECT_EQ(failed->usage.cache_read, 512);
    EXPECT_EQ(failed->usage.output, 1);
}

TEST_F(ClaudeTest, HandsOnParallelToolCallsAndCompletes) {
    ask();
    begin_stream();
    server_sends(message_start() + tool_block(0, "a", "book", {R"({\"seats\":)", "2}"}) +
                 tool_block(1, "b", "end_call", {""}));
    EXPECT_EQ(calls, std::vector<std::string>{"a"});
    server_sends(message_end("tool_use"));
    EXPECT_EQ(calls, (std::vector<std::string>{"a", "b"}));
    ASSERT_TRUE(completed);
    EXPECT_EQ(completed->stop_reason, "tool_use");
}

TEST_F(ClaudeTest, NeverRetriesAfterAToolCall) {
    ask();
    begin_stream();
    server_sends(tool_block(0, "a", "book", {R"({\"x\":1})"}));
    http.last().break_off();
    loop.advance(10s);
    EXPECT_EQ(http.requests.size(), 1u);
    EXPECT_EQ(reason(), FailureReason::disconnected);
    EXPECT_EQ(calls.size(), 1u);
}

TEST_F(ClaudeTest, RetriesWhenTheStreamBreaksInsideTheFirstToolCall) {
    ask();
    begin_stream();
    server_sends(tool_block(0, "a", "book", {R"({\"x)"}, false));
    http.last().break_off();
    loop.advance(500ms);
    ASSERT_EQ(http.requests.size(), 2u);
    begin_stream();
    server_sends(tool_block(0, "b", "book", {R"({\"x\":1})"}) + message_end("tool_use"));
    EXPECT_EQ(calls, std::vector<std::string>{"b"});
    EXPECT_TRUE(completed);
}

TEST_F(ClaudeTest, WaitsForALongToolCallAsLongAsItsArgumentsCome) {
    ask();
    begin_stream();
    server_sends(message_start() + tool_block(0, "a", "book", {R"({\"x\":\")"}, false));
    for (int i = 0; i < 20; ++i) {
        loop.advance(2s);
        server_sends(sse(
            R"({"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"y"}})"));
    }
    EXPECT_FALSE(failure);
    EXPECT_EQ(http.requests.size(), 1u);
    loop.advance(3s);  // a silence like the one after text; nothing was handed on, but the time is over
    EXPECT_EQ(reason(), FailureReason::stalled);
}

TEST_F(ClaudeTest, CallsTenSecondsOfPingsInsideAToolCallAStall) {
    ask();
    begin_stream();
    server_sends(tool_block(0, "a", "book", {"{}"}) + tool_block(1, "b", "book", {R"({\"x)"}, false));
    for (int i = 0; i < 9; ++i) {
        loop.advance(1s);
        server_sends(ping());
    }
    EXPECT_FALSE(failure);
    loop.advance(1s);
    EXPECT_EQ(reason(), FailureReason::stalled);
    EXPECT_EQ(calls.size(), 1u);
}

TEST_F(ClaudeTest, KeepsToolArgumentsAndResultsOutOfFailures) {
    ModelRequest request;
    request.messages = {{ModelMessage::Role::user, "hi"},
                        {ModelMessage::Role::assistant, "", {{"a", "book", R"({"name":"Ada Lovelace"})"}}},
                        {ModelMessage::Role::user, "", {}, {{"a", "card 4111 1111"}}}};
    ask_for(std::move(request));
    refuse(
        400, {},
        R"({"error":{"type":"invalid_request_error","message":"bad {\"name\":\"Ada Lovelace\"} card 4111 1111"}})");
    EXPECT_EQ(failure->message, "HTTP 400, invalid_request_error: bad [hidden] [hidden]");
}

TEST_F(ClaudeTest, TellsFromTheLoopWhichToolCannotBeDeclared) {
    ModelRequest request;
    request.messages = {{ModelMessage::Role::user, "hi"}};
    request.tools = {{"book", "", "{"}};
    ask_for(std::move(request));
    loop.advance(0s);
    EXPECT_EQ(reason(), FailureReason::bad_request);
    EXPECT_THAT(failure->message, HasSubstr("\"book\""));
    EXPECT_EQ(failed->story.attempts, 0);
    EXPECT_TRUE(http.requests.empty());
}

TEST_F(ClaudeTest, CancelsTheRequestWhenTheGenerationIsDestroyed) {
    ask();
    begin_text();
    generation.reset();
    EXPECT_TRUE(http.last().cancelled());
    EXPECT_FALSE(loop.has_deadline());
}

TEST_F(ClaudeTest, CancelsARetryThatWaits) {
    ask();
    refuse(529);
    generation.reset();
    loop.advance(10s);
    EXPECT_EQ(http.requests.size(), 1u);
    EXPECT_FALSE(failure);
}

TEST_F(ClaudeTest, MayBeDestroyedByAnyOfItsEvents) {
    on_hear = [this] { generation.reset(); };
    ask();
    begin_stream();
    server_sends(sample_reply());  // started
    EXPECT_EQ(starts.size(), 1u);
    EXPECT_EQ(text, "");
    ask();
    begin_stream();
    server_sends(text_delta("Hello, ") + text_delta("you"));  // its first text
    EXPECT_EQ(text, "Hello, ");
    ask();
    begin_stream();
    server_sends(tool_block(0, "a", "book", {}) + tool_block(1, "b", "book", {"{}"}));  // its first call
    EXPECT_EQ(calls, std::vector<std::string>{"a"});
    ask();
    begin_stream();
    server_sends(message_end());  // completed
    EXPECT_TRUE(completed);
    completed.reset();
    ask();
    refuse(400);  // failed
    EXPECT_EQ(reason(), FailureReason::bad_request);
    failure.reset();
    ask();
    loop.advance(20s);  // failed by a timer
    EXPECT_EQ(reason(), FailureReason::timed_out);
}

TEST_F(ClaudeTest, TellsABadRequestFromTheLoopWithoutAskingTheService) {
    ask_for({});
    EXPECT_FALSE(failure);
    loop.advance(0s);
    EXPECT_EQ(reason(), FailureReason::bad_request);
    EXPECT_TRUE(http.requests.empty());
}

TEST_F(ClaudeTest, KeepsKeyAndConversationOutOfFailures) {
    ask("my secret plan");
    refuse(400, {}, R"({"error":{"type":"invalid_request_error","message":"my secret plan; key-123456"}})");
    EXPECT_THAT(failure->message, Not(HasSubstr("secret plan")));
    EXPECT_THAT(failure->message, Not(HasSubstr("key-123456")));
}

TEST_F(ClaudeTest, WarmsUpAtMostOncePerMinute) {
    claude->warm_up();
    claude->warm_up();
    ASSERT_EQ(http.requests.size(), 1u);
    EXPECT_EQ(http.last().request.method, "GET");
    EXPECT_EQ(http.last().request.url, "https://api.anthropic.com/v1/models?limit=1");
    EXPECT_EQ(http.last().request.headers.find("x-api-key"), "key-123456");
    refuse(200);
    loop.advance(59s);
    claude->warm_up();
    EXPECT_EQ(http.requests.size(), 1u);
    loop.advance(1s);
    claude->warm_up();
    EXPECT_EQ(http.requests.size(), 2u);
}

TEST_F(ClaudeTest, DoesNotWaitLongForAWarmUp) {
    claude->warm_up();
    loop.advance(8s);
    EXPECT_TRUE(http.last().cancelled());
}

TEST(ClaudeSettings, SaysWhatIsWrongInWords) {
    ClaudeSettings settings;
    settings.api_key = "key";
    EXPECT_TRUE(validate(settings).empty());
    settings.base_url = "wss://api.anthropic.com";
    settings.api_key = "key\n";
    settings.version = "latest";
    settings.messages.model = "";
    settings.messages.max_tokens = 0;
    settings.messages.effort = "huge";
    const auto problems = validate(settings);
    EXPECT_THAT(problems,
                testing::ElementsAre(HasSubstr("base URL"), HasSubstr("API key"), HasSubstr("latest"),
                                     HasSubstr("model"), HasSubstr("max_tokens"), HasSubstr("huge")));
}

TEST(ClaudeSettings, NeedsAKeyAndAnAddress) {
    ClaudeSettings settings;
    settings.base_url = "not a url";
    const auto problems = validate(settings);
    EXPECT_THAT(problems, testing::ElementsAre(HasSubstr("base URL"), HasSubstr("key is not set")));
}

TEST(ClaudeSettings, AllowsAPathAndATrailingSlashInTheAddress) {
    test::ManualLoop loop;
    test::FakeHttpClient http(loop);
    ClaudeSettings settings;
    settings.base_url = "http://localhost:8080/claude/";
    Claude claude(settings, http, loop);
    claude.warm_up();
    EXPECT_EQ(http.last().request.url, "http://localhost:8080/claude/v1/models?limit=1");
}

}  // namespace
}  // namespace atlas::providers::anthropic
