#include "sandbox/routes.hpp"

#include "sandbox/services/claude.hpp"
#include "sandbox/services/openai_realtime.hpp"
#include "sandbox/services/openai_speech.hpp"

#include <nlohmann/json.hpp>

namespace atlas::sandbox {
namespace {

class Said final : public Exchange {};

std::unique_ptr<Exchange> say(Response& response, int status, const std::string& body) {
    response.head(status, {{"content-type", "application/json"}});
    response.body(body);
    response.finish();
    return std::make_unique<Said>();
}

std::string error(const std::string& message) {
    return nlohmann::json{{"error", {{"message", message}}}}.dump();
}

bool speaks_claude(const Request& request) {
    return !request.header("anthropic-version").empty() || !request.header("x-api-key").empty();
}

}  // namespace

std::unique_ptr<Exchange> Routes::control(const Request& request, Response& response) {
    const std::string what = request.method + " " + request.path;
    if (what == "GET /sandbox/report") return say(response, 200, world_.report.to_json());
    if (what == "GET /sandbox/script") return say(response, 200, world_.script.to_json());
    if (what == "GET /sandbox/health") return say(response, 200, "{\"status\":\"ok\"}");
    if (what == "POST /sandbox/reset") {
        world_.report.reset();
        return say(response, 200, "{\"ok\":true}");
    }
    if (what == "GET /sandbox/stamps") return say(response, 200, world_.stamps.text());
    if (what == "POST /sandbox/stamps") {
        world_.stamps.begin();
        watch_lag();
        return say(response, 200, "{\"ok\":true}");
    }
    if (what == "POST /sandbox/hang_up") {
        for (WebsocketPeer* peer : world_.realtime_sockets) peer->close(1001, {});
        return say(response, 200, "{\"ok\":true}");
    }
    if (what == "POST /sandbox/script") {
        const std::string problem = world_.script.apply(request.body);
        if (!problem.empty()) return say(response, 400, error(problem));
        return say(response, 200, "{\"ok\":true}");
    }
    return say(response, 404, error("the sandbox has no " + what));
}

// How late the loop runs: a measurement against a sandbox that is itself too slow is worth nothing.
void Routes::watch_lag() {
    constexpr auto every = std::chrono::milliseconds(10);
    const Clock::time_point due = Clock::now() + every;
    lag_timer_.start(every, [this, due] {
        world_.stamps.lag(Clock::now() - due);
        watch_lag();
    });
}

std::unique_ptr<Exchange> Routes::serve(Request request, Response& response) {
    if (request.path.starts_with("/sandbox/")) return control(request, response);
    const bool get = request.method == "GET";
    const bool post = request.method == "POST";
    if (post && request.path == "/v1/messages")
        return serve_claude_messages(world_, std::move(request), response);
    if (get && (request.path == "/v1/models" || request.path.starts_with("/v1/models/"))) {
        if (speaks_claude(request)) return serve_claude_models(world_, std::move(request), response);
        return serve_openai_models(world_, std::move(request), response);
    }
    if (post && request.path == "/v1/audio/speech")
        return serve_openai_speech(world_, std::move(request), response);
    if (post && request.path == "/v1/auth/grant")
        return serve_deepgram_grant(world_, deepgram_, std::move(request), response);
    return serve_unknown(world_, std::move(request), response);
}

UpgradeAnswer Routes::upgrade(const Request& request) {
    if (request.path == "/v1/listen" || request.path == "/v2/listen")
        return upgrade_deepgram(world_, deepgram_, request);
    if (request.path == "/v1/realtime") return upgrade_openai_realtime(world_, request);
    world_.report.violation("unknown", request.connection, "unknown_path", "WebSocket to " + request.path);
    UpgradeAnswer answer;
    answer.status = 404;
    answer.headers = {{"content-type", "application/json"}};
    answer.body = error("no WebSocket service at this path");
    return answer;
}

bool Routes::refuse_connection() {
    const auto fault = world_.script.take_fault("tcp");
    return fault && fault->has("refuse");
}

}  // namespace atlas::sandbox
