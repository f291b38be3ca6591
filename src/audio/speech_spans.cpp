#include "atlas/audio/speech_spans.hpp"

#include <algorithm>
#include <cmath>

namespace atlas::audio {
namespace {

// Tuned on speech whose word times are known: tests/tools/ledger_error_test.cpp.
constexpr int below_voice = 30;            // dB under the loud parts: weak consonants lie above, pauses below
constexpr int above_quiet = 9;             // dB over the quietest parts, when there is noise
constexpr int least_contrast = 12;         // dB under the loud parts at least
constexpr int audible = 35;                // dB above the floor, -65 dBFS: nothing below is speech
constexpr std::size_t shortest_pause = 7;  // steps

int quantized(double level) { return static_cast<int>(std::lround(std::clamp(level, 0.0, 100.0))); }

}  // namespace

void SpeechSpans::add(std::span<const std::int16_t> samples) {
    samples_ += samples.size();
    while (!samples.empty()) {
        const auto part = samples.first(std::min(step_size_ - in_step_, samples.size()));
        std::int64_t energy = 0;
        for (const int sample : part) energy += sample * sample;  // 2^30 at most
        energy_ += static_cast<std::uint64_t>(energy);
        in_step_ += part.size();
        if (in_step_ == step_size_) end_step();
        samples = samples.subspan(part.size());
    }
}

void SpeechSpans::end_step() {
    constexpr double full_scale = 32768.0 * 32768.0;
    const double mean = static_cast<double>(energy_) / static_cast<double>(in_step_);
    const double level = mean > 0 ? 100 + 10 * std::log10(mean / full_scale) : 0;
    levels_[steps_++] = static_cast<std::uint8_t>(quantized(level));
    energy_ = 0;
    in_step_ = 0;
    if (steps_ == capacity) halve();
}

void SpeechSpans::halve() {
    for (std::size_t i = 0; i < capacity / 2; ++i) levels_[i] = std::max(levels_[2 * i], levels_[2 * i + 1]);
    steps_ = capacity / 2;
    step_size_ *= 2;
}

std::chrono::microseconds SpeechSpans::length() const {
    return std::chrono::microseconds(samples_ * 1'000'000 / rate);
}

int SpeechSpans::threshold() const {
    std::array<std::uint8_t, capacity> sorted;
    const auto end = std::copy_n(levels_.begin(), steps_, sorted.begin());
    const auto share = [&](std::size_t percent) {
        const auto nth = sorted.begin() + static_cast<std::ptrdiff_t>((steps_ - 1) * percent / 100);
        std::nth_element(sorted.begin(), nth, end);
        return static_cast<int>(*nth);
    };
    const int loud = share(90);
    const int quiet = share(5);
    return std::max(audible, std::clamp(quiet + above_quiet, loud - below_voice, loud - least_contrast));
}

std::vector<SpeechSpans::Span> SpeechSpans::spans() const {
    std::vector<Span> found;
    if (steps_ == 0) return found;
    const int least = threshold();
    const auto time_of = [this](std::size_t step) {
        return std::chrono::microseconds(step * step_size_ * 1'000'000 / rate);
    };
    std::size_t last_loud = 0;
    for (std::size_t step = 0; step < steps_; ++step) {
        if (levels_[step] < least) continue;
        if (found.empty() || step - last_loud > shortest_pause) found.push_back({time_of(step), {}});
        found.back().to = time_of(step + 1);
        last_loud = step;
    }
    return found;
}

}  // namespace atlas::audio
