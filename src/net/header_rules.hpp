#pragma once

#include "atlas/net/http_message.hpp"

#include <string>
#include <string_view>

namespace atlas::net {

// Why these headers cannot be sent (a line break in one would smuggle in another); empty when they can.
// Names the header, never its value.
std::string header_problem(const HttpHeaders& headers);

// "Name: value" and the line's end.
void append_header(std::string& text, std::string_view name, std::string_view value);

}  // namespace atlas::net
