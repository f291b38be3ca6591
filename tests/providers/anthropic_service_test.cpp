#include "atlas/net/sse_parser.hpp"
#include "atlas/providers/anthropic/messages.hpp"
#include "sandbox/services/claude_cache.hpp"
#include "sandbox/services/claude_models.hpp"
#include "sandbox/services/claude_rules.hpp"
#include "sandbox/services/claude_stream.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

// What we write, judged by the rules of the emulated service: whether it takes it, and what its prompt cache
// makes of it.
namespace atlas::providers::anthropic {
namespace {

using namespace std::chrono_literals;
using Role = ModelMessage::Role;

sandbox::Request post(std::string body, const char* version) {
    sandbox::Request request;
    request.method = "POST";
    request.path = "/v1/messages";
    request.headers = {
        {"x-api-key", "k"}, {"anthropic-version", version}, {"content-type", "application/json"}};
    request.body = std::move(body);
    return request;
}

std::string refusal_of(const std::string& body, const char* version = "2023-06-01") {
    const auto read = sandbox::read_claude_request(post(body, version), {});
    const auto* refusal = std::get_if<sandbox::ClaudeRefusal>(&read);
    return refusal == nullptr ? "" : refusal->message;
}

// ---- Whatever the history, the service takes it

class Histories {
public:
    explicit Histories(std::uint32_t seed) : random_(seed) {}

    ModelRequest next() {
        ModelRequest request;
        if (chance(0.7)) request.system = text();
        for (std::size_t i = below(3); i > 0; --i)
            request.tools.push_back({"tool" + std::to_string(i), text(), ""});
        request.may_call_tools = chance(0.8);
        for (std::size_t i = below(14); i > 0; --i) request.messages.push_back(message());
        request.stable_messages = below(16);
        return request;
    }

private:
    bool chance(double share) { return std::uniform_real_distribution<>(0, 1)(random_) < share; }
    std::size_t below(std::size_t end) {
        return std::uniform_int_distribution<std::size_t>(0, end - 1)(random_);
    }

    std::string text() {
        static const std::vector<std::string> texts = {
            "",    "",       " ",   "\n\t",     "\xC2\xA0",
            "yes", "It is ", " hm", "\xFF\xFE", "na\xC3\xAFve \xF0\x9F\x98\x80"};
        return chance(0.05) ? std::string(3000, 'x') : texts[below(texts.size())];
    }
    std::string id() {
        static const std::vector<std::string> odd = {"", "a b", "c|1", "\xFF"};
        return chance(0.05) ? odd[below(odd.size())] : "toolu_" + std::to_string(below(5));
    }
    ModelToolCall call() {
        static const std::vector<std::string> arguments = {
            "", "{}", R"({"a":[1,{"b":null}]})", "[]", "{", "\"x\"", "{\"\xFF\":1}"};
        return {id(), chance(0.95) ? "tool1" : text(), arguments[below(arguments.size())]};
    }
    ModelMessage message() {
        ModelMessage message{chance(0.55) ? Role::user : Role::assistant, text()};
        if (chance(0.5))
            for (std::size_t i = below(3); i > 0; --i) message.calls.push_back(call());
        if (chance(0.6))
            for (std::size_t i = below(4); i > 0; --i) message.results.push_back({id(), text(), chance(0.3)});
        return message;
    }

