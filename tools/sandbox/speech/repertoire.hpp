#pragma once

#include <span>
#include <string_view>

// What the responder knows by heart.
namespace atlas::sandbox::speech {

std::span<const std::string_view> jokes();
std::span<const std::string_view> facts();
std::string_view story();  // about two minutes: long enough to be interrupted

}  // namespace atlas::sandbox::speech
