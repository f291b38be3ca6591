#include "atlas/call/reply.hpp"

#include <algorithm>
#include <utility>

namespace atlas::call {
namespace {

constexpr std::size_t longest_clip = 60 * providers::synthesis_sample_rate;  // samples that may wait

template <typename... Handlers>
struct overloaded : Handlers... {
    using Handlers::operator()...;
};
template <typename... Handlers>
overloaded(Handlers...) -> overloaded<Handlers...>;

std::string reason_of(const char* stage, const providers::ProviderFailure& failure) {
    return std::string(stage) + "_" + std::string(providers::name(failure.reason));
}

}  // namespace

Reply::Reply(conversation::ReplyId id, std::string call_id, providers::LanguageModel& model,
             providers::SpeechSynthesizer& synthesizer, Outputs outputs)
    : id_(id),
      call_id_(std::move(call_id)),
      model_(model),
      synthesizer_(synthesizer),
      outputs_(std::move(outputs)) {}

// ---- text

void Reply::ask(providers::ModelRequest request) {
    generation_ =
        model_.generate(std::move(request), [this](const providers::ModelEvent& event) { on_model(event); });
}

void Reply::on_model(const providers::ModelEvent& event) {
    std::visit(overloaded{
                   [this](const providers::ModelText& text) {
                       outputs_.post(conversation::ReplyText{id_, text.text});
                   },
                   [this](const providers::ModelCompleted& completed) {
                       outputs_.post(conversation::ReplyTextEnded{id_, completed.stop_reason});
                   },
                   [this](const providers::ModelFailed& failed) {
                       outputs_.note_failure(failed.failure, "language_model");
                       outputs_.post(
                           conversation::ReplyTextFailed{id_, reason_of("language_model", failed.failure)});
                   },
               },
               event);
}

// ---- sound

void Reply::synthesize(conversation::ClipId clip, std::string speech) {
    Clip& made = clips_.emplace_back();
    made.id = clip;
    made.speech = speech;
    made.synthesis = synthesizer_.synthesize(
        {call_id_, std::move(speech)},
        [this, clip](const providers::SynthesisEvent& event) { on_speech(clip, event); });
}

void Reply::on_speech(conversation::ClipId id, const providers::SynthesisEvent& event) {
    const auto found =
        std::find_if(clips_.begin(), clips_.end(), [id](const Clip& clip) { return clip.id == id; });
    if (found == clips_.end()) return;
    Clip& clip = *found;
    std::visit(overloaded{
                   [&](const providers::SynthesisAudio& sound) {
                       if (&clip == &clips_.front()) return play(clip, sound.samples);
                       if (clip.waiting.size() + sound.samples.size() > longest_clip) {
                           return fail(clip, "speech_too_long");
                       }
                       clip.waiting.insert(clip.waiting.end(), sound.samples.begin(), sound.samples.end());
                   },
                   [&](const providers::SynthesisCompleted& done) {
                       if (!done.word_for_word) outputs_.note_rewording(clip.speech, done.spoken_text);
                       clip.complete = true;
                   },
                   [&](const providers::SynthesisFailed& failed) {
                       outputs_.note_failure(failed.failure, "speech");
                       fail(clip, reason_of("speech", failed.failure));
                   },
               },
               event);
    advance();
}

void Reply::play(Clip& clip, std::span<const std::int16_t> samples) {
    if (!clip.failure.empty() || samples.empty()) return;
    if (clip.samples == 0) {
        clip.start = outputs_.link.spoken_length();
        outputs_.post(conversation::ClipStarted{id_, clip.id});
    }
    clip.samples += static_cast<std::int64_t>(samples.size());
    if (!outputs_.link.speak(samples)) fail(clip, "speech_too_long");
}

void Reply::fail(Clip& clip, std::string reason) {
    if (clip.failure.empty()) clip.failure = std::move(reason);
    clip.synthesis.reset();
}

// Hands on every clip at the front that is settled. After a failure there is nothing left to hear in order.
void Reply::advance() {
    while (!clips_.empty()) {
        Clip& front = clips_.front();
        if (!front.waiting.empty()) {
            const auto waiting = std::move(front.waiting);
            front.waiting.clear();
            play(front, waiting);
        }
        if (!front.complete && front.failure.empty()) return;
        if (front.samples > 0) outputs_.link.end_clip(front.id);
        const auto length =
            front.samples > 0 ? outputs_.link.spoken_length() - front.start : std::chrono::microseconds(0);
        if (!front.failure.empty()) {
            outputs_.post(conversation::ClipFailed{id_, front.id, length, front.failure});
            clips_.clear();
            return;
        }
        outputs_.post(conversation::ClipSynthesized{id_, front.id, length});
        clips_.pop_front();
    }
}

void Reply::play_kept(conversation::ClipId clip, std::span<const std::int16_t> samples) {
    clips_.clear();
    if (samples.empty()) {
        outputs_.post(
            conversation::ClipFailed{id_, clip, std::chrono::microseconds(0), "speech_no_kept_line"});
        return;
    }
    Clip& kept = clips_.emplace_back();
    kept.id = clip;
    kept.complete = true;
    kept.waiting.assign(samples.begin(), samples.end());
    advance();
}

void Reply::finish() {
    generation_.reset();
    clips_.clear();
    outputs_.link.finish();
}

}  // namespace atlas::call
