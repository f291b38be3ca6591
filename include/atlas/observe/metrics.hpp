#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace atlas::observe {

// What the process looks like at the moment of a scrape.
struct ProcessGauges {
    std::size_t calls = 0;
    bool draining = false;
    double loop_lag_seconds = 0;  // the recent maximum
    std::size_t memory_bytes = 0;
    double cpu_seconds = 0;
};

// What one turn adds to the counters, beyond its stages.
struct TurnFigures {
    std::vector<std::pair<std::string, std::chrono::milliseconds>> stages;
    std::vector<std::pair<std::string, std::chrono::milliseconds>> silences;  // reason, length
    std::vector<std::string> tools;                                           // outcomes
    int ignored = 0;
    int speculations = 0;
    bool speculation_hit = false;
    std::int64_t wasted_tokens = 0;
    std::int64_t input_tokens = 0, cache_read_tokens = 0, cache_written_tokens = 0, output_tokens = 0;
    int retries = 0;
    int hedges = 0;
    std::int64_t cost_microdollars = 0;
};

// Counters and histograms for Fly's scraper, in Prometheus' text format. Used from the loop only. Shared by
// all calls; lives as long as the loop.
class Metrics {
public:
    Metrics();
    ~Metrics();

    void call_admitted();
    void call_refused(std::string_view reason);  // at_capacity, draining, unauthorized
    void call_ended(std::string_view reason, std::chrono::milliseconds length);
    void turn_ended(std::string_view status, std::string_view reason, const TurnFigures& figures);
    void provider_failed(std::string_view stage,
                         std::string_view reason);  // stage: recogniser, model, speech
    void provider_reconnected(std::string_view stage);
    // One request of a call: answered, failed, abandoned or rejected, and when its answer began.
    void provider_answered(std::string_view provider, std::string_view outcome, bool hedged, bool hedge_won,
                           std::optional<std::chrono::nanoseconds> time_to_first);
    void breaker(std::string_view provider, std::string_view state);  // closed, open, half_open
    void client_error(std::string_view code);
    void audio_underruns(int count);
    void loop_was_late(std::chrono::nanoseconds late);  // measured all the time, mostly near zero

    std::string text(const ProcessGauges& now) const;

private:
    struct Families;
    std::unique_ptr<Families> families_;
};

}  // namespace atlas::observe
