#pragma once

#include <openssl/evp.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

// What OpenAI's two speech transports send (claude_openai_tts §B, client_protocols §1.3).
namespace atlas::providers::openai {

inline std::string base64(std::string_view bytes) {
    std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');
    const int length =
        EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                        reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
    text.resize(static_cast<std::size_t>(length));
    return text;
}

// A ramp: every sample differs from its neighbours, so that a lost or swapped byte shows.
inline std::vector<std::int16_t> ramp(std::size_t samples) {
    std::vector<std::int16_t> sound(samples);
    for (std::size_t i = 0; i < samples; ++i) sound[i] = static_cast<std::int16_t>(i * 37 + 1);
    return sound;
}

inline std::string bytes_of(const std::vector<std::int16_t>& sound) {
    return std::string(reinterpret_cast<const char*>(sound.data()), sound.size() * 2);
}

inline std::string speech_delta(std::string_view bytes) {
    return R"(data: {"type":"speech.audio.delta","audio":")" + base64(bytes) + "\"}\n\n";
}

inline std::string speech_done() {
    return "data: {\"type\":\"speech.audio.done\",\"usage\":{\"input_tokens\":14,\"output_tokens\":101,"
           "\"total_tokens\":115}}\n\n";
}

inline std::string response_created(const std::string& response_id, const std::string& chunk_id) {
    return R"({"type":"response.created","event_id":"e1","response":{"id":")" + response_id +
           R"(","object":"realtime.response","status":"in_progress","output":[],"metadata":{"atlas_chunk":")" +
           chunk_id + R"("}}})";
}

inline std::string audio_delta(const std::string& response_id, std::string_view bytes) {
    return R"({"type":"response.output_audio.delta","event_id":"e2","response_id":")" + response_id +
           R"(","item_id":"item_1","output_index":0,"content_index":0,"delta":")" + base64(bytes) + "\"}";
}

inline std::string audio_done(const std::string& response_id) {
    return R"({"type":"response.output_audio.done","response_id":")" + response_id +
           R"(","item_id":"item_1","output_index":0,"content_index":0})";
}

inline std::string transcript_done(const std::string& response_id, const std::string& text) {
    return R"({"type":"response.output_audio_transcript.done","response_id":")" + response_id +
           R"(","item_id":"item_1","transcript":")" + text + "\"}";
}

inline std::string response_done(const std::string& response_id, const std::string& status = "completed",
                                 const std::string& details = "null") {
    return R"({"type":"response.done","response":{"id":")" + response_id + R"(","status":")" + status +
           R"(","status_details":)" + details + R"(,"output":[],"usage":{}}})";
}

inline std::string error_event(const std::string& code, const std::string& event_id = "",
                               const std::string& type = "invalid_request_error") {
    return R"({"type":"error","event_id":"e9","error":{"type":")" + type + R"(","code":")" + code +
           R"(","message":"it went wrong","param":null,"event_id":)" +
           (event_id.empty() ? "null" : "\"" + event_id + "\"") + "}}";
}

}  // namespace atlas::providers::openai
