#pragma once

#include "atlas/net/http_message.hpp"

#include <span>
#include <string>
#include <string_view>

namespace atlas::server {

// What a caller shows to be let in: `Authorization: Bearer <key>`, or, where a client cannot set headers, the
// subprotocol `atlas.token.<key>` beside `atlas.v1`. Empty when it shows nothing.
std::string_view shown_key(const net::HttpHeaders& headers);

// True when `key` is one of `keys`. Takes the same time whatever is wrong with it.
bool is_known_key(std::string_view key, std::span<const std::string> keys);

// Whether a Sec-WebSocket-Protocol list offers `wanted`. Blanks around commas are optional.
bool offers_subprotocol(const net::HttpHeaders& headers, std::string_view wanted);

}  // namespace atlas::server
