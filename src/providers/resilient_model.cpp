#include "atlas/providers/resilient_model.hpp"

#include "listener.hpp"
#include "race.hpp"

#include <array>
#include <stdexcept>
#include <utility>

namespace atlas::providers {

namespace {

class ResilientGeneration final : public Generation, private Race::Runner {
public:
    ResilientGeneration(const std::vector<LanguageModel*>& models, ProviderLine& line, net::Loop& loop,
                        ModelRequest request, std::function<void(ModelEvent)> on_event)
        : models_(models),
          request_(std::move(request)),
          listener_(std::move(on_event)),
          race_(loop, line, *this, 1) {
        race_.begin();
    }

private:
    void run(std::size_t lane, std::size_t provider, bool hedge) override {
        ModelRequest request = request_;
        request.hedge = hedge;
        lanes_[lane] = models_[provider]->generate(std::move(request), [this, lane](ModelEvent event) {
            std::visit([this, lane](auto& happened) { take(lane, std::move(happened)); }, event);
        });
    }
    void stop(std::size_t lane) override { lanes_[lane].reset(); }
    void give_up(ProviderFailure failure) override {
        tell(ModelFailed{std::move(failure), usage_, race_.story()});
    }

    void take(std::size_t, ModelStarted started) {
        if (!std::exchange(started_, true)) tell(std::move(started));
    }
    void take(std::size_t lane, ModelText text) {
        begin_answer(lane);
        tell(std::move(text));
    }
    void take(std::size_t lane, ModelCalledTool called) {
        begin_answer(lane);
        tell(std::move(called));
    }
    void take(std::size_t lane, ModelCompleted completed) {
        race_.completed(lane, completed.story);
        completed.story = race_.story();
        tell(std::move(completed));
    }
    void take(std::size_t lane, ModelFailed failed) {
        usage_ = failed.usage;
        auto failure = race_.failed(lane, std::move(failed.failure));
        if (failure) tell(ModelFailed{std::move(*failure), usage_, race_.story()});
    }

    void begin_answer(std::size_t lane) {
        race_.answered(lane);
        request_ = {};  // nobody else will be asked
    }
    void tell(ModelEvent event) { [[maybe_unused]] const bool alive = listener_.tell(std::move(event)); }

    const std::vector<LanguageModel*>& models_;
    ModelRequest request_;
    Listener<ModelEvent> listener_;
    bool started_ = false;
    TokenUsage usage_{};  // of the lane that failed last
    Race race_;
    std::array<std::unique_ptr<Generation>, Race::max_lanes> lanes_;
};

}  // namespace

ResilientModel::ResilientModel(std::vector<Provider> providers, net::Loop& loop, ResilienceReports reports)
    : loop_(loop),
      line_(std::make_unique<ProviderLine>(ProviderLine{ProviderStage::model, std::move(reports), {}})) {
    if (providers.empty()) throw std::invalid_argument("a ResilientModel needs a model");
    for (Provider& provider : providers) {
        models_.push_back(&provider.model);
        line_->health.emplace_back(std::move(provider.name), provider.settings);
    }
}

ResilientModel::~ResilientModel() = default;

std::unique_ptr<Generation> ResilientModel::generate(ModelRequest request,
                                                     std::function<void(ModelEvent)> on_event) {
    return std::make_unique<ResilientGeneration>(models_, *line_, loop_, std::move(request),
                                                 std::move(on_event));
}

void ResilientModel::warm_up() {
    for (LanguageModel* model : models_) model->warm_up();
}

BreakerState ResilientModel::breaker(std::size_t provider) const {
    return line_->health.at(provider).breaker().state(loop_.now());
}

const HedgeBudget& ResilientModel::budget(std::size_t provider) const {
    return line_->health.at(provider).budget();
}

net::Duration ResilientModel::hedges_after(std::size_t provider) const {
    return line_->health.at(provider).slow_after(loop_.now());
}

}  // namespace atlas::providers
