#include "atlas/conversation/reply_progress.hpp"

#include "atlas/conversation/speakable.hpp"

#include <algorithm>

namespace atlas::conversation {

void ReplyProgress::add_text(std::string_view text) {
    if (text_ended_) return;
    has_text_ = has_text_ || text.find_first_not_of(" \t\r\n") != std::string_view::npos;
    written_ += text;
    chunker_.add(text);
}

void ReplyProgress::end_text() {
    text_ended_ = true;
    chunker_.finish();
}

std::optional<ReplyProgress::Clip> ReplyProgress::next_clip() {
    if (made_ - std::min(played_, made_) >= window_) return std::nullopt;
    auto text = chunker_.next();
    if (!text) return std::nullopt;
    Clip clip{made_++, std::move(*text), {}};
    clip.speech = speakable(clip.text);
    ledger_.add_clip(clip.text);
    if (clip.speech.empty()) clip_synthesized(clip.id, AudioTime::zero());
    return clip;
}

void ReplyProgress::stop_making() {
    text_ended_ = true;
    chunker_ = SentenceChunker();
    chunker_.finish();
}

ClipId ReplyProgress::replace_unheard(std::string_view line) {
    settle_all();
    written_ += line;
    ledger_.add_clip(line);
    return made_++;
}

void ReplyProgress::settle_all() {
    stop_making();
    for (ClipId clip = 0; clip < made_; ++clip) clip_broke_off(clip, AudioTime::zero());
}

void ReplyProgress::clip_synthesized(ClipId clip, AudioTime length) {
    if (clip >= made_ || ledger_.length_known(clip)) return;
    ledger_.set_length(clip, length);
    settle(length);
    if (length == AudioTime::zero()) clip_played(clip);
}

void ReplyProgress::clip_broke_off(ClipId clip, AudioTime length) {
    if (clip >= made_ || ledger_.length_known(clip)) return;
    ledger_.set_broken_off(clip, length);
    settle(length);
}

bool ReplyProgress::says_anything() const {
    return ledger_.heard_until(AudioTime::max()).find_first_not_of(" \t\r\n") != std::string::npos;
}

void ReplyProgress::settle(AudioTime length) {
    ++settled_;
    any_audio_ = any_audio_ || length > AudioTime::zero();
}

void ReplyProgress::clip_played(ClipId clip) {
    if (clip < made_) ++played_;
}

bool ReplyProgress::heard_up_to(AudioTime position) {
    heard_ = position;
    const bool further = position > furthest_;
    furthest_ = std::max(furthest_, position);
    return further;
}

}  // namespace atlas::conversation
