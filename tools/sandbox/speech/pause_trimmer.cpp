#include "sandbox/speech/pause_trimmer.hpp"

#include <algorithm>
#include <cstdlib>

namespace atlas::sandbox::speech {

namespace {

bool is_silent(std::span<const std::int16_t> samples) {
    constexpr int audible = 100;  // flite's own silence stays below
    return std::all_of(samples.begin(), samples.end(),
                       [](std::int16_t s) { return std::abs(int{s}) < audible; });
}

// The end of a silence holds the first breath of the next sound: it is the beginning that goes.
void keep_last(std::vector<std::int16_t>& samples, std::size_t count) {
    if (samples.size() <= count) return;
    samples.erase(samples.begin(), samples.end() - static_cast<std::ptrdiff_t>(count));
}

}  // namespace

void PauseTrimmer::add(std::span<const std::int16_t> samples, std::vector<std::int16_t>& output) {
    while (!samples.empty()) {
        const auto part = samples.first(std::min(step - partial_step_.size(), samples.size()));
        partial_step_.insert(partial_step_.end(), part.begin(), part.end());
        samples = samples.subspan(part.size());
        if (partial_step_.size() < step) return;
        add_step(partial_step_, output);
        partial_step_.clear();
    }
}

void PauseTrimmer::add_step(std::span<const std::int16_t> samples, std::vector<std::int16_t>& output) {
    if (is_silent(samples)) {
        silence_.insert(silence_.end(), samples.begin(), samples.end());
        keep_last(silence_, has_sounded_ ? longest_pause : longest_lead);
        return;
    }
    has_sounded_ = true;
    output.insert(output.end(), silence_.begin(), silence_.end());
    output.insert(output.end(), samples.begin(), samples.end());
    silence_.clear();
}

void PauseTrimmer::finish(std::vector<std::int16_t>& output) {
    silence_.insert(silence_.end(), partial_step_.begin(), partial_step_.end());
    silence_.resize(std::min(silence_.size(), longest_tail));
    output.insert(output.end(), silence_.begin(), silence_.end());
    partial_step_.clear();
    silence_.clear();
}

}  // namespace atlas::sandbox::speech
