#include "call/server_message.hpp"

#include <nlohmann/json.hpp>

#include <limits>

namespace atlas::caller {
namespace {

using Json = nlohmann::ordered_json;  // stages_ms is in the order of time

// Reads the members of one object; remembers the first that is not as documented.
class Fields {
public:
    Fields(const Json& object, std::string& problem, std::string path = {})
        : object_(object), problem_(problem), path_(std::move(path)) {}

    std::string text(const char* name) const {
        const Json* value = find(name, "a string");
        if (value == nullptr) return {};
        if (!value->is_string()) return complain(name, "a string"), std::string();
        return value->get<std::string>();
    }
    std::string optional_text(const char* name) const {
        return object_.contains(name) ? text(name) : std::string();
    }
    bool flag(const char* name) const {
        const Json* value = find(name, "true or false");
        if (value == nullptr) return false;
        if (!value->is_boolean()) return complain(name, "true or false"), false;
        return value->get<bool>();
    }
    // All whole numbers of the protocol are at least 0.
    template <class Number>
    Number number(const char* name) const {
        const Json* value = find(name, "a whole number");
        if (value == nullptr) return 0;
        const bool whole = value->is_number_unsigned();
        if (!whole ||
            value->get<std::uint64_t>() > static_cast<std::uint64_t>(std::numeric_limits<Number>::max())) {
            complain(name, "a whole number from 0 to " + std::to_string(std::numeric_limits<Number>::max()));
            return 0;
        }
        return value->get<Number>();
    }
    std::uint32_t turn() const { return number<std::uint32_t>("turn"); }

    const Json& object(const char* name) const {
        static const Json empty = Json::object();
        const Json* value = find(name, "an object");
        if (value == nullptr) return empty;
        if (!value->is_object()) return complain(name, "an object"), empty;
        return *value;
    }
    Fields inside(const char* name) const { return {object(name), problem_, path_ + name + "."}; }

    void complain(const char* name, const std::string& rule) const {
        if (problem_.empty()) problem_ = "`" + path_ + name + "` must be " + rule;
    }

private:
    const Json* find(const char* name, const std::string& rule) const {
        const auto found = object_.find(name);
        if (found != object_.end()) return &*found;
        complain(name, rule + "; it is missing");
        return nullptr;
    }

    const Json& object_;
    std::string& problem_;
    std::string path_;
};

audio::AudioFormat read_format(const Fields& fields) {
    audio::AudioFormat format;
    const auto codec = audio::parse_codec(fields.text("codec"));
    if (!codec) fields.complain("codec", "pcm16 or opus");
    format.codec = codec.value_or(audio::Codec::pcm16);
    format.rate = fields.number<int>("rate");
    format.frame_ms = fields.number<int>("frame_ms");
    if (const auto wrong = audio::find_problem(format)) {
        fields.complain(wrong->field == "rate" ? "rate" : "frame_ms", "supported: " + wrong->message);
    }
    return format;
}

// The token lets anybody take the call over.
std::string without_token(Json json) {
    const auto resume = json.find("resume");
    if (resume != json.end() && resume->is_object()) resume->erase("token");
    json.erase("t");
    json.erase("s");
    return json.dump();
}

Ready read_ready(const Fields& fields, const Json& json) {
    const Fields audio = fields.inside("audio");
    Ready ready;
    ready.call_id = fields.text("call_id");
    ready.audio_in = read_format(audio.inside("in"));
    ready.audio_out = read_format(audio.inside("out"));
    ready.heartbeat_ms = fields.number<std::int64_t>("heartbeat_ms");
    const Fields server = fields.inside("server");
    ready.region = server.text("region");
    ready.machine = server.text("machine");
    ready.version = server.text("version");
    ready.resumed = fields.flag("resumed");
    ready.json = without_token(json);
    return ready;
}

TurnEnd read_turn_end(const Fields& fields) {
    TurnEnd end;
    end.turn = fields.turn();
    end.status = fields.text("status");
    end.reason = fields.optional_text("reason");
    end.user_text = fields.text("user_text");
    end.heard_text = fields.text("heard_text");
    end.full_text = fields.text("full_text");
    const Json& stages = fields.object("stages_ms");
    const Fields times = fields.inside("stages_ms");
    for (const auto& stage : stages.items()) {
        end.stages_ms.emplace_back(stage.key(), times.number<std::int64_t>(stage.key().c_str()));
    }
    return end;
}

UserTranscript read_transcript(const Fields& fields) {
    UserTranscript transcript;
    transcript.turn = fields.turn();
    transcript.rev = fields.number<std::uint32_t>("rev");
    transcript.text = fields.text("text");
    transcript.final = fields.flag("final");
    return transcript;
}

using Milliseconds = std::int64_t;

ServerMessage read_message(const std::string& type, const Fields& fields, const Json& json) {
    if (type == "ready") return read_ready(fields, json);
    if (type == "state") return State{fields.text("state"), fields.turn()};
    if (type == "user.speech") return UserSpeech{fields.text("state"), fields.number<Milliseconds>("at_ms")};
    if (type == "user.transcript") return read_transcript(fields);
    if (type == "turn.start") return TurnStart{fields.turn(), fields.text("reason")};
    if (type == "agent.text") {
        return AgentText{fields.turn(), fields.number<std::uint32_t>("seg"), fields.text("text")};
    }
    if (type == "audio.flush") {
        return AudioFlush{fields.turn(), fields.text("reason"), fields.number<Milliseconds>("keep_ms")};
    }
    if (type == "turn.end") return read_turn_end(fields);
    if (type == "ping") return Ping{fields.number<Milliseconds>("time_ms")};
    if (type == "pong") return Pong{fields.number<Milliseconds>("echo_ms")};
    if (type == "warning") return Warning{fields.text("code"), fields.text("message")};
    if (type == "error") {
        return Error{fields.text("code"), fields.text("message"), fields.flag("fatal"),
                     fields.optional_text("field")};
    }
    if (type == "going_away") {
        return GoingAway{fields.number<Milliseconds>("deadline_ms"), fields.text("reason")};
    }
    if (type == "closed") return Closed{fields.text("reason"), fields.object("usage").dump()};
    return UnknownMessage{type};
}

}  // namespace

ReceivedMessage parse_server_message(std::string_view text) {
    ReceivedMessage received;
    const Json json = Json::parse(text, nullptr, false);
    if (!json.is_object()) {
        received.problem = "a text message must be a JSON object";
        return received;
    }
    const Fields fields(json, received.problem);
    const std::string type = fields.text("t");
    received.seq = fields.number<std::uint64_t>("s");
    if (received.problem.empty()) received.message = read_message(type, fields, json);
    if (!received.problem.empty()) {
        const std::string what = type.empty() ? "a message" : "\"" + type.substr(0, 40) + "\"";
        received.problem = what + ": " + received.problem;
    }
    return received;
}

}  // namespace atlas::caller
