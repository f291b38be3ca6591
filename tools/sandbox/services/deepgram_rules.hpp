#pragma once

#include "sandbox/transport/message.hpp"

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

namespace atlas::sandbox {

// A handshake Deepgram refuses (deepgram.md §1.3, §6). The rule is the report's.
struct DeepgramRefusal {
    int status = 400;
    std::string code;
    std::string message;
    std::string rule;
    bool flux_shape = false;  // {"code","description"} instead of {"err_code","err_msg","request_id"}
};

struct DeepgramAudio {
    std::string encoding;  // empty: a container, which the sandbox does not hear
    int sample_rate = 0;
    int channels = 1;
};

struct NovaSettings {  // /v1/listen (§1.2)
    std::string model;
    std::string language = "en";
    DeepgramAudio audio;
    bool interim_results = false;
    std::optional<int> endpointing_ms = 10;  // none: off
    std::optional<int> utterance_end_ms;
    bool vad_events = false;
    bool punctuate = false;
    std::vector<std::string> keyterms;
};

struct FluxSettings {  // /v2/listen (§2.1)
    std::string model;
    DeepgramAudio audio;
    double eot_threshold = 0.7;
    std::optional<double> eager_eot_threshold;
    int eot_timeout_ms = 5000;
    std::vector<std::string> keyterms;
    std::vector<std::string> language_hints;
    bool numerals = false;
    bool multilingual() const { return model == "flux-general-multi"; }
};

// How the client showed who it is, as in the verdict: "Token", "Bearer" or "subprotocol". `issued` tells
// whether a bearer token is one that this sandbox has issued and that is still good.
std::variant<std::string, DeepgramRefusal> check_deepgram_key(
    const Request& request, const std::vector<std::string>& keys,
    const std::function<bool(std::string_view)>& issued);
std::variant<NovaSettings, DeepgramRefusal> read_nova_handshake(const Request& request);
std::variant<FluxSettings, DeepgramRefusal> read_flux_handshake(const Request& request);

std::string deepgram_error_body(const DeepgramRefusal& refusal, const std::string& request_id);

// What a Flux client may say (§2.2).
struct CloseStream {};
struct ForceEndTurn {};
struct FluxConfigure {
    std::optional<double> eot_threshold;
    std::optional<double> eager_eot_threshold;
    std::optional<int> eot_timeout_ms;
    std::optional<std::vector<std::string>> keyterms;
    std::optional<std::vector<std::string>> language_hints;
    std::optional<bool> numerals;
};
struct Unparsable {
    std::string description;
};
std::variant<CloseStream, ForceEndTurn, FluxConfigure, Unparsable> read_flux_message(std::string_view text,
                                                                                     bool old_deployment);
// What is wrong with a Configure: code and description; nothing when it may be applied.
struct ConfigureProblem {
    std::string code;
    std::string description;
};
std::optional<ConfigureProblem> check_configure(const FluxConfigure& change, const FluxSettings& now);

// What a Nova client may say (§1.4).
struct KeepAlive {};
struct Finalize {
    std::optional<int> channel;
};
struct NovaConfigure {
    std::optional<std::vector<std::string>> keyterms;
};
struct Sync {};
std::variant<CloseStream, KeepAlive, Finalize, NovaConfigure, Sync, Unparsable> read_nova_message(
    std::string_view text);

int keyterm_tokens(const std::vector<std::string>& terms);  // an estimate: one per started four letters

}  // namespace atlas::sandbox
