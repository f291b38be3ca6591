#pragma once

#include <cstdint>

namespace atlas::providers {

// How many requests may be made twice, so that slowness of a provider never doubles its load. Every ordinary
// request earns a share of an extra one; what is not used is kept up to `burst`. So over any n requests in a
// row there are at most share * n + burst extra ones. One per provider and stage, for all calls of the
// process. Pure.
class HedgeBudget {
public:
    struct Settings {
        double share = 0.05;
        double burst = 3;  // also what a new process begins with
    };

    explicit HedgeBudget(Settings settings);

    void count_request();  // an ordinary one was made
    bool take();           // makes one extra request; false: there is none to make

    double left() const { return left_; }
    std::int64_t requests() const { return requests_; }
    std::int64_t extra() const { return extra_; }

private:
    Settings settings_;
    double left_;
    std::int64_t requests_ = 0;
    std::int64_t extra_ = 0;
};

}  // namespace atlas::providers
