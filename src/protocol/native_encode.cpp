#include "native_encode.hpp"

#include "atlas/protocol/native_codec.hpp"
#include "text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>

// One function for each message of docs/client-protocol.md that we send.
namespace atlas::protocol {
namespace {

using Json = OrderedJson;

constexpr std::size_t max_sent_text_bytes = 16000;

Json envelope(std::string_view type, std::uint64_t seq) { return {{"t", type}, {"s", seq}}; }

template <typename T>
void set(Json& json, const char* name, const std::optional<T>& value) {
    if (value) json[name] = *value;
}

Json format_of(const audio::AudioFormat& format) {
    return {{"codec", audio::name(format.codec)}, {"rate", format.rate}, {"frame_ms", format.frame_ms}};
}

struct Encoder {
    std::uint64_t seq;

    Json operator()(const Ready& m) const {
        Json json = envelope("ready", seq);
        json["call_id"] = m.call_id;
        if (m.resume) json["resume"] = {{"token", m.resume->token}, {"ttl_ms", m.resume->ttl_ms}};
        json["audio"] = {{"in", format_of(m.audio_in)}, {"out", format_of(m.audio_out)}};
        json["heartbeat_ms"] = m.heartbeat_ms;
        json["limits"] = {{"max_message_bytes", m.limits.max_message_bytes},
                          {"max_text_chars", m.limits.max_text_chars},
                          {"max_call_s", m.limits.max_call_s},
                          {"hello_timeout_ms", m.limits.hello_timeout_ms},
                          {"max_tools", m.limits.max_tools}};
        json["server"] = {
            {"region", m.server.region}, {"machine", m.server.machine}, {"version", m.server.version}};
        json["resumed"] = m.resumed;
        set(json, "replay_from", m.replay_from);
        return json;
    }

    Json operator()(const State& m) const {
        Json json = envelope("state", seq);
        json["state"] = name(m.state);
        json["turn"] = m.turn;
        return json;
    }

    Json operator()(const UserSpeech& m) const {
        Json json = envelope("user.speech", seq);
        json["state"] = m.started ? "started" : "stopped";
        json["at_ms"] = m.at_ms;
        return json;
    }

    Json operator()(const UserTranscript& m) const {
        Json json = envelope("user.transcript", seq);
        json["turn"] = m.turn;
        json["rev"] = m.rev;
        json["text"] = sent_text(m.text);
        json["stable_chars"] = m.stable_chars;
        json["final"] = m.final;
        json["confidence"] = std::isfinite(m.confidence) ? std::clamp(m.confidence, 0.0, 1.0) : 0.0;
        if (m.ignored) json["ignored"] = true;
        return json;
    }

    Json operator()(const TurnStart& m) const {
        Json json = envelope("turn.start", seq);
        json["turn"] = m.turn;
        json["reason"] = name(m.reason);
        return json;
    }

    Json operator()(const AgentText& m) const {
        Json json = envelope("agent.text", seq);
        json["turn"] = m.turn;
        json["seg"] = m.seg;
        json["text"] = sent_text(m.text);
        set(json, "audio_from_ms", m.audio_from_ms);
        return json;
    }

    Json operator()(const ToolCall& m) const {
        Json json = envelope("tool.call", seq);
        json["turn"] = m.turn;
        json["call"] = m.call;
        json["name"] = m.name;
        json["arguments"] = is_tool_arguments(m.arguments) ? Json::parse(m.arguments) : Json::object();
        json["timeout_ms"] = m.timeout_ms;
        return json;
    }

    Json operator()(const ToolCancel& m) const {
        Json json = envelope("tool.cancel", seq);
        json["call"] = m.call;
        json["reason"] = m.reason;
        return json;
    }

    Json operator()(const AudioFlush& m) const {
        Json json = envelope("audio.flush", seq);
        json["turn"] = m.turn;
        json["reason"] = name(m.reason);
        json["keep_ms"] = m.keep_ms;
        return json;
    }

    Json operator()(const TurnEnd& m) const {
        Json json = envelope("turn.end", seq);
        add_turn_end(json, m);
        return json;
    }

    Json operator()(const ConfigOk& m) const {
        Json json = envelope("config.ok", seq);
        set(json, "ref", m.ref);
        return json;
    }

    Json operator()(const Ping& m) const {
        Json json = envelope("ping", seq);
        json["time_ms"] = m.time_ms;
        return json;
    }

    Json operator()(const Pong& m) const {
        Json json = envelope("pong", seq);
        json["echo_ms"] = m.echo_ms;
        set(json, "time_ms", m.time_ms);
        return json;
    }

    Json operator()(const Warning& m) const {
        Json json = envelope("warning", seq);
        json["code"] = m.code;
        json["message"] = sent_text(m.message);
        set(json, "ref", m.ref);
        return json;
    }

    Json operator()(const Error& m) const {
        Json json = envelope("error", seq);
        json["code"] = info(m.code).name;
        json["message"] = sent_text(m.message);
        json["fatal"] = m.fatal;
        if (!m.field.empty()) json["field"] = m.field;
        set(json, "retry_after_ms", m.retry_after_ms);
        set(json, "ref", m.ref);
        return json;
    }

    Json operator()(const GoingAway& m) const {
        Json json = envelope("going_away", seq);
        json["deadline_ms"] = m.deadline_ms;
        json["reason"] = name(m.reason);
        json["reconnect_after_ms"] = m.reconnect_after_ms;
        return json;
    }

    Json operator()(const Closed& m) const {
        Json json = envelope("closed", seq);
        json["reason"] = name(m.reason);
        json["usage"] = {{"duration_ms", m.usage.duration_ms},
                         {"turns", m.usage.turns},
                         {"audio_in_ms", m.usage.audio_in_ms},
                         {"audio_out_ms", m.usage.audio_out_ms}};
        add_tokens(json["usage"], m.usage.tokens);
        add_cost(json["usage"], m.usage.cost_usd);
        return json;
    }
};

}  // namespace

std::string sent_text(const std::string& text) { return fit_json(text, max_sent_text_bytes); }

std::string NativeCodec::encode(const ServerMessage& message, std::uint64_t seq) const {
    const Json json = std::visit(Encoder{seq}, message);
    // A provider's text need not be UTF-8; what is not is replaced by U+FFFD.
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace atlas::protocol
