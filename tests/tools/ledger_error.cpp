#include "tools/ledger_error.hpp"

#include "atlas/audio/speech_spans.hpp"
#include "atlas/conversation/sentence_chunker.hpp"
#include "atlas/conversation/speakable.hpp"
#include "atlas/conversation/spoken_ledger.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <optional>
#include <random>

namespace atlas::test {

namespace {

using conversation::AudioTime;
using conversation::SpeechSpan;

std::vector<std::string> clips_of(std::string_view text) {
    conversation::SentenceChunker chunker;
    chunker.add(text);
    chunker.finish();
    std::vector<std::string> clips;
    while (auto clip = chunker.next()) clips.push_back(std::move(*clip));
    return clips;
}

std::vector<SpeechSpan> spans_of(std::span<const std::int16_t> samples) {
    constexpr std::size_t piece = 1021;  // as odd as a network's
    audio::SpeechSpans found;
    for (std::size_t at = 0; at < samples.size(); at += piece) {
        found.add(samples.subspan(at, std::min(piece, samples.size() - at)));
    }
    std::vector<SpeechSpan> spans;
    for (const auto& span : found.spans()) spans.push_back({span.from, span.to});
    return spans;
}

std::span<const std::int16_t> first_part(const TimedSpeech& speech, Micros length) {
    const auto count = static_cast<std::size_t>(length.count() * 24 / 1000);
    return std::span(speech.samples).first(std::min(count, speech.samples.size()));
}

int words_played(const SpokenClip& clip, Micros position) {
    return static_cast<int>(std::count_if(
        clip.speech.words.begin(), clip.speech.words.end(),
        [&](const TimedWord& word) { return position > word.from + (word.to - word.from) / 2; }));
}

int words_within(const SpokenClip& clip, std::size_t bytes) {
    return static_cast<int>(std::count_if(clip.speech.words.begin(), clip.speech.words.end(),
                                          [&](const TimedWord& word) { return word.end <= bytes; }));
}

// What the ledger was before it weighed words: a share of the bytes, cut back to a whole word.
int words_by_bytes(const SpokenClip& clip, double share) {
    return words_within(clip, static_cast<std::size_t>(share * static_cast<double>(clip.text.size())));
}

double voiced_share(const SpokenClip& clip, Micros position) {
    Micros before{};
    Micros all{};
    for (const auto& span : clip.spans) {
        all += span.to - span.from;
        before += std::max(std::min(position, span.to) - span.from, Micros(0));
    }
    return static_cast<double>(before.count()) / static_cast<double>(all.count());
}

// A moment of a reply.
struct Place {
    std::size_t playing = 0;
    Micros start{};     // of the clip that is playing
    Micros position{};  // in that clip
    int words = 0;      // truly heard by then
};

Place place_at(const SpokenReply& reply, Micros moment) {
    Place place;
    while (moment - place.start >= reply[place.playing].speech.length()) {
        place.start += reply[place.playing].speech.length();
        place.words += static_cast<int>(reply[place.playing++].speech.words.size());
    }
    place.position = moment - place.start;
    place.words += words_played(reply[place.playing], place.position);
    return place;
}

// One reply, by one method.
class Estimator {
public:
    Estimator(const SpokenReply& reply, Method method, std::optional<double> known_pace)
        : reply_(reply), method_(method) {
        if (known_pace) whole_.expect_pace(*known_pace);
        for (conversation::ClipId id = 0; id < reply.size(); ++id) {
            whole_.add_clip(reply[id].text);
            whole_.set_started(id);
        }
        growing_ = whole_;
        for (conversation::ClipId id = 0; id < reply.size(); ++id) set_length(whole_, id);
    }

    int words(const Place& place) const {
        const SpokenClip& clip = reply_[place.playing];
        if (method_ == Method::bytes) {
            const auto share = static_cast<double>(place.position.count()) /
                               static_cast<double>(clip.speech.length().count());
            return earlier(place) + words_by_bytes(clip, share);
        }
        if (method_ == Method::voiced_bytes) {
            return earlier(place) + words_by_bytes(clip, voiced_share(clip, place.position));
        }
        const bool growing =
            method_ == Method::ledger_growing || method_ == Method::ledger_growing_known_pace;
        return words_of((growing ? while_growing(place) : whole_).heard_until(place.start + place.position));
    }

    // What a call knows of its voice's pace after this reply.
    double pace() const { return whole_.pace(); }

private:
    int earlier(const Place& place) const {
        int words = 0;
        for (std::size_t i = 0; i < place.playing; ++i)
            words += words_within(reply_[i], reply_[i].text.size());
        return words;
    }

