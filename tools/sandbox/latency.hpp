#pragma once

#include "sandbox/random.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace atlas::sandbox {

// How long a stage takes: always the same, or drawn from a lognormal distribution.
class Latency {
public:
    // "constant:MS" or "lognormal:MEDIAN_MS:SIGMA"; nothing when it is neither.
    static std::optional<Latency> parse(std::string_view text);
    static Latency constant(double ms) { return Latency(ms, 0); }

    double sample(Random& random) const;  // ms (for a speed: the factor)
    std::chrono::milliseconds wait(Random& random) const;
    std::string text() const;

private:
    Latency(double median, double sigma) : median_(median), sigma_(sigma) {}
    double median_;
    double sigma_;
};

}  // namespace atlas::sandbox
