#pragma once

#include "atlas/net/loop.hpp"
#include "atlas/providers/language_model.hpp"
#include "atlas/providers/speech_recognizer.hpp"
#include "atlas/providers/speech_synthesizer.hpp"

#include <cmath>
#include <cstdint>
#include <functional>
#include <memory>
#include <numbers>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

// Recogniser, language model and synthesiser without a network, on any Loop. A test scripts them:
//
//     model.last().writes("It is noon.");
//     model.last().completes();
//
// or lets them answer by themselves (FakeModel::answer, FakeSynthesizer::speak_at_once). Whatever they
// report comes from the loop, and never after their owner let go, as with the real ones.
namespace atlas::test {

inline providers::ProviderFailure failure(providers::FailureReason reason) {
    providers::ProviderFailure failed;
    failed.reason = reason;
    failed.message = "as the test wanted it";
    return failed;
}

// One request, seen from the service's side. It stays when the owner of the request has let go.
template <typename Event>
class FakeStream : public std::enable_shared_from_this<FakeStream<Event>> {
public:
    using Handler = std::function<void(const Event&)>;
    FakeStream(net::Loop& loop, Handler handler)
        : loop_(loop), handler_(std::make_shared<Handler>(std::move(handler))) {}

    bool let_go() const { return handler_ == nullptr; }
    void reports(Event event) {
        later([event = std::move(event)](const Handler& to) { to(event); });
    }

protected:
    // The handler is held here while it runs: it may end the request.
    void later(std::function<void(const Handler&)> work) {
        loop_.post([self = this->shared_from_this(), work = std::move(work)] {
            if (const auto handler = self->handler_) work(*handler);
        });
    }

private:
    template <typename, typename>
    friend class FakeHandle;
    net::Loop& loop_;
    std::shared_ptr<Handler> handler_;
};

// What the owner of a request holds.
template <typename Interface, typename Stream>
class FakeHandle : public Interface {
public:
    explicit FakeHandle(std::shared_ptr<Stream> stream) : stream_(std::move(stream)) {}
    ~FakeHandle() override { stream_->handler_.reset(); }

protected:
    std::shared_ptr<Stream> stream_;
};

// ---- recogniser

class FakeListening : public FakeStream<providers::RecognizerEvent> {
public:
    FakeListening(net::Loop& loop, providers::RecognizerRequest asked, Handler handler)
        : FakeStream(loop, std::move(handler)), request(std::move(asked)) {}

    const providers::RecognizerRequest request;
    std::vector<std::int16_t> heard;
    bool remembers_heard = true;
    std::int64_t samples_heard = 0;
    int asked_to_end_turn = 0;
    std::vector<providers::Patience> patience;
    std::vector<std::string> restarts;

    providers::AudioPosition now() const {
        return providers::AudioPosition(samples_heard * 1000 / request.sample_rate);
    }
    void hears_start() { reports(providers::CallerStartedSpeaking{now()}); }
    void hears(std::string text) { reports(providers::TranscriptUpdated{std::move(text), 0.9}); }
    void ends_turn(std::string text) { reports(providers::TurnEnded{std::move(text), now(), "model"}); }
    void hears_turn(const std::string& text) {
        hears_start();
        hears(text);
        ends_turn(text);
    }
    void may_have_ended(std::string text, double confidence = 0.6) {
        reports(providers::TurnMayHaveEnded{std::move(text), confidence});
    }
    void resumes() { reports(providers::TurnResumed{}); }
    void fails(providers::FailureReason reason) { reports(providers::RecognizerFailed{failure(reason)}); }
};

class FakeRecognizers final : public providers::SpeechRecognizerService {
public:
    explicit FakeRecognizers(net::Loop& loop) : loop_(loop) {}

    std::vector<std::shared_ptr<FakeListening>> started;
    FakeListening& last() { return *started.back(); }

    std::unique_ptr<providers::SpeechRecognizer> start(
        providers::RecognizerRequest request,
        std::function<void(providers::RecognizerEvent)> on_event) override {
        started.push_back(std::make_shared<FakeListening>(loop_, std::move(request), std::move(on_event)));
        return std::make_unique<Handle>(started.back());
    }

private:
    class Handle final : public FakeHandle<providers::SpeechRecognizer, FakeListening> {
    public:
        using FakeHandle::FakeHandle;
        void send_audio(std::span<const std::int16_t> samples) override {
            stream_->samples_heard += static_cast<std::int64_t>(samples.size());
            if (!stream_->remembers_heard) return;
            stream_->heard.insert(stream_->heard.end(), samples.begin(), samples.end());
        }
        void end_turn() override { ++stream_->asked_to_end_turn; }
        void set_patience(providers::Patience patience) override { stream_->patience.push_back(patience); }
        void restart(std::string reason) override { stream_->restarts.push_back(std::move(reason)); }
    };
    net::Loop& loop_;
};

// ---- language model

class FakeGeneration : public FakeStream<providers::ModelEvent> {
public:
    FakeGeneration(net::Loop& loop, providers::ModelRequest asked, Handler handler)
        : FakeStream(loop, std::move(handler)), request(std::move(asked)) {}

