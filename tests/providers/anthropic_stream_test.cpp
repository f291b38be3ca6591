#include "anthropic_wire.hpp"
#include "atlas/net/sse_parser.hpp"
#include "atlas/providers/anthropic/messages.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace atlas::providers::anthropic {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

// All events of a wire, cut where `cuts` says.
std::vector<ModelEvent> events_of(std::string_view wire, std::size_t cut = 0) {
    net::SseParser parser;
    MessageStream stream;
    std::vector<ModelEvent> events;
    for (const std::string_view piece : {wire.substr(0, cut), wire.substr(cut)}) {
        parser.feed(piece);
        while (const auto sse = parser.next())
            for (ModelEvent& event : stream.handle(sse->data)) events.push_back(std::move(event));
    }
    return events;
}

std::string text_of(const std::vector<ModelEvent>& events) {
    std::string text;
    for (const ModelEvent& event : events)
        if (const auto* piece = std::get_if<ModelText>(&event)) text += piece->text;
    return text;
}

ProviderFailure failure_of(std::string_view data) {
    MessageStream stream;
    const auto events = stream.handle(data);
    if (events.size() != 1 || !std::holds_alternative<ModelFailed>(events[0])) {
        ADD_FAILURE() << "no failure of " << data;
        return {};
    }
    return std::get<ModelFailed>(events[0]).failure;
}

TEST(AnthropicStream, GivesTheSameTextWhereverTheBytesAreCut) {
    const std::string wire = sample_reply();
    for (std::size_t cut = 0; cut <= wire.size(); ++cut) {
        const auto events = events_of(wire, cut);
        ASSERT_EQ(text_of(events), "Hello, na\xC3\xAFve \xF0\x9F\x98\x80 world.") << "cut at " << cut;
        ASSERT_TRUE(std::holds_alternative<ModelCompleted>(events.back())) << "cut at " << cut;
    }
}

TEST(AnthropicStream, CompletesOnlyAtMessageStop) {
    const std::string wire = sample_reply();
    const auto events = events_of(wire.substr(0, wire.rfind("event: message_stop")));
    ASSERT_FALSE(events.empty());
    for (const ModelEvent& event : events) EXPECT_FALSE(std::holds_alternative<ModelCompleted>(event));
    EXPECT_EQ(text_of(events), "Hello, na\xC3\xAFve \xF0\x9F\x98\x80 world.");
}

TEST(AnthropicStream, OverwritesUsageInsteadOfAddingIt) {
    const auto events = events_of(sample_reply());
    const auto& done = std::get<ModelCompleted>(events.back());
    EXPECT_EQ(done.stop_reason, "end_turn");
    EXPECT_EQ(done.usage.input, 25);
    EXPECT_EQ(done.usage.cache_read, 512);
    EXPECT_EQ(done.usage.cache_written, 0);
    EXPECT_EQ(done.usage.output, 15);
}

TEST(AnthropicStream, KeepsACountThatALaterEventGivesAsNull) {
    MessageStream stream;
    stream.handle(R"({"type":"message_start","message":{"usage":{"input_tokens":9,"output_tokens":1}}})");
    stream.handle(R"({"type":"message_delta","delta":{},"usage":{"input_tokens":null,"output_tokens":4}})");
    const auto events = stream.handle(R"({"type":"message_stop"})");
    ASSERT_EQ(events.size(), 1u);
    EXPECT_EQ(std::get<ModelCompleted>(events[0]).usage.input, 9);
    EXPECT_EQ(std::get<ModelCompleted>(events[0]).usage.output, 4);
}

TEST(AnthropicStream, StartsOnceWithTheTokensOfThePrompt) {
    const auto events = events_of(message_start() + message_start());
    ASSERT_EQ(events.size(), 1u);
    EXPECT_EQ(std::get<ModelStarted>(events[0]).usage.input, 25);
    EXPECT_EQ(std::get<ModelStarted>(events[0]).usage.cache_read, 512);
}

