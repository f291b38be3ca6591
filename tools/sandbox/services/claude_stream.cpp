#include "sandbox/services/claude_stream.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

namespace atlas::sandbox {
namespace {

using Json = nlohmann::ordered_json;

bool inside_character(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) == 0x80; }

std::size_t tokens_of_json(const std::string& json) { return (json.size() + 3) / 4; }

// The input in the pieces the service sends: cut anywhere between two characters, inside words and escapes.
std::vector<std::string> fragments(const std::string& json, Random& random) {
    std::vector<std::string> pieces;
    for (std::size_t at = 0; at < json.size();) {
        std::size_t end = std::min<std::size_t>(json.size(), at + 1 + random.number() % 12);
        while (end < json.size() && inside_character(json[end])) ++end;
        pieces.push_back(json.substr(at, end - at));
        at = end;
    }
    return pieces;
}

Json counts(const PromptUsage& prompt, int output) {
    return {{"input_tokens", prompt.input},
            {"cache_creation_input_tokens", prompt.written()},
            {"cache_read_input_tokens", prompt.read},
            {"output_tokens", output}};
}

Json usage(const PromptUsage& prompt, int output) {
    Json all = counts(prompt, output);
    all["cache_creation"] = {{"ephemeral_5m_input_tokens", prompt.written_5m},
                             {"ephemeral_1h_input_tokens", prompt.written_1h}};
    all["output_tokens_details"] = nullptr;
    all["server_tool_use"] = nullptr;
    all["service_tier"] = "standard";
    all["inference_geo"] = nullptr;
    all["speed"] = nullptr;
    return all;
}

Json message_head(const ClaudeReply& reply, const ClaudeRequest& request, Random& random) {
    return {{"id", random.id("msg_")},       {"type", "message"},
            {"role", "assistant"},           {"model", request.model},
            {"content", Json::array()},      {"stop_reason", nullptr},
            {"stop_sequence", nullptr},      {"stop_details", nullptr},
            {"container", nullptr},          {"diagnostics", nullptr},
            {"usage", usage(reply.usage, 1)}};
}

Json refusal_details() {
    return {{"type", "refusal"}, {"category", "other"}, {"explanation", "The sandbox was told to refuse."}};
}

// Collects the events, in the manner the fault asks for.
class Writer {
public:
    explicit Writer(const std::optional<Fault>& fault) : fault_(fault) {}
    bool has(std::string_view name) const { return fault_ && fault_->has(name); }

    void event(const std::string& name, const Json& data, StreamStep::Wait wait = StreamStep::Wait::none) {
        const std::string end = has("crlf") ? "\r\n" : "\n";
        std::string bytes;
        if (has("comments")) bytes += ": keep-alive" + end + end;
        bytes += "event: " + name + end +
                 "data: " + data.dump(-1, ' ', false, Json::error_handler_t::replace) + end + end;
        if (has("comments")) bytes += "event: ping" + end + "data: {\"type\": \"ping\"}" + end + end;
        steps_.push_back({wait, std::move(bytes), {}});
    }
    StreamStep& last() { return steps_.back(); }
    std::vector<StreamStep> take() { return std::move(steps_); }

    // What the next content waits for: the first of all takes longest.
    StreamStep::Wait content_wait() {
        return std::exchange(has_content_, true) ? StreamStep::Wait::token : StreamStep::Wait::first_token;
    }

private:
    const std::optional<Fault>& fault_;
    bool has_content_ = false;
    std::vector<StreamStep> steps_;
};

void write_thinking(Writer& out, int index, Random& random) {
    out.event("content_block_start",
              {{"type", "content_block_start"},
               {"index", index},
               {"content_block", {{"type", "thinking"}, {"thinking", ""}, {"signature", ""}}}},
              out.content_wait());
    out.event("content_block_delta",
              {{"type", "content_block_delta"},
               {"index", index},
               {"delta", {{"type", "signature_delta"}, {"signature", random.id("sig")}}}});
    out.event("content_block_stop", {{"type", "content_block_stop"}, {"index", index}});
}

void write_unknown(Writer& out) {
    out.event("model_mood", {{"type", "model_mood"}, {"mood", "curious"}});
    out.event(
        "content_block_delta",
        {{"type", "content_block_delta"}, {"index", 0}, {"delta", {{"type", "future_delta"}, {"value", 1}}}});
}

void write_call(Writer& out, int index, const ScriptedReply::Call& call, Random& random) {
    const Json block{{"type", "tool_use"},
                     {"id", random.id("toolu_")},
                     {"name", call.name},
                     {"input", Json::object()},
                     {"caller", {{"type", "direct"}}}};
    out.event("content_block_start",
              {{"type", "content_block_start"}, {"index", index}, {"content_block", block}},
              out.content_wait());
    const auto fragment = [&](const std::string& text) {
        out.event("content_block_delta",
                  {{"type", "content_block_delta"},
                   {"index", index},
                   {"delta", {{"type", "input_json_delta"}, {"partial_json", text}}}},
                  StreamStep::Wait::token);
    };
    fragment("");
    for (const std::string& piece : fragments(call.input_json, random)) fragment(piece);
    out.event("content_block_stop", {{"type", "content_block_stop"}, {"index", index}});
}

void write_error(Writer& out, const Fault& fault) {
    const std::string type = fault.text("type", "overloaded_error");
    const std::string message = fault.text("message", "Overloaded");
    out.event("error", {{"type", "error"}, {"error", {{"type", type}, {"message", message}}}},
              StreamStep::Wait::token);
}

// The calls share what the text has left of max_tokens; each costs one token before its input.
void limit_calls(ClaudeReply& reply, std::size_t left) {
    for (std::size_t i = 0; i < reply.calls.size(); ++i) {
        std::string& json = reply.calls[i].input_json;
        if (left >= 1 + tokens_of_json(json)) {
            left -= 1 + tokens_of_json(json);
            continue;
        }
        std::size_t end = left == 0 ? 0 : 4 * (left - 1);
        while (end > 0 && inside_character(json[end])) --end;
        json.resize(end);
        reply.calls.resize(left == 0 ? i : i + 1);
        reply.stop_reason = "max_tokens";
        return;
    }
}

}  // namespace

