#include "atlas/server/http_routes.hpp"

#include <nlohmann/json.hpp>

namespace atlas::server {
namespace {

constexpr std::chrono::milliseconds too_late{500};  // a loop this late serves nobody well

net::OutgoingResponse json_answer(int status, const nlohmann::ordered_json& body) {
    net::OutgoingResponse response;
    response.status = status;
    response.headers.add("content-type", "application/json");
    response.headers.add("cache-control", "no-store");
    // What a client sent may not be UTF-8; an error about it must not fail.
    response.body = body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
    return response;
}

net::OutgoingResponse only(const char* methods, const net::IncomingRequest& request) {
    auto response =
        json_error(405, "method_not_allowed", request.path + " takes " + methods + ", not " + request.method);
    response.headers.add("allow", methods);
    return response;
}

}  // namespace

net::OutgoingResponse json_error(int status, std::string_view code, std::string_view message) {
    return json_answer(status, {{"error", {{"code", code}, {"message", message.substr(0, 300)}}}});
}

net::OutgoingResponse health_answer(const Health& health) {
    const char* status = "ok";
    if (health.calls >= health.max_calls) status = "full";
    if (health.loop_lag > too_late) status = "overloaded";
    if (health.draining) status = "draining";
    const bool well = std::string_view(status) == "ok";
    return json_answer(well ? 200 : 503, {{"status", status},
                                          {"calls", health.calls},
                                          {"max_calls", health.max_calls},
                                          {"loop_lag_ms", health.loop_lag.count()},
                                          {"region", health.region},
                                          {"machine", health.machine},
                                          {"version", health.version}});
}

net::OutgoingResponse answer(const net::IncomingRequest& request, const Health& health) {
    const bool get = request.method == "GET" || request.method == "HEAD";
    if (request.path == "/health") return get ? health_answer(health) : only("GET, HEAD", request);
    if (request.path == "/v1/voice") {
        if (request.method != "GET") return only("GET", request);
        auto response =
            json_error(426, "upgrade_required",
                       "/v1/voice is a WebSocket: connect with ws:// or wss:// and the subprotocol atlas.v1");
        response.headers.add("upgrade", "websocket");
        return response;
    }
    return json_error(404, "not_found", "there is nothing at " + request.path + "; calls go to /v1/voice");
}

}  // namespace atlas::server
