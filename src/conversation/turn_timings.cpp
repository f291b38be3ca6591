#include "atlas/conversation/turn_timings.hpp"

#include <algorithm>

namespace atlas::conversation {
namespace {

using std::chrono::milliseconds;

// The stage that ends at each mark.
constexpr std::array<const char*, 8> stage_names = {
    "", "end_of_turn", "asked", "first_text", "first_chunk", "first_audio", "audible", "speaking"};

milliseconds since(TimePoint from, TimePoint to) {
    return std::chrono::round<milliseconds>(to) - std::chrono::round<milliseconds>(from);
}

}  // namespace

void TurnTimings::mark(Mark mark, TimePoint when) {
    const auto place = static_cast<std::size_t>(mark);
    const auto passed = [](const auto& later) { return later.has_value(); };
    if (std::none_of(marks_.begin() + static_cast<std::ptrdiff_t>(place), marks_.end(), passed))
        marks_[place] = when;
}

std::vector<std::pair<std::string, milliseconds>> TurnTimings::stages() const {
    std::vector<std::pair<std::string, milliseconds>> stages;
    std::optional<TimePoint> first;
    std::optional<TimePoint> previous;
    for (std::size_t i = 0; i < count; ++i) {
        const auto& mark = marks_[i];
        if (!mark) continue;
        if (previous) {
            stages.emplace_back(stage_names[i], since(*previous, *mark));
            if (static_cast<Mark>(i) == Mark::audible) stages.emplace_back("response", since(*first, *mark));
        } else {
            first = mark;
        }
        previous = mark;
    }
    return stages;
}

}  // namespace atlas::conversation
