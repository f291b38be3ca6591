#pragma once

#include "call/load_caller.hpp"
#include "call/load_options.hpp"
#include "call/load_stages.hpp"
#include "call/process_usage.hpp"

#include <optional>
#include <string>
#include <vector>

namespace atlas::caller {

// How busy those were who measure, within the measured time. Shares are of one core.
struct LoadSide {
    double caller_cpu_share = 0;
    double caller_lag_p99_ms = 0;
    double caller_lag_max_ms = 0;
    bool sandbox_known = false;
    double sandbox_cpu_share = 0;
    double sandbox_lag_p99_ms = 0;
    double sandbox_lag_max_ms = 0;
};

// Why the run says more about the load side than about the gateway; empty: it does not.
std::vector<std::string> find_bottlenecks(const LoadSide& side);

// Everything a run has found.
struct LoadResult {
    double seconds = 0;       // measured
    double call_seconds = 0;  // of calls that were under way, within it
    LoadSide side;
    LoadStages stages;
    bool gateway_known = false;
    double gateway_cpu_seconds = 0;  // within the measured time
    ProcessUsage gateway_idle;       // before the first call
    ProcessUsage gateway_busy;       // at the end of the measured time
    std::string failed;              // the run could not be made at all
};

int load_exit_code(const LoadResult& result, const LoadTally& tally);
// A table for people. Without figures when the run is not to be reported, unless the options want them.
std::string load_table(const LoadOptions& options, const LoadResult& result, const LoadTally& tally);
std::string load_json(const LoadOptions& options, const LoadResult& result, const LoadTally& tally);

}  // namespace atlas::caller
