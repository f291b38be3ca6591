#include "atlas/providers/deepgram/audio_sender.hpp"

#include <algorithm>
#include <bit>
#include <cstdlib>

namespace atlas::providers::deepgram {

static_assert(std::endian::native == std::endian::little, "linear16 is little endian on the wire");

namespace {

// This much may go out at once: a late frame of the caller's, or what was said during a handshake.
constexpr double burst_seconds = 1;

// Nothing of a voice is as soft as that, about -54 dB: what never is louder may be cut.
constexpr int silent_peak = 64;
constexpr int onset_ms = 320;

std::size_t samples_in(int milliseconds, int sample_rate) {
    return static_cast<std::size_t>(milliseconds) * static_cast<std::size_t>(sample_rate) / 1000;
}

std::int64_t sum_of_levels(std::span<const std::int16_t> samples) {
    std::int64_t sum = 0;
    for (const std::int16_t sample : samples) sum += std::abs(std::int32_t{sample});
    return sum;
}

bool is_silent_piece(std::span<const std::int16_t> samples) {
    return std::all_of(samples.begin(), samples.end(),
                       [](std::int16_t sample) { return std::abs(std::int32_t{sample}) <= silent_peak; });
}

}  // namespace

AudioSender::AudioSender(const DeepgramSettings& settings, int sample_rate, AudioBlockPool& pool,
                         AudioCounters& counters)
    : counters_(counters),
      clock_(sample_rate),
      backlog_(pool, samples_in(settings.kept_audio_ms, sample_rate)),
      chunk_(std::min(samples_in(settings.chunk_ms, sample_rate), block_samples)),
      max_waiting_(static_cast<SamplePosition>(samples_in(settings.max_backlog_ms, sample_rate))),
      onset_(static_cast<SamplePosition>(samples_in(onset_ms, sample_rate))),
      loud_sum_(std::int64_t{settings.loud_level} * static_cast<std::int64_t>(chunk_)),
      message_(chunk_) {}

void AudioSender::append(std::span<const std::int16_t> samples) {
    backlog_.append(samples);
    limit_backlog(max_waiting_);
}

void AudioSender::limit_backlog(SamplePosition samples) {
    const SamplePosition first = std::max(backlog_.end() - samples, backlog_.begin());
    if (next_ >= first) return;
    counters_.dropped_samples += static_cast<std::uint64_t>(first - next_);
    next_ = first;
}

void AudioSender::begin_stream(net::TimePoint now, double replay_speed, AudioPosition max_replay,
                               AudioPosition longest_silence) {
    limit_backlog(clock_.samples_of(max_replay));
    clock_.restart(next_);
    longest_silence_ = clock_.samples_of(longest_silence);
    silence_sent_ = 0;
    speed_ = replay_speed;
    allowed_ = burst_seconds * clock_.sample_rate();
    earned_at_ = now;
    loud_samples_ = 0;
}

void AudioSender::begin_later(SamplePosition position) {
    next_ = std::clamp(position, next_, std::max(next_, backlog_.end()));
    clock_.restart(next_);
}

void AudioSender::end_stream(SamplePosition position) {
    const SamplePosition again = std::clamp(position, std::min(backlog_.begin(), next_), next_);
    counters_.replayed_samples += static_cast<std::uint64_t>(next_ - again);
    next_ = again;
}

void AudioSender::earn(net::TimePoint now) {
    const std::chrono::duration<double> passed = now - earned_at_;
    earned_at_ = now;
    const double most = burst_seconds * clock_.sample_rate();
    allowed_ = std::min(most, allowed_ + passed.count() * speed_ * clock_.sample_rate());
}

void AudioSender::weigh(const AudioBacklog::Stretch& piece, net::TimePoint now) {
    if (sum_of_levels(piece.head) + sum_of_levels(piece.tail) < loud_sum_) return;
    loud_samples_ += static_cast<SamplePosition>(chunk_);
    last_loud_at_ = now;
}

// More waits than may be sent at once. Only then silence is looked for: not on the frame path.
bool AudioSender::is_late(SamplePosition limit) const {
    const SamplePosition waiting = limit - next_;
    return longest_silence_ > 0 && static_cast<double>(waiting) > allowed_ &&
           waiting > static_cast<SamplePosition>(chunk_) + onset_;
}

bool AudioSender::is_silent(SamplePosition from, SamplePosition samples) const {
    const SamplePosition end = from + samples;
    while (from < end) {
        const auto count = std::min<std::size_t>(static_cast<std::size_t>(end - from), block_samples);
        const auto piece = backlog_.read(from, count);
        if (!is_silent_piece(piece.head) || !is_silent_piece(piece.tail)) return false;
        from += static_cast<SamplePosition>(count);
    }
    return true;
}

// The next message is inside a silence that is long enough without it, and so is what follows it.
bool AudioSender::may_cut() const {
    return silence_sent_ >= longest_silence_ &&
           is_silent(next_, static_cast<SamplePosition>(chunk_) + onset_);
}

AudioSender::Outcome AudioSender::send(net::Websocket& websocket, net::TimePoint now, SamplePosition limit) {
    limit = std::min(limit, backlog_.end());
    const auto chunk = static_cast<double>(chunk_);
    earn(now);
    while (limit - next_ >= static_cast<SamplePosition>(chunk_)) {
        const bool late = is_late(limit);
        if (late && may_cut()) {
            counters_.cut_samples += chunk_;
            next_ += static_cast<SamplePosition>(chunk_);
            continue;
        }
        if (allowed_ < chunk) {
            const double seconds = (chunk - allowed_) / (speed_ * clock_.sample_rate());
            // Rounded up: a timer a moment early would only find that it is not yet time.
            paced_until_ = now + std::chrono::microseconds(static_cast<std::int64_t>(seconds * 1e6) + 1);
            return Outcome::paced;
        }
        const auto piece = backlog_.read(next_, chunk_);
        if (!websocket.send_binary(std::as_bytes(piece.head), std::as_bytes(piece.tail)))
            return Outcome::refused;
        weigh(piece, now);
        const bool silent = late && is_silent(next_, static_cast<SamplePosition>(chunk_));
        silence_sent_ = silent ? silence_sent_ + static_cast<SamplePosition>(chunk_) : 0;
        clock_.sent_audio(next_, chunk_);
        next_ += static_cast<SamplePosition>(chunk_);
        allowed_ -= chunk;
    }
    return Outcome::caught_up;
}

bool AudioSender::send_rest(net::Websocket& websocket, SamplePosition limit) {
    limit = std::min(limit, backlog_.end());
    if (limit <= next_ || !less_than_a_message_before(limit)) return true;
    const auto rest = static_cast<std::size_t>(limit - next_);
    const auto piece = backlog_.read(next_, rest);
    const auto filled = std::copy(piece.head.begin(), piece.head.end(), message_.begin());
    std::fill(std::copy(piece.tail.begin(), piece.tail.end(), filled), message_.end(), std::int16_t{0});
    if (!websocket.send_binary(std::as_bytes(std::span(message_)))) return false;
    clock_.sent_audio(next_, rest);
    clock_.sent_silence(chunk_ - rest);
    counters_.silence_samples += chunk_ - rest;
    next_ += static_cast<SamplePosition>(rest);
    return true;
}

bool AudioSender::send_silence(net::Websocket& websocket) {
    std::fill(message_.begin(), message_.end(), std::int16_t{0});
    if (!websocket.send_binary(std::as_bytes(std::span(message_)))) return false;
    clock_.sent_silence(chunk_);
    counters_.silence_samples += chunk_;
    return true;
}

void AudioSender::forget_before(SamplePosition position) {
    backlog_.forget_before(std::min(position, next_));
}

}  // namespace atlas::providers::deepgram