    std::mt19937 random_;
};

TEST(AnthropicService, TakesEveryHistoryThatCanBeWritten) {
    std::size_t written = 0;
    for (std::uint32_t seed = 0; seed < 1000; ++seed) {
        const ModelRequest request = Histories(seed).next();
        const RequestBody body = write_request({}, request);
        if (!body.problem.empty()) {
            ASSERT_TRUE(body.problem.starts_with("messages: ")) << "seed " << seed << ": " << body.problem;
            continue;
        }
        ++written;
        ASSERT_EQ(refusal_of(body.body), "") << "seed " << seed << ": " << body.body;
        ASSERT_EQ(refusal_of(body.body, "2026-10-21"), "") << "seed " << seed << ": " << body.body;
        ASSERT_EQ(write_request({}, request).body, body.body) << "seed " << seed;
    }
    EXPECT_GT(written, 500u);
}

TEST(AnthropicService, TakesEveryModelsRequestWithTools) {
    for (const std::string& model : sandbox::claude_models()) {
        MessagesSettings settings;
        settings.model = model;
        ModelRequest request;
        request.tools = {{"look", "Look it up.", ""}};
        request.may_call_tools = false;
        request.messages = {
            {Role::user, "a"}, {Role::assistant, "", {{"c1", "look", ""}}}, {Role::user, "b"}};
        EXPECT_EQ(refusal_of(write_request(settings, request).body), "") << model;
    }
}

// ---- What the service streams is what we hear

TEST(AnthropicService, SpeaksAndCallsWhatWeHearHoweverItStreams) {
    sandbox::ClaudeReply reply;
    reply.tokens = {"Let", " me", " see", " 😀."};
    reply.calls = {{"look", R"({"town":"São Paulo","note":"a \"quoted\" \\ word"})"},
                   {"end_call", "{}"},
                   {"broken", R"({"town":)"}};
    reply.stop_reason = "tool_use";
    reply.usage = {10, 700, 20, 0, 2};
    sandbox::ClaudeRequest request;
    request.model = "claude-haiku-5-5";
    for (const std::vector<std::string>& faults : {std::vector<std::string>{},
                                                   {"crlf", "comments"},
                                                   {"thinking_first", "unknown_events"},
                                                   {"several_deltas"}})
        for (std::uint64_t seed = 1; seed <= 30; ++seed) {
            sandbox::Fault fault;
            fault.names = faults;
            sandbox::Random random(seed);
            net::SseParser parser;
            MessageStream stream;
            std::string text, calls;
            std::optional<ModelCompleted> end;
            for (const auto& step : sandbox::claude_stream(reply, request, fault, random))
                parser.feed(step.bytes);
            while (const auto sse = parser.next())
                for (const ModelEvent& event : stream.handle(sse->data)) {
                    if (const auto* piece = std::get_if<ModelText>(&event)) text += piece->text;
                    if (const auto* called = std::get_if<ModelCalledTool>(&event))
                        calls += called->call.name + called->call.arguments + " ";
                    if (const auto* completed = std::get_if<ModelCompleted>(&event)) end = *completed;
                }
            EXPECT_EQ(text, "Let me see 😀.");
            EXPECT_EQ(calls, R"(look{"town":"São Paulo","note":"a \"quoted\" \\ word"} end_call{} )");
            ASSERT_TRUE(end);
            EXPECT_EQ(end->stop_reason, "tool_use");
            EXPECT_EQ(end->usage.input, 10);
            EXPECT_EQ(end->usage.cache_read, 700);
            EXPECT_EQ(end->usage.cache_written, 20);
            EXPECT_EQ(end->usage.output, sandbox::output_tokens(reply));
        }
}

// ---- The prompt cache hits

// A long call: turns by turns, each request measured by the service's cache.
class CachedCall : public testing::Test {
protected:
    CachedCall() {
        request.system = std::string(4000, 's');  // 1000 tokens
        request.tools = {{"look", std::string(400, 't'), ""}};
    }

    sandbox::PromptUsage ask() {
        const RequestBody body = write_request(settings, request);
        EXPECT_EQ(body.problem, "");
        const auto read = sandbox::read_claude_request(post(body.body, "2023-06-01"), {});
        if (const auto* refusal = std::get_if<sandbox::ClaudeRefusal>(&read)) {
            ADD_FAILURE() << refusal->message;
            return {};
        }
        const auto use = cache.read(std::get<sandbox::ClaudeRequest>(read).prompt, now);
        cache.write(use, now);
        return use.usage;
    }
    static int whole(const sandbox::PromptUsage& usage) { return usage.input + usage.read + usage.written(); }

    void says(std::string text) { request.messages.push_back({Role::user, std::move(text)}); }
    void replies(std::string text) { request.messages.push_back({Role::assistant, std::move(text)}); }

    MessagesSettings settings;
    ModelRequest request;
    sandbox::PromptCache cache;
    sandbox::PromptCache::Time now{};
};

