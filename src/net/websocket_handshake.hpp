#pragma once

#include "atlas/net/http_message.hpp"
#include "atlas/net/url.hpp"

#include <string>
#include <string_view>

// The upgrade from HTTP/1.1 to a WebSocket (RFC 6455 §4), as text. No sockets.
namespace atlas::net {

std::string new_websocket_key();                         // 16 random bytes in base64
std::string websocket_accept_for(std::string_view key);  // what proves that the server read it

std::string upgrade_request(const Url& url, std::string_view key, std::string_view subprotocol,
                            const HttpHeaders& headers);

// Why an answer with status 101 opens no WebSocket; empty when it does.
std::string upgrade_problem(const HttpHeaders& answer, std::string_view key);

}  // namespace atlas::net
