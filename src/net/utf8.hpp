#pragma once

#include <cstddef>
#include <span>

namespace atlas::net {

// Whether these bytes are text as RFC 3629 has it: no overlong form, no surrogate, nothing above U+10FFFF,
// no character cut short. Pure.
bool is_utf8(std::span<const std::byte> bytes);

}  // namespace atlas::net
