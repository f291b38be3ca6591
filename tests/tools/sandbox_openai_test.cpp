#include "sandbox/services/openai_rules.hpp"
#include "sandbox/services/paced_voice.hpp"
#include "sandbox/services/realtime_rules.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace atlas::sandbox {
namespace {

using Json = nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;

Json speech() {
    return {{"model", "gpt-4o-mini-tts"}, {"input", "Hello."}, {"voice", "ash"}, {"response_format", "pcm"}};
}

OpenAiRefusal refused(const Json& body, bool shut_down = false) {
    Request request;
    request.headers = {{"authorization", "Bearer k"}, {"content-type", "application/json"}};
    request.body = body.dump();
    const auto read = read_speech_call(request, {}, shut_down);
    const auto* refusal = std::get_if<OpenAiRefusal>(&read);
    return refusal == nullptr ? OpenAiRefusal{200, "accepted", "", "", "accepted"} : *refusal;
}

TEST(SandboxOpenAiSpeech, AcceptsACompleteRequest) { EXPECT_EQ(refused(speech()).rule, "accepted"); }

TEST(SandboxOpenAiSpeech, WantsABearerKey) {
    Request request;
    request.headers = {{"authorization", "k"}, {"content-type", "application/json"}};
    request.body = speech().dump();
    const auto read = read_speech_call(request, {}, false);
    ASSERT_TRUE(std::holds_alternative<OpenAiRefusal>(read));
    EXPECT_EQ(std::get<OpenAiRefusal>(read).status, 401);
}

TEST(SandboxOpenAiSpeech, RefusesUnknownKeysVoicesAndFormats) {
    Json body = speech();
    body["temperature"] = 1;
    EXPECT_EQ(refused(body).rule, "unknown_key");
    body = speech();
    body["voice"] = "robot";
    EXPECT_EQ(refused(body).param, "voice");
    body = speech();
    body["response_format"] = "midi";
    EXPECT_EQ(refused(body).param, "response_format");
    body = speech();
    body["speed"] = 4.5;
    EXPECT_EQ(refused(body).param, "speed");
}

TEST(SandboxOpenAiSpeech, CountsCharactersNotBytesUpToTheLimit) {
    Json body = speech();
    std::string text;
    for (int i = 0; i < 4096; ++i) text += "é";
    body["input"] = text;
    EXPECT_EQ(refused(body).rule, "accepted");
    body["input"] = text + "é";
    EXPECT_THAT(refused(body).message, HasSubstr("at most 4096 characters"));
    body["input"] = "";
    EXPECT_THAT(refused(body).message, HasSubstr("string_too_short"));
}

TEST(SandboxOpenAiSpeech, RefusesEventsAndInstructionsForTheOldModels) {
    Json body = speech();
    body["model"] = "tts-1";
    body["stream_format"] = "sse";
    EXPECT_EQ(refused(body).rule, "old_model");
    body.erase("stream_format");
    body["instructions"] = "Cheerful.";
    EXPECT_EQ(refused(body).rule, "old_model");
}

TEST(SandboxOpenAiSpeech, KnowsNoSpeechModelAfterTheShutDown) {
    EXPECT_EQ(refused(speech(), true).status, 404);
    EXPECT_EQ(refused(speech(), true).code, "model_not_found");
    Json body = speech();
    body["model"] = "gpt-realtime-2.1-mini";
    EXPECT_EQ(refused(body).code, "model_not_found");
}

TEST(SandboxBase64, ComesBackAsItWas) {
    for (const std::string bytes : {"", "a", "ab", "abc", "abcd"})
        EXPECT_EQ(from_base64(base64(bytes)), bytes);
    EXPECT_EQ(base64("ab"), "YWI=");
    EXPECT_FALSE(from_base64("YWI"));
    EXPECT_FALSE(from_base64("!!!!"));
}

// ---- Realtime ------------------------------------------------------------------------------------------

struct FakeOutside final : RealtimeOutside {
    void send(std::string json) override { sent.push_back(Json::parse(json)); }
    void violation(std::string_view rule, std::string_view) override { violations.emplace_back(rule); }
    void warning(std::string_view rule, std::string_view) override { warnings.emplace_back(rule); }
    std::string id(std::string_view prefix) override { return std::string(prefix) + std::to_string(++ids); }
    std::string answer(const std::string&, const std::vector<ChatMessage>&) override { return "An answer."; }
    ResponseBend begin_response(const std::string&, const std::string&) override { return bend; }
    void speak(const std::string& id, const std::string& text, const std::string&, double) override {
        speaking.push_back(id);
        texts.push_back(text);
    }
    void stop(const std::string& id) override { stopped.push_back(id); }
    void end_response(const std::string&, const std::string&) override {}

