#include "atlas/providers/anthropic/messages.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <string>
#include <vector>

// How a history is repaired, in the shorthand of the request that comes out:
//     U: text "Hi" · A: text "Yes", call c1 · U: result c1 "21", error c2 "no result"
namespace atlas::providers::anthropic {
namespace {

using Json = nlohmann::ordered_json;
using Role = ModelMessage::Role;

ModelMessage user(std::string text, std::vector<ModelToolResult> results = {}) {
    return {Role::user, std::move(text), {}, std::move(results)};
}
ModelMessage assistant(std::string text, std::vector<ModelToolCall> calls = {}) {
    return {Role::assistant, std::move(text), std::move(calls), {}};
}
ModelToolCall call(std::string id) { return {std::move(id), "look", "{}"}; }

std::string block_in_short(const Json& block) {
    if (block["type"] == "text") return "text " + block["text"].dump();
    if (block["type"] == "tool_use") return "call " + block["id"].get<std::string>();
    const std::string kind = block.value("is_error", false) ? "error " : "result ";
    return kind + block["tool_use_id"].get<std::string>() + " " + block["content"].dump();
}

std::string in_short(const std::vector<ModelMessage>& messages) {
    ModelRequest request;
    request.messages = messages;
    const RequestBody body = write_request({}, request);
    if (!body.problem.empty()) return body.problem;
    std::string all;
    const Json written = Json::parse(body.body);
    for (const Json& message : written["messages"]) {
        all += std::string(all.empty() ? "" : " · ") + (message["role"] == "user" ? "U:" : "A:");
        for (const Json& block : message["content"])
            all += (&block == &message["content"].front() ? " " : ", ") + block_in_short(block);
    }
    return all;
}

struct Row {
    const char* what;
    std::vector<ModelMessage> messages;
    const char* expected;
};

TEST(AnthropicHistory, IsRepairedAsTheTableSays) {
    const std::vector<Row> rows = {
        {"nothing to repair",
         {user("a"), assistant("b", {call("c1")}), user("", {{"c1", "21"}})},
         R"x(U: text "a" · A: text "b", call c1 · U: result c1 "21")x"},
        {"a call without a result",
         {user("a"), assistant("", {call("c1")}), user("never mind")},
         R"x(U: text "a" · A: call c1 · U: error c1 "no result", text "never mind")x"},
        {"one of two results is missing",
         {user("a"), assistant("", {call("c1"), call("c2")}), user("", {{"c2", "x"}})},
         R"x(U: text "a" · A: call c1, call c2 · U: error c1 "no result", result c2 "x")x"},
        {"calls at the very end",
         {user("a"), assistant("b", {call("c1")})},
         R"x(U: text "a" · A: text "b", call c1 · U: error c1 "no result")x"},
        {"results in another order than the calls",
         {user("a"), assistant("", {call("c1"), call("c2")}), user("", {{"c2", "2"}, {"c1", "1"}})},
         R"x(U: text "a" · A: call c1, call c2 · U: result c1 "1", result c2 "2")x"},
        {"text comes after the results wherever it stood",
         {user("a"), assistant("", {call("c1")}), user("hm"), user("b", {{"c1", "1"}})},
         R"x(U: text "a" · A: call c1 · U: result c1 "1", text "hm", text "\nb")x"},
        {"results in several messages",
         {user("a"), assistant("", {call("c1"), call("c2")}), user("", {{"c1", "1"}}),
          user("", {{"c2", "2"}})},
         R"x(U: text "a" · A: call c1, call c2 · U: result c1 "1", result c2 "2")x"},
        {"a result without a call", {user("a", {{"c9", "1"}})}, R"x(U: text "a")x"},
        {"nothing but a result without a call", {user("", {{"c9", "1"}}), user("a")}, R"x(U: text "a")x"},
        {"a result of another call",
         {user("a"), assistant("", {call("c1")}), user("b", {{"c9", "9"}, {"c1", "1"}})},
         R"x(U: text "a" · A: call c1 · U: result c1 "1", text "b")x"},
        {"a result before its call",
         {user("a", {{"c1", "1"}}), assistant("", {call("c1")}), user("b")},
         R"x(U: text "a" · A: call c1 · U: error c1 "no result", text "b")x"},
        {"a result that comes a turn late",
         {user("a"), assistant("", {call("c1")}), user("b"), assistant("c"), user("d", {{"c1", "1"}})},
         R"x(U: text "a" · A: call c1 · U: error c1 "no result", text "b" · A: text "c" · U: text "d")x"},
        {"two results of one call: the first counts",
         {user("a"), assistant("", {call("c1")}), user("", {{"c1", "1"}, {"c1", "2"}})},
         R"x(U: text "a" · A: call c1 · U: result c1 "1")x"},
        {"two results of one call in two messages",
         {user("a"), assistant("", {call("c1")}), user("", {{"c1", "1", true}}), user("b", {{"c1", "2"}})},
         R"x(U: text "a" · A: call c1 · U: error c1 "1", text "b")x"},
        {"the same call twice in one message",
         {user("a"), assistant("", {call("c1"), call("c1")}), user("", {{"c1", "1"}})},
         R"x(U: text "a" · A: call c1 · U: result c1 "1")x"},
        {"the same call again later",
         {user("a"), assistant("", {call("c1")}), user("", {{"c1", "1"}}), assistant("b", {call("c1")}),
          user("c", {{"c1", "2"}})},
         R"x(U: text "a" · A: call c1 · U: result c1 "1" · A: text "b" · U: text "c")x"},
        {"an id the service would not take",
         {user("a"), assistant("b", {call("c|1"), call("")}), user("c", {{"c|1", "1"}, {"", "2"}})},
         R"x(U: text "a" · A: text "b" · U: text "c")x"},
        {"a name the service would not take",
         {user("a"), assistant("b", {{"c1", "look up", "{}"}}), user("c", {{"c1", "1"}})},
         R"x(U: text "a" · A: text "b" · U: text "c")x"},
        {"results with nothing in them",
         {user("a"), assistant("", {call("c1"), call("c2")}), user("", {{"c1", ""}, {"c2", " \n", true}})},
         R"x(U: text "a" · A: call c1, call c2 · U: result c1 "(empty)", error c2 "(empty)")x"},
        {"white space around the calls",
         {user("a"), assistant(" \n", {call("c1")}), user("\t", {{"c1", "1"}})},
         R"x(U: text "a" · A: call c1 · U: result c1 "1")x"},
        {"neighbours of the assistant: text before calls",
         {user("a"), assistant("", {call("c1")}), assistant("b"), user("", {{"c1", "1"}})},
         R"x(U: text "a" · A: text "b", call c1 · U: result c1 "1")x"},
        {"an empty message between two of the assistant",
         {user("a"), assistant("b"), user("  "), assistant("c", {call("c1")}), user("", {{"c1", "1"}})},
         R"x(U: text "a" · A: text "b", text "\nc", call c1 · U: result c1 "1")x"},
        {"a greeting with a call",
         {assistant("Hello", {call("c1")}), user("", {{"c1", "1"}})},
         R"x(U: text "(call connected)" · A: text "Hello", call c1 · U: result c1 "1")x"},
        {"calls of the user and results of the assistant",
         {{Role::user, "a", {call("c1")}, {}}, {Role::assistant, "b", {}, {{"c1", "1"}}}, user("c")},
         R"x(U: text "a" · A: text "b" · U: text "c")x"},
        {"the answer to a call was cut out",
         {user("a"), assistant(""), user("b")},
         R"x(U: text "a", text "\nb")x"},
        {"the last words are the assistant's",
         {user("a"), assistant("", {call("c1")}), user("", {{"c1", "1"}}), assistant("b")},
         "messages: the last one must be the caller's, but it is the assistant's"},
        {"nothing that can be said",
         {user(" ", {{"c1", "1"}}), assistant("", {call("|")})},
         "messages: there is none with text in it"},
    };
    for (const Row& row : rows) EXPECT_EQ(in_short(row.messages), row.expected) << row.what;
}

TEST(AnthropicHistory, WritesArgumentsAsAnObjectWhateverTheyAre) {
    const auto input_of = [](std::string arguments) {
        ModelRequest request;
        request.messages = {user("a"), assistant("", {{"c1", "look", std::move(arguments)}}), user("b")};
        return Json::parse(write_request({}, request).body)["messages"][1]["content"][0]["input"].dump();
    };
    EXPECT_EQ(input_of(R"({ "b" : 1, "a" : [ ] })"), R"({"b":1,"a":[]})");
    for (const char* wrong : {"", "null", "[1]", "\"x\"", "{", "{\"a\":\"\xFF\"}", "{\"a\":1e999}"})
        EXPECT_EQ(input_of(wrong), "{}") << wrong;
    EXPECT_EQ(input_of(R"({"a":)" + std::string(30000, '[') + std::string(30000, ']') + "}"), "{}");
}

}  // namespace
}  // namespace atlas::providers::anthropic
