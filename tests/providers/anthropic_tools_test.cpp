#include "anthropic_wire.hpp"
#include "atlas/net/sse_parser.hpp"
#include "atlas/providers/anthropic/messages.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

namespace atlas::providers::anthropic {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// What a wire cut into pieces says, in a line for each event.
class Listening {
public:
    void hear(std::string_view bytes) {
        parser_.feed(bytes);
        while (const auto sse = parser_.next())
            for (const ModelEvent& event : stream.handle(sse->data)) note(event);
    }

    MessageStream stream;
    std::vector<std::string> heard;
    std::vector<ModelToolCall> calls;

private:
    void note(const ModelEvent& event) {
        if (const auto* text = std::get_if<ModelText>(&event)) heard.push_back("text " + text->text);
        if (const auto* called = std::get_if<ModelCalledTool>(&event)) {
            heard.push_back(called->call.id + " " + called->call.name + " " + called->call.arguments);
            calls.push_back(called->call);
        }
        if (const auto* end = std::get_if<ModelCompleted>(&event)) heard.push_back("end " + end->stop_reason);
        if (const auto* end = std::get_if<ModelFailed>(&event))
            heard.push_back("failed " + std::string(name(end->failure.reason)));
    }
    net::SseParser parser_;
};

std::vector<std::string> heard_of(const std::string& wire) {
    Listening listening;
    listening.hear(wire);
    return listening.heard;
}

// Thinking, text, two parallel calls whose JSON is cut inside words, escapes and characters' escapes.
std::string reply_with_tools() {
    return message_start() + ping() +
           block(0, R"({"type":"thinking","thinking":"","signature":""})",
                 R"({"type":"signature_delta","signature":"c2ln"})") +
           block(1, R"({"type":"text","text":""})", R"({"type":"text_delta","text":"Let me see."})") +
           tool_block(2, "toolu_A", "get_weather",
                      {"", R"({\"to)", R"(wn\": \"S\\)", R"(u00e3)", R"(o \\\"P\\)", R"(\"\", \"n\":)",
                       R"( [1, )", R"(2.50]})"}) +
           ping() +
           block(3, R"({"type":"server_tool_use","id":"s","name":"n","input":{}})",
                 R"({"type":"input_json_delta","partial_json":"{}"})") +
           tool_block(4, "toolu_B", "end_call", {""}) + message_end("tool_use");
}

const std::vector<std::string> all_of_it = {
    "text Let me see.", "toolu_A get_weather {\"town\":\"S\xC3\xA3o \\\"P\\\"\",\"n\":[1,2.5]}",
    "toolu_B end_call {}", "end tool_use"};

TEST(AnthropicTools, GivesTheSameCallsWhereverTheBytesAreCut) {
    const std::string wire = reply_with_tools();
    for (std::size_t cut = 0; cut <= wire.size(); ++cut) {
        Listening listening;
        listening.hear(std::string_view(wire).substr(0, cut));
        listening.hear(std::string_view(wire).substr(cut));
        ASSERT_EQ(listening.heard, all_of_it) << "cut at " << cut;
    }
}

TEST(AnthropicTools, GivesTheSameCallsByteByByte) {
    Listening listening;
    for (const char byte : reply_with_tools()) listening.hear(std::string(1, byte));
    EXPECT_EQ(listening.heard, all_of_it);
}

TEST(AnthropicTools, GivesTheSameCallsWhereverTheirJsonIsCut) {
    const std::string json = R"({"who":"Ada \"the\" \u0066irst","when":[1,true,null]})";
    const auto escaped = [](const std::string& piece) {
        const std::string quoted = nlohmann::json(piece).dump();
        return quoted.substr(1, quoted.size() - 2);
    };
    for (std::size_t cut = 0; cut <= json.size(); ++cut)
        EXPECT_THAT(
            heard_of(tool_block(0, "t1", "book", {escaped(json.substr(0, cut)), escaped(json.substr(cut))})),
            ElementsAre(R"(t1 book {"who":"Ada \"the\" first","when":[1,true,null]})"))
            << "cut at " << cut;
}

TEST(AnthropicTools, DeliversOnlyObjectsWhateverDamageTheStreamTook) {
    const std::string wire = reply_with_tools();
    std::mt19937 random(7);
    const auto below = [&](std::size_t end) { return std::size_t(random()) % end; };
    std::size_t calls = 0;
    for (int round = 0; round < 400; ++round) {
        std::string damaged = wire;
        for (std::size_t i = below(4) + 1; i > 0; --i) {
            const std::size_t at = below(damaged.size());
            if (below(2) == 0)
                damaged[at] = static_cast<char>(random());
            else
                damaged.erase(at, below(30));
        }
        Listening listening;
        listening.hear(damaged);
        for (const ModelToolCall& call : listening.calls) {
            ++calls;
            ASSERT_TRUE(nlohmann::json::parse(call.arguments).is_object()) << damaged;
            ASSERT_FALSE(call.id.empty() || call.name.empty()) << damaged;
        }
    }
    EXPECT_GT(calls, 250u);
}

TEST(AnthropicTools, KeepsBlocksApartThatComeMixed) {
    const auto start = [](int index, const char* id) { return tool_block(index, id, "book", {}, false); };
    const auto delta = [](int index, const char* json) {
        return sse(R"({"type":"content_block_delta","index":)" + std::to_string(index) +
                   R"(,"delta":{"type":"input_json_delta","partial_json":")" + json + R"("}})");
    };
    const auto stop = [](int index) {
        return sse(R"({"type":"content_block_stop","index":)" + std::to_string(index) + "}");
    };
    EXPECT_THAT(heard_of(start(0, "a") + start(1, "b") + delta(1, R"({\"x\":)") + delta(0, R"({\"y\":)") +
                         delta(1, "1}") + delta(0, "2}") + stop(1) + stop(0)),
                ElementsAre(R"(b book {"x":1})", R"(a book {"y":2})"));
}

