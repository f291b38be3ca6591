#pragma once

#include "atlas/net/http_message.hpp"

#include <string>

namespace atlas::net {

// Why these headers cannot be sent (a line break in one would smuggle in another); empty when they can.
// Names the header, never its value.
std::string header_problem(const HttpHeaders& headers);

}  // namespace atlas::net
