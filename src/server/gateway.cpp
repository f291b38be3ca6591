#include "atlas/server/gateway.hpp"

#include "atlas/protocol/limits.hpp"
#include "atlas/server/credentials.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <fstream>
#include <random>
#include <sys/resource.h>
#include <unistd.h>
#include <utility>

namespace atlas::server {
namespace {

using namespace std::chrono_literals;

std::string make_call_id() {
    std::random_device random;
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "call_%08x%08x", random(), random());
    return text.data();
}

observe::ProcessGauges measure_process() {
    observe::ProcessGauges gauges;
    long pages = 0;
    std::ifstream("/proc/self/statm").ignore(64, ' ') >> pages;
    gauges.memory_bytes = static_cast<std::size_t>(pages) * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    gauges.cpu_seconds = seconds(usage.ru_utime) + seconds(usage.ru_stime);
    return gauges;
}

}  // namespace

Gateway::Gateway(net::AsioLoop& loop, const Config& config, const call::CallServices& services)
    : loop_(loop),
      config_(config),
      services_(services),
      on_fly_(!config.log.region.empty()),
      drain_deadline_(loop.make_timer([this] { finish_drain(); })) {}

Gateway::~Gateway() = default;

void Gateway::open() {
    net::ListenerSettings settings;
    settings.address = config_.listen.bind;
    settings.port = config_.listen.port;
    settings.max_connections = config_.admission.max_calls * 2 + 64;
    plain_ = net::open_listener(loop_, settings, handlers());
    if (config_.listen.tls) {
        settings.port = config_.listen.tls_port;
        settings.tls = config_.listen.tls;
        tls_ = net::open_listener(loop_, settings, handlers());
    }
    if (config_.listen.metrics_port == 0) return;

    net::ListenerSettings scrape;
    scrape.address = config_.listen.metrics_bind;
    scrape.port = config_.listen.metrics_port;
    scrape.max_connections = 16;
    net::ListenerHandlers scraped;
    scraped.on_request = [this](const net::IncomingRequest& request) {
        if (request.path != "/metrics") return json_error(404, "not_found", "there is only /metrics here");
        auto gauges = measure_process();
        gauges.calls = calls_.size();
        gauges.draining = draining_;
        gauges.loop_lag_seconds = std::chrono::duration<double>(loop_.lag().max).count();
        net::OutgoingResponse response;
        response.headers.add("content-type", "text/plain; version=0.0.4; charset=utf-8");
        response.body = services_.metrics.text(gauges);
        return response;
    };
    scraped.on_upgrade = [](const net::IncomingRequest&) {
        return json_error(404, "not_found", "there is only /metrics here");
    };
    scraped.on_websocket = [](const net::IncomingRequest&, std::unique_ptr<net::Websocket>) {};
    scraped.on_bad_connection = [](const std::string&, const std::string&) {};
    metrics_ = net::open_listener(loop_, scrape, std::move(scraped));
}

net::ListenerHandlers Gateway::handlers() {
    net::ListenerHandlers handlers;
    handlers.on_request = [this](const net::IncomingRequest& request) { return answer(request, health()); };
    handlers.on_upgrade = [this](const net::IncomingRequest& request) { return decide(request); };
    handlers.on_websocket = [this](const net::IncomingRequest& request,
                                   std::unique_ptr<net::Websocket> websocket) {
        admit(request, std::move(websocket));
    };
    handlers.on_bad_connection = [this](const std::string& peer, const std::string& error) {
        services_.log.debug("connection.bad", {{"peer", peer}, {"error", error}});
    };
    return handlers;
}

Health Gateway::health() const {
    const auto& place = config_.call.server;
    return {.region = place.region,
            .machine = place.machine,
            .version = place.version,
            .calls = calls_.size(),
            .max_calls = config_.admission.max_calls,
            .draining = draining_,
            .loop_lag = std::chrono::duration_cast<std::chrono::milliseconds>(loop_.lag().last)};
}

// ---- admission

