#pragma once

#include <cstddef>
#include <istream>
#include <optional>
#include <string>

namespace atlas::call {

// Where a conversation did something else than was recorded.
struct ReplayDifference {
    std::size_t event = 0;  // counts from 1; its line in the file is one more
    std::string happened;   // the event, as it was recorded
    std::string where;      // "commands[2].SynthesizeClip.speech"
    std::string recorded;
    std::string replayed;
};

struct ReplayResult {
    std::string call;        // its id
    std::size_t events = 0;  // that were replayed
    std::size_t turns = 0;   // that were recorded in them
    std::optional<ReplayDifference> first_difference{};
    std::string problem{};  // why there is no more to replay, although there should be; empty: all was read
    bool stopped = false;   // the recording says that it reached its limit

    bool identical() const { return !first_difference && problem.empty(); }
};

// Gives the recorded events (EventLog) to a fresh conversation, at the recorded times, and compares its
// commands with the recorded ones. Stops at the first difference.
ReplayResult replay(std::istream& recording);

}  // namespace atlas::call
