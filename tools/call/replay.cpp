#include "call/replay.hpp"

#include "atlas/call/replay.hpp"

#include <algorithm>
#include <fstream>

namespace atlas::caller {
namespace {

constexpr int identical = 0;
constexpr int different = 1;
constexpr int unreadable = 2;

void show(const call::ReplayDifference& difference, std::ostream& out) {
    out << "event " << difference.event << " (line " << difference.event + 1 << ") led to something else\n"
        << "  event     " << difference.happened << "\n"
        << "  at        " << difference.where << "\n"
        << "  recorded  " << difference.recorded << "\n"
        << "  replayed  " << difference.replayed << "\n";
}

int replay_file(const std::string& name, std::ostream& out, std::ostream& err) {
    std::ifstream file(name, std::ios::binary);
    if (!file) {
        err << "atlas-call: " << name << ": cannot be read\n";
        return unreadable;
    }
    const auto result = call::replay(file);
    out << name << ": " << result.events << " events, " << result.turns << " turns, ";
    if (result.first_difference) {
        show(*result.first_difference, out);
        return different;
    }
    out << (result.stopped ? "identical up to the limit of the recording\n" : "identical\n");
    if (result.problem.empty()) return identical;
    err << "atlas-call: " << name << ": " << result.problem << "\n";
    return unreadable;
}

}  // namespace

int replay_files(const std::vector<std::string>& files, std::ostream& out, std::ostream& err) {
    if (files.empty() || files.front().starts_with("-")) {
        err << "atlas-call replay FILE...\n"
               "Repeats calls that were recorded with ATLAS_EVENT_LOG_DIR and compares what their "
               "conversations do.\n"
               "Exit codes: 0 identical · 1 the first difference is shown · 2 a file cannot be read to its "
               "end\n";
        return !files.empty() && files.front() == "--help" ? identical : unreadable;
    }
    int worst = identical;
    for (const auto& file : files) worst = std::max(worst, replay_file(file, out, err));
    return worst;
}

}  // namespace atlas::caller
