#include "atlas/call/reply.hpp"

#include "overloaded.hpp"

#include <algorithm>
#include <utility>

namespace atlas::call {
namespace {

constexpr std::size_t longest_clip = 60 * providers::synthesis_sample_rate;   // samples that may wait
constexpr std::int64_t worth_telling = providers::synthesis_sample_rate / 2;  // samples of a growing clip

std::string reason_of(const char* stage, const providers::ProviderFailure& failure) {
    return std::string(stage) + "_" + std::string(providers::name(failure.reason));
}

conversation::Effort effort_of(const providers::RequestStory& story,
                               const providers::TokenUsage& usage = {}) {
    return {.input_tokens = usage.input,
            .cache_read_tokens = usage.cache_read,
            .cache_written_tokens = usage.cache_written,
            .output_tokens = usage.output,
            .retries = std::max(0, story.attempts - 1 - story.hedges),
            .hedges = story.hedges};
}

std::vector<conversation::SpeechSpan> spans_of(const audio::SpeechSpans& found) {
    std::vector<conversation::SpeechSpan> spans;
    for (const auto& span : found.spans()) spans.push_back({span.from, span.to});
    return spans;
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
    std::visit(
        overloaded{
            [this](const providers::ModelStarted& started) {
                outputs_.post(conversation::ReplyAccepted{id_, effort_of({}, started.usage)});
            },
            [this](const providers::ModelText& text) {
                outputs_.post(conversation::ReplyText{id_, text.text});
            },
            [this](const providers::ModelCalledTool& called) {
                const auto& call = called.call;
                outputs_.post(conversation::ReplyCalledTool{id_, {call.id, call.name, call.arguments}});
            },
            [this](const providers::ModelCompleted& completed) {
                outputs_.post(conversation::ReplyTextEnded{id_, completed.stop_reason,
                                                           effort_of(completed.story, completed.usage)});
            },
            [this](const providers::ModelFailed& failed) {
                outputs_.note_failure(failed.failure, "language_model");
                outputs_.post(conversation::ReplyTextFailed{id_, reason_of("language_model", failed.failure),
                                                            effort_of(failed.story, failed.usage)});
            },
        },
        event);
}

// ---- sound

void Reply::synthesize(conversation::ClipId clip, std::string speech,
                       std::optional<conversation::ClipId> rest_of) {
    Clip made;
    made.id = clip;
    made.speech = speech;
    providers::SynthesisRequest request{call_id_, std::move(speech)};
    request.urgent = clip == 0;  // the caller waits for it in silence
    made.synthesis = synthesizer_.synthesize(
        std::move(request), [this, clip](const providers::SynthesisEvent& event) { on_speech(clip, event); });
    const auto broken = std::find_if(clips_.begin(), clips_.end(),
                                     [&](const Clip& other) { return rest_of && other.id == *rest_of; });
    if (broken == clips_.end()) {
        clips_.push_back(std::move(made));
    } else {
        *broken = std::move(made);
    }
}

void Reply::on_speech(conversation::ClipId id, const providers::SynthesisEvent& event) {
    const auto found =
        std::find_if(clips_.begin(), clips_.end(), [id](const Clip& clip) { return clip.id == id; });
    if (found == clips_.end()) return;
    Clip& clip = *found;
    std::visit(overloaded{
                   [&](const providers::SynthesisAudio& sound) {
                       if (&clip == &clips_.front()) return play(clip, sound.samples);
                       if (clip.waiting_samples + sound.samples.size() > longest_clip) {
                           return fail(clip, "speech_too_long");
                       }
                       clip.waiting.emplace_back(sound.samples.begin(), sound.samples.end());
                       clip.waiting_samples += sound.samples.size();
                   },
                   [&](const providers::SynthesisCompleted& done) {
                       if (!done.word_for_word) outputs_.note_rewording(clip.speech, done.spoken_text);
                       clip.effort = effort_of(done.story);
                       clip.complete = true;
                   },
                   [&](const providers::SynthesisFailed& failed) {
                       outputs_.note_failure(failed.failure, "speech");
                       clip.effort = effort_of(failed.story);
                       fail(clip, reason_of("speech", failed.failure));
                   },
               },
               event);
    advance();
}

void Reply::play(Clip& clip, std::span<const std::int16_t> samples) {
    if (samples.empty()) return;
    if (clip.samples == 0) {
        clip.start = outputs_.link.spoken_length();
        outputs_.post(conversation::ClipStarted{id_, clip.id});
    }
    clip.samples += static_cast<std::int64_t>(samples.size());
    clip.spans.add(samples);
    if (!outputs_.link.speak(samples)) return fail(clip, "speech_too_long");
    if (clip.complete || clip.samples - clip.told_samples < worth_telling) return;
    clip.told_samples = clip.samples;
    const auto length = outputs_.link.spoken_length() - clip.start;
    outputs_.post(conversation::ClipGrew{id_, clip.id, length, spans_of(clip.spans)});
}

// Each piece is let go as soon as the link has it: a long clip is never held twice.
void Reply::play_waiting(Clip& clip) {
    auto waiting = std::exchange(clip.waiting, {});
    clip.waiting_samples = 0;
    for (auto& piece : waiting) play(clip, std::exchange(piece, {}));
}

void Reply::fail(Clip& clip, std::string reason) {
    if (clip.failure.empty()) clip.failure = std::move(reason);
    clip.synthesis.reset();
}

// Hands on every clip at the front that is settled. One that broke off stays there until its rest comes, and
// so does one of which no sound came at all: what follows it must not be heard before.
void Reply::advance() {
    while (!clips_.empty()) {
        Clip& front = clips_.front();
        play_waiting(front);
        if (front.waits_for_rest || (!front.complete && front.failure.empty())) return;
        if (front.samples > 0) outputs_.link.end_clip(front.id);
        const auto length =
            front.samples > 0 ? outputs_.link.spoken_length() - front.start : std::chrono::microseconds(0);
        if (!front.failure.empty()) {
            front.waits_for_rest = true;
            outputs_.post(conversation::ClipFailed{id_, front.id, length, front.failure,
                                                   spans_of(front.spans), front.effort});
            return;
        }
        outputs_.post(
            conversation::ClipSynthesized{id_, front.id, length, spans_of(front.spans), front.effort});
        front.waits_for_rest = front.samples == 0;
        if (front.waits_for_rest) return;
        clips_.pop_front();
    }
}

void Reply::end_clip(conversation::ClipId broken) {
    std::erase_if(clips_, [&](const Clip& clip) { return clip.id == broken && clip.waits_for_rest; });
    advance();
}

void Reply::play_kept(conversation::ClipId clip, std::span<const std::int16_t> samples, bool instead) {
    if (instead && !clips_.empty()) {
        // How far it was heard was told in steps; the line follows right behind it.
        const Clip& front = clips_.front();
        if (front.samples > front.told_samples && !front.waits_for_rest) {
            const auto length = outputs_.link.spoken_length() - front.start;
            outputs_.post(conversation::ClipGrew{id_, front.id, length, spans_of(front.spans)});
        }
        clips_.clear();
    }
    if (samples.empty()) {
        outputs_.post(
            conversation::ClipFailed{id_, clip, std::chrono::microseconds(0), "speech_no_kept_line"});
        return;
    }
    Clip kept;
    kept.id = clip;
    kept.complete = true;
    kept.waiting.emplace_back(samples.begin(), samples.end());
    kept.waiting_samples = samples.size();
    const auto unheard =
        std::find_if(clips_.begin(), clips_.end(), [](const Clip& other) { return other.samples == 0; });
    clips_.insert(unheard, std::move(kept));
    advance();
}

void Reply::finish() {
    generation_.reset();
    clips_.clear();
    outputs_.link.finish();
}

}  // namespace atlas::call
