#include "atlas/providers/openai/pcm_assembler.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <bit>
#include <climits>
#include <cstring>

namespace atlas::providers::openai {

static_assert(std::endian::native == std::endian::little, "samples are taken as they came");

std::span<const std::int16_t> PcmAssembler::add(std::string_view bytes) {
    unsigned char* room = room_for(bytes.size());
    if (!bytes.empty()) std::memcpy(room, bytes.data(), bytes.size());
    return whole_samples(bytes.size());
}

std::optional<std::span<const std::int16_t>> PcmAssembler::add_base64(std::string_view text) {
    if (text.size() % 4 != 0 || text.size() > INT_MAX) return {};
    unsigned char* room = room_for(text.size() / 4 * 3);
    const int decoded = EVP_DecodeBlock(room, reinterpret_cast<const unsigned char*>(text.data()),
                                        static_cast<int>(text.size()));
    if (decoded < 0) return {};
    std::size_t bytes = static_cast<std::size_t>(decoded);
    // EVP_DecodeBlock counts the zeros that padding stands for.
    const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
    bytes -= std::min(bytes, padding);
    return whole_samples(bytes);
}

// Where new bytes go: behind the one held back, if any.
unsigned char* PcmAssembler::room_for(std::size_t bytes) {
    const std::size_t samples = (bytes + 2) / 2;
    if (samples_.size() < samples) samples_.resize(samples);
    auto* start = reinterpret_cast<unsigned char*>(samples_.data());
    if (!held_) return start;
    *start = *held_;
    return start + 1;
}

std::span<const std::int16_t> PcmAssembler::whole_samples(std::size_t new_bytes) {
    const std::size_t bytes = new_bytes + (held_ ? 1 : 0);
    held_.reset();
    if (bytes % 2 != 0) held_ = reinterpret_cast<const unsigned char*>(samples_.data())[bytes - 1];
    return std::span<const std::int16_t>(samples_).first(bytes / 2);
}

}  // namespace atlas::providers::openai
