#pragma once

#include <cstddef>

#if defined(__SANITIZE_ADDRESS__)
// The sanitizer's own; its header is not in every package of the compiler.
extern "C" std::size_t __sanitizer_get_current_allocated_bytes();  // NOLINT
#else
#include <malloc.h>
#endif

namespace atlas::test {

// Memory of this program that was allocated and not freed.
inline std::size_t live_bytes() {
#if defined(__SANITIZE_ADDRESS__)
    return __sanitizer_get_current_allocated_bytes();
#else
    const auto heap = mallinfo2();
    return heap.uordblks + heap.hblkhd;
#endif
}

}  // namespace atlas::test
