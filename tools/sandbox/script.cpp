#include "sandbox/script.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cctype>
#include <set>
#include <stdexcept>

namespace atlas::sandbox {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array services{"deepgram_v1",     "deepgram_v2", "claude", "openai_speech",
                              "openai_realtime", "tcp",         "any"};

// Every fault by name; README.md says what each does and where.
const std::set<std::string> fault_names{"refuse",
                                        "status",
                                        "hang",
                                        "hang_after",
                                        "truncate",
                                        "reset",
                                        "goaway",
                                        "garbage",
                                        "byte_by_byte",
                                        "content_type",
                                        "error_event",
                                        "refusal",
                                        "empty_reply",
                                        "thinking_first",
                                        "unknown_events",
                                        "crlf",
                                        "comments",
                                        "stall",
                                        "no_end",
                                        "html_error",
                                        "several_deltas",
                                        "zero_audio",
                                        "odd_chunks",
                                        "delta_field",
                                        "done_marker",
                                        "event_lines",
                                        "as_sse",
                                        "as_audio",
                                        "leading_silence",
                                        "slow",
                                        "close",
                                        "drop",
                                        "stop_reading",
                                        "withhold",
                                        "reword",
                                        "noise_start",
                                        "flapping",
                                        "no_speech_final",
                                        "no_utterance_end",
                                        "no_finalize",
                                        "empty_finalize",
                                        "fragment",
                                        "ping_flood",
                                        "missing_optional",
                                        "integers",
                                        "response_failed",
                                        "large_text",
                                        "wrong_type"};

// Faults of the Realtime socket itself; the others spoil one response.
const std::set<std::string> socket_faults{"refuse",       "status",   "close",      "drop",    "stall",
                                          "stop_reading", "withhold", "ping_flood", "fragment"};

const std::map<std::string, std::map<std::string, std::string>> profile_sets{
    {"fast",
     {{"deepgram.handshake", "constant:0"},
      {"deepgram.eot", "constant:260"},
      {"deepgram.configure", "constant:5"},
      {"claude.first_token", "constant:20"},
      {"claude.inter_token", "constant:1"},
      {"speech.handshake", "constant:0"},
      {"speech.first_byte", "constant:10"},
      {"speech.speed", "constant:20"}}},
    // Published figures: Flux 260 ms median end of turn, Claude 600 ms, OpenAI speech (sheets' latency
    // parts).
    {"published",
     {{"deepgram.handshake", "lognormal:400:0.3"},
      {"deepgram.eot", "lognormal:260:0.5"},
      {"deepgram.configure", "constant:40"},
      {"claude.first_token", "lognormal:600:0.4"},
      {"claude.inter_token", "lognormal:14:0.5"},
      {"speech.handshake", "lognormal:300:0.3"},
      {"speech.first_byte", "lognormal:500:0.4"},
      {"speech.speed", "lognormal:4:0.3"}}}};

const std::map<std::string, double> default_limits{
    {"deepgram.first_audio_ms", 10000}, {"deepgram.gap_ms", 10000},     {"deepgram.keepalive_only_ms", 30000},
    {"deepgram.flux_idle_ms", 60000},   {"deepgram.concurrency", 150},  {"deepgram.throttle", 1.25},
    {"claude.cache_ttl_ms", 300000},    {"openai.session_ms", 3600000}, {"openai.parallel_responses", 16}};

std::string lower(std::string_view text) {
    std::string out(text);
    std::ranges::transform(out, out.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return out;
}

[[noreturn]] void wrong(const std::string& what) { throw std::invalid_argument(what); }

Fault read_fault(const Json& json) {
    if (!json.is_object()) wrong("each of faults must be an object");
    Fault fault;
    for (const auto& [key, value] : json.items()) {
        if (key == "service") {
            fault.service = value.get<std::string>();
        } else if (key == "fault") {
            if (value.is_array())
                fault.names = value.get<std::vector<std::string>>();
            else
                fault.names = {value.get<std::string>()};
        } else if (key == "times") {
            fault.times = value == "always" ? -1 : value.get<int>();
        } else if (key == "skip") {
            fault.skip = value.get<int>();
        } else if (key == "path") {
            fault.path = value.get<std::string>();
        } else if (value.is_number()) {
            fault.numbers[key] = value.get<double>();
        } else if (value.is_string()) {
            fault.texts[key] = value.get<std::string>();
        } else {
            wrong("faults: \"" + key + "\" must be a number or a text");
        }
    }
    if (std::ranges::find(services, fault.service) == services.end())
        wrong("faults: unknown service \"" + fault.service + "\"");
    if (fault.names.empty()) wrong("faults: \"fault\" names no fault");
    for (const std::string& name : fault.names)
        if (!fault_names.contains(name)) wrong("faults: unknown fault \"" + name + "\"");
    return fault;
}

ScriptedReply::Call read_call(const Json& json) {
    ScriptedReply::Call call;
    for (const auto& [key, value] : json.items()) {
        if (key == "name")
            call.name = value.get<std::string>();
        else if (key == "input")
            call.input_json = value.dump();
        else if (key == "input_text")
            call.input_json = value.get<std::string>();
        else
            wrong("replies: tool_calls: unknown key \"" + key + "\"");
    }
    if (call.name.empty()) wrong("replies: each of tool_calls must have a name");
    return call;
}

Json write_reply(const ScriptedReply& reply) {
    if (reply.match.empty() && reply.match_result.empty() && reply.stop_reason.empty() && reply.calls.empty())
        return reply.text;
    Json json{{"text", reply.text}};
    if (!reply.match.empty()) json["match"] = reply.match;
    if (!reply.match_result.empty()) json["match_result"] = reply.match_result;
    if (!reply.stop_reason.empty()) json["stop_reason"] = reply.stop_reason;
    for (const ScriptedReply::Call& call : reply.calls)
        json["tool_calls"].push_back({{"name", call.name}, {"input_text", call.input_json}});
    return json;
}

ScriptedReply read_reply(const Json& json) {
    ScriptedReply reply;
    if (json.is_string()) {
        reply.text = json.get<std::string>();
        return reply;
    }
    if (!json.is_object()) wrong("each of replies must be a text or an object");
    for (const auto& [key, value] : json.items()) {
        if (key == "text") {
            reply.text = value.get<std::string>();
        } else if (key == "match") {
            reply.match = lower(value.get<std::string>());
        } else if (key == "match_result") {
            reply.match_result = lower(value.get<std::string>());
        } else if (key == "stop_reason") {
            reply.stop_reason = value.get<std::string>();
        } else if (key == "tool_calls") {
            for (const Json& call : value) reply.calls.push_back(read_call(call));
        } else {
            wrong("replies: unknown key \"" + key + "\"");
        }
    }
    return reply;
}

Latency read_latency(const std::string& stage, const std::string& text) {
    if (!profile_sets.at("fast").contains(stage)) wrong("profiles: unknown stage \"" + stage + "\"");
    const auto latency = Latency::parse(text);
    if (!latency)
        wrong("profiles: \"" + stage + "\" must be constant:MS or lognormal:MEDIAN:SIGMA, got \"" + text +
              "\"");
    return *latency;
}

}  // namespace

bool Fault::has(std::string_view name) const { return std::ranges::find(names, name) != names.end(); }

double Fault::number(const std::string& name, double otherwise) const {
    const auto found = numbers.find(name);
    return found == numbers.end() ? otherwise : found->second;
}

std::string Fault::text(const std::string& name, const std::string& otherwise) const {
    const auto found = texts.find(name);
    return found == texts.end() ? otherwise : found->second;
}

Script::Script(std::uint64_t seed) : random(seed), limits_(default_limits) { apply_profile("fast"); }

std::string Script::apply_profile(std::string_view text) {
    try {
        const std::size_t equals = text.find('=');
        if (equals != std::string_view::npos) {
            const std::string stage(text.substr(0, equals));
            profiles_.insert_or_assign(stage, read_latency(stage, std::string(text.substr(equals + 1))));
            return {};
        }
        const auto set = profile_sets.find(std::string(text));
        if (set == profile_sets.end())
            wrong("profile must be fast, published or STAGE=…, got \"" + std::string(text) + "\"");
        for (const auto& [stage, latency] : set->second)
            profiles_.insert_or_assign(stage, read_latency(stage, latency));
        return {};
    } catch (const std::exception& error) {
        return error.what();
    }
}

std::string Script::apply(std::string_view text) {
    Script next = *this;
    try {
        const Json json = Json::parse(text);
        if (!json.is_object()) wrong("the script must be a JSON object");
        for (const auto& [key, value] : json.items()) {
            if (key == "transcripts") {
                next.transcripts_ = value.get<std::vector<std::string>>();
                next.shared_turn_ = 0;
            } else if (key == "transcripts_shared") {
                next.transcripts_shared_ = value.get<bool>();
            } else if (key == "replies") {
                next.replies_.clear();
                next.reply_count_ = 0;
                for (const Json& reply : value) next.replies_.push_back(read_reply(reply));
            } else if (key == "profile") {
                if (const auto problem = next.apply_profile(value.get<std::string>()); !problem.empty())
                    wrong(problem);
            } else if (key == "profiles") {
                for (const auto& [stage, latency] : value.items())
                    next.profiles_.insert_or_assign(stage, read_latency(stage, latency.get<std::string>()));
            } else if (key == "limits") {
                for (const auto& [name, limit] : value.items()) {
                    if (!default_limits.contains(name)) wrong("limits: unknown limit \"" + name + "\"");
                    next.limits_[name] = limit.get<double>();
                }
            } else if (key == "faults" || key == "add_faults") {
                if (key == "faults") next.faults_.clear();
                for (const Json& fault : value) next.faults_.push_back(read_fault(fault));
            } else if (key == "keys") {
                next.keys = value.get<std::map<std::string, std::vector<std::string>>>();
            } else if (key == "alpn") {
                next.alpn = value.get<std::vector<std::string>>();
            } else if (key == "max_concurrent_streams") {
                next.max_concurrent_streams = value.get<std::uint32_t>();
            } else if (key == "openai_models_shut_down") {
                next.openai_models_shut_down = value.get<bool>();
            } else if (key == "old_flux") {
                next.old_flux = value.get<bool>();
            } else if (key == "seed") {
                next.random.seed(value.get<std::uint64_t>());
            } else {
                wrong("unknown key \"" + key + "\"");
            }
        }
    } catch (const std::exception& error) {
        return error.what();
    }
    *this = std::move(next);
    return {};
}

std::string Script::to_json() const {
    Json json;
    json["transcripts"] = transcripts_;
    json["transcripts_shared"] = transcripts_shared_;
    json["replies"] = Json::array();
    for (const ScriptedReply& reply : replies_) json["replies"].push_back(write_reply(reply));
    for (const auto& [stage, latency] : profiles_) json["profiles"][stage] = latency.text();
    json["limits"] = limits_;
    json["faults"] = Json::array();
    for (const Fault& fault : faults_) {
        Json entry{{"service", fault.service}, {"fault", fault.names}, {"skip", fault.skip}};
        entry["times"] = fault.times < 0 ? Json("always") : Json(fault.times);
        if (!fault.path.empty()) entry["path"] = fault.path;
        for (const auto& [key, value] : fault.numbers) entry[key] = value;
        for (const auto& [key, value] : fault.texts) entry[key] = value;
        json["faults"].push_back(std::move(entry));
    }
    json["alpn"] = alpn;
    json["max_concurrent_streams"] = max_concurrent_streams;
    json["openai_models_shut_down"] = openai_models_shut_down;
    json["old_flux"] = old_flux;
    return json.dump(2);
}

std::optional<Fault> Script::take_fault(std::string_view service, std::string_view path) {
    for (auto at = faults_.begin(); at != faults_.end(); ++at) {
        const bool wanted = at->service == service || (at->service == "any" && service != "tcp");
        if (!wanted) continue;
        std::string point = at->path;
        if (point.empty() && service == "openai_realtime")
            point = socket_faults.contains(at->names.front()) ? "socket" : "response";
        if (point != path) continue;
        if (at->skip > 0) {
            --at->skip;
            return {};
        }
        Fault taken = *at;
        if (at->times > 0 && --at->times == 0) faults_.erase(at);
        return taken;
    }
    return {};
}

double Script::sample(const std::string& stage) {
    const auto found = profiles_.find(stage);
    return found == profiles_.end() ? 0 : found->second.sample(random);
}

std::chrono::milliseconds Script::wait(const std::string& stage) {
    const auto found = profiles_.find(stage);
    return found == profiles_.end() ? std::chrono::milliseconds(0) : found->second.wait(random);
}

std::string Script::transcript(std::size_t turn_of_connection) {
    static constexpr std::array sentences{"What time does the library close today?",
                                          "Could you set a timer for ten minutes, please?",
                                          "I would like to book a table for two.",
                                          "Tell me something interesting about the ocean.",
                                          "How do I get to the station from here?",
                                          "My order number is four seven one nine.",
                                          "Yes, that sounds good to me.",
                                          "Can you repeat the last part?"};
    const std::size_t turn = transcripts_shared_ ? shared_turn_ : turn_of_connection;
    if (!transcripts_.empty()) return transcripts_[turn % transcripts_.size()];
    return sentences[turn % sentences.size()];
}

void Script::transcript_used() { ++shared_turn_; }

const ScriptedReply* Script::reply(std::string_view text, std::string_view results) {
    const auto holds = [](const std::string& heard, const std::string& part) {
        return part.empty() || heard.find(part) != std::string::npos;
    };
    const std::string said = lower(text);
    const std::string came_back = lower(results);
    for (const bool by_result : {true, false})  // what came back is later than what was said before it
        for (const ScriptedReply& reply : replies_) {
            const bool conditional = by_result ? !reply.match_result.empty() : !reply.match.empty();
            if (conditional && holds(said, reply.match) && holds(came_back, reply.match_result))
                return &reply;
        }
    std::vector<const ScriptedReply*> in_turn;
    for (const ScriptedReply& reply : replies_)
        if (reply.match.empty() && reply.match_result.empty()) in_turn.push_back(&reply);
    if (in_turn.empty()) return nullptr;
    return in_turn[reply_count_++ % in_turn.size()];
}

}  // namespace atlas::sandbox
