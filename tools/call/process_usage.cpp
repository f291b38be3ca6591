#include "call/process_usage.hpp"

#include <fstream>
#include <iterator>
#include <sstream>
#include <unistd.h>

namespace atlas::caller {
namespace {

std::string read_file(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

}  // namespace

std::optional<double> cpu_seconds_of_stat(std::string_view stat, long ticks_per_second) {
    const std::size_t name_end = stat.rfind(')');
    if (name_end == std::string_view::npos || ticks_per_second <= 0) return {};
    std::istringstream fields{std::string(stat.substr(name_end + 1))};
    std::string skipped;
    for (int field = 3; field < 14; ++field) fields >> skipped;
    std::uint64_t user = 0;
    std::uint64_t system = 0;
    if (!(fields >> user >> system)) return {};
    return static_cast<double>(user + system) / static_cast<double>(ticks_per_second);
}

std::int64_t kb_of_smaps(std::string_view smaps, std::string_view name) {
    std::istringstream lines{std::string(smaps)};
    std::int64_t sum = 0;
    for (std::string line; std::getline(lines, line);) {
        if (!line.starts_with(name)) continue;
        std::istringstream rest(line.substr(line.find(':') + 1));
        std::int64_t kb = 0;
        if (rest >> kb) sum += kb;
    }
    return sum;
}

std::optional<ProcessUsage> read_process_usage(pid_t pid) {
    const std::string folder = "/proc/" + (pid == 0 ? std::string("self") : std::to_string(pid));
    const auto cpu = cpu_seconds_of_stat(read_file(folder + "/stat"), sysconf(_SC_CLK_TCK));
    if (!cpu) return {};
    ProcessUsage usage;
    usage.cpu_seconds = *cpu;
    const std::string smaps = read_file(folder + "/smaps_rollup");
    usage.resident_kb = kb_of_smaps(smaps, "Rss:");
    usage.own_kb = kb_of_smaps(smaps, "Private_");
    if (usage.resident_kb == 0) {
        std::istringstream statm(read_file(folder + "/statm"));
        std::int64_t total = 0;
        std::int64_t resident = 0;
        if (statm >> total >> resident) usage.resident_kb = resident * sysconf(_SC_PAGESIZE) / 1024;
    }
    return usage;
}

}  // namespace atlas::caller
