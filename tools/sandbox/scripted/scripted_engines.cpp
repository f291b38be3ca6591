#include "sandbox/scripted/scripted_engines.hpp"

#include "sandbox/scripted/scripted_recognizer.hpp"
#include "sandbox/stamps.hpp"

#include <array>
#include <cmath>
#include <map>
#include <numbers>

namespace atlas::sandbox {
namespace {

constexpr double ms_per_character = 60;
constexpr double syllable_ms = 180;

class ScriptedSession final : public RecognizerSession {
public:
    ScriptedSession(Script& script, Post post, const RecognizerRequest& request,
                    std::function<void(RecognizerEvent)> on_event)
        : post_(std::move(post)),
          on_event_(std::make_shared<std::function<void(RecognizerEvent)>>(std::move(on_event))),
          listener_(request.sample_rate, source(script, request.connection),
                    [this](RecognizerEvent event) { deliver(std::move(event)); }) {}

    void push(std::span<const std::int16_t> samples) override { listener_.push(samples); }
    void flush(std::function<void()> on_flushed) override {
        listener_.flush();
        std::weak_ptr alive = on_event_;
        post_([alive, on_flushed = std::move(on_flushed)] {
            if (alive.lock()) on_flushed();
        });
    }

private:
    static EnergyListener::Source source(Script& script, std::uint64_t connection) {
        return {[&script, connection](std::size_t turn) {
                    return with_label(script.transcript(turn), Label{connection, turn});
                },
                [&script] { return script.sample("deepgram.eot"); }, [&script] { script.transcript_used(); }};
    }
    void deliver(RecognizerEvent event) {
        std::weak_ptr target = on_event_;
        post_([target, event = std::move(event)] {
            if (const auto on_event = target.lock()) (*on_event)(event);
        });
    }

    Post post_;
    std::shared_ptr<std::function<void(RecognizerEvent)>> on_event_;  // its end voids what is still posted
    EnergyListener listener_;
};

class ScriptedRecognizer final : public RecognizerEngine {
public:
    ScriptedRecognizer(Script& script, Post post) : script_(script), post_(std::move(post)) {}
    std::unique_ptr<RecognizerSession> start(const RecognizerRequest& request,
                                             std::function<void(RecognizerEvent)> on_event) override {
        return std::make_unique<ScriptedSession>(script_, post_, request, std::move(on_event));
    }

private:
    Script& script_;
    Post post_;
};

// A tone whose loudness rises and falls like syllables; its pitch depends on the voice. Nine seconds are a
// whole number of syllables and of its waves: they are made once and repeated, because a sine for each sample
// of each reply is what a loaded sandbox would spend most of its time on.
using ToneLoop = std::vector<std::int16_t>;

ToneLoop make_tone(int rate, int pitch) {
    ToneLoop loop(static_cast<std::size_t>(rate) * 9);
    for (std::size_t i = 0; i < loop.size(); ++i) {
        const double t = static_cast<double>(i) / rate;
        const double syllable = std::sin(std::numbers::pi * std::fmod(t * 1000 / syllable_ms, 1.0));
        loop[i] = static_cast<std::int16_t>(6000 * syllable * std::sin(2 * std::numbers::pi * pitch * t));
    }
    return loop;
}

class Tone final : public Speaking, public std::enable_shared_from_this<Tone> {
public:
    Tone(const SpeechRequest& request, SpeechHandlers handlers, std::shared_ptr<const ToneLoop> loop)
        : handlers_(std::move(handlers)), rate_(request.sample_rate), loop_(std::move(loop)) {
        std::size_t characters = 0;
        for (const char c : request.text)
            characters += (static_cast<unsigned char>(c) & 0xC0) != 0x80 ? 1u : 0u;
        const double ms = ms_per_character * static_cast<double>(characters) / request.speed;
        left_ = static_cast<std::size_t>(ms * rate_ / 1000);
    }

    void step(const Post& post) {
        if (stopped_) return;
        std::vector<std::int16_t> samples(std::min(left_, static_cast<std::size_t>(rate_ / 10)));
        for (std::int16_t& sample : samples) {
            sample = (*loop_)[at_];
            if (++at_ == loop_->size()) at_ = 0;
        }
        left_ -= samples.size();
        if (!samples.empty()) handlers_.on_chunk(samples);
        if (stopped_) return;
        if (left_ == 0) return handlers_.on_done({});
        post([self = shared_from_this(), post] { self->step(post); });
    }
    void stop() { stopped_ = true; }

private:
    SpeechHandlers handlers_;
    int rate_;
    std::shared_ptr<const ToneLoop> loop_;
    std::size_t left_ = 0;
    std::size_t at_ = 0;
    bool stopped_ = false;
};

class ToneHandle final : public Speaking {
public:
    explicit ToneHandle(std::shared_ptr<Tone> tone) : tone_(std::move(tone)) {}
    ~ToneHandle() override { tone_->stop(); }

private:
    std::shared_ptr<Tone> tone_;
};

class ScriptedVoice final : public VoiceEngine {
public:
    explicit ScriptedVoice(Post post) : post_(std::move(post)) {}
    std::unique_ptr<Speaking> start(const SpeechRequest& request, SpeechHandlers handlers) override {
        auto tone = std::make_shared<Tone>(request, std::move(handlers), loop_of(request));
        post_([tone, post = post_] { tone->step(post); });
        return std::make_unique<ToneHandle>(std::move(tone));
    }

private:
    // At most one for each pitch and rate.
    std::shared_ptr<const ToneLoop> loop_of(const SpeechRequest& request) {
        const int pitch = 150 + static_cast<int>(std::hash<std::string>()(request.voice) % 100);
        auto& loop = loops_[{request.sample_rate, pitch}];
        if (!loop) loop = std::make_shared<const ToneLoop>(make_tone(request.sample_rate, pitch));
        return loop;
    }

    Post post_;
    std::map<std::pair<int, int>, std::shared_ptr<const ToneLoop>> loops_;
};

class ScriptedResponder final : public Responder {
public:
    std::vector<std::string> reply(const std::string&, const std::vector<ChatMessage>& messages) override {
        static constexpr std::array replies{
            "Sure, I can help with that. What would you like to know first?",
            "That is a good question. The short answer is yes, and it takes about ten minutes.",
            "Of course. I have made a note of it, and I will remind you tomorrow morning.",
            "Let me think about it for a moment. I would go with the second option."};
        const std::string text = replies[messages.size() / 2 % replies.size()];
        std::vector<std::string> tokens;
        for (const std::string& word : split_words(text))
            tokens.push_back((tokens.empty() ? "" : " ") + word);
        return tokens;
    }
};

}  // namespace

Engines make_scripted_engines(Script& script, Post post) {
    Engines engines;
    engines.recognizer = std::make_unique<ScriptedRecognizer>(script, post);
    engines.voice = std::make_unique<ScriptedVoice>(std::move(post));
    engines.responder = std::make_unique<ScriptedResponder>();
    return engines;
}

}  // namespace atlas::sandbox
