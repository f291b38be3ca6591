#pragma once

#include "atlas/net/loop.hpp"
#include "call/load_statistics.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace atlas::caller {

// One turn as its caller saw it. All times are CLOCK_MONOTONIC.
struct LoadTurn {
    std::string label;  // the word in the transcript by which the sandbox knows the turn; empty: never seen
    std::optional<net::TimePoint> talk_ended;   // the last loud frame was sent
    std::optional<net::TimePoint> first_audio;  // of the reply
    std::optional<net::TimePoint> flushed;      // the reply before it, by this turn's first words
};

// What the sandbox stamped at its own sockets.
struct SandboxStamp {
    net::TimePoint at;
    std::string what;
};
struct SandboxStamps {
    std::map<std::string, std::vector<SandboxStamp>> by_label;  // in the order of time
    std::map<std::string, std::int64_t> facts;                  // pid, lag_p99_us, lag_max_us, dropped
    std::string problem;                                        // with the text; empty when all is well
};
SandboxStamps parse_stamps(std::string_view text);

// Milliseconds of the turns that lie in the window.
struct LoadStages {
    Samples model_asked;
    Samples speech_asked;
    Samples audible;
    Samples added;  // the three together
    Samples first_audio;
    Samples barge_in;
    int turns = 0;         // with a reply
    int speculations = 0;  // of them: the reply was begun before the end of the turn
    int asked_again = 0;   // a hedge or a retry: not part of the figures
    int unmatched = 0;     // a stamp is missing: not part of the figures
};

// One turn between its socket edges; nothing when a stamp is missing.
struct TurnEdges {
    double model_asked_ms = 0;
    double speech_asked_ms = 0;
    double audible_ms = 0;
    bool speculation = false;
    bool asked_again = false;  // a hedge or a retry: the times mean nothing
};
std::optional<TurnEdges> measure_turn(const std::vector<SandboxStamp>& stamps, net::TimePoint first_audio);

// Only turns whose reply (for barge-in: flush) began from `from` up to `to`.
LoadStages measure_stages(const std::vector<LoadTurn>& turns, const SandboxStamps& stamps,
                          net::TimePoint from, net::TimePoint to);

}  // namespace atlas::caller
