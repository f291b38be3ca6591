#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <string_view>

namespace atlas::sandbox {

// Everything random in the sandbox comes from one seed, so that a run can be repeated.
class Random {
public:
    explicit Random(std::uint64_t seed = 1) : engine_(seed) {}
    void seed(std::uint64_t seed) { engine_.seed(seed); }

    std::uint64_t number() { return engine_(); }
    double normal() { return std::normal_distribution<double>()(engine_); }
    std::string uuid();                       // version 4
    std::string id(std::string_view prefix);  // "msg_" + 21 letters and digits

private:
    std::mt19937_64 engine_;
};

}  // namespace atlas::sandbox
