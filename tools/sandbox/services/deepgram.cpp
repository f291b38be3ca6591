#include "sandbox/services/deepgram.hpp"

#include "sandbox/services/answer.hpp"
#include "sandbox/services/deepgram_rules.hpp"
#include "sandbox/services/deepgram_sessions.hpp"

#include <nlohmann/json.hpp>

namespace atlas::sandbox {
namespace {

using Json = nlohmann::ordered_json;

DeepgramRefusal refusal_of_status(int status) {
    switch (status) {
        case 400:
            return {status, "Bad Request", "The sandbox was told to refuse.", ""};
        case 401:
            return {status, "INVALID_AUTH", "Invalid credentials.", ""};
        case 402:
            return {status, "ASR_PAYMENT_REQUIRED",
                    "Project does not have enough credits for an ASR request.", ""};
        case 403:
            return {status, "INSUFFICIENT_PERMISSIONS",
                    "Project does not have access to the requested model.", ""};
        case 404:
            return {status, "PROJECT_NOT_FOUND", "Project not found.", ""};
        case 429:
            return {status, "TOO_MANY_REQUESTS", "Too many requests. Please try again later", ""};
        default:
            return {status, "SERVICE_UNAVAILABLE", "Please try again later", ""};
    }
}

UpgradeAnswer refused(const DeepgramRefusal& refusal, const std::string& request_id, Headers extra = {}) {
    UpgradeAnswer answer;
    answer.kind = UpgradeAnswer::Kind::refuse;
    answer.status = refusal.status;
    answer.headers = {
        {"content-type", "application/json"}, {"dg-request-id", request_id}, {"dg-error", refusal.message}};
    answer.headers.insert(answer.headers.end(), extra.begin(), extra.end());
    answer.body = deepgram_error_body(refusal, request_id);
    return answer;
}

bool token_good(const DeepgramState& state, std::string_view token) {
    const auto found = state.tokens.find(token);
    return found != state.tokens.end() && found->second > Clock::now();
}

UpgradeAnswer accepted(World& world, DeepgramState& state, const Request& request,
                       ListenSession::Opening opening, std::variant<NovaSettings, FluxSettings> settings) {
    UpgradeAnswer answer;
    answer.kind = UpgradeAnswer::Kind::accept;
    answer.headers = {{"dg-request-id", opening.request_id}};
    if (opening.key_scheme == "subprotocol") {
        const std::string_view offered = request.header("sec-websocket-protocol");
        answer.subprotocol = offered.substr(0, offered.find(','));
    }
    ++state.open;
    opening.counted =
        std::shared_ptr<void>(&state, [](void* counted) { --static_cast<DeepgramState*>(counted)->open; });
    answer.start = [&world, request, opening, settings](WebsocketPeer& peer) {
        if (const auto* nova = std::get_if<NovaSettings>(&settings))
            return make_nova_session(world, peer, request, *nova, opening);
        return make_flux_session(world, peer, request, std::get<FluxSettings>(settings), opening);
    };
    return answer;
}

}  // namespace

UpgradeAnswer upgrade_deepgram(World& world, DeepgramState& state, const Request& request) {
    ListenSession::Opening opening;
    const bool flux = request.path == "/v2/listen";
    opening.service = flux ? "deepgram_v2" : "deepgram_v1";
    opening.request_id = world.script.random.uuid();
    opening.fault = world.script.take_fault(opening.service);
    const auto delay = world.script.wait("deepgram.handshake");
    const auto violated = [&](const DeepgramRefusal& refusal) {
        world.report.violation(opening.service, request.connection, refusal.rule, refusal.message);
        UpgradeAnswer answer = refused(refusal, opening.request_id);
        answer.delay = delay;
        return answer;
    };

    const auto issued = [&state](std::string_view token) { return token_good(state, token); };
    const auto key = check_deepgram_key(request, world.script.keys["deepgram"], issued);
    if (const auto* refusal = std::get_if<DeepgramRefusal>(&key)) return violated(*refusal);
    opening.key_scheme = std::get<std::string>(key);

    std::variant<NovaSettings, FluxSettings> settings;
    if (flux) {
        auto read = read_flux_handshake(request);
        if (const auto* refusal = std::get_if<DeepgramRefusal>(&read)) return violated(*refusal);
        auto& made = std::get<FluxSettings>(read);
        opening.audio = made.audio;
        opening.keyterms = made.keyterms;
        settings = std::move(made);
    } else {
        auto read = read_nova_handshake(request);
        if (const auto* refusal = std::get_if<DeepgramRefusal>(&read)) return violated(*refusal);
        auto& made = std::get<NovaSettings>(read);
        opening.audio = made.audio;
        opening.keyterms = made.keyterms;
        opening.language = made.language;
        settings = std::move(made);
    }

    if (const auto status = status_fault(opening.fault)) {
        UpgradeAnswer answer =
            refused(refusal_of_status(status->status), opening.request_id, status->headers);
        answer.delay = delay;
        return answer;
    }
    if (state.open >= world.script.limit("deepgram.concurrency"))
        return refused(refusal_of_status(429), opening.request_id);
    const bool refuse = opening.fault && opening.fault->has("refuse");
    const bool hang = opening.fault && opening.fault->has("hang");
    if (refuse) {
        UpgradeAnswer answer;
        answer.kind = UpgradeAnswer::Kind::abort;
        return answer;
    }
    UpgradeAnswer answer = accepted(world, state, request, std::move(opening), std::move(settings));
    answer.delay = hang ? std::chrono::hours(1) : delay;
    return answer;
}

std::unique_ptr<Exchange> serve_deepgram_grant(World& world, DeepgramState& state, Request request,
                                               Response& response) {
    struct Grant final : Exchange {
        Grant(World& w, Response& r, std::shared_ptr<RequestRecord> record)
            : answer(w, r, std::move(record), std::nullopt) {}
        Answer answer;
    };
    auto record = world.report.request("deepgram_grant", request.connection, "POST " + request.path);
    auto exchange = std::make_unique<Grant>(world, response, std::move(record));
    const std::string request_id = world.script.random.uuid();
    const Headers headers{{"content-type", "application/json"}, {"dg-request-id", request_id}};
    const auto never = [](std::string_view) { return false; };
    const auto key = check_deepgram_key(request, world.script.keys["deepgram"], never);
    if (const auto* refusal = std::get_if<DeepgramRefusal>(&key)) {
        world.report.violation("deepgram_grant", request.connection, refusal->rule, refusal->message);
        exchange->answer.whole(401, headers, deepgram_error_body(*refusal, request_id));
        return exchange;
    }
    const Json body = Json::parse(request.body, nullptr, false);
    int seconds = 30;
    if (body.is_object() && body.contains("ttl_seconds") && body["ttl_seconds"].is_number())
        seconds = body["ttl_seconds"];
    const std::string token = world.script.random.id("eyJ") + "." + world.script.random.id("") + ".sandbox";
    state.tokens[token] = Clock::now() + std::chrono::seconds(seconds);
    const Json answer{{"access_token", token}, {"expires_in", seconds}};
    exchange->answer.whole(200, headers, answer.dump());
    return exchange;
}

}  // namespace atlas::sandbox