TEST_F(CachedCall, ReadsAllOfTheLastRequestAndWritesOnlyWhatIsNew) {
    says("How are you?");
    int before = whole(ask());
    for (int turn = 0; turn < 30; ++turn) {
        now += 20s;
        replies("Very well, thank you. That was turn " + std::to_string(turn));
        says("And what comes after " + std::to_string(turn) + "?");
        const auto usage = ask();
        EXPECT_EQ(usage.read, before) << "turn " << turn;
        EXPECT_EQ(usage.input, 0) << "turn " << turn;
        EXPECT_GT(usage.written(), 0) << "turn " << turn;
        EXPECT_LE(usage.marks, 4) << "turn " << turn;
        before = whole(usage);
    }
}

TEST_F(CachedCall, StillHitsAfterABargeInCutTheReplyOrSwallowedIt) {
    says("Tell me a story.");
    const int first = whole(ask());
    replies("Once upon a time");  // the rest was not heard
    says("A shorter one!");
    EXPECT_EQ(ask().read, first);
    const int second = whole(ask());
    says("Hello?");  // nothing was heard: two messages of the caller become one
    EXPECT_EQ(ask().read, second);
}

TEST_F(CachedCall, StillHitsWhenTheLastWordsOfTheCallerTurnOutDifferent) {
    says("How are you?");
    const int first = whole(ask());
    replies("Well.");
    says("I want to");
    ask();  // before the turn was really over
    request.messages.back().text = "I want to go home.";
    EXPECT_EQ(ask().read, first);
}

TEST_F(CachedCall, HitsInsideAToolLoopOfManyParallelCalls) {
    says("Look it all up.");
    const int first = whole(ask());
    ModelMessage calls{Role::assistant, "One moment."};
    ModelMessage results{Role::user, ""};
    for (int i = 0; i < 30; ++i) {  // more blocks than a mark looks back
        calls.calls.push_back({"toolu_" + std::to_string(i), "look", "{}"});
        results.results.push_back({"toolu_" + std::to_string(i), "found"});
    }
    request.messages.push_back(calls);
    request.messages.push_back(results);
    EXPECT_EQ(ask().read, first);
}

TEST_F(CachedCall, FallsBackToTheStableMessagesWhenLaterOnesWereReplaced) {
    for (int turn = 0; turn < 4; ++turn) {
        says(std::string(400, 'u'));
        replies(std::string(400, 'a'));
    }
    request.stable_messages = 8;
    says("And now?");
    const auto first = ask();
    request.messages[8].text = "Something else.";
    const auto second = ask();
    EXPECT_GE(second.read, 1000 + 8 * 100);
    EXPECT_LT(second.read, whole(first));
}

TEST_F(CachedCall, MissesWhenThePromptIsAnotherOne) {
    says("How are you?");
    ask();
    request.system[0] = 'X';
    const auto usage = ask();
    EXPECT_EQ(usage.read, 0);
    EXPECT_EQ(usage.written(), whole(usage));
}

TEST_F(CachedCall, KeepsToolsAndSystemPromptWhenToolsMustNotBeCalled) {
    says("How are you?");
    ask();
    request.may_call_tools = false;
    const auto usage = ask();
    EXPECT_GE(usage.read, 1000);  // tools and system prompt
    EXPECT_LT(usage.read, whole(usage));
}

TEST_F(CachedCall, LosesTheEntryAfterFiveMinutesWithoutUse) {
    says("How are you?");
    const int first = whole(ask());
    for (int i = 0; i < 5; ++i) {
        now += 4min;
        EXPECT_EQ(ask().read, first) << "each use keeps it";
    }
    now += 5min;
    EXPECT_EQ(ask().read, 0);
}

TEST_F(CachedCall, MarksNothingForAShortPromptAndUsesNoCache) {
    request.system = "Be brief.";
    request.tools.clear();
    says("How are you?");
    for (int i = 0; i < 2; ++i) {
        const auto usage = ask();
        EXPECT_EQ(usage.marks, 0);
        EXPECT_EQ(usage.read + usage.written(), 0);
        EXPECT_EQ(usage.input, whole(usage));
    }
}

}  // namespace
}  // namespace atlas::providers::anthropic
