#pragma once

#include "atlas/net/http_message.hpp"

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

namespace atlas::server {

// What /health tells, and decides by.
struct Health {
    std::string region;
    std::string machine;
    std::string version;
    std::size_t calls = 0;
    std::size_t max_calls = 0;
    bool draining = false;
    std::chrono::milliseconds loop_lag{};  // the latest
};

// The answers to everything that is not an upgrade to a call. Pure.
net::OutgoingResponse answer(const net::IncomingRequest& request, const Health& health);
net::OutgoingResponse health_answer(const Health& health);

// An error as every plain answer gives it: {"error":{"code":…,"message":…}}.
net::OutgoingResponse json_error(int status, std::string_view code, std::string_view message);

}  // namespace atlas::server
