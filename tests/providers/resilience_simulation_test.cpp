#include "atlas/providers/resilient_model.hpp"
#include "atlas/providers/resilient_synthesizer.hpp"
#include "simulated_service.hpp"
#include "support/manual_loop.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace atlas::providers {
namespace {

using namespace std::chrono_literals;
using Milliseconds = std::chrono::duration<double, std::milli>;

constexpr int many_turns = 20'000;
constexpr net::Duration clause_time = 100ms;  // from the first text to a clause that can be spoken

// What callers had to wait, over a simulated run.
struct Figures {
    std::vector<double> waits;  // ms until the first audio, or until the caller is told that there is none
    int failed = 0;

    double quantile(double share) {
        std::sort(waits.begin(), waits.end());
        const auto at = static_cast<std::size_t>(share * static_cast<double>(waits.size() - 1));
        return waits.at(at);
    }
    void print(const std::string& what, double extra) {
        std::printf(
            "%-44s p50 %5.0f  p95 %5.0f  p99 %5.0f (%.2f x p50)  p99.5 %5.0f  failed %.2f %%  extra %.2f "
            "%%\n",
            what.c_str(), quantile(0.5), quantile(0.95), quantile(0.99), quantile(0.99) / quantile(0.5),
            quantile(0.995), 100.0 * failed / static_cast<double>(waits.size()), 100 * extra);
    }
};

double extra_share(const HedgeBudget& budget) {
    return static_cast<double>(budget.extra()) / static_cast<double>(budget.requests());
}

ResilienceSettings without_hedges(ResilienceSettings settings) {
    settings.budget = {.share = 0, .burst = 0};
    return settings;
}

// One caller's turn: the model's first text, a clause, its first audio.
class Turn {
public:
    Turn(LanguageModel* model, SpeechSynthesizer& speech, net::Loop& loop, Figures& figures)
        : speech_(speech),
          loop_(loop),
          figures_(figures),
          begun_(loop.now()),
          clause_(loop.make_timer([this] { speak(); })) {
        if (!model) {
            speak();
            return;
        }
        generation_ = model->generate({}, [this](ModelEvent event) {
            if (std::holds_alternative<ModelText>(event)) clause_->expire_after(clause_time);
            if (std::holds_alternative<ModelFailed>(event)) end(false);
        });
    }
    bool over() const { return over_; }
    net::Duration waited() const { return waited_; }
    bool answered() const { return answered_; }

private:
    void speak() {
        synthesis_ = speech_.synthesize({"call", "Hello."}, [this](const SynthesisEvent& event) {
            if (std::holds_alternative<SynthesisAudio>(event)) end(true);
            if (std::holds_alternative<SynthesisFailed>(event)) end(false);
        });
    }
    void end(bool answered) {
        if (std::exchange(over_, true)) return;
        answered_ = answered;
        waited_ = loop_.now() - begun_;
        figures_.waits.push_back(std::chrono::duration_cast<Milliseconds>(waited_).count());
        if (!answered) ++figures_.failed;
    }

    SpeechSynthesizer& speech_;
    net::Loop& loop_;
    Figures& figures_;
    net::TimePoint begun_;
    bool over_ = false;
    bool answered_ = false;
    net::Duration waited_{};
    std::unique_ptr<net::Timer> clause_;
    std::unique_ptr<Generation> generation_;
    std::unique_ptr<Synthesis> synthesis_;
};

// Calls of one process: turns begin at random, ten a second, and overlap.
class ResilienceSimulation : public testing::Test {
protected:
    void use(ResilienceSettings for_model, ResilienceSettings for_speech) {
        std::vector<ResilientModel::Provider> models{{"claude", model_client, for_model}};
        std::vector<ResilientSynthesizer::Provider> voices{{"openai", speech_client, for_speech}};
        const auto count_openings = [this](const BreakerChanged& changed) {
            if (changed.to != BreakerState::open) return;
            ++openings;
            opened_at = loop.now();
        };
        model =
            std::make_unique<ResilientModel>(std::move(models), loop, ResilienceReports{{}, count_openings});
        speech = std::make_unique<ResilientSynthesizer>(std::move(voices), loop,
                                                        ResilienceReports{{}, count_openings});
        openings = 0;
    }
    void begin_turn(Figures& figures, bool whole) {
        turns.push_back(std::make_unique<Turn>(whole ? model.get() : nullptr, *speech, loop, figures));
    }
    void pass_some_time() {
        std::exponential_distribution<double> seconds(10);
        loop.advance(
            std::chrono::duration_cast<net::Duration>(std::chrono::duration<double>(seconds(random))));
        std::erase_if(turns, [](const auto& turn) { return turn->over(); });
    }
    Figures simulate(int count, bool whole, const std::function<void(int)>& before_each = {}) {
        Figures figures;
        for (int i = 0; i < count; ++i) {
            if (before_each) before_each(i);
            begin_turn(figures, whole);
            pass_some_time();
        }
        loop.advance(1min);
        turns.clear();
        return figures;
    }

