#include "call/load_report.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <cmath>
#include <cstdio>
#include <numeric>

namespace atlas::caller {
namespace {

using Json = nlohmann::ordered_json;

constexpr double most_cpu_share = 0.8;
constexpr double most_lag_ms = 3;

std::string fixed(double value, int digits) {
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "%.*f", digits, value);
    return text.data();
}

double rounded(double value) { return std::round(value * 1000) / 1000; }

int errors_of(const LoadTally& tally) {
    return std::accumulate(tally.problems.begin(), tally.problems.end(), 0,
                           [](int sum, const auto& problem) { return sum + problem.second; });
}

double cpu_per_call_second_ms(const LoadResult& result) {
    return result.call_seconds > 0 ? result.gateway_cpu_seconds * 1000 / result.call_seconds : 0;
}

double memory_per_call_mb(const LoadResult& result, int calls) {
    const auto more = result.gateway_busy.resident_kb - result.gateway_idle.resident_kb;
    return calls > 0 ? static_cast<double>(more) / 1024 / calls : 0;
}

struct Row {
    const char* name;
    const char* key;
    const Samples* samples;
};

std::array<Row, 6> rows_of(const LoadStages& stages) {
    return {{{"model asked", "model_asked", &stages.model_asked},
             {"speech asked", "speech_asked", &stages.speech_asked},
             {"audible", "audible", &stages.audible},
             {"added", "added", &stages.added},
             {"first audio", "first_audio", &stages.first_audio},
             {"barge-in", "barge_in", &stages.barge_in}}};
}

std::string padded(std::string text, std::size_t width) {
    if (text.size() < width) text.insert(0, width - text.size(), ' ');
    return text;
}

std::string stage_table(const LoadStages& stages) {
    std::string out = "ms               count      p50      p90      p99      max\n";
    for (const Row& row : rows_of(stages)) {
        std::string name = row.name;
        name.resize(14, ' ');
        out += name + padded(std::to_string(row.samples->count()), 8);
        for (const double share : {0.5, 0.9, 0.99, 1.0}) {
            const bool none = row.samples->empty();
            out += padded(none ? "-" : fixed(row.samples->percentile(share), 2), 9);
        }
        out += '\n';
    }
    return out;
}

std::string side_lines(const LoadSide& side) {
    std::string out = "load side    callers " + fixed(side.caller_cpu_share * 100, 1) +
                      " % of a core, lag p99 " + fixed(side.caller_lag_p99_ms, 2) + " ms, max " +
                      fixed(side.caller_lag_max_ms, 1) + " ms\n";
    if (side.sandbox_known) {
        out += "             sandbox " + fixed(side.sandbox_cpu_share * 100, 1) + " % of a core, lag p99 " +
               fixed(side.sandbox_lag_p99_ms, 2) + " ms, max " + fixed(side.sandbox_lag_max_ms, 1) + " ms\n";
    }
    return out;
}

std::string figures(const LoadOptions& options, const LoadResult& result, const LoadTally& tally) {
    const LoadStages& stages = result.stages;
    std::string out = stage_table(stages);
    out += "turns        " + std::to_string(stages.turns) + ", of them speculations " +
           std::to_string(stages.speculations) + ", asked again " + std::to_string(stages.asked_again) +
           ", not matched " + std::to_string(stages.unmatched) + ", interruptions " +
           std::to_string(tally.interruptions) + "\n";
    out += "frames       sent " + std::to_string(tally.frames_sent) + ", received " +
           std::to_string(tally.frames_received) + ", late " + std::to_string(tally.frames_late) + " (p99 " +
           fixed(tally.late_ms.percentile(0.99), 0) + " ms), missing " +
           std::to_string(tally.frames_missing) + "\n";
    out += "ready        p50 " + fixed(tally.ready_ms.percentile(0.5), 1) + " ms, p99 " +
           fixed(tally.ready_ms.percentile(0.99), 1) + " ms, " + std::to_string(tally.ready) + " of " +
           std::to_string(tally.placed) + " calls\n";
    if (!result.gateway_known) return out + "gateway      no --gateway-pid: no CPU time, no memory\n";
    out += "gateway      " + fixed(cpu_per_call_second_ms(result), 3) + " ms CPU per call-second, " +
           fixed(result.gateway_cpu_seconds / result.seconds * 100, 1) + " % of a core; " +
           fixed(static_cast<double>(result.gateway_busy.resident_kb) / 1024, 1) + " MB, " +
           fixed(memory_per_call_mb(result, options.calls), 3) + " MB per call over " +
           fixed(static_cast<double>(result.gateway_idle.resident_kb) / 1024, 1) + " MB before the first\n";
    return out;
}

std::string problem_lines(const LoadTally& tally) {
    if (tally.problems.empty()) return "errors       0\n";
    std::string out = "errors       " + std::to_string(errors_of(tally)) + "\n";
    for (const auto& [problem, count] : tally.problems)
        out += "  " + std::to_string(count) + " × " + problem + "\n";
    return out;
}

Json json_of(const Samples& samples) {
    Json json{{"count", samples.count()}};
    if (samples.empty()) return json;
    json["mean"] = rounded(samples.mean());
    for (const auto& [name, share] : {std::pair{"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"max", 1.0}})
        json[name] = rounded(samples.percentile(share));
    return json;
}

Json json_of(const audio::AudioFormat& format) {
    return {{"codec", audio::name(format.codec)}, {"rate", format.rate}, {"frame_ms", format.frame_ms}};
}

Json json_of(const LoadSide& side) {
    Json json{{"callers",
               {{"cpu_share", rounded(side.caller_cpu_share)},
                {"lag_p99_ms", rounded(side.caller_lag_p99_ms)},
                {"lag_max_ms", rounded(side.caller_lag_max_ms)}}}};
    if (side.sandbox_known) {
        json["sandbox"] = {{"cpu_share", rounded(side.sandbox_cpu_share)},
                           {"lag_p99_ms", rounded(side.sandbox_lag_p99_ms)},
                           {"lag_max_ms", rounded(side.sandbox_lag_max_ms)}};
    }
    return json;
}

void add_figures(Json& json, const LoadOptions& options, const LoadResult& result, const LoadTally& tally) {
    for (const Row& row : rows_of(result.stages)) json["stages_ms"][row.key] = json_of(*row.samples);
    json["turns"] = {{"measured", result.stages.turns},
                     {"speculations", result.stages.speculations},
                     {"asked_again", result.stages.asked_again},
                     {"not_matched", result.stages.unmatched},
                     {"completed", tally.completed},
                     {"interruptions", tally.interruptions}};
    json["frames"] = {{"sent", tally.frames_sent},
                      {"received", tally.frames_received},
                      {"late", tally.frames_late},
                      {"missing", tally.frames_missing},
                      {"late_ms", json_of(tally.late_ms)}};
    json["ready"] = {{"calls", tally.ready}, {"placed", tally.placed}, {"ms", json_of(tally.ready_ms)}};
    if (!result.gateway_known) return;
    json["gateway"] = {{"cpu_seconds", rounded(result.gateway_cpu_seconds)},
                       {"cpu_ms_per_call_second", rounded(cpu_per_call_second_ms(result))},
                       {"idle_resident_kb", result.gateway_idle.resident_kb},
                       {"busy_resident_kb", result.gateway_busy.resident_kb},
                       {"idle_own_kb", result.gateway_idle.own_kb},
                       {"busy_own_kb", result.gateway_busy.own_kb},
                       {"mb_per_call", rounded(memory_per_call_mb(result, options.calls))}};
}

}  // namespace

std::vector<std::string> find_bottlenecks(const LoadSide& side) {
    std::vector<std::string> found;
    const auto check = [&found](const std::string& who, double share, double lag) {
        if (share > most_cpu_share) {
            found.push_back(who + " used " + fixed(share * 100, 0) + " % of a core (limit " +
                            fixed(most_cpu_share * 100, 0) + " %)");
        }
        if (lag > most_lag_ms) {
            found.push_back(who + " ran " + fixed(lag, 1) + " ms late at p99 (limit " +
                            fixed(most_lag_ms, 0) + " ms)");
        }
    };
    check("the callers' loop", side.caller_cpu_share, side.caller_lag_p99_ms);
    if (side.sandbox_known) check("the sandbox's loop", side.sandbox_cpu_share, side.sandbox_lag_p99_ms);
    return found;
}

int load_exit_code(const LoadResult& result, const LoadTally& tally) {
    if (!result.failed.empty()) return exit_no_load;
    if (!find_bottlenecks(result.side).empty()) return exit_not_reported;
    return tally.problems.empty() ? 0 : exit_load_errors;
}

std::string load_table(const LoadOptions& options, const LoadResult& result, const LoadTally& tally) {
    if (!result.failed.empty()) return "no run: " + result.failed + "\n" + problem_lines(tally);
    std::string out = std::to_string(options.calls) + " calls, " + fixed(result.seconds, 1) + " s, " +
                      audio::describe(options.audio_in) + " in, " + audio::describe(options.audio_out) +
                      " out, " + options.url.substr(0, options.url.find(':')) + ", seed " +
                      std::to_string(options.seed) + "\n";
    const auto bottlenecks = find_bottlenecks(result.side);
    if (!bottlenecks.empty()) {
        out += "NOT REPORTED: the load side was the bottleneck.\n";
        for (const auto& bottleneck : bottlenecks) out += "  " + bottleneck + "\n";
    }
    const bool shown = bottlenecks.empty() || options.show_anyway;
    if (!bottlenecks.empty() && shown) out += "What follows is NOT VALID.\n";
    if (shown) out += figures(options, result, tally);
    return out + side_lines(result.side) + problem_lines(tally);
}

std::string load_json(const LoadOptions& options, const LoadResult& result, const LoadTally& tally) {
    Json json;
    const auto bottlenecks = find_bottlenecks(result.side);
    json["valid"] = result.failed.empty() && bottlenecks.empty();
    if (!result.failed.empty()) json["failed"] = result.failed;
    if (!bottlenecks.empty()) json["bottlenecks"] = bottlenecks;
    json["options"] = {{"calls", options.calls},
                       {"ramp_ms", options.ramp.count()},
                       {"duration_ms", options.duration.count()},
                       {"call_ms", options.call_length.count()},
                       {"in", json_of(options.audio_in)},
                       {"out", json_of(options.audio_out)},
                       {"scheme", options.url.substr(0, options.url.find(':'))},
                       {"latency", options.latencies},
                       {"interrupt_every", options.interrupt_every},
                       {"seed", options.seed}};
    json["seconds"] = rounded(result.seconds);
    json["call_seconds"] = rounded(result.call_seconds);
    json["load_side"] = json_of(result.side);
    if (result.failed.empty() && (bottlenecks.empty() || options.show_anyway))
        add_figures(json, options, result, tally);
    json["errors"] = errors_of(tally);
    json["problems"] = tally.problems;
    return json.dump(2, ' ', false, Json::error_handler_t::replace);
}

}  // namespace atlas::caller