    const providers::ModelRequest request;

    void writes(std::string text) { reports(providers::ModelText{std::move(text)}); }
    void starts() { reports(providers::ModelStarted{"request-1"}); }
    void calls_tool(std::string id, std::string tool, std::string arguments = "{}") {
        reports(providers::ModelCalledTool{{std::move(id), std::move(tool), std::move(arguments)}});
    }
    void completes(std::string stop_reason = "end_turn", providers::TokenUsage usage = {}) {
        reports(providers::ModelCompleted{std::move(stop_reason), usage, "request-1", {}});
    }
    void fails(providers::FailureReason reason) { reports(providers::ModelFailed{failure(reason), {}, {}}); }
};

class FakeModel final : public providers::LanguageModel {
public:
    explicit FakeModel(net::Loop& loop) : loop_(loop) {}

    std::optional<std::string> answer;  // to every request, at once
    bool throws = false;                // a bug
    std::vector<std::shared_ptr<FakeGeneration>> asked;
    FakeGeneration& last() { return *asked.back(); }

    std::unique_ptr<providers::Generation> generate(
        providers::ModelRequest request, std::function<void(providers::ModelEvent)> on_event) override {
        if (throws) throw std::logic_error("a bug, as the test wanted it");
        asked.push_back(std::make_shared<FakeGeneration>(loop_, std::move(request), std::move(on_event)));
        if (answer) {
            last().writes(*answer);
            last().completes();
        }
        return std::make_unique<FakeHandle<providers::Generation, FakeGeneration>>(asked.back());
    }
    void warm_up() override {}

private:
    net::Loop& loop_;
};

// ---- synthesiser

// The sound of a fake voice: a tone, so that a test can measure whether it arrived.
inline std::vector<std::int16_t> voice(std::chrono::milliseconds length, double hz = 440) {
    constexpr double rate = providers::synthesis_sample_rate;
    std::vector<std::int16_t> sound(static_cast<std::size_t>(length.count()) * 24);
    for (std::size_t i = 0; i < sound.size(); ++i)
        sound[i] = static_cast<std::int16_t>(
            std::lround(10'000 * std::sin(2 * std::numbers::pi * hz * static_cast<double>(i) / rate)));
    return sound;
}

class FakeSynthesis : public FakeStream<providers::SynthesisEvent> {
public:
    FakeSynthesis(net::Loop& loop, providers::SynthesisRequest asked, Handler handler)
        : FakeStream(loop, std::move(handler)), request(std::move(asked)) {}

    const providers::SynthesisRequest request;

    void sounds(std::vector<std::int16_t> samples) {
        later([samples = std::move(samples)](const Handler& to) { to(providers::SynthesisAudio{samples}); });
    }
    void completes() { reports(providers::SynthesisCompleted{}); }
    void speaks(std::chrono::milliseconds length, double hz = 440) {
        sounds(voice(length, hz));
        completes();
    }
    void fails(providers::FailureReason reason) { reports(providers::SynthesisFailed{failure(reason), {}}); }
};

class FakeSynthesizer final : public providers::SpeechSynthesizer {
public:
    explicit FakeSynthesizer(net::Loop& loop) : loop_(loop) {}

    // Every request is spoken at once, in this time; or fails at once.
    std::optional<std::chrono::milliseconds> speak_at_once;
    std::optional<providers::FailureReason> fail_at_once;
    std::vector<std::shared_ptr<FakeSynthesis>> asked;
    FakeSynthesis& last() { return *asked.back(); }
    FakeSynthesis& request(std::size_t index) { return *asked.at(index); }

    std::unique_ptr<providers::Synthesis> synthesize(
        providers::SynthesisRequest request,
        std::function<void(const providers::SynthesisEvent&)> on_event) override {
        asked.push_back(std::make_shared<FakeSynthesis>(loop_, std::move(request), std::move(on_event)));
        if (speak_at_once) last().speaks(*speak_at_once);
        if (fail_at_once) last().fails(*fail_at_once);
        return std::make_unique<FakeHandle<providers::Synthesis, FakeSynthesis>>(asked.back());
    }
    void warm_up() override {}

private:
    net::Loop& loop_;
};

}  // namespace atlas::test
