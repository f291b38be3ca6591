#include "sandbox/services/deepgram_rules.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>

namespace atlas::sandbox {
namespace {

using Json = nlohmann::ordered_json;

const std::set<std::string> nova_models{
    "nova-3",         "nova-3-general", "nova-3-medical",   "nova-3-pharma",           "nova-2",
    "nova-2-general", "nova-2-meeting", "nova-2-finance",   "nova-2-conversationalai", "nova-2-voicemail",
    "nova-2-video",   "nova-2-medical", "nova-2-drivethru", "nova-2-automotive",       "base",
    "enhanced"};
const std::set<std::string> nova_encodings{"linear16", "linear32", "flac",     "alaw",  "mulaw", "amr-nb",
                                           "amr-wb",   "opus",     "ogg-opus", "speex", "g729"};
const std::set<std::string> flux_encodings{"linear16", "linear32", "mulaw", "alaw", "opus", "ogg-opus"};
const std::set<std::string> flux_rates{"8000", "16000", "24000", "44100", "48000"};
const std::set<std::string> hint_languages{"en", "es", "fr", "de", "hi", "ru", "pt", "ja", "it", "nl"};
const std::set<std::string> repeated{"keyterm", "keywords", "redact", "replace",
                                     "search",  "tag",      "extra",  "language_hint"};
const std::set<std::string> nova_booleans{
    "interim_results", "vad_events",       "smart_format", "no_delay",        "punctuate",
    "numerals",        "profanity_filter", "dictation",    "detect_entities", "filler_words",
    "diarize",         "multichannel",     "mip_opt_out"};
const std::set<std::string> nova_others{"model",         "language", "version",        "encoding",
                                        "sample_rate",   "channels", "endpointing",    "utterance_end_ms",
                                        "diarize_model", "callback", "callback_method"};
const std::set<std::string> flux_known{"model",
                                       "encoding",
                                       "sample_rate",
                                       "eot_threshold",
                                       "eager_eot_threshold",
                                       "eot_timeout_ms",
                                       "keyterm",
                                       "language_hint",
                                       "numerals",
                                       "profanity_filter",
                                       "redact",
                                       "mip_opt_out",
                                       "tag"};

[[noreturn]] void refuse(const std::string& rule, const std::string& message, int status = 400,
                         const std::string& code = "INVALID_QUERY_PARAMETER") {
    throw DeepgramRefusal{status, code, message, rule};
}
[[noreturn]] void refuse_flux(const std::string& rule, const std::string& message) {
    throw DeepgramRefusal{400, "INVALID_PARAMETER", message, rule, true};
}

template <class Number>
std::optional<Number> parse_number(std::string_view text) {
    Number value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return {};
    return value;
}

bool read_bool(const std::string& name, const std::string& value) {
    if (value != "true" && value != "false")
        refuse("boolean", name + " must be true or false, got \"" + value + "\"");
    return value == "true";
}

int read_int(const std::string& name, const std::string& value, int low, int high) {
    const auto number = parse_number<int>(value);
    if (!number || *number < low || *number > high)
        refuse("number", name + " must be a number from " + std::to_string(low) + " to " +
                             std::to_string(high) + ", got \"" + value.substr(0, 40) + "\"");
    return *number;
}

double read_fraction(const std::string& name, const std::string& value, double low, double high) {
    const auto number = parse_number<double>(value);
    if (!number || *number < low || *number > high)
        refuse_flux("flux_range", name + " is out of range: \"" + value.substr(0, 40) + "\"");
    return *number;
}

using Parameters = std::map<std::string, std::vector<std::string>>;

Parameters collect(const Request& request, const std::function<bool(const std::string&)>& known) {
    if (!request.query_problems.empty()) refuse("query", request.query_problems.front());
    Parameters parameters;
    for (const auto& [name, value] : request.query) {
        if (!known(name)) refuse("unknown_parameter", "unknown query parameter \"" + name + "\"");
        auto& values = parameters[name];
        if (!values.empty() && !repeated.contains(name))
            refuse("repeated_parameter", name + " was given twice");
        values.push_back(value);
    }
    for (const std::string& tag : parameters["tag"])
        if (tag.empty() || tag.size() > 128) refuse("tag", "tag must have 1 to 128 characters");
    return parameters;
}

std::string single(const Parameters& parameters, const std::string& name, const std::string& otherwise = {}) {
    const auto found = parameters.find(name);
    return found == parameters.end() || found->second.empty() ? otherwise : found->second.front();
}

bool has(const Parameters& parameters, const std::string& name) {
    const auto found = parameters.find(name);
    return found != parameters.end() && !found->second.empty();
}

void check_keyterms(const std::vector<std::string>& terms) {
    if (keyterm_tokens(terms) > 500)
        refuse("keyterm", "Keyterm limit exceeded. The maximum number of tokens across all keyterms is 500.");
}

std::vector<std::string> values_of(const Parameters& parameters, const std::string& name) {
    const auto found = parameters.find(name);
    return found == parameters.end() ? std::vector<std::string>{} : found->second;
}

DeepgramAudio read_nova_audio(const Parameters& parameters) {
    DeepgramAudio audio;
    audio.encoding = single(parameters, "encoding");
    if (audio.encoding.empty()) return audio;
    if (!nova_encodings.contains(audio.encoding))
        refuse("encoding", "unknown encoding \"" + audio.encoding + "\"");
    if (!has(parameters, "sample_rate")) refuse("sample_rate", "sample_rate is required with encoding");
    audio.sample_rate = read_int("sample_rate", single(parameters, "sample_rate"), 1000, 192000);
    audio.channels = read_int("channels", single(parameters, "channels", "1"), 1, 20);
    return audio;
}

void check_nova_vocabulary(const Parameters& parameters, const std::string& model) {
    const bool nova3 = model.starts_with("nova-3");
    if (has(parameters, "keywords") && nova3)
        refuse("keywords", "Keywords are not supported for Nova-3. Please use `keyterm` instead.");
    if (has(parameters, "keyterm") && !nova3)
        refuse("keyterm", "keyterm is only supported for Nova-3 and Flux");
    check_keyterms(values_of(parameters, "keyterm"));
    if (has(parameters, "keywords") && values_of(parameters, "keywords").size() > 100)
        refuse("keywords", "at most 100 keywords are allowed");
    if (has(parameters, "diarize") && has(parameters, "diarize_model"))
        refuse("diarize", "diarize and diarize_model exclude each other");
    if (single(parameters, "diarize_model") == "v2")
        refuse("diarize", "diarize_model=v2 is not available for streaming");
}

NovaSettings read_nova(const Request& request) {
    const Parameters parameters = collect(request, [](const std::string& name) {
        return nova_booleans.contains(name) || nova_others.contains(name) || repeated.contains(name);
    });
    NovaSettings settings;
    settings.model = single(parameters, "model");
    if (settings.model.empty())
        refuse("model", "model is required here, though the service would fall back to \"base\"");
    if (settings.model.starts_with("flux"))
        refuse("model", "Flux models are only available on /v2/listen", 400, "Bad Request");
    if (!nova_models.contains(settings.model))
        refuse("model", "Project does not have access to the requested model.", 403,
               "INSUFFICIENT_PERMISSIONS");
    if (has(parameters, "language_hint"))
        refuse("unknown_parameter", "unknown query parameter \"language_hint\"");
    const auto flag = [&](const std::string& name) {
        return has(parameters, name) && read_bool(name, single(parameters, name));
    };
    for (const std::string& name : nova_booleans) flag(name);
    settings.language = single(parameters, "language", "en");
    settings.audio = read_nova_audio(parameters);
    settings.interim_results = flag("interim_results");
    settings.vad_events = flag("vad_events");
    settings.punctuate = flag("punctuate") || flag("smart_format");
    if (flag("multichannel") && settings.audio.channels > 1)
        refuse("sandbox_limit", "the sandbox does not offer multichannel");
    if (const std::string value = single(parameters, "endpointing"); value == "false")
        settings.endpointing_ms.reset();
    else if (!value.empty() && value != "true")
        settings.endpointing_ms = read_int("endpointing", value, 0, 60000);
    if (has(parameters, "utterance_end_ms")) {
        settings.utterance_end_ms =
            read_int("utterance_end_ms", single(parameters, "utterance_end_ms"), 0, 60000);
        if (*settings.utterance_end_ms < 1000)
            refuse("utterance_end_ms", "utterance_end_ms must be at least 1000");
        if (!settings.interim_results)
            refuse("utterance_end_ms", "utterance_end_ms requires interim_results=true");
    }
    check_nova_vocabulary(parameters, settings.model);
    settings.keyterms = values_of(parameters, "keyterm");
    return settings;
}

DeepgramAudio read_flux_audio(const Parameters& parameters) {
    DeepgramAudio audio;
    audio.encoding = single(parameters, "encoding");
    const std::string rate = single(parameters, "sample_rate");
    if (audio.encoding.empty()) {
        if (!rate.empty()) refuse_flux("sample_rate", "sample_rate requires encoding");
        return audio;
    }
    if (!flux_encodings.contains(audio.encoding))
        refuse_flux("encoding", "unknown encoding \"" + audio.encoding + "\"");
    if (rate.empty()) refuse_flux("sample_rate", "sample_rate is required with encoding");
    if (!flux_rates.contains(rate))
        refuse_flux("sample_rate",
                    "sample_rate must be 8000, 16000, 24000, 44100 or 48000, got \"" + rate + "\"");
    audio.sample_rate = std::stoi(rate);
    return audio;
}

FluxSettings read_flux(const Request& request) {
    const Parameters parameters =
        collect(request, [](const std::string& name) { return flux_known.contains(name); });
    FluxSettings settings;
    settings.model = single(parameters, "model");
    if (settings.model != "flux-general-en" && settings.model != "flux-general-multi")
        refuse_flux("model", "model \"" + settings.model + "\" is not available on /v2/listen");
    settings.audio = read_flux_audio(parameters);
    if (has(parameters, "eot_threshold"))
        settings.eot_threshold =
            read_fraction("eot_threshold", single(parameters, "eot_threshold"), 0.5, 1.0);
    if (has(parameters, "eager_eot_threshold"))
        settings.eager_eot_threshold =
            read_fraction("eager_eot_threshold", single(parameters, "eager_eot_threshold"), 0.3, 0.9);
    if (settings.eager_eot_threshold && *settings.eager_eot_threshold > settings.eot_threshold)
        refuse_flux("flux_range", "eager_eot_threshold must be less than or equal to eot_threshold");
    if (has(parameters, "eot_timeout_ms"))
        settings.eot_timeout_ms = static_cast<int>(
            read_fraction("eot_timeout_ms", single(parameters, "eot_timeout_ms"), 500, 60000));
    for (const char* name : {"numerals", "profanity_filter", "mip_opt_out"})
        if (has(parameters, name)) read_bool(name, single(parameters, name));
    settings.numerals = single(parameters, "numerals") == "true";
    for (const std::string& value : values_of(parameters, "redact"))
        if (value != "numbers" && value != "aggressive_numbers")
            refuse_flux("redact", "redact must be numbers or aggressive_numbers");
    settings.keyterms = values_of(parameters, "keyterm");
    if (settings.keyterms.size() > 100) refuse_flux("keyterm", "at most 100 keyterms are allowed");
    for (const std::string& term : settings.keyterms)
        if (term.empty() || term.size() > 100 || std::ranges::all_of(term, [](char c) { return c == ' '; }))
            refuse_flux("keyterm", "a keyterm must have 1 to 100 characters");
    check_keyterms(settings.keyterms);
    settings.language_hints = values_of(parameters, "language_hint");
    if (!settings.language_hints.empty() && !settings.multilingual())
        refuse_flux("language_hint", "language_hint is not supported for model " + settings.model);
    for (const std::string& hint : settings.language_hints)
        if (!hint_languages.contains(hint.substr(0, hint.find('-'))))
            refuse_flux("language_hint", "unknown language_hint \"" + hint + "\"");
    return settings;
}

constexpr std::string_view serde_error = "Could not deserialize last text message: ";

std::string unknown_variant(const std::string& type, const std::string& expected) {
    return std::string(serde_error) + "unknown variant `" + type + "`, expected one of " + expected;
}

// The message as an object with a known type, or the reason why not.
std::variant<Json, Unparsable> read_object(std::string_view text) {
    Json json = Json::parse(text, nullptr, false);
    if (json.is_discarded()) return Unparsable{std::string(serde_error) + "invalid JSON"};
    if (!json.is_object()) return Unparsable{std::string(serde_error) + "expected an object"};
    if (!json.contains("type") || !json["type"].is_string())
        return Unparsable{std::string(serde_error) + "missing field `type`"};
    return json;
}

[[noreturn]] void unparsable(const std::string& what) { throw Unparsable{std::string(serde_error) + what}; }

std::optional<double> optional_number(const Json& json, const char* key) {
    if (!json.contains(key) || json[key].is_null()) return {};
    if (!json[key].is_number()) unparsable(std::string("invalid type for `") + key + "`, expected a number");
    return json[key].get<double>();
}

std::optional<std::vector<std::string>> optional_texts(const Json& json, const char* key) {
    if (!json.contains(key) || json[key].is_null()) return {};
    if (!json[key].is_array()) unparsable(std::string("invalid type for `") + key + "`, expected a sequence");
    std::vector<std::string> texts;
    for (const Json& text : json[key]) {
        if (!text.is_string()) unparsable(std::string("invalid type in `") + key + "`, expected a string");
        texts.push_back(text);
    }
    return texts;
}

void only_keys(const Json& json, const std::set<std::string>& keys) {
    for (const auto& [key, value] : json.items())
        if (!keys.contains(key)) unparsable("unknown field `" + key + "`");
}

FluxConfigure read_flux_configure(const Json& json) {
    only_keys(json, {"type", "thresholds", "keyterms", "language_hints", "numerals"});
    FluxConfigure change;
    if (json.contains("thresholds") && !json["thresholds"].is_null()) {
        const Json& thresholds = json["thresholds"];
        if (!thresholds.is_object()) unparsable("invalid type for `thresholds`, expected a map");
        only_keys(thresholds, {"eager_eot_threshold", "eot_threshold", "eot_timeout_ms"});
        change.eot_threshold = optional_number(thresholds, "eot_threshold");
        change.eager_eot_threshold = optional_number(thresholds, "eager_eot_threshold");
        if (const auto timeout = optional_number(thresholds, "eot_timeout_ms"))
            change.eot_timeout_ms = static_cast<int>(*timeout);
    }
    change.keyterms = optional_texts(json, "keyterms");
    change.language_hints = optional_texts(json, "language_hints");
    if (json.contains("numerals") && !json["numerals"].is_null()) {
        if (!json["numerals"].is_boolean()) unparsable("invalid type for `numerals`, expected a boolean");
        change.numerals = json["numerals"].get<bool>();
    }
    return change;
}

}  // namespace

int keyterm_tokens(const std::vector<std::string>& terms) {
    std::size_t tokens = 0;
    for (const std::string& term : terms) tokens += (term.size() + 3) / 4;
    return static_cast<int>(tokens);
}

std::variant<std::string, DeepgramRefusal> check_deepgram_key(
    const Request& request, const std::vector<std::string>& keys,
    const std::function<bool(std::string_view)>& issued) {
    const DeepgramRefusal invalid{401, "INVALID_AUTH", "Invalid credentials.", "authentication"};
    std::string_view value = request.header("authorization");
    std::string scheme;
    if (!value.empty()) {
        const std::size_t space = value.find(' ');
        scheme = value.substr(0, space);
        value = space == std::string_view::npos ? std::string_view{} : value.substr(space + 1);
    } else if (std::string_view protocols = request.header("sec-websocket-protocol"); !protocols.empty()) {
        const std::size_t comma = protocols.find(',');
        scheme = protocols.substr(0, comma);
        value = comma == std::string_view::npos ? std::string_view{} : protocols.substr(comma + 1);
        while (value.starts_with(' ')) value.remove_prefix(1);
    }
    if (value.empty()) return invalid;
    if (scheme == "Bearer" || scheme == "bearer") {
        if (!issued(value)) return invalid;
        return std::string("Bearer");
    }
    if (scheme != "Token" && scheme != "token") return invalid;
    if (!keys.empty() && std::ranges::find(keys, value) == keys.end()) return invalid;
    return request.header("authorization").empty() ? std::string("subprotocol") : std::string("Token");
}

std::variant<NovaSettings, DeepgramRefusal> read_nova_handshake(const Request& request) {
    try {
        return read_nova(request);
    } catch (const DeepgramRefusal& refusal) {
        return refusal;
    }
}

std::variant<FluxSettings, DeepgramRefusal> read_flux_handshake(const Request& request) {
    try {
        return read_flux(request);
    } catch (const DeepgramRefusal& refusal) {
        return refusal;
    }
}

std::string deepgram_error_body(const DeepgramRefusal& refusal, const std::string& request_id) {
    Json body{{"err_code", refusal.code}, {"err_msg", refusal.message}, {"request_id", request_id}};
    if (refusal.flux_shape) body = {{"code", refusal.code}, {"description", refusal.message}};
    return body.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::variant<CloseStream, ForceEndTurn, FluxConfigure, Unparsable> read_flux_message(std::string_view text,
                                                                                     bool old_deployment) {
    auto read = read_object(text);
    if (const auto* problem = std::get_if<Unparsable>(&read)) return *problem;
    const Json& json = std::get<Json>(read);
    const std::string type = json["type"];
    try {
        if (type == "CloseStream") {
            only_keys(json, {"type"});
            return CloseStream{};
        }
        if (type == "ForceEndTurn" && !old_deployment) {
            only_keys(json, {"type"});
            return ForceEndTurn{};
        }
        if (type == "Configure") return read_flux_configure(json);
    } catch (const Unparsable& problem) {
        return problem;
    }
    return Unparsable{unknown_variant(type, "`CloseStream`, `Configure`, `ForceEndTurn`")};
}

std::optional<ConfigureProblem> check_configure(const FluxConfigure& change, const FluxSettings& now) {
    const double eot = change.eot_threshold.value_or(now.eot_threshold);
    const auto eager = change.eager_eot_threshold ? change.eager_eot_threshold : now.eager_eot_threshold;
    const int timeout = change.eot_timeout_ms.value_or(now.eot_timeout_ms);
    if (eot < 0.5 || eot > 1.0)
        return ConfigureProblem{"INVALID_THRESHOLD", "eot_threshold must be from 0.5 to 1.0"};
    if (eager && (*eager < 0.3 || *eager > 0.9))
        return ConfigureProblem{"INVALID_THRESHOLD", "eager_eot_threshold must be from 0.3 to 0.9"};
    if (eager && *eager > eot)
        return ConfigureProblem{"INVALID_THRESHOLD",
                                "eager_eot_threshold must be less than or equal to eot_threshold"};
    if (timeout < 500 || timeout > 60000)
        return ConfigureProblem{"INVALID_THRESHOLD", "eot_timeout_ms must be from 500 to 60000"};
    if (change.keyterms && (change.keyterms->size() > 100 || keyterm_tokens(*change.keyterms) > 500))
        return ConfigureProblem{"INVALID_KEYTERMS", "at most 100 keyterms and 500 tokens are allowed"};
    if (change.language_hints && !change.language_hints->empty() && !now.multilingual())
        return ConfigureProblem{"INVALID_LANGUAGE_HINTS",
                                "language_hints are not supported for model " + now.model};
    return {};
}

std::variant<CloseStream, KeepAlive, Finalize, NovaConfigure, Sync, Unparsable> read_nova_message(
    std::string_view text) {
    auto read = read_object(text);
    if (const auto* problem = std::get_if<Unparsable>(&read)) return *problem;
    const Json& json = std::get<Json>(read);
    const std::string type = json["type"];
    try {
        if (type == "CloseStream") return CloseStream{};
        if (type == "KeepAlive") return KeepAlive{};
        if (type == "Sync") return Sync{};
        if (type == "Finalize") {
            Finalize finalize;
            if (const auto channel = optional_number(json, "channel"))
                finalize.channel = static_cast<int>(*channel);
            return finalize;
        }
        if (type == "Configure") return NovaConfigure{optional_texts(json, "keyterms")};
    } catch (const Unparsable& problem) {
        return problem;
    }
    return Unparsable{unknown_variant(type, "`CloseStream`, `Configure`, `Sync`, `KeepAlive`, `Finalize`")};
}

}  // namespace atlas::sandbox
