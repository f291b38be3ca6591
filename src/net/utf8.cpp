#include "utf8.hpp"

#include <cstdint>
#include <cstring>

namespace atlas::net {
namespace {

struct Range {
    std::uint8_t first;
    std::uint8_t last;
};

// Which bytes may come second behind this one; the third and fourth are always 80..BF.
Range second_byte(std::uint8_t lead) {
    switch (lead) {
        case 0xE0:
            return {0xA0, 0xBF};  // no overlong form
        case 0xED:
            return {0x80, 0x9F};  // no surrogate
        case 0xF0:
            return {0x90, 0xBF};
        case 0xF4:
            return {0x80, 0x8F};  // nothing above U+10FFFF
        default:
            return {0x80, 0xBF};
    }
}

// How many bytes a character has that begins with this one; 0 for none.
std::size_t length_of(std::uint8_t lead) {
    if (lead < 0x80) return 1;
    if (lead < 0xC2) return 0;
    if (lead < 0xE0) return 2;
    if (lead < 0xF0) return 3;
    return lead < 0xF5 ? 4 : 0;
}

}  // namespace

bool is_utf8(std::span<const std::byte> bytes) {
    const auto at = [&](std::size_t index) { return std::to_integer<std::uint8_t>(bytes[index]); };
    std::size_t i = 0;
    while (i < bytes.size()) {
        if (bytes.size() - i >= sizeof(std::uint64_t)) {
            std::uint64_t eight = 0;
            std::memcpy(&eight, bytes.data() + i, sizeof eight);
            if ((eight & 0x8080808080808080u) == 0) {
                i += sizeof eight;
                continue;
            }
        }
        const std::size_t length = length_of(at(i));
        if (length == 0 || length > bytes.size() - i) return false;
        for (std::size_t j = 1; j < length; ++j) {
            const Range allowed = j == 1 ? second_byte(at(i)) : Range{0x80, 0xBF};
            if (at(i + j) < allowed.first || at(i + j) > allowed.last) return false;
        }
        i += length;
    }
    return true;
}

}  // namespace atlas::net
