#include "atlas/call/canned_lines.hpp"

#include <utility>

namespace atlas::call {
namespace {

constexpr std::size_t longest_line = 15 * providers::synthesis_sample_rate;  // samples

}  // namespace

CannedLines::CannedLines(net::Loop& loop, providers::SpeechSynthesizer& synthesizer, Texts texts)
    : synthesizer_(synthesizer), retry_(loop.make_timer([this] { prepare(); })) {
    lines_[static_cast<std::size_t>(conversation::CannedLine::trouble)].text = std::move(texts.trouble);
    lines_[static_cast<std::size_t>(conversation::CannedLine::cannot_hear)].text =
        std::move(texts.cannot_hear);
    lines_[static_cast<std::size_t>(conversation::CannedLine::one_moment)].text = std::move(texts.one_moment);
}

void CannedLines::prepare() {
    bool missing = false;
    for (Line& line : lines_) {
        if (line.complete || line.text.empty()) continue;
        missing = true;
        if (!line.synthesis) speak(line);
    }
    if (missing) retry_->expire_after(std::chrono::minutes(1));
}

void CannedLines::stop() {
    retry_->cancel();
    for (Line& line : lines_) line.synthesis.reset();
}

void CannedLines::speak(Line& line) {
    line.audio.clear();
    providers::SynthesisRequest request{"canned", line.text};
    request.urgent = false;
    line.synthesis = synthesizer_.synthesize(
        std::move(request), [this, &line](const providers::SynthesisEvent& event) { on_event(line, event); });
}

void CannedLines::on_event(Line& line, const providers::SynthesisEvent& event) {
    if (const auto* sound = std::get_if<providers::SynthesisAudio>(&event)) {
        if (line.audio.size() + sound->samples.size() > longest_line) return;
        line.audio.insert(line.audio.end(), sound->samples.begin(), sound->samples.end());
        return;
    }
    const auto* done = std::get_if<providers::SynthesisCompleted>(&event);
    line.complete = done && done->word_for_word && !line.audio.empty();
    if (line.complete) {
        line.audio.shrink_to_fit();
    } else {
        line.audio.clear();
    }
    line.synthesis.reset();
}

std::span<const std::int16_t> CannedLines::audio(conversation::CannedLine line) const {
    const Line& wanted = lines_[static_cast<std::size_t>(line)];
    return wanted.complete ? std::span<const std::int16_t>(wanted.audio) : std::span<const std::int16_t>();
}

}  // namespace atlas::call
