#include "sandbox/scripted/scripted_recognizer.hpp"

#include <algorithm>
#include <cmath>
#include <sstream>

namespace atlas::sandbox {
namespace {

constexpr double loud = 300;          // root mean square of a 10 ms block that counts as voice
constexpr int blocks_to_begin = 6;    // 60 ms of voice: shorter is a click
constexpr std::int64_t gap_ms = 120;  // silence between syllables is not a pause
constexpr std::int64_t partial_every = 250;
constexpr std::int64_t pause_every = 50;
constexpr double word_ms = 280;  // how long one word takes: words appear at this pace while voice lasts
constexpr std::int64_t longest_pause = 4000;  // after which the segment ends by itself

}  // namespace

std::vector<std::string> split_words(const std::string& text) {
    std::istringstream in(text);
    std::vector<std::string> words;
    for (std::string word; in >> word;) words.push_back(word);
    return words;
}

EnergyListener::EnergyListener(int sample_rate, Source source, Sink sink)
    : source_(std::move(source)),
      sink_(std::move(sink)),
      block_(static_cast<std::size_t>(sample_rate / 100)) {}

void EnergyListener::push(std::span<const std::int16_t> samples) {
    rest_.insert(rest_.end(), samples.begin(), samples.end());
    std::size_t at = 0;
    for (; at + block_ <= rest_.size(); at += block_) {
        double sum = 0;
        for (std::size_t i = at; i < at + block_; ++i) sum += static_cast<double>(rest_[i]) * rest_[i];
        ++blocks_;
        step(std::sqrt(sum / static_cast<double>(block_)));
    }
    rest_.erase(rest_.begin(), rest_.begin() + static_cast<std::ptrdiff_t>(at));
}

void EnergyListener::step(double energy) {
    const bool voice = energy > loud;
    loud_run_ = voice ? loud_run_ + 1 : 0;
    if (!open_) {
        if (loud_run_ >= blocks_to_begin) begin();
        return;
    }
    if (voice) {
        voice_end_ms_ = now_ms();
        if (pausing_ && loud_run_ >= blocks_to_begin) {
            pausing_ = false;
            sink_(SpeechResumed{segment_, now_ms() - blocks_to_begin * 10});
        }
    }
    const std::int64_t silence = now_ms() - voice_end_ms_;
    if (!pausing_ && silence < gap_ms && now_ms() >= next_partial_ms_) {
        next_partial_ms_ = now_ms() + partial_every;
        Partial partial{heard()};
        if (!partial.segment.text.empty()) sink_(std::move(partial));
    }
    if (silence < gap_ms) return;
    if (!pausing_) next_pause_ms_ = now_ms();
    pausing_ = true;
    if (now_ms() >= next_pause_ms_) {
        next_pause_ms_ = now_ms() + pause_every;
        const double over = 0.7 * static_cast<double>(silence) / std::max(end_of_turn_ms_, 1.0);
        const int number = segment_;
        sink_(Pause{heard(), silence, std::min(over, 0.99)});
        if (!open_ || segment_ != number) return;
    }
    if (silence >= longest_pause) end();
}

void EnergyListener::begin() {
    open_ = true;
    pausing_ = false;
    ++segment_;
    started_ms_ = now_ms() - blocks_to_begin * 10;
    voice_end_ms_ = now_ms();
    next_partial_ms_ = now_ms() + partial_every;
    end_of_turn_ms_ = std::max(source_.end_of_turn_ms(), static_cast<double>(gap_ms));
    words_ = split_words(source_.transcript(static_cast<std::size_t>(segment_)));
    sink_(SpeechStarted{segment_, started_ms_});
}

// While the voice lasts, words appear one by one; in a pause all of them are known, spread over the voice.
Segment EnergyListener::heard() const {
    Segment segment;
    segment.number = segment_;
    segment.start_ms = started_ms_;
    segment.end_ms = voice_end_ms_;
    const double length = static_cast<double>(voice_end_ms_ - started_ms_);
    std::size_t known = words_.size();
    if (!pausing_) known = std::min(known, static_cast<std::size_t>(length / word_ms));
    const double each = known == 0 ? 0 : length / static_cast<double>(known);
    for (std::size_t i = 0; i < known; ++i) {
        if (i > 0) segment.text += ' ';
        segment.text += words_[i];
        const double start = static_cast<double>(started_ms_) + each * static_cast<double>(i);
        segment.words.push_back({words_[i], start, start + each * 0.9, 0.97});
    }
    return segment;
}

void EnergyListener::end() {
    open_ = false;
    pausing_ = true;  // everything is known now
    loud_run_ = 0;
    SegmentEnd ended{heard()};
    pausing_ = false;
    source_.segment_done();
    sink_(std::move(ended));
}

void EnergyListener::flush() {
    if (open_) end();
}

}  // namespace atlas::sandbox