TEST(AnthropicStream, SpeaksTextBlocksOnlyWhateverTheirIndex) {
    const auto events =
        events_of(block(0, R"({"type":"thinking","thinking":"","signature":""})",
                        R"({"type":"thinking_delta","thinking":"hm"})") +
                  block(1, R"({"type":"tool_use","id":"t","name":"n","input":{}})",
                        R"({"type":"input_json_delta","partial_json":"{\"a\""})") +
                  block(2, R"({"type":"text","text":""})", R"({"type":"text_delta","text":"Spoken."})"));
    EXPECT_EQ(text_of(events), "Spoken.");
}

TEST(AnthropicStream, IgnoresATextDeltaInsideABlockOfAnotherType) {
    const auto events = events_of(block(0, R"({"type":"new_block"})", R"({"type":"text_delta","text":"x"})"));
    EXPECT_THAT(events, IsEmpty());
}

TEST(AnthropicStream, TakesTextThatABlockBeginsWith) {
    const auto events =
        events_of(block(0, R"({"type":"text","text":"A"})", R"({"type":"text_delta","text":"B"})"));
    EXPECT_EQ(text_of(events), "AB");
}

TEST(AnthropicStream, IgnoresUnknownEventsDeltasAndPings) {
    MessageStream stream;
    for (const char* data : {R"({"type":"ping"})", R"({"type":"brand_new","x":[1]})", R"({})",
                             R"({"type":"content_block_delta","index":0,"delta":{"type":"sparkle_delta"}})",
                             R"({"type":"content_block_delta","index":"x","delta":null})",
                             R"({"type":"message_delta","delta":null,"usage":null})", R"({"type":7})"})
        EXPECT_THAT(stream.handle(data), IsEmpty()) << data;
}

TEST(AnthropicStream, NeverGivesEmptyText) {
    const auto events =
        events_of(block(0, R"({"type":"text","text":""})", R"({"type":"text_delta","text":""})"));
    EXPECT_THAT(events, IsEmpty());
}

TEST(AnthropicStream, CompletesAnEmptyReply) {
    const auto events = events_of(sse(R"({"type":"message_delta","delta":{"stop_reason":"end_turn"}})") +
                                  sse(R"({"type":"message_stop"})"));
    ASSERT_EQ(events.size(), 1u);
    EXPECT_EQ(std::get<ModelCompleted>(events[0]).stop_reason, "end_turn");
}

TEST(AnthropicStream, ReportsARefusalAsTheReasonOfTheEnd) {
    const auto events = events_of(sse(R"({"type":"message_delta","delta":{"stop_reason":"refusal"}})") +
                                  sse(R"({"type":"message_stop"})"));
    EXPECT_EQ(std::get<ModelCompleted>(events.back()).stop_reason, "refusal");
}

TEST(AnthropicStream, FailsWhenAnEventIsNoJson) {
    EXPECT_EQ(failure_of("not json").reason, FailureReason::protocol);
    EXPECT_EQ(failure_of("[1,2]").reason, FailureReason::protocol);
}

TEST(AnthropicStream, MapsAnErrorEventByItsType) {
    const auto reason = [](std::string type) {
        return failure_of(R"({"type":"error","error":{"type":")" + type + R"(","message":"m"}})").reason;
    };
    EXPECT_EQ(reason("overloaded_error"), FailureReason::overloaded);
    EXPECT_EQ(reason("api_error"), FailureReason::overloaded);
    EXPECT_EQ(reason("rate_limit_error"), FailureReason::rate_limited);
    EXPECT_EQ(reason("invalid_request_error"), FailureReason::bad_request);
    EXPECT_EQ(reason("something_new"), FailureReason::protocol);
}

TEST(AnthropicStream, KnowsWhenTheModelBeganToAnswer) {
    MessageStream stream;
    stream.handle(R"({"type":"message_start","message":{}})");
    stream.handle(R"({"type":"ping"})");
    EXPECT_FALSE(stream.content_started());
    stream.handle(R"({"type":"content_block_start","index":0,"content_block":{"type":"thinking"}})");
    EXPECT_TRUE(stream.content_started());
}

struct Refusal {
    int status;
    const char* body;
    FailureReason reason;
};

