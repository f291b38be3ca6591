#pragma once

#include <cstddef>
#include <string_view>

namespace atlas::protocol {

// The levels of arrays and objects in a JSON text. Counted before parsing: a parser that goes down a level
// for every '[' is only safe below a limit.
std::size_t nesting_of(std::string_view json);

}  // namespace atlas::protocol