    int words_of(const std::string& heard) const {
        int words = 0;
        std::size_t left = heard.size();
        for (const SpokenClip& clip : reply_) {
            words += words_within(clip, left);
            left -= std::min(left, clip.text.size());
        }
        return words;
    }

    void set_length(conversation::SpokenLedger& ledger, conversation::ClipId id) const {
        const bool deaf = method_ == Method::no_pauses;
        ledger.set_length(id, reply_[id].speech.length(),
                          deaf ? std::vector<SpeechSpan>() : reply_[id].spans);
    }

    conversation::SpokenLedger while_growing(const Place& place) const {
        constexpr Micros ahead{400'000};  // that much more of the clip has come
        conversation::SpokenLedger ledger = growing_;
        const auto playing = static_cast<conversation::ClipId>(place.playing);
        for (conversation::ClipId id = 0; id < playing; ++id) set_length(ledger, id);
        const TimedSpeech& speech = reply_[playing].speech;
        const Micros so_far = std::min(place.position + ahead, speech.length());
        ledger.set_partial(playing, so_far, spans_of(first_part(speech, so_far)));
        return ledger;
    }

    const SpokenReply& reply_;
    const Method method_;
    conversation::SpokenLedger whole_;
    conversation::SpokenLedger growing_;  // knows the text alone
};

void add_noise(std::vector<std::int16_t>& samples, double dbfs, std::mt19937& random) {
    const double amplitude = 32768 * std::pow(10, dbfs / 20) * std::sqrt(3.0);  // evenly spread
    const auto most = static_cast<int>(amplitude);
    for (std::int16_t& sample : samples) {
        const int noise = static_cast<int>(random() % static_cast<unsigned>(2 * most + 1)) - most;
        sample = static_cast<std::int16_t>(std::clamp(sample + noise, -32768, 32767));
    }
}

}  // namespace

SpokenReply speak_reply(std::string_view text, TimedVoice voice, double stretch, bool one_clip) {
    SpokenReply reply;
    for (std::string& clip : one_clip ? std::vector{std::string(text)} : clips_of(text)) {
        if (conversation::speakable(clip).empty()) continue;
        TimedSpeech speech = speak_timed(voice, stretch, clip);
        std::vector<SpeechSpan> spans = spans_of(speech.samples);
        reply.push_back({std::move(clip), std::move(speech), std::move(spans)});
    }
    return reply;
}

SpokenReply disturbed(SpokenReply reply, const Disturbance& how, std::uint32_t seed) {
    std::mt19937 random(seed);
    for (SpokenClip& clip : reply) {
        TimedSpeech& speech = clip.speech;
        for (std::size_t i = 3; how.pauses && i + 1 < speech.words.size(); i += 4) {
            speech.insert_silence(speech.words[i].to, Micros(300'000));
        }
        if (how.leading_silence) speech.insert_silence({}, Micros(random() % 800'000));
        if (how.noise_dbfs > -100) add_noise(speech.samples, how.noise_dbfs, random);
        clip.spans = spans_of(speech.samples);
    }
    return reply;
}

std::string_view name(Method method) {
    constexpr std::array<std::string_view, 6> names = {
        "share of the length",    "share of the speech",          "ledger without energy", "ledger",
        "ledger, clip not whole", "ledger, not whole, known pace"};
    return names[static_cast<std::size_t>(method)];
}

std::vector<int> errors(std::span<const SpokenReply> replies, Method method, int cuts, std::uint32_t seed) {
    std::mt19937 random(seed);
    std::vector<int> found;
    std::optional<double> known_pace;
    if (method == Method::ledger_growing_known_pace) {
        known_pace = Estimator(replies.back(), Method::ledger, std::nullopt).pace();
    }
    for (const SpokenReply& reply : replies) {
        const Estimator estimator(reply, method, known_pace);
        Micros whole{};
        for (const SpokenClip& clip : reply) whole += clip.speech.length();
        for (int cut = 0; cut < cuts; ++cut) {
            const Micros moment(
                static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(whole.count())));
            const Place place = place_at(reply, moment);
            found.push_back(estimator.words(place) - place.words);
        }
        if (known_pace) known_pace = estimator.pace();
    }
    return found;
}

Summary summary(std::vector<int> errors) {
    Summary made;
    for (int& error : errors) {
        made.bias += error;
        error = std::abs(error);
        made.mean += error;
        made.within_one += error <= 1 ? 1 : 0;
    }
    std::sort(errors.begin(), errors.end());
    const auto count = static_cast<double>(errors.size());
    made.bias /= count;
    made.mean /= count;
    made.within_one /= count;
    made.median = errors[errors.size() / 2];
    made.p95 = errors[errors.size() * 95 / 100];
    made.most = errors.back();
    return made;
}

}  // namespace atlas::test
