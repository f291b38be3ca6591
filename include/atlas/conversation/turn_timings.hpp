#pragma once

#include "atlas/conversation/events.hpp"

#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace atlas::conversation {

// The moments of a turn that are worth a mark, in the order in which they pass.
enum class Mark {
    last_word,
    turn_ended,
    asked,
    first_text,
    first_clip_asked,
    first_audio,
    audible,
    played_out
};

// The marks of one turn and the delays between them. A mark is set once, and not any more when a later one
// was passed. Value-like; reads no clock.
class TurnTimings {
public:
    void mark(Mark mark, TimePoint when);
    bool has(Mark mark) const { return at(mark).has_value(); }

    // The delays between the marks that were passed, and "response": from the caller's last word (else the
    // end of the turn) to the first sound of the reply. The stages up to "audible" sum to it, ±1 ms.
    std::vector<std::pair<std::string, std::chrono::milliseconds>> stages() const;

private:
    static constexpr std::size_t count = static_cast<std::size_t>(Mark::played_out) + 1;
    const std::optional<TimePoint>& at(Mark mark) const { return marks_[static_cast<std::size_t>(mark)]; }

    std::array<std::optional<TimePoint>, count> marks_;
};

}  // namespace atlas::conversation
