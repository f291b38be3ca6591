#include "atlas/conversation/reply_progress.hpp"

#include "atlas/conversation/speakable.hpp"
#include "text/characters.hpp"

#include <algorithm>
#include <utility>

namespace atlas::conversation {

// ---- text

void ReplyProgress::add_text(std::string_view text) {
    if (text_ended_) return;
    has_text_ = has_text_ || !is_blank(text);
    written_ += text;
    chunker_.add(text);
}

void ReplyProgress::end_text() {
    text_ended_ = true;
    chunker_.finish();
}

void ReplyProgress::end_round() {
    // What the model writes after its tools goes on in the same breath.
    if (!written_.empty() && !is_blank(written_.substr(written_.size() - 1))) {
        written_ += ' ';
        chunker_.add(" ");
    }
    chunker_.flush();
    ++round_;
    round_starts_.push_back(written_.size());
}

void ReplyProgress::drop_incomplete() {
    const std::size_t before = chunker_.waiting();
    chunker_.drop_incomplete();
    written_.resize(written_.size() - (before - chunker_.waiting()));
}

std::string ReplyProgress::text_of_round(std::uint32_t round) const {
    const std::size_t from = round_starts_[round];
    const std::size_t to = round < round_ ? round_starts_[round + 1] : written_.size();
    return written_.substr(from, to - from);
}

// ---- clips

const ReplyProgress::Made* ReplyProgress::find(ClipId clip) const {
    const auto found =
        std::find_if(order_.begin(), order_.end(), [clip](const Made& made) { return made.id == clip; });
    return found == order_.end() ? nullptr : &*found;
}

ReplyProgress::Made* ReplyProgress::find(ClipId clip) {
    return const_cast<Made*>(std::as_const(*this).find(clip));
}

bool ReplyProgress::awaits(ClipId clip) const {
    const Made* made = find(clip);
    return made != nullptr && !made->settled;
}

bool ReplyProgress::is_rest(ClipId clip) const {
    const Made* made = find(clip);
    return made != nullptr && made->rest;
}

// Text that waited while its round ended still belongs to it.
std::uint32_t ReplyProgress::round_of_next_clip() const {
    const std::size_t position = written_.size() - chunker_.waiting();
    const auto next = std::upper_bound(round_starts_.begin(), round_starts_.end(), position);
    return static_cast<std::uint32_t>(next - round_starts_.begin()) - 1;
}

// What is left to hear of the clips that were asked for, as far as it is known or to be expected.
AudioTime ReplyProgress::sound_ahead() const {
    AudioTime end{};
    AudioTime heard = heard_;
    for (const Made& made : order_) {
        end += ledger_.expected_length_of(made.id);
        if (made.played) heard = std::max(heard, end);
    }
    return std::max(end - heard, AudioTime::zero());
}

std::optional<AudioTime> ReplyProgress::next_clip_in() const {
    if (!clip_waits() || enough_clips()) return std::nullopt;
    return std::max(sound_ahead() - window_.sound, AudioTime::zero());
}

std::optional<ReplyProgress::Clip> ReplyProgress::next_clip() {
    if (next_clip_in() != AudioTime::zero()) return std::nullopt;
    const auto round = round_of_next_clip();
    auto text = chunker_.next();
    if (!text) return std::nullopt;
    Clip clip{made_++, std::move(*text), {}};
    clip.speech = speakable(clip.text, language_);
    ledger_.add_clip(clip.text, round);
    order_.push_back({clip.id, clip.text});
    if (clip.speech.empty()) clip_synthesized(clip.id, AudioTime::zero(), {});
    return clip;
}

void ReplyProgress::stop_making() {
    text_ended_ = true;
    chunker_ = SentenceChunker();
    chunker_.finish();
}

ClipId ReplyProgress::replace_unheard(std::string_view line) {
    settle_all();
    const std::string before = ledger_.heard_until(AudioTime::max());
    const auto sounds = [](const Made& made) { return made.started; };
    const bool apart = before.empty() ? std::none_of(order_.begin(), order_.end(), sounds)
                                      : is_blank(before.substr(before.size() - 1));
    const std::string text = (apart ? "" : " ") + std::string(line);
    written_ += text;
    ledger_.add_clip(text, round_);
    order_.push_back({made_, text});
    return made_++;
}

ClipId ReplyProgress::insert_line(std::string_view line) {
    const auto first = std::find_if(order_.begin(), order_.end(),
                                    [](const Made& made) { return !made.started && !made.settled; });
    const std::string text = std::string(line) + " ";  // the model's words go on behind it
    if (first == order_.end()) {
        ledger_.add_clip(text, round_of_next_clip());
    } else {
        ledger_.add_clip_before(made_, text, first->id);
    }
    order_.insert(first, {made_, text});
    return made_++;
}

std::string ReplyProgress::missing_of(const Made& made) const {
    const std::string said = ledger_.heard_of(made.id, AudioTime::max());
    return made.text.substr(std::min(said.size(), made.text.size()));
}

bool ReplyProgress::end_if_said(ClipId clip) {
    const Made* made = find(clip);
    if (made == nullptr || !made->started || !speakable(missing_of(*made), language_).empty()) return false;
    ledger_.set_whole(clip);
    return true;
}

std::optional<ReplyProgress::Clip> ReplyProgress::rest_of(ClipId broken) {
    Made* made = find(broken);
    if (made == nullptr) return std::nullopt;
    Clip rest{made_, missing_of(*made), {}};
    rest.speech = speakable(rest.text, language_);
    if (rest.speech.empty()) return std::nullopt;
    made->text.resize(made->text.size() - rest.text.size());
    ledger_.add_clip_after(made_, rest.text, broken);
    Made next{made_++, rest.text};
    next.rest = true;
    next.shown = made->shown && made->started;  // together with what came before it
    order_.insert(order_.begin() + (made - order_.data()) + 1, std::move(next));
    return rest;
}

void ReplyProgress::settle_all() {
    stop_making();
    for (Made& made : order_) {
        if (made.settled) continue;
        ledger_.set_broken_off(made.id);
        settle(made, ledger_.length_of(made.id));
        if (ledger_.length_of(made.id) == AudioTime::zero()) play(made);
    }
}

// ---- sound

void ReplyProgress::clip_started(ClipId clip) {
    Made* made = find(clip);
    if (made == nullptr || made->settled) return;
    made->started = true;
    ledger_.set_started(clip);
}

void ReplyProgress::clip_grew(ClipId clip, AudioTime length, std::vector<SpeechSpan> speech) {
    const Made* made = find(clip);
    if (made == nullptr) return;
    if (made->settled) {
        // It was given up, and had come further than was known.
        const Made* next = made + 1 < order_.data() + order_.size() ? made + 1 : nullptr;
        const bool given_up = made->started && (next == nullptr || !next->rest) &&
                              ledger_.heard_of(clip, AudioTime::max()) != made->text;
        if (given_up && length > ledger_.length_of(clip))
            ledger_.set_broken_off(clip, length, std::move(speech));
        return;
    }
    if (length > AudioTime::zero()) clip_started(clip);
    ledger_.set_partial(clip, length, std::move(speech));
}

void ReplyProgress::clip_synthesized(ClipId clip, AudioTime length, std::vector<SpeechSpan> speech) {
    Made* made = find(clip);
    if (made == nullptr || made->settled) return;
    ledger_.set_length(clip, length, std::move(speech));
    settle(*made, length);
    if (length == AudioTime::zero()) play(*made);
}

void ReplyProgress::clip_broke_off(ClipId clip, AudioTime length, std::vector<SpeechSpan> speech) {
    Made* made = find(clip);
    if (made == nullptr || made->settled) return;
    ledger_.set_broken_off(clip, length, std::move(speech));
    settle(*made, length);
    if (length == AudioTime::zero()) play(*made);
}

void ReplyProgress::settle(Made& made, AudioTime length) {
    if (length > AudioTime::zero()) clip_started(made.id);
    made.settled = true;
    ++settled_;
    any_audio_ = any_audio_ || length > AudioTime::zero();
}

void ReplyProgress::play(Made& made) {
    if (!std::exchange(made.played, true)) ++played_;
}

void ReplyProgress::clip_played(ClipId clip) {
    if (Made* made = find(clip)) play(*made);
}

void ReplyProgress::all_there_is_played() {
    for (Made& made : order_)
        if (made.settled) play(made);
}

bool ReplyProgress::heard_up_to(AudioTime position) {
    heard_ = position;
    const bool further = position > furthest_;
    furthest_ = std::max(furthest_, position);
    return further;
}

std::vector<ReplyProgress::Shown> ReplyProgress::to_show() {
    std::vector<Shown> shown;
    for (Made& made : order_) {
        if (made.shown) continue;
        const bool silent = made.settled && !made.started;
        if (!silent && !made.started) break;
        made.shown = true;
        if (made.started) {
            shown.push_back({made.text, ledger_.start_of(made.id)});
        } else if (ledger_.is_silent(made.id)) {
            shown.push_back({made.text, std::nullopt});
        }
    }
    return shown;
}

AudioTime ReplyProgress::length() const {
    AudioTime end{};
    for (const Made& made : order_) end += ledger_.length_of(made.id);
    return end;
}

std::string ReplyProgress::text_near(AudioTime position) const {
    constexpr AudioTime before{4'000'000};
    std::string near;
    for (const Made& made : order_) {
        const auto start = ledger_.start_of(made.id);
        if (!made.started || start > position) break;
        if (start + ledger_.length_of(made.id) + before >= position || !made.settled) near += made.text;
    }
    return near;
}

bool ReplyProgress::says_anything(std::span<const ClipId> besides) const {
    return std::any_of(order_.begin(), order_.end(), [&](const Made& made) {
        const bool counts = std::find(besides.begin(), besides.end(), made.id) == besides.end();
        return counts && made.started && !is_blank(ledger_.heard_of(made.id, AudioTime::max()));
    });
}

}  // namespace atlas::conversation
