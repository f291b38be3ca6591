#pragma once

#include "atlas/providers/deepgram/deepgram_settings.hpp"
#include "atlas/providers/speech_recognizer.hpp"

#include <string>

namespace atlas::providers::deepgram {

// Where to connect to, with all that is asked for; empty when the base URL is none, which validate() says.
std::string nova_url(const DeepgramSettings& settings, const RecognizerRequest& request);  // /v1/listen
// /v2/listen
std::string flux_url(const DeepgramSettings& settings, const RecognizerRequest& request, int eot_timeout_ms);

}  // namespace atlas::providers::deepgram
