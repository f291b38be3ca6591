#include "sandbox/services/realtime_rules.hpp"

#include "sandbox/services/paced_voice.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cctype>
#include <map>
#include <set>

namespace atlas::sandbox {
namespace {

using Json = nlohmann::ordered_json;

constexpr double ms_per_byte = 1000.0 / (24000 * 2);

const std::set<std::string> session_keys{
    "type",   "model",       "output_modalities", "instructions",       "audio",
    "tools",  "tool_choice", "max_output_tokens", "truncation",         "tracing",
    "prompt", "include",     "reasoning",         "parallel_tool_calls"};
const std::set<std::string> input_keys{"format", "noise_reduction", "transcription", "turn_detection"};
const std::set<std::string> output_keys{"format", "voice", "speed"};
const std::set<std::string> response_keys{
    "conversation", "metadata",    "output_modalities", "instructions", "input",     "audio",
    "tools",        "tool_choice", "max_output_tokens", "prompt",       "reasoning", "parallel_tool_calls"};

// What the client did wrong, for an error event.
struct EventError {
    std::string code;
    std::string message;
    std::string param;
    bool violation = true;
};

[[noreturn]] void wrong(const std::string& code, const std::string& message, const std::string& param = "") {
    throw EventError{code, message, param};
}
[[noreturn]] void race(const std::string& code, const std::string& message) {
    throw EventError{code, message, "", false};
}

std::string dump(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

void only_keys(const Json& json, const std::set<std::string>& keys, const std::string& at) {
    if (!json.is_object()) wrong("invalid_type", "Invalid type for '" + at + "': expected an object.", at);
    for (const auto& [key, value] : json.items())
        if (!keys.contains(key))
            wrong("unknown_parameter", "Unknown parameter: '" + at + "." + key + "'.", at + "." + key);
}

void check_modalities(const Json& list, const std::string& at) {
    const bool one = list.is_array() && list.size() == 1 && (list[0] == "audio" || list[0] == "text");
    if (!one)
        wrong("invalid_value", "Invalid value for '" + at + "': expected [\"audio\"] or [\"text\"].", at);
}

std::string voice_name(const Json& voice, const std::string& at) {
    if (voice.is_object()) return voice.value("id", "");
    if (!voice.is_string() || !openai_voice_known(voice.get<std::string>()))
        wrong("invalid_value", "Invalid value for '" + at + "': " + voice.dump() + ".", at);
    return voice;
}

void check_format(const Json& format, const std::string& at) {
    const std::string type = format.is_object() ? format.value("type", "") : "";
    if (type == "audio/pcm") {
        if (format.value("rate", 24000) != 24000)
            wrong("invalid_value", "Invalid value for '" + at + ".rate': only 24000 is supported.",
                  at + ".rate");
        return;
    }
    if (type != "audio/pcmu" && type != "audio/pcma")
        wrong("invalid_value", "Invalid value for '" + at + ".type'.", at + ".type");
}

// The parts of `audio` that are given; the sandbox answers in PCM only.
void check_audio(const Json& audio, const std::string& at, bool with_input) {
    only_keys(audio, with_input ? std::set<std::string>{"input", "output"} : std::set<std::string>{"output"},
              at);
    if (audio.contains("input")) {
        only_keys(audio["input"], input_keys, at + ".input");
        if (audio["input"].contains("format")) check_format(audio["input"]["format"], at + ".input.format");
    }
    if (!audio.contains("output")) return;
    const Json& output = audio["output"];
    only_keys(output, output_keys, at + ".output");
    if (output.contains("format")) {
        check_format(output["format"], at + ".output.format");
        if (output["format"]["type"] != "audio/pcm")
            wrong("invalid_value", "The sandbox answers in audio/pcm only.", at + ".output.format");
    }
    if (output.contains("voice")) voice_name(output["voice"], at + ".output.voice");
    if (output.contains("speed")) {
        const Json& speed = output["speed"];
        if (!speed.is_number() || speed < 0.25 || speed > 1.5)
            wrong("invalid_value", "Invalid value for '" + at + ".output.speed': expected 0.25 to 1.5.",
                  at + ".output.speed");
    }
}

std::string lower(std::string text) {
    std::ranges::transform(text, text.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return text;
}

// A model told to read aloud reads; any other talks.
bool told_to_read(const std::string& instructions) {
    const std::string text = lower(instructions);
    for (const char* cue : {"verbatim", "word for word", "read aloud", "read the text", "exactly as written"})
        if (text.find(cue) != std::string::npos) return true;
    return false;
}

std::string text_of_item(const Json& item) {
    std::string text;
    if (item.contains("content") && item["content"].is_array())
        for (const Json& part : item["content"])
            for (const char* key : {"text", "transcript"})
                if (part.contains(key) && part[key].is_string()) text += part[key].get<std::string>();
    return text;
}

Json default_session(const std::string& model, const std::string& id) {
    const Json pcm{{"type", "audio/pcm"}, {"rate", 24000}};
    const Json vad{{"type", "server_vad"},       {"threshold", 0.5},           {"prefix_padding_ms", 300},
                   {"silence_duration_ms", 200}, {"idle_timeout_ms", nullptr}, {"create_response", true},
                   {"interrupt_response", true}};
    Json session{{"type", "realtime"}, {"object", "realtime.session"}, {"id", id}, {"model", model}};
    session["output_modalities"] = Json::array({"audio"});
    session["instructions"] = "You are a helpful assistant.";
    session["tools"] = Json::array();
    session["tool_choice"] = "auto";
    session["max_output_tokens"] = "inf";
    session["tracing"] = nullptr;
    session["truncation"] = "auto";
    session["prompt"] = nullptr;
    session["include"] = nullptr;
    session["audio"]["input"] = {
        {"format", pcm}, {"transcription", nullptr}, {"noise_reduction", nullptr}, {"turn_detection", vad}};
    session["audio"]["output"] = {{"format", pcm}, {"voice", "marin"}, {"speed", 1.0}};
    return session;
}

// One answer under way.
struct Reply {
    std::string id;
    std::string item_id;
    bool in_conversation = true;
    bool audio = true;
    Json metadata;
    std::string text;   // what is really said
    std::string shown;  // of it, as transcript deltas so far
    std::string voice;
    std::size_t bytes = 0;
    std::string carried;  // odd chunks
    ResponseBend bend;
};

}  // namespace

std::variant<std::string, OpenAiRefusal> read_realtime_handshake(const Request& request,
                                                                 const std::vector<std::string>& keys) {
    if (const auto refusal = check_openai_key(request, keys)) return *refusal;
    const bool beta = !request.header("openai-beta").empty() ||
                      request.header("sec-websocket-protocol").find("openai-beta.") != std::string_view::npos;
    if (beta)
        return OpenAiRefusal{400,
                             "The Realtime beta API is no longer supported. Remove the OpenAI-Beta header.",
                             "beta_api_shape_disabled", "", "beta_client"};
    for (const auto& [name, value] : request.query)
        if (name != "model")
            return OpenAiRefusal{400, "Unknown parameter: '" + name + "'.", "unknown_parameter", name,
                                 "unknown_parameter"};
    const std::string model(request.query_value("model"));
    if (model.empty())
        return OpenAiRefusal{400, "You must provide a model parameter.", "missing_model", "model",
                             "missing_key"};
    const auto known = openai_models();
    if (!model.starts_with("gpt-realtime") || std::ranges::find(known, model) == known.end())
        return OpenAiRefusal{404, "The model `" + model + "` does not exist or you do not have access to it.",
                             "model_not_found", "model", "unknown_model"};
    return model;
}

struct RealtimeSession::State {
    State(std::string model_name, int limit, RealtimeOutside& world)
        : model(std::move(model_name)), parallel_limit(limit), outside(world) {}

    std::string model;
    int parallel_limit;
    RealtimeOutside& outside;
    Json session;
    std::string conversation_id;
    bool spoke = false;  // audio was given: the voice is settled
    std::vector<Json> items;
    std::size_t buffered_bytes = 0;
    std::map<std::string, Reply> replies;

    void send(const char* type, Json fields) {
        Json event{{"type", type}, {"event_id", outside.id("event_")}};
        for (auto& [key, value] : fields.items()) event[key] = value;
        outside.send(dump(event));
    }
    void error(const EventError& error, const std::string& event_id) {
        if (error.violation)
            outside.violation(error.code, error.message);
        else
            outside.warning(error.code, error.message);
        Json detail{{"type", "invalid_request_error"}, {"code", error.code}, {"message", error.message}};
        detail["param"] = error.param.empty() ? Json(nullptr) : Json(error.param);
        detail["event_id"] = event_id.empty() ? Json(nullptr) : Json(event_id);
        send("error", {{"error", detail}});
    }

    void handle(const Json& event);
    void update(const Json& event);
    void create_item(const Json& event);
    Json& find_item(const Json& event);
    void truncate(const Json& event);
    void input_audio(const std::string& type, const Json& event);
    void respond(const Json& event);
    void cancel(const Json& event);
    std::vector<ChatMessage> heard(const Json& response) const;
    Json place(const Reply& reply) const;
    Json describe(const Reply& reply, const std::string& status, const Json& details) const;
    Json item_of(const Reply& reply, const std::string& status) const;
    void announce(const Reply& reply);
    void show(Reply& reply, std::size_t characters_shown);
    void audio_piece(Reply& reply, std::string_view bytes);
    void finish(const std::string& id, const std::string& status, const Json& details);
    void speak_text(Reply& reply);
};

void RealtimeSession::State::update(const Json& event) {
    if (!event.contains("session"))
        wrong("missing_required_parameter", "Missing required parameter: 'session'.", "session");
    const Json& change = event["session"];
    only_keys(change, session_keys, "session");
    if (change.value("type", "") != "realtime")
        wrong("missing_required_parameter", "Missing required parameter: 'session.type'.", "session.type");
    if (change.contains("model") && change["model"] != model)
        wrong("invalid_value", "The model of a session cannot be changed.", "session.model");
    if (change.contains("output_modalities"))
        check_modalities(change["output_modalities"], "session.output_modalities");
    if (change.contains("audio")) {
        check_audio(change["audio"], "session.audio", true);
        const Json::json_pointer voice("/audio/output/voice");
        if (spoke && change.contains(voice) && change[voice] != session[voice])
            wrong("cannot_update_voice",
                  "Cannot update a conversation's voice if assistant audio is present.",
                  "session.audio.output.voice");
    }
    for (const auto& [key, value] : change.items()) {
        if (key != "audio") {
            session[key] = value;
            continue;
        }
        for (const auto& [side, settings] : value.items())
            for (const auto& [name, setting] : settings.items()) session["audio"][side][name] = setting;
    }
    send("session.updated", {{"session", session}});
}

void RealtimeSession::State::create_item(const Json& event) {
    if (!event.contains("item") || !event["item"].is_object())
        wrong("missing_required_parameter", "Missing required parameter: 'item'.", "item");
    Json item = event["item"];
    const std::string type = item.value("type", "");
    if (type != "message" && type != "function_call" && type != "function_call_output")
        wrong("invalid_value", "Invalid value for 'item.type': \"" + type + "\".", "item.type");
    if (type == "message") {
        const std::string role = item.value("role", "");
        if (role != "user" && role != "assistant" && role != "system")
            wrong("invalid_value", "Invalid value for 'item.role'.", "item.role");
        if (!item.contains("content") || !item["content"].is_array())
            wrong("missing_required_parameter", "Missing required parameter: 'item.content'.",
                  "item.content");
    }
    if (!item.contains("id")) item["id"] = outside.id("item_");
    item["object"] = "realtime.item";
    item["status"] = "completed";
    const Json previous = items.empty() ? Json(nullptr) : Json(items.back()["id"]);
    items.push_back(item);
    send("conversation.item.added", {{"previous_item_id", previous}, {"item", item}});
    send("conversation.item.done", {{"previous_item_id", previous}, {"item", item}});
}

Json& RealtimeSession::State::find_item(const Json& event) {
    const std::string id = event.value("item_id", "");
    const auto found = std::ranges::find_if(items, [&](const Json& item) { return item["id"] == id; });
    if (found == items.end())
        wrong("item_not_found", "The item with id '" + id + "' does not exist.", "item_id");
    return *found;
}

void RealtimeSession::State::truncate(const Json& event) {
    Json& item = find_item(event);
    if (item.value("role", "") != "assistant")
        wrong("item_truncate_invalid_item_id", "Only model output audio messages can be truncated.",
              "item_id");
    if (!event.contains("audio_end_ms") || !event["audio_end_ms"].is_number_integer())
        wrong("missing_required_parameter", "Missing required parameter: 'audio_end_ms'.", "audio_end_ms");
    const double length = item.value("x_audio_ms", 0.0);
    if (event["audio_end_ms"] > length + 1)
        wrong("invalid_value",
              "Audio content of " + std::to_string(static_cast<int>(length)) + "ms is already shorter than " +
                  event["audio_end_ms"].dump() + "ms",
              "audio_end_ms");
    for (Json& part : item["content"]) part["transcript"] = "";
    send("conversation.item.truncated", {{"item_id", item["id"]},
                                         {"content_index", event.value("content_index", 0)},
                                         {"audio_end_ms", event["audio_end_ms"]}});
}

void RealtimeSession::State::input_audio(const std::string& type, const Json& event) {
    if (type == "input_audio_buffer.append") {
        if (!event.contains("audio") || !event["audio"].is_string())
            wrong("missing_required_parameter", "Missing required parameter: 'audio'.", "audio");
        const auto bytes = from_base64(event["audio"].get_ref<const std::string&>());
        if (!bytes) wrong("invalid_value", "Invalid 'audio'. Expected base64-encoded audio bytes.", "audio");
        buffered_bytes += bytes->size();
        return;
    }
    if (type == "input_audio_buffer.clear") {
        buffered_bytes = 0;
        return send("input_audio_buffer.cleared", Json::object());
    }
    const double ms = static_cast<double>(buffered_bytes) * ms_per_byte;
    if (ms < 100)
        wrong("input_audio_buffer_commit_empty",
              "Error committing input audio buffer: buffer too small. Expected at least 100ms of audio, but "
              "buffer only has " +
                  std::to_string(ms) + "ms of audio.");
    buffered_bytes = 0;
    const std::string id = outside.id("item_");
    send("input_audio_buffer.committed",
         {{"item_id", id}, {"previous_item_id", items.empty() ? Json(nullptr) : Json(items.back()["id"])}});
    const Json part{{"type", "input_audio"}, {"transcript", nullptr}};
    create_item(
        {{"item", {{"id", id}, {"type", "message"}, {"role", "user"}, {"content", Json::array({part})}}}});
}

std::vector<ChatMessage> RealtimeSession::State::heard(const Json& response) const {
    const bool own_input = response.contains("input") && response["input"].is_array();
    std::vector<ChatMessage> messages;
    const auto add = [&messages](const Json& item) {
        const std::string text = text_of_item(item);
        if (!text.empty()) messages.push_back({item.value("role", "user") != "assistant", text});
    };
    if (own_input)
        for (const Json& item : response["input"]) add(item);
    else
        for (const Json& item : items) add(item);
    return messages;
}

void RealtimeSession::State::respond(const Json& event) {
    const Json response = event.value("response", Json::object());
    only_keys(response, response_keys, "response");
    if (response.contains("output_modalities"))
        check_modalities(response["output_modalities"], "response.output_modalities");
    if (response.contains("audio")) check_audio(response["audio"], "response.audio", false);
    const std::string conversation = response.value("conversation", "auto");
    if (conversation != "auto" && conversation != "none")
        wrong("invalid_value", "Invalid value for 'response.conversation'.", "response.conversation");
    if (response.contains("metadata") && !response["metadata"].is_null()) {
        const Json& metadata = response["metadata"];
        if (!metadata.is_object() || metadata.size() > 16)
            wrong("invalid_value", "'response.metadata' must be an object of at most 16 keys.",
                  "response.metadata");
        for (const auto& [key, value] : metadata.items())
            if (!value.is_string() || key.size() > 64 || value.get_ref<const std::string&>().size() > 512)
                wrong("invalid_value", "'response.metadata' must hold short texts.",
                      "response.metadata." + key);
    }
    Reply reply;
    reply.in_conversation = conversation == "auto";
    const bool busy =
        std::ranges::any_of(replies, [](const auto& entry) { return entry.second.in_conversation; });
    if (reply.in_conversation && busy)
        wrong("conversation_already_has_active_response",
              "Conversation already has an active response in progress. Wait until the response is finished "
              "before creating a new one.");
    if (static_cast<int>(replies.size()) >= parallel_limit)
        wrong("rate_limit_exceeded", "Too many responses in progress on one session.");
    const Json modalities = response.value("output_modalities", session["output_modalities"]);
    reply.audio = modalities[0] == "audio";
    reply.metadata = response.value("metadata", Json(nullptr));
    reply.id = outside.id("resp_");
    reply.item_id = outside.id("item_");
    const Json::json_pointer voice("/audio/output/voice");
    const Json chosen = response.contains(voice) ? response[voice] : session[voice];
    reply.voice = chosen.is_object() ? chosen.value("id", "") : chosen.get<std::string>();
    const std::string instructions =
        response.value("instructions", session["instructions"].get<std::string>());
    const std::vector<ChatMessage> messages = heard(response);
    if (told_to_read(instructions))
        reply.text = messages.empty() ? "" : messages.back().text;
    else
        reply.text = outside.answer(instructions, messages);
    reply.bend = outside.begin_response(reply.id, reply.text);
    if (reply.bend.reword) reply.text = "Sure! " + reply.text;
    if (reply.bend.error_event) {
        outside.end_response(reply.id, "error");
        const Json detail{{"type", "server_error"},
                          {"code", reply.bend.error_code},
                          {"message", "The server had an error while processing your request."},
                          {"param", nullptr},
                          {"event_id", event.value("event_id", Json(nullptr))}};
        return send("error", {{"error", detail}});
    }
    const std::string id = reply.id;
    Reply& kept = replies.emplace(id, std::move(reply)).first->second;
    announce(kept);
    if (kept.bend.hang) return;
    const double speed = session.value(Json::json_pointer("/audio/output/speed"), 1.0);
    if (!kept.audio) return speak_text(kept);
    spoke = true;
    if (kept.text.empty()) return finish(id, "completed", nullptr);
    outside.speak(id, kept.text, kept.voice, speed);
}

Json RealtimeSession::State::place(const Reply& reply) const {
    return {{"response_id", reply.id}, {"item_id", reply.item_id}, {"output_index", 0}, {"content_index", 0}};
}

Json RealtimeSession::State::item_of(const Reply& reply, const std::string& status) const {
    Json item{{"id", reply.item_id},
              {"object", "realtime.item"},
              {"type", "message"},
              {"status", status},
              {"role", "assistant"}};
    item["content"] = Json::array();
    if (status == "in_progress") return item;
    if (reply.audio)
        item["content"].push_back({{"type", "output_audio"}, {"transcript", reply.shown}});
    else
        item["content"].push_back({{"type", "output_text"}, {"text", reply.shown}});
    return item;
}

Json RealtimeSession::State::describe(const Reply& reply, const std::string& status,
                                      const Json& details) const {
    const bool over = status != "in_progress";
    Json response{
        {"object", "realtime.response"}, {"id", reply.id}, {"status", status}, {"status_details", details}};
    response["output"] = Json::array();
    if (over)
        response["output"].push_back(item_of(reply, status == "completed" ? "completed" : "incomplete"));
    response["conversation_id"] = reply.in_conversation ? Json(conversation_id) : Json(nullptr);
    response["output_modalities"] = Json::array({reply.audio ? "audio" : "text"});
    response["max_output_tokens"] = "inf";
    response["audio"]["output"] = {{"format", {{"type", "audio/pcm"}, {"rate", 24000}}},
                                   {"voice", reply.voice}};
    response["metadata"] = reply.metadata;
    response["usage"] = nullptr;
    if (over) {
        const int input = static_cast<int>(reply.text.size() / 4) + 20;
        const int output = static_cast<int>(static_cast<double>(reply.bytes) * ms_per_byte / 50) + 1;
        response["usage"] = {
            {"total_tokens", input + output},
            {"input_tokens", input},
            {"output_tokens", output},
            {"input_token_details",
             {{"text_tokens", input}, {"audio_tokens", 0}, {"image_tokens", 0}, {"cached_tokens", 0}}},
            {"output_token_details", {{"text_tokens", 0}, {"audio_tokens", output}}}};
    }
    return response;
}

void RealtimeSession::State::announce(const Reply& reply) {
    if (reply.bend.unknown_events)
        send("response.mood.changed", {{"response_id", reply.id}, {"mood", "bright"}});
    send("response.created", {{"response", describe(reply, "in_progress", nullptr)}});
    if (reply.bend.hang) return;
    const Json item = item_of(reply, "in_progress");
    send("response.output_item.added", {{"response_id", reply.id}, {"output_index", 0}, {"item", item}});
    if (reply.in_conversation)
        send(
            "conversation.item.added",
            {{"previous_item_id", items.empty() ? Json(nullptr) : Json(items.back()["id"])}, {"item", item}});
    Json part = place(reply);
    part["part"] =
        reply.audio ? Json{{"type", "audio"}, {"transcript", ""}} : Json{{"type", "text"}, {"text", ""}};
    send("response.content_part.added", part);
}

// Transcript deltas up to that many bytes of the text, in whole words.
void RealtimeSession::State::show(Reply& reply, std::size_t wanted) {
    while (reply.shown.size() < std::min(wanted, reply.text.size())) {
        std::size_t end = reply.text.find(' ', reply.shown.size() + 1);
        end = std::min(end, reply.text.size());
        Json event = place(reply);
        event["delta"] = reply.text.substr(reply.shown.size(), end - reply.shown.size());
        send(reply.audio ? "response.output_audio_transcript.delta" : "response.output_text.delta", event);
        reply.shown = reply.text.substr(0, end);
    }
}

void RealtimeSession::State::speak_text(Reply& reply) {
    show(reply, reply.text.size());
    finish(std::string(reply.id), "completed", nullptr);
}

void RealtimeSession::State::audio_piece(Reply& reply, std::string_view bytes) {
    Json event = place(reply);
    event["delta"] = base64(bytes);
    send("response.output_audio.delta", event);
}

void RealtimeSession::State::finish(const std::string& id, const std::string& status, const Json& details) {
    const auto found = replies.find(id);
    if (found == replies.end()) return;
    Reply reply = std::move(found->second);
    replies.erase(found);
    if (status != "completed") outside.stop(id);
    if (status == "completed") show(reply, reply.text.size());
    if (!reply.carried.empty()) audio_piece(reply, reply.carried);
    Json text = place(reply);
    if (reply.audio) send("response.output_audio.done", place(reply));
    text[reply.audio ? "transcript" : "text"] = reply.shown;
    send(reply.audio ? "response.output_audio_transcript.done" : "response.output_text.done", text);
    Json part = place(reply);
    part["part"] = reply.audio ? Json{{"type", "audio"}, {"transcript", reply.shown}}
                               : Json{{"type", "text"}, {"text", reply.shown}};
    send("response.content_part.done", part);
    Json item = item_of(reply, status == "completed" ? "completed" : "incomplete");
    if (reply.in_conversation) {
        send(
            "conversation.item.done",
            {{"previous_item_id", items.empty() ? Json(nullptr) : Json(items.back()["id"])}, {"item", item}});
        Json kept = item;
        kept["x_audio_ms"] = static_cast<double>(reply.bytes) * ms_per_byte;
        items.push_back(std::move(kept));
    }
    send("response.output_item.done", {{"response_id", reply.id}, {"output_index", 0}, {"item", item}});
    outside.end_response(id, status);
    if (reply.bend.no_end) return;
    send("response.done", {{"response", describe(reply, status, details)}});
    const Json limit{{"name", "tokens"}, {"limit", 200000}, {"remaining", 199000}, {"reset_seconds", 0.3}};
    send("rate_limits.updated", {{"rate_limits", Json::array({limit})}});
}

void RealtimeSession::State::cancel(const Json& event) {
    std::string id = event.value("response_id", "");
    if (id.empty())
        for (const auto& [key, reply] : replies)
            if (reply.in_conversation) id = key;
    if (!replies.contains(id))
        race("response_cancel_not_active", "Cancellation failed: no active response found");
    finish(id, "cancelled", {{"type", "cancelled"}, {"reason", "client_cancelled"}});
}

void RealtimeSession::State::handle(const Json& event) {
    const std::string type = event["type"];
    if (type == "session.update") return update(event);
    if (type == "response.create") return respond(event);
    if (type == "response.cancel") return cancel(event);
    if (type == "conversation.item.create") return create_item(event);
    if (type == "conversation.item.retrieve") {
        Json item = find_item(event);
        item.erase("x_audio_ms");
        return send("conversation.item.retrieved", {{"item", item}});
    }
    if (type == "conversation.item.delete") {
        const Json id = find_item(event)["id"];
        std::erase_if(items, [&](const Json& item) { return item["id"] == id; });
        return send("conversation.item.deleted", {{"item_id", id}});
    }
    if (type == "conversation.item.truncate") return truncate(event);
    if (type == "input_audio_buffer.append" || type == "input_audio_buffer.commit" ||
        type == "input_audio_buffer.clear")
        return input_audio(type, event);
    wrong("invalid_value",
          "Invalid value: '" + type +
              "'. Supported values are: 'session.update', 'input_audio_buffer.append', "
              "'input_audio_buffer.commit', 'input_audio_buffer.clear', 'conversation.item.create', "
              "'conversation.item.truncate', 'conversation.item.delete', 'conversation.item.retrieve', "
              "'response.create', and 'response.cancel'.",
          "type");
}

RealtimeSession::RealtimeSession(std::string model, int parallel_limit, RealtimeOutside& outside)
    : state_(std::make_unique<State>(std::move(model), parallel_limit, outside)) {
    state_->session = default_session(state_->model, outside.id("sess_"));
    state_->conversation_id = outside.id("conv_");
}

RealtimeSession::~RealtimeSession() = default;

void RealtimeSession::created(std::int64_t expires_at) {
    state_->session["expires_at"] = expires_at;
    state_->send("session.created", {{"session", state_->session}});
}

void RealtimeSession::text(std::string_view message) {
    const Json event = Json::parse(message, nullptr, false);
    std::string event_id;
    try {
        if (event.is_discarded() || !event.is_object())
            wrong("invalid_json", "We could not parse the JSON body of your event.");
        if (event.contains("event_id") && event["event_id"].is_string()) event_id = event["event_id"];
        if (!event.contains("type") || !event["type"].is_string())
            wrong("missing_required_parameter", "Missing required parameter: 'type'.", "type");
        state_->handle(event);
    } catch (const EventError& error) {
        state_->error(error, event_id);
    } catch (const Json::exception& error) {
        state_->error({"invalid_type", error.what(), ""}, event_id);
    }
}

void RealtimeSession::audio(const std::string& response_id, std::span<const std::int16_t> samples) {
    const auto found = state_->replies.find(response_id);
    if (found == state_->replies.end()) return;
    Reply& reply = found->second;
    if (reply.bend.failed && reply.bytes > 0) {
        const Json error{{"type", "server_error"}, {"code", "server_error"}};
        return state_->finish(response_id, "failed", {{"type", "failed"}, {"error", error}});
    }
    const std::string_view bytes = as_bytes(samples);
    reply.bytes += bytes.size();
    // Some sixty ms of speech a character: the transcript keeps pace with the sound.
    state_->show(reply, static_cast<std::size_t>(static_cast<double>(reply.bytes) * ms_per_byte / 60) + 1);
    if (reply.bend.zero_audio) return;
    if (!reply.bend.odd_chunks) return state_->audio_piece(reply, bytes);
    reply.carried += bytes;
    while (reply.carried.size() >= 777) {
        state_->audio_piece(reply, std::string_view(reply.carried).substr(0, 777));
        reply.carried.erase(0, 777);
    }
}

void RealtimeSession::spoken(const std::string& response_id, const std::string& error) {
    if (error.empty()) return state_->finish(response_id, "completed", nullptr);
    const Json detail{{"type", "server_error"}, {"code", "server_error"}};
    state_->finish(response_id, "failed", {{"type", "failed"}, {"error", detail}});
}

void RealtimeSession::expired() {
    const Json detail{{"type", "invalid_request_error"},
                      {"code", "session_expired"},
                      {"message", "Your session hit the maximum duration of 60 minutes."},
                      {"param", nullptr},
                      {"event_id", nullptr}};
    state_->send("error", {{"error", detail}});
}

}  // namespace atlas::sandbox
