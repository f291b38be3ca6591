#include "atlas/observe/metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

namespace atlas::observe {
namespace {

using prometheus::BuildCounter;
using prometheus::BuildGauge;
using prometheus::BuildHistogram;
using prometheus::Counter;
using prometheus::Family;
using prometheus::Gauge;
using prometheus::Histogram;

const Histogram::BucketBoundaries stage_seconds{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5,
                                                0.75,  1,      1.5,   2,    3,     5,    8,   15,  30};
const Histogram::BucketBoundaries lag_seconds{0.0001, 0.00025, 0.0005, 0.001, 0.002, 0.005,
                                              0.01,   0.02,    0.05,   0.1,   0.2,   0.5};
const Histogram::BucketBoundaries call_seconds{1, 10, 30, 60, 180, 300, 600, 1200, 1800, 3600};

double seconds(std::chrono::nanoseconds time) { return std::chrono::duration<double>(time).count(); }

// "language_model_said_nothing: refusal" counts under its first word: labels must stay few.
std::string first_word(std::string_view reason) {
    return std::string(reason.substr(0, reason.find_first_of(": ")));
}

}  // namespace

struct Metrics::Families {
    prometheus::Registry registry;

    Family<Counter>& counter(const char* name, const char* help) {
        return BuildCounter().Name(name).Help(help).Register(registry);
    }
    Gauge& gauge(const char* name, const char* help) {
        return BuildGauge().Name(name).Help(help).Register(registry).Add({});
    }

    Counter& admitted = counter("atlas_calls_admitted_total", "Calls that were taken").Add({});
    Family<Counter>& refused = counter("atlas_calls_refused_total", "Calls that were not taken, by reason");
    Family<Counter>& ended = counter("atlas_calls_ended_total", "Calls that ended, by reason");
    Histogram& call_length = BuildHistogram()
                                 .Name("atlas_call_seconds")
                                 .Help("How long calls lasted")
                                 .Register(registry)
                                 .Add({}, call_seconds);
    Family<Counter>& turns = counter("atlas_turns_total", "Turns, by how they ended and why");
    Family<Histogram>& stages = BuildHistogram()
                                    .Name("atlas_turn_stage_seconds")
                                    .Help("Stages of a turn; those up to `audible` sum to `response`")
                                    .Register(registry);
    Family<Counter>& silences = counter(
        "atlas_silences_total", "Silences over 1.5 s before or within a reply, by what was waited for");
    Counter& silent_seconds = counter("atlas_silent_seconds_total", "The length of those silences").Add({});
    Family<Counter>& tools = counter("atlas_tool_calls_total", "Calls of the app's tools, by outcome");
    Counter& ignored =
        counter("atlas_ignored_speech_total", "What was heard in a reply and did not interrupt it").Add({});
    Counter& speculations =
        counter("atlas_speculations_total", "Replies begun before the turn was surely over").Add({});
    Counter& speculation_hits = counter("atlas_speculation_hits_total", "Those that were used").Add({});
    Family<Counter>& tokens = counter("atlas_tokens_total", "Tokens of the language model, by kind");
    Counter& retries = counter("atlas_turn_retries_total", "Requests made again within a turn").Add({});
    Counter& hedges = counter("atlas_turn_hedges_total", "Second requests beside a slow one").Add({});
    Counter& cost = counter("atlas_cost_dollars_total", "Estimated cost of all turns").Add({});
    Family<Counter>& provider_failures = counter("atlas_provider_failures_total", "Failures after retries");
    Family<Counter>& provider_requests =
        counter("atlas_provider_requests_total", "Requests of calls to the model and the voice, by outcome");
    Family<Counter>& provider_hedges = counter(
        "atlas_provider_hedges_total", "Requests that were made a second time because they were slow");
    Family<Histogram>& first_answer = BuildHistogram()
                                          .Name("atlas_provider_first_answer_seconds")
                                          .Help("From the request to its first text or sound")
                                          .Register(registry);
    Family<Gauge>& breakers = BuildGauge()
                                  .Name("atlas_provider_breaker")
                                  .Help("1 for the state the provider's breaker is in")
                                  .Register(registry);
    Family<Counter>& provider_reconnects = counter("atlas_provider_reconnects_total", "Replaced connections");
    Family<Counter>& client_errors =
        counter("atlas_client_errors_total", "Errors clients were told, by code");
    Counter& underruns =
        counter("atlas_audio_underruns_total", "Times a caller ran out of speech in mid-reply").Add({});

