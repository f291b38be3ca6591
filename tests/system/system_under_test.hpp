#pragma once

#include "atlas/net/asio_loop.hpp"
#include "atlas/net/http_client.hpp"
#include "system/child_process.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace atlas::test {

using Json = nlohmann::json;

inline const std::string recordings = "/usr/share/pocketsphinx/test/data";

// The whole system as it stands on a developer's machine: sandbox and gateway as processes of their own on
// loopback, everything between them over real TLS. One per test; ended with it.
class SystemUnderTest {
public:
    explicit SystemUnderTest(const std::string& sandbox_mode,
                             std::vector<std::string> gateway_environment = {});
    ~SystemUnderTest();

    // Starts another gateway beside (or after) the first, with further environment.
    std::unique_ptr<ChildProcess> start_gateway(std::vector<std::string> environment);

    // A call by atlas-call with --json; `url` empty: the system's gateway.
    struct CallResult {
        int exit_code = -1;
        Json json;
        std::string output;
    };
    CallResult call(std::vector<std::string> arguments,
                    std::chrono::seconds budget = std::chrono::seconds(120));
    std::unique_ptr<ChildProcess> start_call(std::vector<std::string> arguments);

    void script(const Json& script);  // what the sandbox shall do
    void hang_up();                   // every open Realtime socket is closed by the sandbox
    Json report();                    // what the sandbox saw
    // Every violation of a provider's rules that the gateway committed; empty is what a test wants.
    std::string violations();

    struct Answer {
        int status = 0;
        net::HttpHeaders headers;
        std::string body;
    };
    Answer http(const std::string& method, const std::string& url, const std::string& body = {});

    std::string url() const { return "ws://127.0.0.1:" + std::to_string(port_) + "/v1/voice"; }
    std::string http_url(const std::string& path) const {
        return "http://127.0.0.1:" + std::to_string(port_) + path;
    }
    std::string sandbox_url() const { return "http://127.0.0.1:" + std::to_string(sandbox_plain_port_); }
    ChildProcess& gateway() { return *gateway_; }
    ChildProcess& sandbox() { return *sandbox_; }
    net::AsioLoop& loop() { return loop_; }
    const std::filesystem::path& folder() const { return folder_; }

private:
    net::AsioLoop loop_;
    std::unique_ptr<net::HttpClient> client_;
    std::filesystem::path folder_;
    std::unique_ptr<ChildProcess> sandbox_;
    std::unique_ptr<ChildProcess> gateway_;
    int sandbox_port_ = 0;
    int sandbox_plain_port_ = 0;
    std::string ca_;
    int port_ = 0;
};

// The port in the gateway's line "gateway.ready".
int port_in(const std::string& ready_line, const std::string& name = "port");

}  // namespace atlas::test
