#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>

namespace atlas::caller {

// What the kernel says of a process: all its threads.
struct ProcessUsage {
    double cpu_seconds = 0;  // user and system
    std::int64_t resident_kb = 0;
    std::int64_t own_kb = 0;  // private pages: what would be gone with it; 0 when the kernel does not tell
};

// Nothing when there is no such process, or it may not be read. 0: this process.
std::optional<ProcessUsage> read_process_usage(pid_t pid);

// /proc/PID/stat, fields 14 and 15 (proc(5)); the name in brackets may hold anything.
std::optional<double> cpu_seconds_of_stat(std::string_view stat, long ticks_per_second);
// "Rss:    1234 kB" of /proc/PID/smaps_rollup; the sum of lines that begin with `name`.
std::int64_t kb_of_smaps(std::string_view smaps, std::string_view name);

}  // namespace atlas::caller
