#include "sandbox/speech/word_times.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace atlas::sandbox::speech {

namespace {

constexpr std::size_t step = 160;  // 10 ms
constexpr double step_ms = 10;

std::vector<std::string_view> split_at_spaces(std::string_view text) {
    std::vector<std::string_view> words;
    for (std::size_t at = 0; (at = text.find_first_not_of(' ', at)) != std::string_view::npos;) {
        const std::size_t end = std::min(text.find(' ', at), text.size());
        words.push_back(text.substr(at, end - at));
        at = end;
    }
    return words;
}

std::vector<double> loudness(std::span<const float> samples) {
    std::vector<double> steps;
    for (std::size_t at = 0; at < samples.size(); at += step) {
        const auto part = samples.subspan(at, std::min(step, samples.size() - at));
        const double energy = std::inner_product(part.begin(), part.end(), part.begin(), 0.0);
        steps.push_back(std::sqrt(energy / static_cast<double>(part.size())));
    }
    return steps;
}

// For every audible step its place in time; all steps when nothing stands out.
std::vector<double> audible_times(std::span<const float> samples) {
    const auto steps = loudness(samples);
    if (steps.empty()) return {};
    auto sorted = steps;
    std::sort(sorted.begin(), sorted.end());
    const double loud = sorted[sorted.size() * 9 / 10];
    std::vector<double> times;
    for (std::size_t i = 0; i < steps.size(); ++i) {
        if (steps[i] >= 0.1 * loud) times.push_back(static_cast<double>(i) * step_ms);
    }
    return times;
}

}  // namespace

std::vector<RecognizedWord> spread_words(std::string_view text, std::span<const float> samples,
                                         double start_ms, double confidence) {
    const auto pieces = split_at_spaces(text);
    const auto times = audible_times(samples);
    std::vector<RecognizedWord> words;
    if (pieces.empty() || times.empty()) return words;

    constexpr std::size_t overhead = 1;  // a short word takes longer than its letters say
    std::size_t total = 0;
    for (const auto piece : pieces) total += piece.size() + overhead;
    std::size_t before = 0;
    for (const auto piece : pieces) {
        const std::size_t first = before * times.size() / total;
        before += piece.size() + overhead;
        const std::size_t end = std::max(first + 1, before * times.size() / total);
        words.push_back(
            {std::string(piece), start_ms + times[first], start_ms + times[end - 1] + step_ms, confidence});
    }
    return words;
}

}  // namespace atlas::sandbox::speech