TEST(AnthropicRefusal, MapsEveryRowOfTheErrorTable) {
    const std::vector<Refusal> rows = {
        {400, R"({"type":"error","error":{"type":"invalid_request_error","message":"m"}})",
         FailureReason::bad_request},
        {401, R"({"type":"error","error":{"type":"authentication_error","message":"m"}})",
         FailureReason::unauthorized},
        {402, R"({"type":"error","error":{"type":"billing_error","message":"m"}})", FailureReason::quota},
        {403, R"({"type":"error","error":{"type":"permission_error","message":"m"}})",
         FailureReason::unauthorized},
        {404, R"({"type":"error","error":{"type":"not_found_error","message":"m"}})",
         FailureReason::model_retired},
        {409, R"({"type":"error","error":{"type":"conflict_error","message":"m"}})",
         FailureReason::bad_request},
        {413, "<html><body>413 Request Entity Too Large</body></html>", FailureReason::bad_request},
        {429, R"({"type":"error","error":{"type":"rate_limit_error","message":"m"}})", FailureReason::quota},
        {500, R"({"type":"error","error":{"type":"api_error","message":"m"}})", FailureReason::overloaded},
        {503, "<html>", FailureReason::overloaded},
        {504, R"({"type":"error","error":{"type":"timeout_error","message":"m"}})",
         FailureReason::overloaded},
        {529, R"({"type":"error","error":{"type":"overloaded_error","message":"m"}})",
         FailureReason::overloaded},
        {301, "", FailureReason::protocol},
        {200, R"({"type":"message","content":[]})", FailureReason::protocol},
    };
    for (const Refusal& row : rows) {
        const ProviderFailure failure = failure_of_refusal(row.status, {}, row.body, {});
        EXPECT_EQ(failure.reason, row.reason) << row.status << ' ' << name(failure.reason);
        EXPECT_EQ(failure.http_status, row.status);
        EXPECT_THAT(failure.message, HasSubstr(std::to_string(row.status)));
    }
}

TEST(AnthropicRefusal, TellsRateLimitsFromSpendLimits) {
    const char* limit = R"({"type":"error","error":{"type":"rate_limit_error","message":"m"}})";
    const auto limited = failure_of_refusal(429, {{"Retry-After", "3"}}, limit, {});
    EXPECT_EQ(limited.reason, FailureReason::rate_limited);
    EXPECT_EQ(limited.retry_after, std::chrono::milliseconds(3000));
    for (const std::string code : {"enforced_spend_limit_reached", "contract_spend_limit_reached"}) {
        const std::string body = R"({"type":"error","error":{"type":"rate_limit_error","message":"m",)"
                                 R"("details":{"error_code":")" +
                                 code + R"("}}})";
        EXPECT_EQ(failure_of_refusal(429, {{"retry-after", "1"}}, body, {}).reason, FailureReason::quota);
    }
}

TEST(AnthropicRefusal, KeepsTheRequestIdOfHeaderOrBody) {
    EXPECT_EQ(failure_of_refusal(500, {{"request-id", "req_1"}}, "", {}).request_id, "req_1");
    EXPECT_EQ(
        failure_of_refusal(500, {}, R"({"error":{"type":"api_error"},"request_id":"req_2"})", {}).request_id,
        "req_2");
}

TEST(AnthropicRefusal, SaysWhatTheServiceSaidOnOneLineWithoutSecrets) {
    const char* body = R"({"type":"error","error":{"type":"invalid_request_error",)"
                       R"("message":"messages.0:\nbad text 'my secret plan' for key-123456"}})";
    const auto failure = failure_of_refusal(400, {}, body, {"my secret plan", "key-123456"});
    EXPECT_EQ(failure.message,
              "HTTP 400, invalid_request_error: messages.0: bad text '[hidden]' for [hidden]");
}

TEST(AnthropicRefusal, DoesNotQuoteHtml) {
    const auto failure = failure_of_refusal(413, {{"content-type", "text/html"}}, "<html>no</html>", {});
    EXPECT_EQ(failure.message, "HTTP 413, text/html body");
}

}  // namespace
}  // namespace atlas::providers::anthropic
