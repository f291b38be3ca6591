#include "sandbox/speech/listening.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

namespace atlas::sandbox::speech {

namespace {

using Change = SpeechSegmenter::Change;

constexpr std::size_t one_second = model_sample_rate;
constexpr std::size_t pre_roll = 3 * one_second / 10;
// The two frames that opened the segment lie after the pre-roll.
constexpr std::size_t history_size = pre_roll + 2 * SileroVad::frame_size;
// A pause is read 200 ms after the last sound; half of that goes with what was said, half with what follows.
constexpr std::size_t tail = one_second / 10;
constexpr std::int64_t shortest_word_ms = 3 * SpeechSegmenter::frame_ms;
constexpr std::size_t short_piece = 3 * one_second / 2;
constexpr std::int64_t noise_ms = 400;                // silence after which a sound without words is over
constexpr std::int64_t longest_segment_ms = 300'000;  // bounds the text that is kept
// The longer the piece, the dearer its reading, and the less a partial adds.
constexpr std::size_t partial_interval(std::size_t piece) {
    return piece < 4 * one_second ? 2 * one_second / 5 : 4 * one_second / 5;
}

}  // namespace

Listening::Listening(int sample_rate, Moonshine& moonshine, Ort::Session& vad,
                     std::function<void(RecognizerEvent)> emit, AskPartial ask_partial)
    : converter_(sample_rate, model_sample_rate),
      vad_(vad),
      moonshine_(moonshine),
      emit_(std::move(emit)),
      ask_partial_(std::move(ask_partial)) {
    history_.reserve(history_size + SileroVad::frame_size);
}

void Listening::add(std::span<const std::int16_t> samples) {
    for (const std::int16_t sample : converter_.convert(samples)) {
        frame_[frame_fill_++] = static_cast<float>(sample) / 32768.0F;
        if (frame_fill_ < frame_.size()) continue;
        frame_fill_ = 0;
        add_frame(frame_);
    }
}

void Listening::add_frame(std::span<const float, SileroVad::frame_size> frame) {
    if (segmenter_.is_open()) {
        reader_.append(frame);
    } else {
        remember(frame);
    }
    switch (segmenter_.add(vad_.voice_probability(frame))) {
        case Change::opened:
            return open();
        case Change::paused:
            return on_pause();
        case Change::resumed:
            on_resume();
            break;
        case Change::none:
            break;
    }
    if (segmenter_.is_open() && !is_quiet()) on_speech();
}

void Listening::remember(std::span<const float, SileroVad::frame_size> frame) {
    history_.insert(history_.end(), frame.begin(), frame.end());
    if (history_.size() <= history_size) return;
    history_.erase(history_.begin(), history_.end() - static_cast<std::ptrdiff_t>(history_size));
}

void Listening::open() {
    const auto history_ms = static_cast<std::int64_t>(history_.size() * 1000 / one_second);
    reader_.begin(++segment_, segmenter_.start_ms(), segmenter_.now_ms() - history_ms);
    reader_.append(history_);
    history_.clear();
    reading_.reset();
    trimmed_ = false;
    partial_.clear();
    ++partial_id_;
    end_of_turn_ = 0;
    next_partial_ = pre_roll + partial_interval(0);
    emit_(SpeechStarted{segment_, segmenter_.start_ms()});
}

void Listening::on_speech() {
    if (reader_.piece_is_full()) {
        const std::size_t cut = reader_.best_cut();
        reader_.settle(read(reader_.piece().first(cut), false), cut);
        partial_.clear();
        ++partial_id_;
        next_partial_ = 0;
    }
    if (segmenter_.now_ms() - segmenter_.start_ms() >= longest_segment_ms) return close();
    const std::size_t length = reader_.piece().size();
    if (length < next_partial_) return;
    next_partial_ = length + partial_interval(length);
    ask_partial_(reader_.piece(), partial_id_);
}

void Listening::add_partial(const Transcript& reading, std::size_t samples, std::uint64_t id) {
    if (id != partial_id_ || !segmenter_.is_open() || reading.text.empty()) return;
    partial_ = reading.text;
    emit_(Partial{reader_.with(reading, samples, segmenter_.now_ms())});
}

// Reads the text as soon as the speaker pauses: when the silence then lasts, the text is there.
void Listening::on_pause() {
    if (!is_quiet()) {
        const Transcript& reading = read_piece();
        settled_ = partial_.empty() || agrees(partial_, reading.text);
        ++partial_id_;
    }
    Segment segment = reader_.with(*reading_, read_samples_, segmenter_.speech_end_ms());
    const std::int64_t silence = segmenter_.silence_ms();
    if (segment.text.empty()) {
        if (silence >= noise_ms) close();
        return;
    }
    const double now =
        end_of_turn_probability(static_cast<double>(silence), ending_of(segment.text), settled_);
    end_of_turn_ = std::max(end_of_turn_, now);
    emit_(Pause{std::move(segment), silence, end_of_turn_});
    if (end_of_turn_ >= certain_end) close();
}

void Listening::on_resume() {
    if (!is_quiet()) return;
    const bool had_words = !reading_->text.empty() || !reader_.settled_text().empty();
    if (reader_.piece_is_long()) {
        reader_.settle(*reading_, std::max(read_samples_ - tail, reader_.piece().size() - history_size));
        partial_.clear();
    }
    reading_.reset();
    end_of_turn_ = 0;
    next_partial_ = reader_.piece().size() + partial_interval(reader_.piece().size());
    const std::int64_t began = segmenter_.now_ms() - 2 * SpeechSegmenter::frame_ms;
    if (had_words) emit_(SpeechResumed{segment_, began});
}

void Listening::finish() {
    if (segmenter_.is_open()) close();
}

void Listening::close() {
    const Transcript& reading = read_piece();
    Segment segment = reader_.with(reading, read_samples_, segmenter_.speech_end_ms());
    segmenter_.close();
    reading_.reset();
    emit_(SegmentEnd{std::move(segment)});
}

const Transcript& Listening::read_piece() {
    if (!reading_) {
        const bool too_short = segmenter_.voiced_ms() < shortest_word_ms;
        read_samples_ = trim_piece();
        reading_ = too_short ? Transcript{} : read(reader_.piece().first(read_samples_), true);
    }
    return *reading_;
}

// A short word is understood best with little silence around it; longer speech wants its pre-roll. Returns
// how much of the piece to read.
std::size_t Listening::trim_piece() {
    const std::size_t length = reader_.piece().size();
    if (length > short_piece || !reader_.settled_text().empty()) return length;
    const std::size_t silent = static_cast<std::size_t>(segmenter_.silence_ms()) * one_second / 1000;
    const std::size_t after = silent > tail ? silent - tail : 0;
    if (!trimmed_) reader_.keep_last(length - std::min(length, pre_roll - tail));
    trimmed_ = true;
    const std::size_t kept = reader_.piece().size();
    return kept - std::min(kept, after);
}

Transcript Listening::read(std::span<const float> samples, bool sure_of_speech) {
    try {
        return moonshine_.transcribe(samples, sure_of_speech);
    } catch (const Ort::Exception& failure) {
        spdlog::error("recogniser: a piece of {} samples could not be read: {}", samples.size(),
                      failure.what());
        return {};
    }
}

}  // namespace atlas::sandbox::speech