    std::vector<std::string> types() const {
        std::vector<std::string> list;
        for (const Json& event : sent) list.push_back(event["type"]);
        return list;
    }
    std::vector<Json> sent;
    std::vector<std::string> violations, warnings, speaking, texts, stopped;
    ResponseBend bend;
    int ids = 0;
};

struct SandboxRealtime : testing::Test {
    FakeOutside outside;
    RealtimeSession session{"gpt-realtime-2.1-mini", 4, outside};
    void say(const Json& event) { session.text(event.dump()); }
    void read_aloud(const std::string& text) {
        const Json part{{"type", "input_text"}, {"text", text}};
        const Json item{{"type", "message"}, {"role", "user"}, {"content", Json::array({part})}};
        const Json response{{"conversation", "none"},
                            {"instructions", "Read the text aloud, word for word."},
                            {"input", Json::array({item})}};
        say({{"type", "response.create"}, {"response", response}});
    }
};

TEST_F(SandboxRealtime, ReadsATextWordForWordWithTheEventsInOrder) {
    read_aloud("It is noon.");
    ASSERT_EQ(outside.speaking.size(), 1u);
    EXPECT_EQ(outside.texts[0], "It is noon.");
    session.audio(outside.speaking[0], std::vector<std::int16_t>(2400, 7));
    session.spoken(outside.speaking[0], "");
    EXPECT_THAT(outside.types(),
                ElementsAre("response.created", "response.output_item.added", "response.content_part.added",
                            "response.output_audio_transcript.delta", "response.output_audio.delta",
                            "response.output_audio_transcript.delta",
                            "response.output_audio_transcript.delta", "response.output_audio.done",
                            "response.output_audio_transcript.done", "response.content_part.done",
                            "response.output_item.done", "response.done", "rate_limits.updated"));
    const Json done = outside.sent[11]["response"];
    EXPECT_EQ(done["status"], "completed");
    EXPECT_EQ(done["output"][0]["content"][0]["transcript"], "It is noon.");
    EXPECT_TRUE(outside.violations.empty());
}

TEST_F(SandboxRealtime, EchoesTheWholeSessionAfterAnUpdate) {
    say({{"type", "session.update"},
         {"session", {{"type", "realtime"}, {"audio", {{"output", {{"voice", "cedar"}}}}}}}});
    ASSERT_EQ(outside.types(), std::vector<std::string>{"session.updated"});
    const Json& session_now = outside.sent[0]["session"];
    EXPECT_EQ(session_now["audio"]["output"]["voice"], "cedar");
    EXPECT_EQ(session_now["audio"]["output"]["format"]["rate"], 24000);
}

TEST_F(SandboxRealtime, RefusesUnknownParametersWithTheClientsEventId) {
    say({{"type", "session.update"},
         {"event_id", "e1"},
         {"session", {{"type", "realtime"}, {"voice", "ash"}}}});
    ASSERT_EQ(outside.sent.size(), 1u);
    EXPECT_EQ(outside.sent[0]["error"]["code"], "unknown_parameter");
    EXPECT_EQ(outside.sent[0]["error"]["param"], "session.voice");
    EXPECT_EQ(outside.sent[0]["error"]["event_id"], "e1");
    EXPECT_EQ(outside.violations.size(), 1u);
}

TEST_F(SandboxRealtime, KeepsTheVoiceOnceItHasSpoken) {
    read_aloud("Hi.");
    session.spoken(outside.speaking[0], "");
    outside.sent.clear();
    say({{"type", "session.update"},
         {"session", {{"type", "realtime"}, {"audio", {{"output", {{"voice", "cedar"}}}}}}}});
    EXPECT_EQ(outside.sent[0]["error"]["code"], "cannot_update_voice");
}

TEST_F(SandboxRealtime, AllowsSeveralResponsesOutsideTheConversationButOneInside) {
    read_aloud("One.");
    read_aloud("Two.");
    EXPECT_EQ(outside.speaking.size(), 2u);
    say({{"type", "response.create"}});
    say({{"type", "response.create"}});
    EXPECT_EQ(outside.speaking.size(), 3u);
    EXPECT_EQ(outside.sent.back()["error"]["code"], "conversation_already_has_active_response");
}

TEST_F(SandboxRealtime, CancelsOneResponseAndCallsALateCancelARace) {
    read_aloud("A long text.");
    const std::string id = outside.speaking[0];
    say({{"type", "response.cancel"}, {"response_id", id}});
    EXPECT_EQ(outside.stopped, std::vector<std::string>{id});
    EXPECT_EQ(outside.sent[outside.sent.size() - 2]["response"]["status"], "cancelled");
    session.audio(id, std::vector<std::int16_t>(100, 1));
    const std::size_t before = outside.sent.size();
    say({{"type", "response.cancel"}, {"response_id", id}});
    ASSERT_EQ(outside.sent.size(), before + 1);
    EXPECT_EQ(outside.sent.back()["error"]["code"], "response_cancel_not_active");
    EXPECT_TRUE(outside.violations.empty());
}

TEST_F(SandboxRealtime, RewordsWhenTold) {
    outside.bend.reword = true;
    read_aloud("It is noon.");
    session.spoken(outside.speaking[0], "");
    const Json done = outside.sent[outside.sent.size() - 2]["response"];
    EXPECT_EQ(done["output"][0]["content"][0]["transcript"], "Sure! It is noon.");
}

TEST_F(SandboxRealtime, SplitsAudioIntoOddPiecesWithoutLosingAByte) {
    outside.bend.odd_chunks = true;
    read_aloud("It is noon.");
    session.audio(outside.speaking[0], std::vector<std::int16_t>(1000, 5));
    session.spoken(outside.speaking[0], "");
    std::string bytes;
    bool odd = false;
    for (const Json& event : outside.sent) {
        if (event["type"] != "response.output_audio.delta") continue;
        const auto piece = from_base64(event["delta"].get<std::string>());
        ASSERT_TRUE(piece);
        odd = odd || piece->size() % 2 == 1;
        bytes += *piece;
    }
    EXPECT_TRUE(odd);
    EXPECT_EQ(bytes.size(), 2000u);
}

TEST_F(SandboxRealtime, CallsBrokenJsonAndUnknownEventsViolations) {
    session.text("{nope");
    say({{"type", "response.make"}});
    EXPECT_THAT(outside.violations, ElementsAre("invalid_json", "invalid_value"));
}

TEST_F(SandboxRealtime, RefusesToCommitATooShortBuffer) {
    say({{"type", "input_audio_buffer.append"}, {"audio", base64(std::string(2400, '\0'))}});
    say({{"type", "input_audio_buffer.commit"}});
    EXPECT_EQ(outside.sent.back()["error"]["code"], "input_audio_buffer_commit_empty");
}

TEST(SandboxRealtimeHandshake, WantsAModelAKeyAndNoBetaHeader) {
    Request request;
    request.headers = {{"authorization", "Bearer k"}};
    const auto status = [&] {
        const auto read = read_realtime_handshake(request, {});
        const auto* refusal = std::get_if<OpenAiRefusal>(&read);
        return refusal == nullptr ? 101 : refusal->status;
    };
    EXPECT_EQ(status(), 400);
    request.query = {{"model", "gpt-realtime-2.1-mini"}};
    EXPECT_EQ(status(), 101);
    request.headers.emplace_back("openai-beta", "realtime=v1");
    EXPECT_EQ(status(), 400);
    request.headers.clear();
    EXPECT_EQ(status(), 401);
    request.headers = {{"sec-websocket-protocol", "realtime, openai-insecure-api-key.k"}};
    EXPECT_EQ(status(), 101);
    request.query = {{"model", "gpt-5"}};
    EXPECT_EQ(status(), 404);
}

}  // namespace
}  // namespace atlas::sandbox
