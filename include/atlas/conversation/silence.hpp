#pragma once

#include "atlas/conversation/turn_record.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace atlas::conversation {

enum class Missing : std::uint8_t { speech, tool, language_model };
const char* name(Missing missing);

// A silence in the middle of a reply. What is missing may change while it lasts: a tool answers, and then the
// model takes its time. Its reason is what was missing for the longest part of it.
class Silence {
public:
    Silence(TimePoint since, Missing missing) : since_(since), changed_(since), missing_(missing) {}

    void misses(Missing missing, TimePoint now);  // from now on
    SilenceRecord ended(TimePoint now) const;

private:
    std::array<Duration, 3> missed_{};  // by Missing
    TimePoint since_, changed_;
    Missing missing_;
};

}  // namespace atlas::conversation
