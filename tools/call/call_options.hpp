#pragma once

#include "atlas/audio/audio_format.hpp"
#include "call/virtual_caller.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace atlas::caller {

constexpr int exit_usage = 2;  // a bad command line or file; the others are Verdict's

// The command line of one call, checked.
struct CallOptions {
    std::string url = "ws://127.0.0.1:8080/v1/voice";
    std::vector<std::filesystem::path> files;  // one turn each
    std::vector<std::string> texts;            // instead of files
    std::optional<std::filesystem::path> out;
    bool json = false;
    audio::AudioFormat audio_in{audio::Codec::pcm16, 16000, 20};
    audio::AudioFormat audio_out{audio::Codec::pcm16, 24000, 40};
    std::optional<std::chrono::milliseconds> interrupt_after;
    std::optional<std::filesystem::path> interrupt_with;
    std::chrono::seconds time_limit{120};
    net::HttpHeaders headers;
    std::string ca_file;
    std::optional<std::string> instructions;
    std::optional<std::string> greeting;
    std::optional<std::string> language;
};

// Why there is no call: help and version go to standard output with exit code 0, a mistake to standard error.
struct NoCall {
    int exit_code = exit_usage;
    std::string text;
};

std::variant<CallOptions, NoCall> parse_options(const std::vector<std::string>& arguments);

// Reads the files and puts the call together; or says what is wrong with a file.
std::variant<std::shared_ptr<const CallPlan>, std::string> make_plan(const CallOptions& options);

}  // namespace atlas::caller
