#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace atlas::sandbox::speech {

// The words of a caller as somebody else says them: "I lost my keys" -> "you lost your keys".
std::string turn_around(std::string_view text);

// An answer to anything: asks back about what was said, as ELIZA did. `pick` chooses among the wordings.
std::string reflect(std::string_view text, std::uint64_t pick);

}  // namespace atlas::sandbox::speech
