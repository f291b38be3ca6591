#pragma once

#include "atlas/conversation/conversation_settings.hpp"

#include <chrono>

namespace atlas::conversation {

// How long this caller pauses in the middle of a turn, learned from turns that seemed to be over and were
// not. Gives the silence after which a turn may be taken to be over. One per call, a value.
class PausePattern {
public:
    explicit PausePattern(const TurnEndSettings& settings);

    void went_on_after(Duration pause);  // it was not the end
    void was_done();                     // it was: a little patience is given back

    std::chrono::milliseconds patience() const;
    double factor() const { return patience_ / usual_; }
    // The same, when it differs from what was last told by enough to be worth telling.
    bool worth_telling();

private:
    double least_, most_, usual_;  // ms
    double patience_;
    double told_;
};

}  // namespace atlas::conversation