void limit_reply(ClaudeReply& reply, const ClaudeRequest& request) {
    std::string text;
    for (std::size_t i = 0; i < reply.tokens.size(); ++i) {
        text += reply.tokens[i];
        for (const std::string& stop : request.stop_sequences) {
            const std::size_t at = text.find(stop);
            if (stop.empty() || at == std::string::npos) continue;
            reply.tokens = {text.substr(0, at)};
            reply.stop_reason = "stop_sequence";
            reply.stop_sequence = stop;
            return;
        }
        if (static_cast<int>(i) + 1 == request.max_tokens && i + 1 < reply.tokens.size()) {
            reply.tokens.resize(i + 1);
            reply.calls.clear();
            reply.stop_reason = "max_tokens";
            return;
        }
    }
    const std::size_t budget = static_cast<std::size_t>(std::max(0, request.max_tokens));
    if (!reply.calls.empty() && reply.stop_reason == "end_turn") reply.stop_reason = "tool_use";
    limit_calls(reply, budget - std::min(budget, reply.tokens.size()));
}

int output_tokens(const ClaudeReply& reply) {
    std::size_t tokens = 1 + reply.tokens.size();
    for (const ScriptedReply::Call& call : reply.calls) tokens += 1 + tokens_of_json(call.input_json);
    return static_cast<int>(tokens);
}

std::vector<StreamStep> claude_stream(const ClaudeReply& reply, const ClaudeRequest& request,
                                      const std::optional<Fault>& fault, Random& random) {
    Writer out(fault);
    out.event("message_start",
              {{"type", "message_start"}, {"message", message_head(reply, request, random)}});
    if (out.has("unknown_events")) write_unknown(out);
    int index = 0;
    if (reply.thinking || out.has("thinking_first")) write_thinking(out, index++, random);
    const std::size_t error_at = out.has("error_event")
                                     ? static_cast<std::size_t>(fault->number("after_tokens", 3))
                                     : reply.tokens.size() + 1;
    if (error_at == 0) {
        write_error(out, *fault);
        return out.take();
    }
    if (!reply.tokens.empty()) {
        out.event("content_block_start",
                  {{"type", "content_block_start"},
                   {"index", index},
                   {"content_block", {{"type", "text"}, {"text", ""}}}},
                  out.content_wait());
        out.event("ping", {{"type", "ping"}});
        for (std::size_t i = 0; i < reply.tokens.size(); ++i) {
            out.event("content_block_delta",
                      {{"type", "content_block_delta"},
                       {"index", index},
                       {"delta", {{"type", "text_delta"}, {"text", reply.tokens[i]}}}},
                      i == 0 ? StreamStep::Wait::none : StreamStep::Wait::token);
            out.last().text = reply.tokens[i];
            if (i + 1 == error_at ||
                (error_at > reply.tokens.size() && out.has("error_event") && i + 1 == reply.tokens.size())) {
                write_error(out, *fault);
                return out.take();
            }
        }
        out.event("content_block_stop", {{"type", "content_block_stop"}, {"index", index++}});
    }
    for (const ScriptedReply::Call& call : reply.calls) write_call(out, index++, call, random);
    Json delta{{"stop_reason", reply.stop_reason}, {"stop_sequence", nullptr}};
    if (!reply.stop_sequence.empty()) delta["stop_sequence"] = reply.stop_sequence;
    if (reply.stop_reason == "refusal") delta["stop_details"] = refusal_details();
    if (out.has("several_deltas"))
        out.event("message_delta",
                  {{"type", "message_delta"}, {"delta", Json::object()}, {"usage", {{"output_tokens", 1}}}});
    out.event(
        "message_delta",
        {{"type", "message_delta"}, {"delta", delta}, {"usage", counts(reply.usage, output_tokens(reply))}},
        reply.tokens.empty() && reply.calls.empty() ? out.content_wait() : StreamStep::Wait::none);
    if (!out.has("no_end")) out.event("message_stop", {{"type", "message_stop"}});
    return out.take();
}

std::string claude_message(const ClaudeReply& reply, const ClaudeRequest& request, Random& random) {
    Json message = message_head(reply, request, random);
    std::string text;
    for (const std::string& token : reply.tokens) text += token;
    if (!text.empty()) message["content"].push_back({{"type", "text"}, {"text", text}});
    for (const ScriptedReply::Call& call : reply.calls) {
        const Json input = Json::parse(call.input_json, nullptr, false);
        message["content"].push_back({{"type", "tool_use"},
                                      {"id", random.id("toolu_")},
                                      {"name", call.name},
                                      {"input", input.is_object() ? input : Json::object()}});
    }
    message["stop_reason"] = request.max_tokens == 0 ? "max_tokens" : reply.stop_reason;
    if (request.max_tokens == 0) message["content"] = Json::array();
    if (!reply.stop_sequence.empty()) message["stop_sequence"] = reply.stop_sequence;
    message["usage"] = usage(reply.usage, output_tokens(reply));
    return message.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace atlas::sandbox
