#pragma once

#include "sandbox/services/deepgram.hpp"
#include "sandbox/transport/message.hpp"
#include "sandbox/world.hpp"

namespace atlas::sandbox {

// Sends each request to its service by its path, and serves the sandbox's own:
// GET /sandbox/report, POST /sandbox/reset, POST /sandbox/hang_up, GET and POST /sandbox/script,
// GET and POST /sandbox/stamps,
// GET /sandbox/health.
class Routes final : public Services {
public:
    explicit Routes(World& world) : world_(world), lag_timer_(world.loop) {}
    std::unique_ptr<Exchange> serve(Request request, Response& response) override;
    UpgradeAnswer upgrade(const Request& request) override;
    bool refuse_connection() override;
    void end() { lag_timer_.cancel(); }  // nothing of it waits any more
    std::vector<std::string> alpn() override { return world_.script.alpn; }
    std::uint32_t max_concurrent_streams() override { return world_.script.max_concurrent_streams; }

private:
    std::unique_ptr<Exchange> control(const Request& request, Response& response);

    void watch_lag();

    World& world_;
    DeepgramState deepgram_;
    Timer lag_timer_;  // only once stamps were asked for
};

}  // namespace atlas::sandbox
