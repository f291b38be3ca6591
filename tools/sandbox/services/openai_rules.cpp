#include "sandbox/services/openai_rules.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <set>

namespace atlas::sandbox {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array voices{"alloy", "ash",  "ballad",  "coral", "echo",  "fable", "onyx",
                            "nova",  "sage", "shimmer", "verse", "marin", "cedar"};
// All of these end on 2027-01-06 (§0.1).
constexpr std::array speech_models{"tts-1", "tts-1-hd", "gpt-4o-mini-tts", "gpt-4o-mini-tts-2025-03-20",
                                   "gpt-4o-mini-tts-2025-12-15"};
constexpr std::array realtime_models{"gpt-realtime", "gpt-realtime-mini", "gpt-realtime-2",
                                     "gpt-realtime-2.1", "gpt-realtime-2.1-mini"};
const std::set<std::string> speech_keys{"model",           "input", "voice",        "instructions",
                                        "response_format", "speed", "stream_format"};

[[noreturn]] void refuse(const std::string& rule, const std::string& message, const std::string& param = "",
                         const std::string& code = "", int status = 400) {
    throw OpenAiRefusal{status, message, code, param, rule};
}

std::string length_error(const char* kind, const char* bound, std::size_t limit, const char* key) {
    return std::string("[{'type': '") + kind + "', 'loc': ('body', '" + key +
           "'), 'msg': 'String should have " + bound + " " + std::to_string(limit) + " character" +
           (limit == 1 ? "" : "s") + "', 'ctx': {'" + (std::string_view(bound) == "at most" ? "max" : "min") +
           "_length': " + std::to_string(limit) + "}}]";
}

std::string required_text(const Json& body, const std::string& key) {
    if (!body.contains(key))
        refuse("missing_key", "Missing required parameter: '" + key + "'.", key,
               "missing_required_parameter");
    if (!body[key].is_string())
        refuse("wrong_type", "Invalid type for '" + key + "': expected a string.", key, "invalid_type");
    return body[key];
}

std::string one_of(const Json& body, const std::string& key, const std::string& otherwise,
                   const std::set<std::string>& allowed) {
    if (!body.contains(key)) return otherwise;
    if (!body[key].is_string() || !allowed.contains(body[key]))
        refuse("wrong_value", "Invalid value for '" + key + "': " + body[key].dump() + ".", key,
               "invalid_value");
    return body[key];
}

void check_model(const SpeechCall& call, bool shut_down) {
    const bool known = std::ranges::find(speech_models, call.model) != speech_models.end();
    if (!known || shut_down)
        refuse(known ? "model_shut_down" : "unknown_model",
               "The model `" + call.model + "` does not exist or you do not have access to it.", "model",
               "model_not_found", 404);
}

SpeechCall read_body(const Request& request, bool shut_down) {
    Json body;
    try {
        body = Json::parse(request.body);
    } catch (const Json::exception&) {
        refuse("body", "We could not parse the JSON body of your request.");
    }
    if (!body.is_object()) refuse("body", "The request body must be a JSON object.");
    for (const auto& [key, value] : body.items())
        if (!speech_keys.contains(key))
            refuse("unknown_key", "Unknown parameter: '" + key + "'.", key, "unknown_parameter");
    SpeechCall call;
    call.model = required_text(body, "model");
    check_model(call, shut_down);
    call.input = required_text(body, "input");
    if (call.input.empty()) refuse("input_length", length_error("string_too_short", "at least", 1, "input"));
    if (characters(call.input) > 4096)
        refuse("input_length", length_error("string_too_long", "at most", 4096, "input"));
    if (!body.contains("voice"))
        refuse("missing_key", "Missing required parameter: 'voice'.", "voice", "missing_required_parameter");
    if (body["voice"].is_object())
        call.voice = body["voice"].at("id");
    else
        call.voice = required_text(body, "voice");
    if (!body["voice"].is_object() && !openai_voice_known(call.voice))
        refuse("wrong_value", "Invalid value for 'voice': '" + call.voice + "'.", "voice", "invalid_value");
    call.format = one_of(body, "response_format", "mp3", {"mp3", "opus", "aac", "flac", "wav", "pcm"});
    call.sse = one_of(body, "stream_format", "audio", {"audio", "sse"}) == "sse";
    const bool old_model = call.model.starts_with("tts-1");
    if (call.sse && old_model)
        refuse("old_model", "stream_format 'sse' is not supported with model '" + call.model + "'.",
               "stream_format", "unsupported_value");
    if (body.contains("instructions")) {
        const std::string instructions = required_text(body, "instructions");
        if (old_model)
            refuse("old_model", "'instructions' is not supported with model '" + call.model + "'.",
                   "instructions", "unsupported_parameter");
        if (characters(instructions) > 4096)
            refuse("input_length", length_error("string_too_long", "at most", 4096, "instructions"));
    }
    if (body.contains("speed")) {
        if (!body["speed"].is_number() || body["speed"] < 0.25 || body["speed"] > 4.0)
            refuse("wrong_value", "Invalid value for 'speed': expected a number from 0.25 to 4.0.", "speed",
                   "invalid_value");
        call.speed = body["speed"];
    }
    return call;
}

}  // namespace

