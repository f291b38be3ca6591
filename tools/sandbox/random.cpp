#include "sandbox/random.hpp"

#include <array>
#include <cstdio>

namespace atlas::sandbox {

std::string Random::uuid() {
    const std::uint64_t high = (number() & ~0xf000ULL) | 0x4000ULL;
    const std::uint64_t low = (number() & ~(3ULL << 62)) | (2ULL << 62);
    std::array<char, 37> text{};
    std::snprintf(text.data(), text.size(), "%08llx-%04llx-%04llx-%04llx-%012llx",
                  static_cast<unsigned long long>(high >> 32),
                  static_cast<unsigned long long>((high >> 16) & 0xffff),
                  static_cast<unsigned long long>(high & 0xffff), static_cast<unsigned long long>(low >> 48),
                  static_cast<unsigned long long>(low & 0xffffffffffffULL));
    return text.data();
}

std::string Random::id(std::string_view prefix) {
    static constexpr std::string_view letters =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    std::string text(prefix);
    for (int i = 0; i < 21; ++i) text += letters[number() % letters.size()];
    return text;
}

}  // namespace atlas::sandbox
