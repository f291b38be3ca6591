#pragma once

#include "atlas/net/http_client.hpp"
#include "atlas/net/websocket_connect.hpp"
#include "atlas/providers/openai/settings.hpp"
#include "atlas/providers/speech_synthesizer.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace atlas::providers::openai {

// One readable sentence each. With an error the settings cannot be used.
struct SettingsReview {
    std::vector<std::string> errors;
    std::vector<std::string> warnings;
};

// `today` because OpenAI shuts models down by date.
SettingsReview validate(const OpenAiSpeechSettings& settings, std::chrono::year_month_day today);

// The transport follows the model's name: gpt-realtime-* speaks over the Realtime WebSocket, everything
// else over POST /v1/audio/speech. The client, the connector and the loop outlive the synthesiser.
std::unique_ptr<SpeechSynthesizer> make_openai_synthesizer(OpenAiSpeechSettings settings,
                                                           net::HttpClient& http,
                                                           net::WebsocketConnector& connector,
                                                           net::Loop& loop);

}  // namespace atlas::providers::openai
