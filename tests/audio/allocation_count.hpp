#pragma once

#include <cstdint>

namespace atlas::test {

// Calls of operator new in this program so far. Linking allocation_count.cpp replaces operator new and
// delete for the whole program; what C libraries take with malloc is not counted.
std::int64_t allocation_count();

}  // namespace atlas::test