std::size_t characters(std::string_view utf8) {
    return static_cast<std::size_t>(
        std::ranges::count_if(utf8, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::optional<OpenAiRefusal> check_openai_key(const Request& request, const std::vector<std::string>& keys) {
    std::string key;
    const std::string_view authorization = request.header("authorization");
    constexpr std::string_view browser_key = "openai-insecure-api-key.";
    const std::string_view protocols = request.header("sec-websocket-protocol");
    if (authorization.starts_with("Bearer ")) {
        key = authorization.substr(7);
    } else if (const std::size_t at = protocols.find(browser_key); at != std::string_view::npos) {
        const std::string_view rest = protocols.substr(at + browser_key.size());
        key = rest.substr(0, rest.find_first_of(", "));
    }
    if (key.empty())
        return OpenAiRefusal{401,
                             "You didn't provide an API key. You need to provide your API key in an "
                             "Authorization header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY).",
                             "", "", "authentication"};
    if (!keys.empty() && std::ranges::find(keys, key) == keys.end())
        return OpenAiRefusal{401, "Incorrect API key provided.", "invalid_api_key", "", "authentication"};
    return {};
}

std::variant<SpeechCall, OpenAiRefusal> read_speech_call(const Request& request,
                                                         const std::vector<std::string>& keys,
                                                         bool models_shut_down) {
    if (auto refusal = check_openai_key(request, keys)) return *refusal;
    try {
        if (!request.header("content-type").starts_with("application/json"))
            refuse("content_type", "Unsupported content type: expected 'application/json'.", "", "", 415);
        return read_body(request, models_shut_down);
    } catch (const OpenAiRefusal& refusal) {
        return refusal;
    } catch (const Json::exception& error) {
        return OpenAiRefusal{400, error.what(), "", "", "wrong_type"};
    }
}

std::string openai_error_body(const OpenAiRefusal& refusal) {
    Json error{{"message", refusal.message}, {"type", refusal.type}, {"param", nullptr}, {"code", nullptr}};
    if (!refusal.param.empty()) error["param"] = refusal.param;
    if (!refusal.code.empty()) error["code"] = refusal.code;
    const Json body{{"error", error}};
    return body.dump(-1, ' ', false, Json::error_handler_t::replace);
}

bool openai_voice_known(std::string_view voice) { return std::ranges::find(voices, voice) != voices.end(); }

std::vector<std::string> openai_models() {
    std::vector<std::string> models(speech_models.begin(), speech_models.end());
    models.insert(models.end(), realtime_models.begin(), realtime_models.end());
    return models;
}

}  // namespace atlas::sandbox
