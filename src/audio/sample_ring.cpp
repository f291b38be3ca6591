#include "atlas/audio/sample_ring.hpp"

#include <algorithm>

namespace atlas::audio {

std::size_t SampleRing::write(std::span<const std::int16_t> samples) {
    written_ += static_cast<std::int64_t>(samples.size());
    const std::size_t too_many = samples.size() - std::min(samples.size(), capacity());
    const auto kept = samples.subspan(too_many);
    const std::size_t free = capacity() - size_;
    const std::size_t pushed_out = kept.size() - std::min(kept.size(), free);
    if (pushed_out > 0) {
        first_ = (first_ + pushed_out) % capacity();
        size_ -= pushed_out;
    }
    if (!kept.empty()) {
        const std::size_t end = (first_ + size_) % capacity();
        const std::size_t until_wrap = std::min(kept.size(), capacity() - end);
        std::copy_n(kept.begin(), until_wrap, samples_.data() + end);
        std::copy(kept.begin() + static_cast<std::ptrdiff_t>(until_wrap), kept.end(), samples_.data());
        size_ += kept.size();
    }
    dropped_ += static_cast<std::int64_t>(too_many + pushed_out);
    return too_many + pushed_out;
}

std::size_t SampleRing::read(std::span<std::int16_t> out) { return skip(peek(out)); }

std::size_t SampleRing::peek(std::span<std::int16_t> out, std::size_t offset) const {
    if (offset >= size_) return 0;
    const std::size_t count = std::min(out.size(), size_ - offset);
    const std::size_t start = (first_ + offset) % capacity();
    const std::size_t until_wrap = std::min(count, capacity() - start);
    std::copy_n(samples_.data() + start, until_wrap, out.data());
    std::copy_n(samples_.data(), count - until_wrap, out.data() + until_wrap);
    return count;
}

std::size_t SampleRing::skip(std::size_t count) {
    count = std::min(count, size_);
    if (count == 0) return 0;
    first_ = (first_ + count) % capacity();
    size_ -= count;
    taken_ += static_cast<std::int64_t>(count);
    return count;
}

}  // namespace atlas::audio
