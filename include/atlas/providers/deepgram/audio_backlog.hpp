#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace atlas::providers::deepgram {

// Where in the caller's audio: samples since the first one given to the recogniser.
using SamplePosition = std::int64_t;

inline constexpr std::size_t block_samples = 4096;  // a message of 80 ms at 48 kHz fits
using AudioBlock = std::array<std::int16_t, block_samples>;

// Blocks that no call needs at the moment. Shared by all calls of one thread: the memory for kept audio is
// what callers are saying now, not twenty seconds for each of them.
class AudioBlockPool {
public:
    explicit AudioBlockPool(std::size_t max_spare = 64) : max_spare_(max_spare) { spare_.reserve(max_spare); }
    std::unique_ptr<AudioBlock> take();
    void give_back(std::unique_ptr<AudioBlock> block);  // beyond max_spare it is freed
    std::size_t spare() const { return spare_.size(); }

private:
    std::size_t max_spare_;
    std::vector<std::unique_ptr<AudioBlock>> spare_;
};

// The caller's last seconds, by position. Owned by one recogniser; the pool outlives it. When it is full
// the oldest sample goes.
class AudioBacklog {
public:
    AudioBacklog(AudioBlockPool& pool, std::size_t max_samples);
    ~AudioBacklog();
    AudioBacklog(const AudioBacklog&) = delete;
    AudioBacklog& operator=(const AudioBacklog&) = delete;

    void append(std::span<const std::int16_t> samples);
    void forget_before(SamplePosition position);
    SamplePosition begin() const { return begin_; }
    SamplePosition end() const { return end_; }

    // The two parts of a stretch that may cross one block's border.
    struct Stretch {
        std::span<const std::int16_t> head;
        std::span<const std::int16_t> tail;
    };
    // [position, position + samples) must be kept, and samples at most one block.
    Stretch read(SamplePosition position, std::size_t samples) const;

private:
    std::unique_ptr<AudioBlock>& block_at(SamplePosition position);
    const AudioBlock& block_at(SamplePosition position) const;

    AudioBlockPool& pool_;
    SamplePosition max_samples_;
    std::vector<std::unique_ptr<AudioBlock>> blocks_;  // a ring, by block number
    SamplePosition begin_ = 0;
    SamplePosition end_ = 0;
};

}  // namespace atlas::providers::deepgram
