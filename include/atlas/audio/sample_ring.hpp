#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace atlas::audio {

// The latest samples of a stream, up to a fixed number; when full, the oldest make room. Never allocates
// after construction. A value of its owner.
class SampleRing {
public:
    explicit SampleRing(std::size_t capacity) : samples_(capacity) {}

    // Returns how many of the oldest samples were dropped, those of `samples` itself included when it is
    // longer than the ring.
    std::size_t write(std::span<const std::int16_t> samples);

    // Copies the oldest samples to the front of `out` and takes them out; returns how many.
    std::size_t read(std::span<std::int16_t> out);
    // The same without taking them out, beginning `offset` samples after the oldest.
    std::size_t peek(std::span<std::int16_t> out, std::size_t offset = 0) const;
    // Takes out up to `count` of the oldest samples; returns how many.
    std::size_t skip(std::size_t count);
    void clear() { skip(size_); }

    std::size_t size() const { return size_; }
    std::size_t capacity() const { return samples_.size(); }
    bool empty() const { return size_ == 0; }

    // Since construction. written = taken + dropped + size; the oldest sample's position in the stream is
    // taken + dropped.
    std::int64_t total_written() const { return written_; }
    std::int64_t total_taken() const { return taken_; }
    std::int64_t total_dropped() const { return dropped_; }

private:
    std::vector<std::int16_t> samples_;
    std::size_t first_ = 0;  // index of the oldest
    std::size_t size_ = 0;
    std::int64_t written_ = 0;
    std::int64_t taken_ = 0;
    std::int64_t dropped_ = 0;
};

}  // namespace atlas::audio