    Gauge& calls = gauge("atlas_calls", "Calls at the moment");
    Gauge& draining = gauge("atlas_draining", "1 while no new calls are taken because the process will stop");
    Gauge& loop_lag = gauge("atlas_loop_lag_seconds", "How late the event loop ran lately, at worst");
    Histogram& loop_late = BuildHistogram()
                               .Name("atlas_loop_late_seconds")
                               .Help("How late the event loop ran, measured ten times a second")
                               .Register(registry)
                               .Add({}, lag_seconds);
    Gauge& memory = gauge("process_resident_memory_bytes", "Resident memory");
    Gauge& cpu = gauge("process_cpu_seconds_total", "User and system CPU time");
};

Metrics::Metrics() : families_(std::make_unique<Families>()) {}
Metrics::~Metrics() = default;

void Metrics::call_admitted() { families_->admitted.Increment(); }

void Metrics::call_refused(std::string_view reason) {
    families_->refused.Add({{"reason", std::string(reason)}}).Increment();
}

void Metrics::call_ended(std::string_view reason, std::chrono::milliseconds length) {
    families_->ended.Add({{"reason", std::string(reason)}}).Increment();
    families_->call_length.Observe(seconds(length));
}

void Metrics::turn_ended(std::string_view status, std::string_view reason, const TurnFigures& figures) {
    families_->turns.Add({{"status", std::string(status)}, {"reason", first_word(reason)}}).Increment();
    for (const auto& [stage, time] : figures.stages)
        families_->stages.Add({{"stage", stage}}, stage_seconds).Observe(seconds(time));
    for (const auto& [cause, time] : figures.silences) {
        families_->silences.Add({{"reason", first_word(cause)}}).Increment();
        families_->silent_seconds.Increment(seconds(time));
    }
    for (const auto& outcome : figures.tools) families_->tools.Add({{"outcome", outcome}}).Increment();
    families_->ignored.Increment(figures.ignored);
    families_->speculations.Increment(figures.speculations);
    if (figures.speculation_hit) families_->speculation_hits.Increment();
    const auto tokens = [this](const char* kind, std::int64_t count) {
        if (count > 0) families_->tokens.Add({{"kind", kind}}).Increment(static_cast<double>(count));
    };
    tokens("input", figures.input_tokens);
    tokens("cache_read", figures.cache_read_tokens);
    tokens("cache_written", figures.cache_written_tokens);
    tokens("output", figures.output_tokens);
    tokens("wasted", figures.wasted_tokens);
    families_->retries.Increment(figures.retries);
    families_->hedges.Increment(figures.hedges);
    families_->cost.Increment(static_cast<double>(figures.cost_microdollars) / 1e6);
}

void Metrics::provider_failed(std::string_view stage, std::string_view reason) {
    families_->provider_failures.Add({{"stage", std::string(stage)}, {"reason", std::string(reason)}})
        .Increment();
}

void Metrics::provider_reconnected(std::string_view stage) {
    families_->provider_reconnects.Add({{"stage", std::string(stage)}}).Increment();
}

void Metrics::provider_answered(std::string_view provider, std::string_view outcome, bool hedged,
                                bool hedge_won, std::optional<std::chrono::nanoseconds> time_to_first) {
    const std::string name(provider);
    families_->provider_requests.Add({{"provider", name}, {"outcome", std::string(outcome)}}).Increment();
    if (hedged) {
        families_->provider_hedges.Add({{"provider", name}, {"won", hedge_won ? "yes" : "no"}}).Increment();
    }
    if (time_to_first) {
        families_->first_answer.Add({{"provider", name}}, stage_seconds)
            .Observe(std::chrono::duration<double>(*time_to_first).count());
    }
}

void Metrics::breaker(std::string_view provider, std::string_view state) {
    for (const char* other : {"closed", "open", "half_open"})
        families_->breakers.Add({{"provider", std::string(provider)}, {"state", other}}).Set(other == state);
}

void Metrics::client_error(std::string_view code) {
    families_->client_errors.Add({{"code", std::string(code)}}).Increment();
}

void Metrics::audio_underruns(int count) { families_->underruns.Increment(count); }

void Metrics::loop_was_late(std::chrono::nanoseconds late) { families_->loop_late.Observe(seconds(late)); }

std::string Metrics::text(const ProcessGauges& now) const {
    families_->calls.Set(static_cast<double>(now.calls));
    families_->draining.Set(now.draining ? 1 : 0);
    families_->loop_lag.Set(now.loop_lag_seconds);
    families_->memory.Set(static_cast<double>(now.memory_bytes));
    families_->cpu.Set(now.cpu_seconds);
    return prometheus::TextSerializer().Serialize(families_->registry.Collect());
}

}  // namespace atlas::observe