    test::ManualLoop loop;
    std::mt19937 random{42};
    SimulatedService model_service{loop, {.median = 600ms, .spread = 0.3, .hangs = 0.01}, 1};
    SimulatedService speech_service{loop, {.median = 450ms, .spread = 0.3, .hangs = 0.01}, 2};
    SimulatedModel model_client{model_service};
    SimulatedSynthesizer speech_client{speech_service};
    std::unique_ptr<ResilientModel> model;
    std::unique_ptr<ResilientSynthesizer> speech;
    int openings = 0;
    net::TimePoint opened_at;  // last
    std::vector<std::unique_ptr<Turn>> turns;
};

TEST_F(ResilienceSimulation, FirstAudioOfATurnIsAtMostTwiceAsLateAsUsualAtP99WithFivePercentExtraRequests) {
    use(without_hedges(ResilienceSettings::for_model()), without_hedges(ResilienceSettings::for_speech()));
    Figures without = simulate(many_turns, true);
    without.print("whole turn, both hang 1 %, without hedges", 0);
    EXPECT_GT(without.quantile(0.99), 4 * without.quantile(0.5)) << "the trouble this is about";

    use(ResilienceSettings::for_model(), ResilienceSettings::for_speech());
    Figures with = simulate(many_turns, true);
    const double extra = std::max(extra_share(model->budget()), extra_share(speech->budget()));
    with.print("whole turn, both hang 1 %, with hedges", extra);
    EXPECT_LE(with.quantile(0.99), 2 * with.quantile(0.5));
    EXPECT_LE(extra, 0.05);
    EXPECT_EQ(openings, 0);
    EXPECT_LT(with.failed, many_turns / 1000);
}

// Of one stage alone the same can be had as far as its own spread allows: with 1 % hanging, the hedge's own
// time comes on top of the wait for it.
TEST_F(ResilienceSimulation, FirstAudioOfOneClipIsAtMostTwiceAsLateWhereTheServiceIsSteady) {
    for (const double spread : {0.15, 0.3}) {
        speech_service.weather.spread = spread;
        use({}, without_hedges(ResilienceSettings::for_speech()));
        Figures without = simulate(many_turns, false);
        use({}, ResilienceSettings::for_speech());
        Figures with = simulate(many_turns, false);
        const std::string what = "one clip, sigma " + std::to_string(spread).substr(0, 4);
        without.print(what + ", without hedges", 0);
        with.print(what + ", with hedges", extra_share(speech->budget()));
        EXPECT_LE(with.quantile(0.99), (spread < 0.2 ? 2 : 3) * with.quantile(0.5)) << what;
        EXPECT_LE(extra_share(speech->budget()), 0.05) << what;
        EXPECT_LE(with.quantile(0.995), without.quantile(0.995) / 2) << what;
    }
}

TEST_F(ResilienceSimulation, TellsEveryCallerSoonInAnOutageAndRecovers) {
    use(ResilienceSettings::for_model(), ResilienceSettings::for_speech());
    simulate(1000, false);
    ASSERT_EQ(openings, 0);

    speech_service.weather.hangs = 1;
    const std::int64_t before = speech_service.requests;
    const net::TimePoint outage = loop.now();
    const net::Duration hedge = speech->hedges_after();
    net::Duration opened_after{};
    Figures during;
    while (loop.now() - outage < 60s) {
        begin_turn(during, false);
        pass_some_time();
        if (openings == 1) opened_after = opened_at - outage;
    }
    const std::int64_t asked = speech_service.requests - before;
    const auto turns_of_outage = during.waits.size();

    speech_service.weather.hangs = 0;
    const net::TimePoint back = loop.now();
    Figures after;
    while (speech->breaker() != BreakerState::closed && loop.now() - back < 2min) {
        begin_turn(after, false);
        pass_some_time();
    }
    const net::Duration recovered = loop.now() - back;
    ASSERT_GT(openings, 0);
    std::printf(
        "outage: opened after %.1f s, longest wait of a caller %.1f s, %ld requests for %zu turns, "
        "closed %.1f s after the end\n",
        Milliseconds(opened_after).count() / 1000, during.quantile(1) / 1000, asked, turns_of_outage,
        Milliseconds(recovered).count() / 1000);
    // Four requests have to be late; they come at random, ten a second.
    EXPECT_LE(opened_after, hedge + 1s + 1s);
    EXPECT_LE(recovered, 61s);
    EXPECT_LT(asked, static_cast<std::int64_t>(turns_of_outage) / 5)
        << "a service that is down is left alone";
    EXPECT_LE(during.quantile(0.9), 1) << "most callers are told at once";
    EXPECT_LE(during.quantile(0.995), 2500);
}

TEST_F(ResilienceSimulation, TakesASlowDriftForTheNewUsualAndNotForTrouble) {
    use({}, ResilienceSettings::for_speech());
    Figures figures = simulate(many_turns, false, [this](int turn) {
        speech_service.weather.median = 300ms + turn * 500ms / many_turns;
    });
    figures.print("drift of the median from 300 to 800 ms", extra_share(speech->budget()));
    EXPECT_LE(extra_share(speech->budget()), 0.05);
    EXPECT_EQ(openings, 0);
    EXPECT_LT(figures.failed, many_turns / 1000);
}

TEST_F(ResilienceSimulation, ServesWhomItCanWhenSlownessComesSuddenly) {
    use({}, ResilienceSettings::for_speech());
    simulate(1000, false);
    speech_service.weather.median *= 2;
    const auto extra_before = speech->budget().extra();
    Figures figures = simulate(2000, false);
    figures.print("median suddenly twice as long", extra_share(speech->budget()));
    EXPECT_LE(speech->budget().extra() - extra_before, 2000 / 20 + 3);
    EXPECT_EQ(openings, 0);
    EXPECT_LT(figures.failed, 20);
}

TEST_F(ResilienceSimulation, KeepsToItsBudgetWhenFarMoreHangThanItCanHelp) {
    speech_service.weather.hangs = 0.2;
    use({}, ResilienceSettings::for_speech());
    Figures figures = simulate(5000, false);
    figures.print("one clip, 20 % hang", extra_share(speech->budget()));
    EXPECT_LE(speech->budget().extra(), speech->budget().requests() / 20 + 3);
    EXPECT_EQ(speech_service.requests, speech->budget().requests() + speech->budget().extra());
}

}  // namespace
}  // namespace atlas::providers