net::UpgradeDecision Gateway::decide(const net::IncomingRequest& request) {
    if (request.path != "/v1/voice") return answer(request, health());
    if (draining_) {
        auto response = refuse(503, "draining", "this server is about to stop; call again", 1);
        // Another machine shall take the call at once; but never send a request round in circles.
        if (on_fly_ && !request.headers.contains("fly-replay-src"))
            response.headers.add("fly-replay", "elsewhere=true");
        return response;
    }
    const auto& admission = config_.admission;
    if (!admission.api_keys.empty() && !is_known_key(shown_key(request.headers), admission.api_keys)) {
        auto response =
            refuse(401, "unauthorized",
                   "show a key: Authorization: Bearer <key>, or the subprotocol atlas.token.<key>", 0);
        response.headers.add("www-authenticate", "Bearer");
        return response;
    }
    if (!offers_subprotocol(request.headers, protocol::protocol_name)) {
        return refuse(400, "missing_subprotocol",
                      "offer the WebSocket subprotocol atlas.v1 (Sec-WebSocket-Protocol)", 0);
    }
    if (calls_.size() >= admission.max_calls) {
        return refuse(503, "at_capacity", "this server has as many calls as it may take; try again", 2);
    }
    const auto limit = admission.calls_per_address;
    if (limit > 0 && calls_from(caller_address(request)) >= limit) {
        return refuse(429, "too_many_calls",
                      "there are already " + std::to_string(limit) + " calls from this address", 5);
    }

    net::AcceptUpgrade accept;
    accept.subprotocol = protocol::protocol_name;
    accept.options.may_wait = true;  // sound goes on to the recogniser in messages of 80 ms
    // Twice what is allowed: the codec can then say what was wrong before the connection closes.
    accept.options.max_message_bytes = config_.call.max_message_bytes * 2;
    accept.options.ping_interval = config_.call.heartbeat;
    accept.options.pong_timeout = config_.call.heartbeat;
    return accept;
}

net::OutgoingResponse Gateway::refuse(int status, const char* code, const std::string& message,
                                      int retry_after_s) {
    services_.metrics.call_refused(code);
    services_.log.info("call.refused", {{"code", code}});
    auto response = json_error(status, code, message);
    if (retry_after_s > 0) response.headers.add("retry-after", std::to_string(retry_after_s));
    return response;
}

void Gateway::admit(const net::IncomingRequest& request, std::unique_ptr<net::Websocket> websocket) {
    if (draining_) return;  // upgraded while the signal came; letting go of the socket closes it with 1001
    if (calls_.size() >= config_.admission.max_calls) {  // several were let in at the same moment
        services_.metrics.call_refused("at_capacity");
        return websocket->close(1013, "at_capacity");
    }
    const std::string id = make_call_id();
    auto address = caller_address(request);
    services_.metrics.call_admitted();
    services_.log.info("call.connected", {{"call", id}, {"peer", address}, {"tls", request.tls}});
    auto call =
        std::make_shared<call::Call>(id, std::move(websocket), services_, [this, id] { release(id); });
    calls_.emplace(id, Admitted{std::move(call), std::move(address)});
}

void Gateway::release(const std::string& id) {
    calls_.erase(id);
    if (draining_ && calls_.empty()) finish_drain();
}

// Behind Fly's edge the socket's peer is the edge; who called stands in a header that only the edge can set.
std::string Gateway::caller_address(const net::IncomingRequest& request) const {
    const auto client = request.headers.find("fly-client-ip");
    return on_fly_ && !client.empty() && client.size() <= 64 ? std::string(client) : request.peer_address;
}

std::size_t Gateway::calls_from(const std::string& address) const {
    return static_cast<std::size_t>(
        std::count_if(calls_.begin(), calls_.end(),
                      [&address](const auto& entry) { return entry.second.address == address; }));
}

// ---- draining

void Gateway::drain(std::function<void()> on_empty) {
    if (std::exchange(draining_, true)) {
        services_.log.warning("drain.cut_short", {{"calls", calls_.size()}});
        return finish_drain();
    }
    on_empty_ = std::move(on_empty);
    services_.log.info("drain.started",
                       {{"calls", calls_.size()}, {"deadline_s", config_.drain.deadline.count()}});
    if (calls_.empty()) return finish_drain();

    const auto now = loop_.now();
    const auto by = now + std::max<net::Duration>(config_.drain.deadline - 2s, 0s);
    drain_deadline_->expire_at(now + config_.drain.deadline);
    // One after the other, so that the machines that take them over are not flooded.
    std::minstd_rand random{std::random_device{}()};
    std::uniform_real_distribution<double> share(0, 1);
    for (const auto& [id, admitted] : calls_) {
        const auto delay = std::chrono::duration_cast<net::Duration>(config_.drain.spread * share(random));
        admitted.call->drain(std::min(now + delay, by), by);
    }
}

void Gateway::finish_drain() {
    if (!on_empty_) return;
    drain_deadline_->cancel();
    if (!calls_.empty()) services_.log.warning("drain.deadline", {{"calls", calls_.size()}});
    loop_.post([on_empty = std::exchange(on_empty_, nullptr)] { on_empty(); });
}

}  // namespace atlas::server
