#pragma once

#include <string>
#include <vector>

// What the Messages API sends, as in its documentation (claude_openai_tts §A.6).
namespace atlas::providers::anthropic {

// One event; its name is the type inside.
inline std::string sse(const std::string& data) {
    const std::size_t start = data.find(R"("type":")") + 8;
    return "event: " + data.substr(start, data.find('"', start) - start) + "\ndata: " + data + "\n\n";
}

inline std::string block(int index, const std::string& content_block, const std::string& delta) {
    const std::string number = std::to_string(index);
    return sse(R"({"type":"content_block_start","index":)" + number + R"(,"content_block":)" + content_block +
               "}") +
           sse(R"({"type":"content_block_delta","index":)" + number + R"(,"delta":)" + delta + "}") +
           sse(R"({"type":"content_block_stop","index":)" + number + "}");
}

inline std::string message_start() {
    return sse(R"({"type":"message_start","message":{"id":"msg_01","type":"message","role":"assistant",)"
               R"("model":"claude-haiku-5-5","content":[],"stop_reason":null,"usage":{"input_tokens":25,)"
               R"("cache_creation_input_tokens":0,"cache_read_input_tokens":512,"output_tokens":1}}})");
}

inline std::string text_block_start() {
    return sse(R"({"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}})");
}

inline std::string text_delta(const std::string& text) {
    return sse(R"({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":")" + text +
               R"("}})");
}

// A call whose arguments come in the given pieces; each is the text of a JSON string.
inline std::string tool_block(int index, const std::string& id, const std::string& name,
                              const std::vector<std::string>& pieces, bool stop = true) {
    const std::string number = std::to_string(index);
    std::string wire = sse(R"({"type":"content_block_start","index":)" + number +
                           R"(,"content_block":{"type":"tool_use","id":")" + id + R"(","name":")" + name +
                           R"(","input":{},"caller":{"type":"direct"}}})");
    for (const std::string& piece : pieces)
        wire += sse(R"({"type":"content_block_delta","index":)" + number +
                    R"(,"delta":{"type":"input_json_delta","partial_json":")" + piece + R"("}})");
    if (stop) wire += sse(R"({"type":"content_block_stop","index":)" + number + "}");
    return wire;
}

inline std::string message_end(const std::string& stop_reason) {
    return sse(R"({"type":"message_delta","delta":{"stop_reason":")" + stop_reason +
               R"(","stop_sequence":null},"usage":{"output_tokens":15}})") +
           sse(R"({"type":"message_stop"})");
}

inline std::string ping() { return sse(R"({"type":"ping"})"); }

inline std::string message_end() {
    return sse(R"({"type":"content_block_stop","index":0})") +
           sse(R"({"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},)"
               R"("usage":{"output_tokens":7}})") +
           sse(R"({"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},)"
               R"("usage":{"output_tokens":15}})") +
           sse(R"({"type":"message_stop"})");
}

// "Hello, naïve 😀 world." with pings between, line ends of both kinds and a comment.
inline std::string sample_reply() {
    return ping() + message_start() + ": keep-alive\n\n" + text_block_start() + ping() +
           text_delta("Hello, ") + text_delta("na\xC3\xAFve \xF0\x9F\x98\x80") + ping() +
           "event: content_block_delta\r\ndata: "
           R"({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":" world."}})"
           "\r\n\r\n" +
           message_end();
}

}  // namespace atlas::providers::anthropic
