#include "tools/timed_voice.hpp"

#include "atlas/audio/resampler.hpp"
#include "atlas/conversation/speakable.hpp"
#include "sandbox/speech/speakable_text.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <span>
#include <stdexcept>

extern "C" {
#include <flite/flite.h>
cst_voice* register_cmu_us_slt(const char* folder);
cst_voice* register_cmu_us_awb(const char* folder);
cst_voice* register_cmu_us_kal16(const char* folder);
}

namespace atlas::test {

namespace {

constexpr std::size_t rate = 24000;
constexpr int voice_rate = 16000;

cst_voice* flite_voice(TimedVoice voice) {
    static const std::array<cst_voice*, 3> voices = [] {
        flite_init();
        return std::array{register_cmu_us_slt(nullptr), register_cmu_us_awb(nullptr),
                          register_cmu_us_kal16(nullptr)};
    }();
    return voices[static_cast<std::size_t>(voice)];
}

Micros seconds(float value) { return Micros(static_cast<std::int64_t>(value * 1e6F)); }

std::size_t samples_in(Micros time) { return static_cast<std::size_t>(time.count()) * rate / 1'000'000; }

struct Spoken {
    std::vector<std::int16_t> samples;  // of voice_rate
    std::vector<TimedWord> tokens;      // what stands between blanks and sounds; `end` is not set
};

// When the first and the last sound of a token begin and end.
TimedWord times_of(const cst_item* token) {
    TimedWord word;
    bool first = true;
    for (const cst_item* part = item_daughter(token); part != nullptr; part = item_next(part)) {
        const cst_item* syllables = item_as(part, "SylStructure");
        if (syllables == nullptr || item_daughter(syllables) == nullptr) continue;
        const cst_item* begin = path_to_item(syllables, "daughter1.daughter1.R:Segment.p");
        if (first && begin != nullptr) word.from = seconds(item_feat_float(begin, "end"));
        word.to = seconds(ffeature_float(syllables, "daughtern.daughtern.R:Segment.end"));
        first = false;
    }
    return word;
}

using Utterance = std::unique_ptr<cst_utterance, decltype(&delete_utterance)>;

void speak_piece(const std::string& text, cst_voice* voice, double stretch, Spoken& spoken) {
    Utterance utterance(new_utterance(), delete_utterance);
    utt_set_input_text(utterance.get(), text.c_str());
    feat_set_float(utterance->features, "duration_stretch", static_cast<float>(stretch));
    // On failure flite has deleted the utterance itself.
    if (flite_do_synth(utterance.get(), voice, utt_synth) == nullptr) {
        static_cast<void>(utterance.release());
        throw std::runtime_error("flite could not speak: " + text);
    }
    const Micros start(static_cast<std::int64_t>(spoken.samples.size()) * 1'000'000 / voice_rate);
    for (const cst_item* token = relation_head(utt_relation(utterance.get(), "Token")); token != nullptr;
         token = item_next(token)) {
        const TimedWord word = times_of(token);
        if (word.to > word.from) spoken.tokens.push_back({0, start + word.from, start + word.to});
    }
    const cst_wave* wave = utt_wave(utterance.get());
    if (wave->sample_rate != voice_rate) throw std::runtime_error("a voice of another sample rate");
    spoken.samples.insert(spoken.samples.end(), wave->samples, wave->samples + wave->num_samples);
}

std::size_t blank_separated(std::string_view text) {
    std::size_t count = 0;
    bool in_word = false;
    for (const char c : text) {
        const bool blank = c == ' ' || c == '\n';
        count += !blank && !in_word ? 1 : 0;
        in_word = !blank;
    }
    return count;
}

// The words of the written text, each with the times of what the voice read for it.
std::vector<TimedWord> match_words(std::string_view text, const std::vector<TimedWord>& tokens) {
    std::vector<TimedWord> words;
    std::size_t used = 0;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t begin = std::min(text.find_first_not_of(" \n", at), text.size());
        at = std::min(text.find_first_of(" \n", begin), text.size());
        std::string_view written = text.substr(begin, at - begin);
        written = written.substr(0, written.find("]("));
        const std::size_t count =
            blank_separated(sandbox::speech::speakable(conversation::speakable(written)));
        if (count == 0) continue;
        if (used + count > tokens.size()) throw std::runtime_error("words are missing: " + std::string(text));
        words.push_back({at, tokens[used].from, tokens[used + count - 1].to});
        used += count;
    }
    if (used != tokens.size()) throw std::runtime_error("words too many: " + std::string(text));
    return words;
}

}  // namespace

Micros TimedSpeech::length() const {
    return Micros(static_cast<std::int64_t>(samples.size() * 1'000'000 / rate));
}

void TimedSpeech::insert_silence(Micros at, Micros length) {
    const std::size_t place = std::min(samples_in(at), samples.size());
    samples.insert(samples.begin() + static_cast<std::ptrdiff_t>(place), samples_in(length), 0);
    for (TimedWord& word : words) {
        if (word.from >= at) word.from += length;
        if (word.to > at) word.to += length;
    }
}

TimedSpeech speak_timed(TimedVoice voice, double stretch, std::string_view text) {
    Spoken spoken;
    const std::string speech = sandbox::speech::speakable(conversation::speakable(text));
    for (const std::string& piece : sandbox::speech::sentences(speech)) {
        speak_piece(piece, flite_voice(voice), stretch, spoken);
    }
    TimedSpeech timed;
    timed.words = match_words(text, spoken.tokens);
    audio::Resampler resampler(voice_rate, rate);
    resampler.process(spoken.samples, timed.samples);
    resampler.flush(timed.samples);
    return timed;
}

}  // namespace atlas::test
