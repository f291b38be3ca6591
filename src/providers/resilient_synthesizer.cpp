#include "atlas/providers/resilient_synthesizer.hpp"

#include "listener.hpp"
#include "race.hpp"

#include <array>
#include <stdexcept>
#include <utility>

namespace atlas::providers {

namespace {

class ResilientSynthesis final : public Synthesis, private Race::Runner {
public:
    ResilientSynthesis(const std::vector<SpeechSynthesizer*>& synthesizers, ProviderLine& line,
                       net::Loop& loop, SynthesisRequest request,
                       std::function<void(const SynthesisEvent&)> on_event)
        : synthesizers_(synthesizers),
          request_(std::move(request)),
          listener_(std::move(on_event)),
          race_(loop, line, *this,
                request_.urgent ? 1 : line.health.front().settings().hedge_later_unless_urgent) {
        race_.begin();
    }

private:
    void run(std::size_t lane, std::size_t provider, bool hedge) override {
        SynthesisRequest request = request_;
        request.hedge = hedge;
        lanes_[lane] = synthesizers_[provider]->synthesize(
            std::move(request), [this, lane](const SynthesisEvent& event) {
                std::visit([this, lane](const auto& happened) { take(lane, happened); }, event);
            });
    }
    void stop(std::size_t lane) override { lanes_[lane].reset(); }
    void give_up(ProviderFailure failure) override {
        tell(SynthesisFailed{std::move(failure), race_.story()});
    }

    void take(std::size_t lane, const SynthesisAudio& audio) {
        sounded_ = true;
        race_.answered(lane);
        tell(audio);
    }
    void take(std::size_t lane, const SynthesisCompleted& completed) {
        if (!sounded_) return take(lane, without_audio(completed));
        race_.completed(lane, completed.story);
        SynthesisCompleted told = completed;
        told.story = race_.story();
        tell(told);
    }
    void take(std::size_t lane, const SynthesisFailed& failed) {
        auto failure = race_.failed(lane, failed.failure);
        if (failure) tell(SynthesisFailed{std::move(*failure), race_.story()});
    }

    static SynthesisFailed without_audio(const SynthesisCompleted& completed) {
        SynthesisFailed failed;
        failed.failure.reason = FailureReason::protocol;
        failed.failure.message = "a complete answer without audio";
        failed.failure.attempts = completed.story.attempts;
        return failed;
    }
    void tell(const SynthesisEvent& event) { [[maybe_unused]] const bool alive = listener_.tell(event); }

    const std::vector<SpeechSynthesizer*>& synthesizers_;
    SynthesisRequest request_;
    Listener<const SynthesisEvent&> listener_;
    bool sounded_ = false;
    Race race_;
    std::array<std::unique_ptr<Synthesis>, Race::max_lanes> lanes_;
};

}  // namespace

ResilientSynthesizer::ResilientSynthesizer(std::vector<Provider> providers, net::Loop& loop,
                                           ResilienceReports reports)
    : loop_(loop),
      line_(std::make_unique<ProviderLine>(ProviderLine{ProviderStage::speech, std::move(reports), {}})) {
    if (providers.empty()) throw std::invalid_argument("a ResilientSynthesizer needs a synthesiser");
    for (Provider& provider : providers) {
        synthesizers_.push_back(&provider.synthesizer);
        line_->health.emplace_back(std::move(provider.name), provider.settings);
    }
}

ResilientSynthesizer::~ResilientSynthesizer() = default;

std::unique_ptr<Synthesis> ResilientSynthesizer::synthesize(
    SynthesisRequest request, std::function<void(const SynthesisEvent&)> on_event) {
    return std::make_unique<ResilientSynthesis>(synthesizers_, *line_, loop_, std::move(request),
                                                std::move(on_event));
}

void ResilientSynthesizer::warm_up() {
    for (SpeechSynthesizer* synthesizer : synthesizers_) synthesizer->warm_up();
}

BreakerState ResilientSynthesizer::breaker(std::size_t provider) const {
    return line_->health.at(provider).breaker().state(loop_.now());
}

const HedgeBudget& ResilientSynthesizer::budget(std::size_t provider) const {
    return line_->health.at(provider).budget();
}

net::Duration ResilientSynthesizer::hedges_after(std::size_t provider) const {
    return line_->health.at(provider).slow_after(loop_.now());
}

}  // namespace atlas::providers
