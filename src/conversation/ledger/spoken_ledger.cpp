#include "atlas/conversation/spoken_ledger.hpp"

#include "clip_timeline.hpp"

#include <algorithm>
#include <utility>

namespace atlas::conversation {
namespace {

constexpr double slower_by_pauses = 1.2;  // where it is not known which part of a clip is speech

AudioTime usual_time(const std::vector<SpokenWord>& words) {
    AudioTime sum{};
    for (const SpokenWord& word : words) sum += word.usual;
    return sum;
}

AudioTime times(double factor, AudioTime time) {
    return AudioTime(static_cast<AudioTime::rep>(factor * static_cast<double>(time.count())));
}

}  // namespace

// ---- text

void SpokenLedger::add_clip(std::string_view text, std::uint32_t group) {
    insert(text, group, order_.size());
}

void SpokenLedger::add_clip_before(ClipId /*clip*/, std::string_view text, ClipId before) {
    insert(text, clips_[before].group, place_of(before));
}

void SpokenLedger::add_clip_after(ClipId /*clip*/, std::string_view text, ClipId after) {
    insert(text, clips_[after].group, place_of(after) + 1);
}

void SpokenLedger::insert(std::string_view text, std::uint32_t group, std::size_t place) {
    order_.insert(order_.begin() + static_cast<std::ptrdiff_t>(place), static_cast<ClipId>(clips_.size()));
    Clip& clip = clips_.emplace_back();
    clip.text = text;
    clip.words = spoken_words(text);
    clip.group = group;
}

std::size_t SpokenLedger::place_of(ClipId clip) const {
    return static_cast<std::size_t>(std::find(order_.begin(), order_.end(), clip) - order_.begin());
}

// ---- audio

void SpokenLedger::set_partial(ClipId clip, AudioTime so_far, std::vector<SpeechSpan> speech) {
    clips_[clip].length = so_far;
    clips_[clip].speech = std::move(speech);
}

void SpokenLedger::set_length(ClipId clip, AudioTime length, std::vector<SpeechSpan> speech) {
    Clip& made = clips_[clip];
    made.length = length;
    made.speech = std::move(speech);
    made.state = State::complete;
    made.moments = heard_moments(made.words, made.length, made.speech);
}

void SpokenLedger::set_broken_off(ClipId clip, AudioTime length, std::vector<SpeechSpan> speech) {
    clips_[clip].length = length;
    clips_[clip].speech = std::move(speech);
    set_broken_off(clip);
}

void SpokenLedger::set_broken_off(ClipId clip) {
    Clip& made = clips_[clip];
    made.state = State::broken_off;
    // Settled now: what is learned of the pace later must not change what is missing of it.
    made.moments = moments_by_pace(made);
}

void SpokenLedger::set_whole(ClipId clip) {
    Clip& made = clips_[clip];
    set_length(clip, made.length, std::exchange(made.speech, {}));
}

AudioTime SpokenLedger::start_of(ClipId clip) const {
    AudioTime start{};
    for (const ClipId other : order_) {
        if (other == clip) break;
        start += clips_[other].length;
    }
    return start;
}

AudioTime SpokenLedger::expected_length_of(ClipId clip) const {
    const Clip& made = clips_[clip];
    if (made.settled()) return made.length;
    return std::max(made.length, times(pace(usual_pace_ * slower_by_pauses), usual_time(made.words)));
}

// ---- what was heard

void SpokenLedger::expect_pace(double pace) {
    constexpr AudioTime as_of_some_replies{5'000'000};
    usual_pace_ = pace;
    trust_in_it_ = as_of_some_replies;
}

double SpokenLedger::pace(double unlearned) const {
    AudioTime spoken = times(unlearned, trust_in_it_);
    AudioTime usual = trust_in_it_;
    for (const Clip& clip : clips_) {
        if (clip.state != State::complete || clip.length == AudioTime::zero()) continue;
        spoken += clip.speech.empty() ? clip.length : voiced_until(clip.length, clip.speech);
        usual += usual_time(clip.words);
    }
    return static_cast<double>(spoken.count()) / static_cast<double>(usual.count());
}

std::vector<AudioTime> SpokenLedger::moments_by_pace(const Clip& clip) const {
    const double unlearned = clip.speech.empty() ? usual_pace_ * slower_by_pauses : usual_pace_;
    return heard_moments(clip.words, times(pace(unlearned), usual_time(clip.words)), {});
}

std::string_view SpokenLedger::heard_part(const Clip& clip, AudioTime position) const {
    if (clip.state == State::broken_off) position = std::min(position, clip.length);
    if (position <= AudioTime::zero()) return {};
    if (clip.state == State::complete && position >= clip.length) return clip.text;
    if (clip.state != State::complete && !clip.speech.empty()) {
        const AudioTime unknown = std::max(position - clip.length, AudioTime::zero());
        position = voiced_until(position, clip.speech) + unknown;
    }
    const std::vector<AudioTime> by_pace = clip.settled() ? std::vector<AudioTime>() : moments_by_pace(clip);
    const std::vector<AudioTime>& moments = clip.settled() ? clip.moments : by_pace;
    const auto heard = std::upper_bound(moments.begin(), moments.end(), position) - moments.begin();
    const std::size_t end = heard == 0 ? 0 : clip.words[static_cast<std::size_t>(heard - 1)].end;
    return std::string_view(clip.text).substr(0, end);
}

template <class Wanted>
std::string SpokenLedger::collect(AudioTime position, Wanted wanted) const {
    std::string heard;
    for (const ClipId id : order_) {
        const Clip& clip = clips_[id];
        const bool audible = clip.settled() || clip.started || clip.length > AudioTime::zero();
        if (position <= AudioTime::zero() || !audible) break;
        if (wanted(clip)) heard += heard_part(clip, position);
        if (!clip.settled() || position < clip.length) break;
        position -= clip.length;
    }
    return heard;
}

std::string SpokenLedger::heard_until(AudioTime position) const {
    return collect(position, [](const Clip&) { return true; });
}

std::string SpokenLedger::heard_until(AudioTime position, std::uint32_t group) const {
    return collect(position, [group](const Clip& clip) { return clip.group == group; });
}

std::string SpokenLedger::heard_of(ClipId clip, AudioTime position_in_clip) const {
    return std::string(heard_part(clips_[clip], position_in_clip));
}

}  // namespace atlas::conversation
