#include "atlas/providers/deepgram/stream_clock.hpp"

#include <algorithm>
#include <cmath>

namespace atlas::providers::deepgram {

namespace {

constexpr std::size_t max_runs = 64;
constexpr double longest_stream = 1e7;  // seconds: more is nonsense, and would not fit

}  // namespace

StreamClock::StreamClock(int sample_rate) : sample_rate_(sample_rate) {
    runs_.reserve(max_runs);
    restart(0);
}

void StreamClock::restart(SamplePosition first) {
    sent_ = 0;
    call_end_ = first;
    runs_.clear();
    runs_.push_back({0, first, true});
}

void StreamClock::begin_run(SamplePosition call, bool audio) {
    if (runs_.size() == max_runs) runs_.erase(runs_.begin());
    runs_.push_back({sent_, call, audio});
}

void StreamClock::sent_audio(SamplePosition from, std::size_t samples) {
    if (!runs_.back().audio || from != call_end_) begin_run(from, true);
    sent_ += static_cast<SamplePosition>(samples);
    call_end_ = from + static_cast<SamplePosition>(samples);
}

void StreamClock::sent_silence(std::size_t samples) {
    if (runs_.back().audio) begin_run(call_end_, false);
    sent_ += static_cast<SamplePosition>(samples);
}

SamplePosition StreamClock::to_call(double seconds) const {
    if (!(seconds > 0)) seconds = 0;
    const double at = std::min(seconds, longest_stream) * sample_rate_;
    const auto stream = static_cast<SamplePosition>(std::llround(at));
    const auto later = [stream](const Run& run) { return run.stream > stream; };
    const auto after = std::find_if(runs_.begin(), runs_.end(), later);
    if (after == runs_.begin()) return runs_.front().call;
    const Run& run = *std::prev(after);
    const SamplePosition call = run.audio ? run.call + stream - run.stream : run.call;
    return std::min(call, call_end_);
}

AudioPosition StreamClock::to_time(SamplePosition position) const {
    return AudioPosition(position * 1000 / sample_rate_);
}

SamplePosition StreamClock::samples_of(AudioPosition duration) const {
    return duration.count() * sample_rate_ / 1000;
}

}  // namespace atlas::providers::deepgram
