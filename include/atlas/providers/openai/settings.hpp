#pragma once

#include "atlas/net/loop.hpp"
#include "atlas/providers/openai/speech.hpp"

#include <cstddef>
#include <string>

namespace atlas::providers::openai {

// How long a caller can be kept waiting for a chunk (claude_openai_tts §E.3).
struct SpeechTimings {
    net::Duration connect = std::chrono::milliseconds(2500);
    net::Duration first_audio = std::chrono::seconds(2);        // of the first attempt
    net::Duration first_audio_total = std::chrono::seconds(5);  // of all attempts together
    net::Duration stall = std::chrono::seconds(2);              // between two pieces of audio
    net::Duration retry_wait = std::chrono::milliseconds(500);  // at most; at least half of it
    std::chrono::milliseconds longest_retry_after = std::chrono::seconds(1);
    net::Duration warm_interval = std::chrono::seconds(60);
};

// The Realtime sockets all calls share.
struct RealtimePool {
    std::size_t max_sockets = 16;
    std::size_t responses_per_socket = 4;
    // Free places on open sockets while calls come, so that no chunk waits for a handshake: so many, and one
    // more for every few responses under way.
    std::size_t spare_places = 3;
    std::size_t responses_per_spare = 3;
    std::size_t max_waiting = 64;  // chunks without a free place; a further one fails at once
    net::Duration retire_after = std::chrono::minutes(50);  // the service ends a session at 60
    net::Duration close_idle_after = std::chrono::seconds(60);
    net::Duration keep_warm = std::chrono::minutes(10);       // one socket stays open this long after use
    net::Duration replace_before = std::chrono::seconds(15);  // it is retired, a new one is opened
    net::Duration stop_limit = std::chrono::seconds(10);  // a cancelled response that goes on: socket is ill
    net::Duration reconnect_cap = std::chrono::seconds(2);
    std::size_t failed_connects = 2;  // in a row: what waits for a socket is told so
    std::size_t late_in_a_row = 3;    // chunks without audio in time until a socket is retired
};

struct OpenAiSpeechSettings {
    std::string base_url = "https://api.openai.com";  // wss:// is the same, and so is one with /v1 at its end
    std::string api_key;                              // may be empty for a compatible server
    std::string speech_path = "/v1/audio/speech";
    std::string realtime_path = "/v1/realtime";
    std::string models_path = "/v1/models";  // asked to warm up a connection
    Voice voice;
    SpeechTimings timings;
    RealtimePool pool;
};

bool speaks_over_realtime(std::string_view model);

// base_url as http or ws, tls as it has it, with `path` behind it (a /v1 of both only once).
std::string http_url(const OpenAiSpeechSettings& settings, std::string_view path);
std::string websocket_url(const OpenAiSpeechSettings& settings, std::string_view path);

}  // namespace atlas::providers::openai
