#include "sandbox/speech/segment_reader.hpp"

#include "sandbox/speech/audio_cut.hpp"
#include "sandbox/speech/word_times.hpp"

#include <algorithm>
#include <iterator>

namespace atlas::sandbox::speech {

namespace {

constexpr std::size_t one_second = model_sample_rate;
constexpr std::size_t long_piece = 8 * one_second;
constexpr std::size_t full_piece = 15 * one_second;
constexpr std::size_t cut_search = 5 * one_second;
constexpr double samples_per_ms = model_sample_rate / 1000.0;

}  // namespace

SegmentReader::SegmentReader() { piece_.reserve(full_piece + one_second); }

void SegmentReader::begin(int number, std::int64_t start_ms, std::int64_t audio_start_ms) {
    settled_ = Segment{number, {}, {}, start_ms, start_ms};
    piece_.clear();
    piece_start_ms_ = static_cast<double>(audio_start_ms);
}

void SegmentReader::append(std::span<const float> samples) {
    piece_.insert(piece_.end(), samples.begin(), samples.end());
}

void SegmentReader::keep_last(std::size_t samples) {
    if (piece_.size() <= samples) return;
    const std::size_t dropped = piece_.size() - samples;
    piece_.erase(piece_.begin(), piece_.begin() + static_cast<std::ptrdiff_t>(dropped));
    piece_start_ms_ += static_cast<double>(dropped) / samples_per_ms;
}

bool SegmentReader::piece_is_long() const { return piece_.size() >= long_piece; }
bool SegmentReader::piece_is_full() const { return piece_.size() >= full_piece; }
std::size_t SegmentReader::best_cut() const { return quietest_cut(piece_, cut_search); }

Segment SegmentReader::with(const Transcript& reading, std::size_t samples, std::int64_t end_ms) const {
    Segment segment = settled_;
    segment.end_ms = end_ms;
    if (reading.text.empty()) return segment;
    if (!segment.text.empty()) segment.text += ' ';
    segment.text += reading.text;
    auto words =
        spread_words(reading.text, std::span(piece_).first(samples), piece_start_ms_, reading.confidence);
    std::move(words.begin(), words.end(), std::back_inserter(segment.words));
    return segment;
}

void SegmentReader::settle(const Transcript& reading, std::size_t samples) {
    settled_ = with(reading, samples, settled_.end_ms);
    keep_last(piece_.size() - samples);
}

}  // namespace atlas::sandbox::speech
