#include "atlas/providers/openai/realtime_speech.hpp"
#include "openai_wire.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <string>

namespace atlas::providers::openai {
namespace {

using Json = nlohmann::json;
using testing::HasSubstr;

template <class Event>
Event read(std::string_view message) {
    static std::string scratch;
    const RealtimeEvent event = read_realtime_event(message, scratch, {});
    if (!std::holds_alternative<Event>(event)) {
        ADD_FAILURE() << "another event than expected: " << message;
        return {};
    }
    return std::get<Event>(event);
}

TEST(RealtimeSession, IsSetUpForSpeechOnly) {
    Voice voice;
    voice.instructions = "Sound calm.";
    voice.speed = 1.2;
    const Json message = Json::parse(write_session_update(voice));
    EXPECT_EQ(message["type"], "session.update");
    const Json& session = message["session"];
    EXPECT_EQ(session["type"], "realtime");
    EXPECT_EQ(session["output_modalities"], Json::array({"audio"}));
    EXPECT_TRUE(session["audio"]["input"]["turn_detection"].is_null());
    EXPECT_EQ(session["audio"]["output"]["format"], Json({{"type", "audio/pcm"}, {"rate", 24000}}));
    EXPECT_EQ(session["audio"]["output"]["voice"], "marin");
    EXPECT_EQ(session["audio"]["output"]["speed"], 1.2);
    EXPECT_THAT(session["instructions"].get<std::string>(), HasSubstr("Sound calm."));
    EXPECT_FALSE(session.contains("model"));
}

TEST(RealtimeResponse, IsOutsideTheConversationAndHasOurId) {
    const Json message = Json::parse(write_response_create({}, "chunk_7", "It is noon."));
    EXPECT_EQ(message["type"], "response.create");
    EXPECT_EQ(message["event_id"], "chunk_7");
    const Json& response = message["response"];
    EXPECT_EQ(response["conversation"], "none");
    EXPECT_EQ(response["output_modalities"], Json::array({"audio"}));
    EXPECT_EQ(response["metadata"], Json({{"atlas_chunk", "chunk_7"}}));
    EXPECT_THAT(response["instructions"].get<std::string>(), HasSubstr("word for word"));
    ASSERT_EQ(response["input"].size(), 1u);
    EXPECT_EQ(response["input"][0]["type"], "message");
    EXPECT_EQ(response["input"][0]["role"], "user");
    EXPECT_EQ(response["input"][0]["content"],
              Json::array({{{"type", "input_text"}, {"text", "It is noon."}}}));
}

TEST(RealtimeResponse, IsCancelledByItsId) {
    EXPECT_EQ(write_response_cancel("resp_1"), R"({"type":"response.cancel","response_id":"resp_1"})");
}

TEST(RealtimeEvents, TellWhichResponseBelongsToWhichChunk) {
    const auto created = read<ResponseCreated>(response_created("resp_1", "chunk_7"));
    EXPECT_EQ(created.response_id, "resp_1");
    EXPECT_EQ(created.chunk_id, "chunk_7");
    EXPECT_EQ(read<ResponseCreated>(R"({"type":"response.created","response":{"id":"r","metadata":null}})")
                  .chunk_id,
              "");
}

TEST(RealtimeEvents, CarryAudioInAnyWayOfWritingIt) {
    const std::string quick = audio_delta("resp_1", "abcd");
    EXPECT_EQ(read<ResponseAudio>(quick).base64, base64("abcd"));
    EXPECT_EQ(read<ResponseAudio>(quick).response_id, "resp_1");
    std::string scratch;
    const auto event = read_realtime_event(
        R"({"type":"response.output_audio.delta","response_id":"r\u0031","x":{},"delta":"AA\/A"})", scratch,
        {});
    EXPECT_EQ(std::get<ResponseAudio>(event).response_id, "r1");
    EXPECT_EQ(std::get<ResponseAudio>(event).base64, "AA/A");
}

TEST(RealtimeEvents, CarryTheTranscript) {
    EXPECT_EQ(read<ResponseTranscript>(transcript_done("resp_1", "It is noon.")).text, "It is noon.");
    const auto done = read<ResponseDone>(
        R"({"type":"response.done","response":{"id":"resp_1","status":"completed","metadata":{"atlas_chunk":"c"},)"
        R"("output":[{"type":"message","content":[{"type":"output_audio","transcript":"It is noon."}]}]}})");
    EXPECT_EQ(done.transcript, "It is noon.");
    EXPECT_EQ(done.chunk_id, "c");
}

TEST(RealtimeEvents, SayWhyAResponseIsNotComplete) {
    const auto reason = [](const char* status, const char* details) {
        return name(read<ResponseDone>(response_done("r", status, details)).failure.reason);
    };
    EXPECT_EQ(reason("failed", R"({"type":"failed","error":{"type":"server_error","code":null}})"),
              "overloaded");
    EXPECT_EQ(reason("failed", R"({"error":{"code":"rate_limit_exceeded"}})"), "rate_limited");
    EXPECT_EQ(reason("failed", R"({"error":{"code":"insufficient_quota"}})"), "quota");
    EXPECT_EQ(reason("incomplete", R"({"reason":"content_filter"})"), "refused");
    EXPECT_EQ(reason("incomplete", R"({"reason":"max_output_tokens"})"), "truncated");
    EXPECT_EQ(reason("cancelled", R"({"reason":"client_cancelled"})"), "truncated");
    EXPECT_EQ(reason("failed", "null"), "overloaded");
}

TEST(RealtimeEvents, MayBeErrors) {
    const auto error = read<RealtimeError>(error_event("invalid_value", "chunk_3"));
    EXPECT_EQ(error.event_id, "chunk_3");
    EXPECT_EQ(error.code, "invalid_value");
    EXPECT_EQ(error.failure.reason, FailureReason::bad_request);
    EXPECT_EQ(read<RealtimeError>(error_event("session_expired")).failure.reason,
              FailureReason::disconnected);
    EXPECT_EQ(read<RealtimeError>("not json").code, unreadable_message);
}

TEST(RealtimeEvents, OfOtherKindsAreIgnored) {
    for (const char* message :
         {R"({"type":"session.created","session":{}})", R"({"type":"rate_limits.updated","rate_limits":[]})",
          R"({"type":"response.output_item.added","response_id":"r"})", R"({"type":"brand.new"})", "{}",
          R"({"type":3,"response":7})"})
        read<RealtimeNothing>(message);
}

}  // namespace
}  // namespace atlas::providers::openai
