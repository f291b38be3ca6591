#pragma once

#include "atlas/audio/speech_spans.hpp"
#include "atlas/call/caller_link.hpp"
#include "atlas/conversation/events.hpp"
#include "atlas/providers/language_model.hpp"
#include "atlas/providers/speech_synthesizer.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace atlas::call {

// The reply being made and spoken: the model's text in, clips of speech out, in their order whatever order
// they are synthesised in. Owned by Call, one at a time; destroying it is the interruption: requests are
// cancelled and no event follows. Its sound goes straight to the caller's link.
class Reply {
public:
    struct Outputs {
        CallerLink& link;
        std::function<void(conversation::Event)> post;  // to the call's inbox: never acts at once
        std::function<void(const providers::ProviderFailure&, const char* stage)> note_failure;
        std::function<void(const std::string& wanted, const std::string& spoken)> note_rewording;
    };

    Reply(conversation::ReplyId id, std::string call_id, providers::LanguageModel& model,
          providers::SpeechSynthesizer& synthesizer, Outputs outputs);

    void ask(providers::ModelRequest request);
    void abandon_model() { generation_.reset(); }
    // Heard after all clips before it; or, as the rest of a clip that broke off, in the place of that one.
    // After a broken clip, or one of which no sound came, nothing is heard until its rest comes or
    // end_clip().
    void synthesize(conversation::ClipId clip, std::string speech,
                    std::optional<conversation::ClipId> rest_of = std::nullopt);
    void end_clip(conversation::ClipId broken);
    // Takes the place of every clip that is not complete; or comes before those that have no sound yet. No
    // audio: reported as a failed clip.
    void play_kept(conversation::ClipId clip, std::span<const std::int16_t> samples, bool instead);
    void pause() { outputs_.link.pause(); }
    void resume() { outputs_.link.resume(); }
    void finish();

    conversation::ReplyId id() const { return id_; }

private:
    struct Clip {
        conversation::ClipId id = 0;
        std::string speech;
        std::unique_ptr<providers::Synthesis> synthesis;
        // Audio that came before the clip's turn, as it came.
        std::vector<std::vector<std::int16_t>> waiting{};
        std::size_t waiting_samples = 0;
        std::int64_t samples = 0;           // given to the link
        std::chrono::microseconds start{};  // in the reply's audio
        audio::SpeechSpans spans{};         // where it is loud
        std::int64_t told_samples = 0;      // by ClipGrew
        bool complete = false;
        bool waits_for_rest = false;  // that there will be no more of it was told
        std::string failure;
        conversation::Effort effort{};
    };

    void on_model(const providers::ModelEvent& event);
    void on_speech(conversation::ClipId clip, const providers::SynthesisEvent& event);
    void play(Clip& clip, std::span<const std::int16_t> samples);
    void play_waiting(Clip& clip);
    void advance();
    void fail(Clip& clip, std::string reason);

    conversation::ReplyId id_;
    std::string call_id_;
    providers::LanguageModel& model_;
    providers::SpeechSynthesizer& synthesizer_;
    Outputs outputs_;
    std::unique_ptr<providers::Generation> generation_;
    std::deque<Clip> clips_;  // the front one is being heard
};

}  // namespace atlas::call
