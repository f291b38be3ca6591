#include "atlas/conversation/turn_timings.hpp"

#include <algorithm>

namespace atlas::conversation {
namespace {

using std::chrono::milliseconds;

// The stage that ends at each mark.
constexpr std::array<const char*, TurnTimings::count> stage_names = {"",
                                                                     "end_of_turn",
                                                                     "asked",
                                                                     "accepted",
                                                                     "first_text",
                                                                     "first_chunk",
                                                                     "speech_asked",
                                                                     "first_audio",
                                                                     "audible",
                                                                     "heard",
                                                                     "rest_of_text",
                                                                     "rest_of_speech",
                                                                     "rest_of_playing",
                                                                     "cut"};

milliseconds since(TimePoint from, TimePoint to) {
    return std::chrono::round<milliseconds>(to) - std::chrono::round<milliseconds>(from);
}

}  // namespace

void TurnTimings::mark(Mark mark, TimePoint when) {
    auto& place = marks_[static_cast<std::size_t>(mark)];
    if (!place) place = when;
}

// What passed only after the first sound (of a line of our own) did not delay it.
bool TurnTimings::counts(Mark mark) const {
    return has(mark) && !(mark < Mark::audible && has(Mark::audible) && *at(mark) > *at(Mark::audible));
}

std::vector<std::pair<Mark, milliseconds>> TurnTimings::measured() const {
    std::vector<std::pair<Mark, milliseconds>> measured;
    std::optional<TimePoint> latest;
    for (std::size_t i = 0; i < count; ++i) {
        const auto mark = static_cast<Mark>(i);
        if (!counts(mark)) continue;
        const TimePoint when = latest ? std::max(*latest, *marks_[i]) : *marks_[i];
        if (latest) measured.emplace_back(mark, since(*latest, when));
        latest = when;
    }
    return measured;
}

std::vector<std::pair<std::string, milliseconds>> TurnTimings::stages() const {
    std::vector<std::pair<std::string, milliseconds>> stages;
    for (const auto& [mark, time] : measured())
        stages.emplace_back(stage_names[static_cast<std::size_t>(mark)], time);
    return stages;
}

milliseconds TurnTimings::response() const { return has(Mark::audible) ? waited() : milliseconds(0); }

milliseconds TurnTimings::waited() const {
    milliseconds waited{};
    for (const auto& [mark, time] : measured())
        if (mark <= Mark::audible || !has(Mark::audible)) waited += time;
    return waited;
}

std::string TurnTimings::slowest_stage() const {
    std::pair<Mark, milliseconds> slowest{Mark::last_word, milliseconds(-1)};
    for (const auto& stage : measured()) {
        const bool silent = stage.first <= Mark::audible || !has(Mark::audible);
        if (silent && stage.second > slowest.second) slowest = stage;
    }
    auto ended = static_cast<std::size_t>(std::min(slowest.first, Mark::audible));
    // A line of our own broke the silence, or the turn ended in it: what was waited for had not come yet.
    while (ended > 0 && slowest.first >= Mark::audible && !counts(static_cast<Mark>(ended - 1))) --ended;
    return stage_names[ended];
}

}  // namespace atlas::conversation
