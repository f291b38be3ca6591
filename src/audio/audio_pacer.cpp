#include "atlas/audio/audio_pacer.hpp"

#include "atlas/audio/audio_format.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace atlas::audio {

namespace {

constexpr int block_ms = 160;
constexpr std::size_t spare_blocks = 1;  // enough for a voice that sends as fast as it is heard

AudioFormat checked_format(const PacerSettings& settings) {
    const AudioFormat format{Codec::pcm16, settings.rate, settings.frame_ms};
    if (const auto problem = find_problem(format)) throw std::invalid_argument(problem->message);
    return format;
}

}  // namespace

AudioPacer::AudioPacer(const PacerSettings& settings)
    : rate_(settings.rate),
      frame_(samples_per_frame(checked_format(settings))),
      lead_(std::max(samples_in(settings.lead, rate_), static_cast<std::int64_t>(frame_))),
      group_(std::clamp(samples_in(settings.group, rate_), static_cast<std::int64_t>(frame_), lead_)),
      capacity_(static_cast<std::size_t>(std::max<std::int64_t>(0, samples_in(settings.capacity, rate_)))),
      block_(frame_ * static_cast<std::size_t>(std::max(1, block_ms / settings.frame_ms))) {}

void AudioPacer::begin(std::uint64_t reply) {
    forget_reply();
    reply_ = reply;
    stats_ = {};
}

std::size_t AudioPacer::push(std::span<const std::int16_t> samples) {
    if (!reply_ || finished_) return 0;
    const auto accepted = samples.first(std::min(samples.size(), room()));
    for (auto rest = accepted; !rest.empty();) {
        const auto place = static_cast<std::size_t>(pushed_ - base_);
        if (place / block_ == blocks_.size())
            blocks_.push_back(std::make_unique_for_overwrite<std::int16_t[]>(block_));
        const std::size_t count = std::min(rest.size(), block_ - place % block_);
        std::copy_n(rest.begin(), count, blocks_[place / block_].get() + place % block_);
        pushed_ += static_cast<std::int64_t>(count);
        rest = rest.subspan(count);
    }
    return accepted.size();
}

void AudioPacer::finish() {
    if (reply_) finished_ = true;
}

std::optional<PacedFrame> AudioPacer::next_frame(TimePoint now) {
    release_sent_blocks();
    const std::size_t size = next_size();
    if (size == 0) return std::nullopt;
    if (due_at(now) > now) {
        filling_ = false;
        return std::nullopt;
    }
    filling_ = true;
    if (!started() || ran_dry(now)) {
        note_gap(now);
        clock_at_ = now;
        clock_played_ = sent_;
    }
    gap_excused_ = false;
    PacedFrame frame;
    frame.samples = {blocks_.front().get() + (sent_ - base_), size};
    frame.position = sent_;
    frame.first = sent_ == 0;
    sent_ += static_cast<std::int64_t>(size);
    frame.last = finished_ && queued() == 0;
    return frame;
}

std::optional<AudioPacer::TimePoint> AudioPacer::next_due(TimePoint now) const {
    if (next_size() == 0) return std::nullopt;
    return std::max(now, due_at(now));
}

void AudioPacer::report_played(std::int64_t samples, TimePoint now) {
    if (!started()) return;
    samples = std::clamp<std::int64_t>(samples, 0, sent_);
    // "All of it", again: the silence began earlier, and its length counts from there.
    if (samples == sent_ && ran_dry(now)) return;
    clock_at_ = now;
    clock_played_ = samples;
}

std::int64_t AudioPacer::played_estimate(TimePoint now) const {
    if (!started()) return 0;
    if (ran_dry(now)) return sent_;  // however long ago
    if (frozen_) return clock_played_;
    const auto elapsed = std::max(now - clock_at_, TimePoint::duration::zero());
    const auto ns = std::chrono::duration_cast<std::chrono::nanoseconds>(elapsed).count();
    return std::min(sent_, clock_played_ + ns * rate_ / 1'000'000'000);
}

void AudioPacer::pause(TimePoint now, bool listener_stops) {
    if (!reply_ || paused_) return;
    const bool dry = ran_dry(now);
    if (dry) note_gap(now);
    paused_ = true;
    if (dry || !started() || !listener_stops) return;
    clock_played_ = played_estimate(now);
    clock_at_ = now;
    frozen_ = true;
}

void AudioPacer::resume(TimePoint now) {
    if (!paused_) return;
    paused_ = false;
    if (std::exchange(frozen_, false)) {
        clock_at_ = now;
        return;
    }
    if (!ran_dry(now)) return;
    clock_at_ = now;
    clock_played_ = sent_;
    gap_excused_ = next_size() > 0;
}

PacerPositions AudioPacer::clear(TimePoint now) {
    const PacerPositions positions{sent_, played_estimate(now)};
    forget_reply();
    return positions;
}

bool AudioPacer::finished_playing(TimePoint now) const {
    const auto end = playing_ends(now);
    return end && *end <= now;
}

std::optional<AudioPacer::TimePoint> AudioPacer::playing_ends(TimePoint now) const {
    if (!finished_ || queued() > 0 || frozen_) return std::nullopt;
    return started() ? runs_dry_at() : now;
}

std::size_t AudioPacer::memory_bytes() const { return blocks_.size() * block_ * sizeof(std::int16_t); }

AudioPacer::TimePoint AudioPacer::runs_dry_at() const {
    return clock_at_ + duration_of(sent_ - clock_played_, rate_);
}

// Counted from the clock's own start, so that a late timer delays one frame and not all that follow.
AudioPacer::TimePoint AudioPacer::due_at(TimePoint now) const {
    if (!started()) return now;
    const auto frame = static_cast<std::int64_t>(frame_);
    const std::int64_t missing = filling_ ? frame : group_;
    const std::int64_t ahead = sent_ + missing - lead_ - clock_played_;
    return ahead <= 0 ? clock_at_ : clock_at_ + duration_of(ahead, rate_);
}

std::size_t AudioPacer::next_size() const {
    if (paused_) return 0;
    if (queued() >= frame_) return frame_;
    return finished_ ? queued() : 0;
}

void AudioPacer::note_gap(TimePoint now) {
    if (!started() || gap_excused_) return;
    const std::chrono::nanoseconds gap = now - runs_dry_at();
    if (gap <= std::chrono::nanoseconds::zero()) return;
    ++stats_.underruns;
    stats_.longest_gap = std::max(stats_.longest_gap, gap);
}

// A block is let go one call after its last frame was given out, which may still be in use until then.
void AudioPacer::release_sent_blocks() {
    if (finished_ && queued() == 0) {
        blocks_.clear();
        base_ = sent_;
        return;
    }
    while (sent_ - base_ >= static_cast<std::int64_t>(block_)) {
        std::rotate(blocks_.begin(), blocks_.begin() + 1, blocks_.end());
        base_ += static_cast<std::int64_t>(block_);
    }
    const std::size_t used = (static_cast<std::size_t>(pushed_ - base_) + block_ - 1) / block_;
    if (blocks_.size() > used + spare_blocks) blocks_.resize(used + spare_blocks);
}

void AudioPacer::forget_reply() {
    std::vector<Block>().swap(blocks_);  // gives the memory back, clear() would keep it
    base_ = pushed_ = sent_ = 0;
    reply_.reset();
    finished_ = paused_ = frozen_ = gap_excused_ = filling_ = false;
    clock_at_ = {};
    clock_played_ = 0;
}

}  // namespace atlas::audio
