#include "atlas/providers/deepgram/audio_backlog.hpp"

#include <algorithm>

namespace atlas::providers::deepgram {

namespace {

constexpr auto block_size = static_cast<SamplePosition>(block_samples);

}  // namespace

std::unique_ptr<AudioBlock> AudioBlockPool::take() {
    if (spare_.empty()) return std::make_unique<AudioBlock>();
    auto block = std::move(spare_.back());
    spare_.pop_back();
    return block;
}

void AudioBlockPool::give_back(std::unique_ptr<AudioBlock> block) {
    if (spare_.size() < max_spare_) spare_.push_back(std::move(block));
}

AudioBacklog::AudioBacklog(AudioBlockPool& pool, std::size_t max_samples)
    : pool_(pool),
      max_samples_(static_cast<SamplePosition>(max_samples)),
      blocks_(max_samples / block_samples + 2) {}

AudioBacklog::~AudioBacklog() {
    for (auto& block : blocks_)
        if (block) pool_.give_back(std::move(block));
}

std::unique_ptr<AudioBlock>& AudioBacklog::block_at(SamplePosition position) {
    return blocks_[static_cast<std::size_t>(position / block_size) % blocks_.size()];
}

const AudioBlock& AudioBacklog::block_at(SamplePosition position) const {
    return *blocks_[static_cast<std::size_t>(position / block_size) % blocks_.size()];
}

void AudioBacklog::append(std::span<const std::int16_t> samples) {
    while (!samples.empty()) {
        const auto offset = static_cast<std::size_t>(end_ % block_size);
        const std::size_t count = std::min(samples.size(), block_samples - offset);
        forget_before(end_ + static_cast<SamplePosition>(count) - max_samples_);
        std::unique_ptr<AudioBlock>& block = block_at(end_);
        if (!block) block = pool_.take();
        std::copy_n(samples.begin(), count, block->begin() + static_cast<std::ptrdiff_t>(offset));
        end_ += static_cast<SamplePosition>(count);
        samples = samples.subspan(count);
    }
}

void AudioBacklog::forget_before(SamplePosition position) {
    position = std::min(position, end_);
    while (begin_ < position) {
        const SamplePosition next_block = (begin_ / block_size + 1) * block_size;
        if (next_block <= position) pool_.give_back(std::move(block_at(begin_)));
        begin_ = std::min(position, next_block);
    }
}

AudioBacklog::Stretch AudioBacklog::read(SamplePosition position, std::size_t samples) const {
    const auto offset = static_cast<std::size_t>(position % block_size);
    const std::size_t count = std::min(samples, block_samples - offset);
    Stretch stretch;
    stretch.head = std::span(block_at(position)).subspan(offset, count);
    if (count == samples) return stretch;
    const SamplePosition next = position + static_cast<SamplePosition>(count);
    stretch.tail = std::span(block_at(next)).first(samples - count);
    return stretch;
}

}  // namespace atlas::providers::deepgram
