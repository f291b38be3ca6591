#pragma once

#include "atlas/net/loop.hpp"
#include "atlas/providers/language_model.hpp"
#include "atlas/providers/speech_synthesizer.hpp"

#include <array>
#include <cmath>
#include <cstdint>
#include <functional>
#include <memory>
#include <random>
#include <utility>

namespace atlas::providers {

// How quickly a provider begins to answer, and how often it never does.
struct ServiceWeather {
    net::Duration median = std::chrono::milliseconds(450);
    double spread = 0.3;  // sigma of the logarithm: p95 is e^(1.64 sigma) times the median
    double hangs = 0.01;  // share of requests
};

// A service in virtual time. Its requests end like those of the real clients: after 5 s without an answer.
class SimulatedService {
public:
    SimulatedService(net::Loop& loop, ServiceWeather now, std::uint32_t seed)
        : weather(now), loop_(loop), random_(seed) {}

    ServiceWeather weather;
    std::int64_t requests = 0;

    std::unique_ptr<net::Timer> answer(std::function<void(bool answered)> on_answer) {
        ++requests;
        const double roll = std::uniform_real_distribution<>(0, 1)(random_);
        const double factor = std::exp(weather.spread * std::normal_distribution<>(0, 1)(random_));
        const bool hangs = roll < weather.hangs;
        const net::Duration limit = std::chrono::seconds(5);
        const auto latency = std::chrono::duration_cast<net::Duration>(weather.median * factor);
        const bool answers = !hangs && latency < limit;
        auto timer = loop_.make_timer([answers, on_answer = std::move(on_answer)] { on_answer(answers); });
        timer->expire_after(answers ? latency : limit);
        return timer;
    }

private:
    net::Loop& loop_;
    std::mt19937 random_;
};

inline ProviderFailure simulated_hang() {
    ProviderFailure failure;
    failure.reason = FailureReason::timed_out;
    failure.message = "no answer in time";
    return failure;
}

// Answers with one piece, and is complete.
class SimulatedModel final : public LanguageModel {
public:
    explicit SimulatedModel(SimulatedService& service) : service_(service) {}

    std::unique_ptr<Generation> generate(ModelRequest, std::function<void(ModelEvent)> on_event) override {
        auto request = std::make_unique<Request>();
        auto kept = std::make_shared<std::function<void(ModelEvent)>>(std::move(on_event));
        request->timer = service_.answer([kept, alive = std::weak_ptr(request->alive)](bool answered) {
            const auto tell = kept;
            if (!answered) return (*tell)(ModelFailed{simulated_hang(), {}, {}});
            const auto watch = alive;
            (*tell)(ModelText{"Hello, "});
            if (!watch.expired()) (*tell)(ModelCompleted{"end_turn", {}, {}, {}});
        });
        return request;
    }
    void warm_up() override {}

private:
    struct Request final : Generation {
        std::unique_ptr<net::Timer> timer;
        std::shared_ptr<int> alive = std::make_shared<int>();
    };
    SimulatedService& service_;
};

class SimulatedSynthesizer final : public SpeechSynthesizer {
public:
    explicit SimulatedSynthesizer(SimulatedService& service) : service_(service) {}

    std::unique_ptr<Synthesis> synthesize(SynthesisRequest,
                                          std::function<void(const SynthesisEvent&)> on_event) override {
        auto request = std::make_unique<Request>();
        auto kept = std::make_shared<std::function<void(const SynthesisEvent&)>>(std::move(on_event));
        request->timer = service_.answer([kept, alive = std::weak_ptr(request->alive)](bool answered) {
            const auto tell = kept;
            if (!answered) return (*tell)(SynthesisFailed{simulated_hang(), {}});
            const auto watch = alive;
            const std::array<std::int16_t, 2> sound{1, 2};
            (*tell)(SynthesisAudio{sound});
            if (!watch.expired()) (*tell)(SynthesisCompleted{});
        });
        return request;
    }
    void warm_up() override {}

private:
    struct Request final : Synthesis {
        std::unique_ptr<net::Timer> timer;
        std::shared_ptr<int> alive = std::make_shared<int>();
    };
    SimulatedService& service_;
};

}  // namespace atlas::providers
