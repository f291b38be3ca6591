#pragma once

#include "atlas/net/http_client.hpp"
#include "call/load_options.hpp"

#include <functional>
#include <memory>
#include <string>

namespace atlas::caller {

// What the sandbox shall do in a load run: sentences that carry the turn's label, latencies, seed, no limit
// on connections. The body of POST /sandbox/script.
std::string load_sandbox_script(const LoadOptions& options);

// The sandbox's control port. One request at a time, each with a deadline. Destroying it gives up.
class LoadSandbox {
public:
    // An empty error: `body` is the answer.
    using Done = std::function<void(std::string error, std::string body)>;

    LoadSandbox(net::Loop& loop, net::HttpClient& http, std::string address);
    void request(const std::string& method, const std::string& path, std::string body, Done done);

private:
    void finish(std::string error);

    net::HttpClient& http_;
    std::string address_;
    std::unique_ptr<net::Timer> timer_;
    std::unique_ptr<net::Transfer> transfer_;
    Done done_;
    std::string body_;
    int status_ = 0;
};

}  // namespace atlas::caller