TEST(AnthropicTools, DeliversACallAsSoonAsItIsComplete) {
    EXPECT_THAT(heard_of(tool_block(0, "a", "book", {R"({\"x\":1})"})), ElementsAre(R"(a book {"x":1})"));
}

TEST(AnthropicTools, DeliversNoCallThatMaxTokensCut) {
    EXPECT_THAT(heard_of(tool_block(0, "a", "book", {R"({\"x\":)"}) + message_end("max_tokens")),
                ElementsAre("end max_tokens"));
    EXPECT_THAT(heard_of(tool_block(0, "a", "book", {R"({\"x\":)"}, false) + message_end("max_tokens")),
                ElementsAre("end max_tokens"));
}

TEST(AnthropicTools, DoesNotTakeACallCutBeforeItsArgumentsForOneWithoutArguments) {
    for (const char* reason : {"max_tokens", "model_context_window_exceeded", "refusal"})
        EXPECT_THAT(heard_of(tool_block(0, "a", "end_call", {""}) + message_end(reason)),
                    ElementsAre(std::string("end ") + reason));
    EXPECT_THAT(heard_of(tool_block(0, "a", "end_call", {""})), IsEmpty()) << "what follows is not known";
}

TEST(AnthropicTools, DeliversACallWithoutArgumentsOnceTheModelWentOn) {
    EXPECT_THAT(heard_of(tool_block(0, "a", "end_call", {}) + tool_block(1, "b", "end_call", {" "}, false)),
                ElementsAre("a end_call {}"));
    EXPECT_THAT(heard_of(tool_block(0, "a", "end_call", {}) + message_end("tool_use")),
                ElementsAre("a end_call {}", "end tool_use"));
    EXPECT_THAT(heard_of(tool_block(0, "a", "end_call", {}) + sse(R"({"type":"message_stop"})")),
                ElementsAre("a end_call {}", "end "));
}

TEST(AnthropicTools, DeliversTheCallsBeforeTheOneThatWasCut) {
    EXPECT_THAT(heard_of(tool_block(0, "a", "end_call", {}) + tool_block(1, "b", "book", {R"({\"x)"}) +
                         message_end("max_tokens")),
                ElementsAre("a end_call {}", "end max_tokens"));
}

TEST(AnthropicTools, DeliversNoCallWhoseArgumentsAreNoObject) {
    for (const char* json : {"[1]", "7", "null", R"(\"x\")", "{} {}", "{x:1}", R"({\"x\":1,})", "NaN"})
        EXPECT_THAT(heard_of(tool_block(0, "a", "book", {json})), IsEmpty()) << json;
}

TEST(AnthropicTools, DeliversNoCallWithoutIdOrName) {
    EXPECT_THAT(heard_of(tool_block(0, "", "book", {"{}"})), IsEmpty());
    EXPECT_THAT(heard_of(tool_block(0, "a", "", {"{}"})), IsEmpty());
    EXPECT_THAT(heard_of(tool_block(0, "a", "book a table", {"{}"})), IsEmpty());
    EXPECT_THAT(heard_of(tool_block(0, std::string(129, 'a'), "book", {"{}"})), IsEmpty());
}

TEST(AnthropicTools, TakesSixtyFourKilobytesOfArgumentsAndNoMore) {
    const auto call_of = [](std::size_t bytes) {
        std::vector<std::string> pieces{R"({\"x\":\")"};
        for (std::size_t left = bytes - 8; left > 0;) {
            pieces.emplace_back(std::min<std::size_t>(left, 1000), 'y');
            left -= pieces.back().size();
        }
        pieces.push_back(R"(\"})");
        return heard_of(tool_block(0, "a", "book", pieces));
    };
    ASSERT_EQ(call_of(max_tool_arguments).size(), 1u);
    EXPECT_EQ(call_of(max_tool_arguments)[0].size(), max_tool_arguments + std::string("a book ").size());
    EXPECT_THAT(call_of(max_tool_arguments + 1), IsEmpty());
}

TEST(AnthropicTools, RefusesArgumentsNestedTooDeep) {
    const auto nested = [](std::size_t depth) {
        return heard_of(tool_block(0, "a", "book",
                                   {R"({\"x\":)" + std::string(depth, '[') + std::string(depth, ']') + "}"}));
    };
    EXPECT_EQ(nested(60).size(), 1u);
    EXPECT_THAT(nested(30000), IsEmpty());
}

TEST(AnthropicTools, CountsNestingOnlyOutsideOfStrings) {
    EXPECT_EQ(
        heard_of(tool_block(0, "a", "book", {R"({\"x\":\"\\\")" + std::string(200, '[') + R"(\"})"})).size(),
        1u);
}

TEST(AnthropicTools, SeesProgressInTextAndArgumentsOnly) {
    Listening listening;
    const auto progressed_by = [&](const std::string& wire) {
        listening.hear(wire);
        return listening.stream.progressed();
    };
    EXPECT_FALSE(progressed_by(message_start()));
    EXPECT_FALSE(progressed_by(text_block_start()));
    EXPECT_TRUE(progressed_by(text_delta("a")));
    EXPECT_FALSE(progressed_by(ping()));
    EXPECT_TRUE(progressed_by(tool_block(1, "a", "book", {}, false)));
    EXPECT_FALSE(progressed_by(ping()));
    EXPECT_TRUE(progressed_by(sse(
        R"({"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"{"}})")));
    EXPECT_FALSE(progressed_by(
        sse(R"({"type":"content_block_start","index":2,"content_block":{"type":"thinking"}})")));
}

}  // namespace
}  // namespace atlas::providers::anthropic
