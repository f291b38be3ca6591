#include "atlas/conversation/spoken_ledger.hpp"

#include <algorithm>

namespace atlas::conversation {
namespace {

constexpr AudioTime usual_pace_per_byte{65'000};  // about 15 characters a second

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool starts_character(char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }
bool is_ascii(char c) { return static_cast<unsigned char>(c) < 0x80; }

// Cuts `text` at `bytes`, then back to the end of the last word that lies wholly before the cut. Scripts
// without blanks are cut between characters.
std::string_view whole_words(std::string_view text, std::size_t bytes) {
    if (bytes >= text.size()) return text;
    std::size_t end = bytes;
    while (end > 0 && !starts_character(text[end])) --end;
    if (end > 0 && !is_ascii(text[end]) && !is_ascii(text[end - 1]) &&
        text.find(' ') == std::string_view::npos) {
        return text.substr(0, end);
    }
    while (end > 0 && !is_blank(text[end])) --end;
    while (end > 0 && is_blank(text[end - 1])) --end;
    return text.substr(0, end);
}

}  // namespace

void SpokenLedger::add_clip(std::string_view text) { clips_.emplace_back().text = text; }

void SpokenLedger::set_length(ClipId clip, AudioTime length) {
    clips_[clip].length = length;
    clips_[clip].length_known = true;
}

void SpokenLedger::set_broken_off(ClipId clip, AudioTime length) {
    set_length(clip, length);
    clips_[clip].broken_off = true;
}

AudioTime SpokenLedger::start_of(ClipId clip) const {
    AudioTime start{};
    for (ClipId i = 0; i < clip && i < clips_.size(); ++i) start += clips_[i].length;
    return start;
}

std::size_t SpokenLedger::bytes_heard(const Clip& clip, AudioTime position) {
    const AudioTime usual = usual_pace_per_byte * static_cast<AudioTime::rep>(clip.text.size());
    const bool complete = clip.length_known && !clip.broken_off;
    const AudioTime length = complete ? clip.length : std::max(usual, position);
    const auto share = static_cast<double>(position.count()) / static_cast<double>(length.count());
    return static_cast<std::size_t>(share * static_cast<double>(clip.text.size()));
}

std::string SpokenLedger::heard_until(AudioTime position) const {
    std::string heard;
    for (const Clip& clip : clips_) {
        if (position <= AudioTime::zero()) break;
        if (!clip.length_known && !clip.started) break;
        const bool to_its_end = clip.length_known && position >= clip.length;
        if (to_its_end && !clip.broken_off) {
            heard += clip.text;
        } else {
            heard += whole_words(clip.text, bytes_heard(clip, to_its_end ? clip.length : position));
        }
        if (!to_its_end) break;
        position -= clip.length;
    }
    return heard;
}

}  // namespace atlas::conversation
