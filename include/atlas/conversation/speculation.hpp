#pragma once

#include "atlas/conversation/conversation_settings.hpp"

#include <cstdint>

namespace atlas::conversation {

// Whether a reply may be begun before the caller's turn is surely over: worth it while most of them are used.
// The confidence that is asked for rises with every miss and sinks slowly with every hit. One per call.
class SpeculationBudget {
public:
    explicit SpeculationBudget(const SpeculationSettings& settings)
        : settings_(settings), threshold_(settings.confidence) {}

    void turn_began() { tries_ = 0; }
    bool allows(double confidence) const;
    void tried() { ++tries_, ++begun_; }
    void hit();
    void missed(std::int64_t tokens);

    double threshold() const { return threshold_; }
    int tries_in_turn() const { return tries_; }
    double wasted_share() const;  // of those that are decided

private:
    SpeculationSettings settings_;
    double threshold_;
    int tries_ = 0;
    int begun_ = 0;
    int hits_ = 0;
    int misses_ = 0;
    std::int64_t wasted_tokens_ = 0;
};

}  // namespace atlas::conversation
