#pragma once

#include "atlas/net/url.hpp"
#include "atlas/providers/deepgram/deepgram_settings.hpp"

#include <string>
#include <string_view>

namespace atlas::providers::deepgram {

// The WebSocket address below the settings' base URL, whatever of http, https, ws and wss that is.
std::string listen_url(const DeepgramSettings& settings, std::string_view path,
                       const net::QueryParameters& parameters);

// What both paths know: keyterms (one parameter each), training opt-out, label.
void add_common_parameters(const DeepgramSettings& settings, net::QueryParameters& parameters);

}  // namespace atlas::providers::deepgram
