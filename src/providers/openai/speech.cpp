#include "atlas/providers/openai/speech.hpp"

#include "atlas/providers/openai/audio_delta.hpp"
#include "atlas/providers/openai/spoken_words.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

namespace atlas::providers::openai {

namespace {

using Json = nlohmann::ordered_json;

bool is_tts_1(std::string_view model) { return model == "tts-1" || model.starts_with("tts-1-"); }

bool starts_character(char byte) { return (static_cast<unsigned char>(byte) & 0xC0u) != 0x80u; }

// A letter, a digit, or a character of another script.
bool is_spoken(char byte) {
    const auto value = static_cast<unsigned char>(byte);
    return std::isalnum(value) != 0 || (value >= 0x80 && starts_character(byte));
}

std::size_t characters(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), starts_character));
}

std::size_t spoken_characters(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), is_spoken));
}

std::chrono::milliseconds at_speed(std::size_t milliseconds, double speed) {
    return std::chrono::milliseconds(static_cast<std::int64_t>(static_cast<double>(milliseconds) / speed));
}

std::string text_member(const Json& object, const char* name) {
    const auto member = object.find(name);
    return member != object.end() && member->is_string() ? member->get<std::string>() : std::string();
}

ProviderFailure failure_in_stream(std::string_view data, const HiddenWords& hidden) {
    const ServiceError error = read_service_error(data);
    ProviderFailure failure;
    failure.reason = reason_of_error(error).value_or(FailureReason::protocol);
    failure.message = "error in the stream: " + one_line(error.message, hidden);
    return failure;
}

ProviderFailure not_understood() {
    ProviderFailure failure;
    failure.reason = FailureReason::protocol;
    failure.message = "an event of the stream is not a JSON object";
    return failure;
}

}  // namespace

bool can_stream_events(std::string_view model) { return !is_tts_1(model); }

std::string write_speech_request(const Voice& voice, std::string_view text, bool as_events) {
    Json body;
    body["model"] = voice.model;
    body["input"] = text;
    body["voice"] = voice.name.starts_with("voice_") ? Json({{"id", voice.name}}) : Json(voice.name);
    if (!voice.instructions.empty() && !is_tts_1(voice.model)) body["instructions"] = voice.instructions;
    body["response_format"] = "pcm";
    if (voice.speed != 1.0) body["speed"] = voice.speed;
    if (as_events) body["stream_format"] = "sse";
    return body.dump(-1, ' ', false, Json::error_handler_t::replace);
}

SpeechEvent read_speech_event(std::string_view data, std::string& scratch, const HiddenWords& hidden) {
    if (const auto delta = read_audio_delta(data)) return SpeechAudioPart{delta->base64};
    if (data == "[DONE]") return SpeechDone{};
    const Json json = Json::parse(data, nullptr, false);
    if (!json.is_object()) return not_understood();
    const std::string type = text_member(json, "type");
    if (type == "speech.audio.done") return SpeechDone{};
    if (json.contains("error") || type == "error") return failure_in_stream(data, hidden);
    if (!is_audio_delta(type)) return SpeechNothing{};
    scratch = text_member(json, json.contains("delta") ? "delta" : "audio");
    return SpeechAudioPart{scratch};
}

std::optional<std::string_view> audio_file_kind(std::string_view first_bytes) {
    constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kinds = {
        {{"RIFF", "WAV"}, {"ID3", "MP3"}, {"OggS", "Ogg"}, {"fLaC", "FLAC"}}};
    for (const auto& [mark, name] : kinds)
        if (first_bytes.starts_with(mark)) return name;
    return {};
}

std::string problem_with_text(std::string_view text) {
    if (bare_words(text).empty()) return "text: there is nothing to speak in it";
    const std::size_t length = characters(text);
    if (length <= max_speech_characters) return {};
    return "text: at most " + std::to_string(max_speech_characters) + " characters, but it has " +
           std::to_string(length);
}

std::chrono::milliseconds shortest_speech(std::string_view text, double speed) {
    return at_speed(25 * spoken_characters(text), speed);  // §E.1, 15
}

std::chrono::milliseconds longest_speech(std::string_view text, double speed) {
    return at_speed(10000 + 400 * characters(text), speed);
}

std::optional<FailureReason> reason_of_error(const ServiceError& error) {
    constexpr std::array<std::pair<std::string_view, FailureReason>, 11> reasons = {{
        {"insufficient_quota", FailureReason::quota},
        {"billing_hard_limit_reached", FailureReason::quota},
        {"model_not_found", FailureReason::model_retired},
        {"invalid_api_key", FailureReason::unauthorized},
        {"authentication_error", FailureReason::unauthorized},
        {"rate_limit_exceeded", FailureReason::rate_limited},
        {"session_expired", FailureReason::disconnected},
        {"server_error", FailureReason::overloaded},
        {"content_filter", FailureReason::refused},
        {"content_policy_violation", FailureReason::refused},
        {"invalid_request_error", FailureReason::bad_request},
    }};
    for (const std::string& word : {error.code, error.type})
        for (const auto& [name, reason] : reasons)
            if (word == name) return reason;
    return {};
}

ProviderFailure failure_of_refusal(int status, const net::HttpHeaders& headers, std::string_view body,
                                   const HiddenWords& hidden) {
    const ServiceError error = read_service_error(body);
    const auto by_code = reason_of_error({"", error.code, "", ""});
    const auto by_type = reason_of_error({error.type, "", "", ""});
    ProviderFailure failure;
    failure.reason = reason_of_status(status, headers);
    // The status says more than the type, but less than a code that names money, model or key.
    const bool quota = by_code == FailureReason::quota || by_type == FailureReason::quota;
    if (quota) failure.reason = FailureReason::quota;
    if (by_code == FailureReason::model_retired || by_code == FailureReason::unauthorized)
        failure.reason = *by_code;
    failure.message = describe_refusal(status, headers, error, hidden);
    failure.http_status = status;
    failure.request_id = one_line(headers.find("x-request-id"), hidden, 100);
    if (failure.reason == FailureReason::rate_limited || failure.reason == FailureReason::overloaded)
        failure.retry_after = read_retry_after(headers);
    return failure;
}

}  // namespace atlas::providers::openai
