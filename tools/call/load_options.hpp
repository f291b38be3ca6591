#pragma once

#include "atlas/audio/audio_format.hpp"
#include "atlas/net/http_message.hpp"
#include "call/call_options.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <sys/types.h>
#include <variant>
#include <vector>

namespace atlas::caller {

constexpr int exit_load_errors = 1;   // calls failed, or replies did not come
constexpr int exit_not_reported = 3;  // the load side was the bottleneck
constexpr int exit_no_load = 4;       // gateway or sandbox could not be used at all

// The command line of `atlas-call load`, checked.
struct LoadOptions {
    std::string url = "ws://127.0.0.1:8080/v1/voice";
    net::HttpHeaders headers;
    std::string ca_file;
    std::string sandbox;  // its address, http:// or https://; empty: providers' times stay in
    int calls = 0;
    std::chrono::milliseconds ramp{0};         // over which the calls begin
    std::chrono::milliseconds duration{0};     // measured, after the ramp
    std::chrono::milliseconds call_length{0};  // then another call takes its place; 0: to the end of the run
    audio::AudioFormat audio_in{audio::Codec::pcm16, 16000, 20};
    audio::AudioFormat audio_out{audio::Codec::pcm16, 24000, 40};
    std::vector<std::string> latencies;  // as the sandbox takes them; none: "fast"
    std::uint64_t seed = 1;
    pid_t gateway_pid = 0;  // 0: no CPU and memory figures
    std::chrono::milliseconds talk{3000};
    std::chrono::milliseconds interrupt_after{1200};
    int interrupt_every = 4;  // replies; 0: none
    std::optional<std::filesystem::path> json;
    bool show_anyway = false;
};

std::variant<LoadOptions, NoCall> parse_load_options(const std::vector<std::string>& arguments);

}  // namespace atlas::caller
