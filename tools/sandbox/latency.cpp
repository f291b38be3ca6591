#include "sandbox/latency.hpp"

#include <charconv>
#include <cmath>
#include <sstream>

namespace atlas::sandbox {
namespace {

std::optional<double> number(std::string_view text) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || !(value >= 0) || value > 1e7) return {};
    return value;
}

}  // namespace

std::optional<Latency> Latency::parse(std::string_view text) {
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos) return {};
    const std::string_view kind = text.substr(0, colon);
    const std::string_view rest = text.substr(colon + 1);
    if (kind == "constant") {
        const auto ms = number(rest);
        if (!ms) return {};
        return Latency(*ms, 0);
    }
    const std::size_t second = rest.find(':');
    if (kind != "lognormal" || second == std::string_view::npos) return {};
    const auto median = number(rest.substr(0, second));
    const auto sigma = number(rest.substr(second + 1));
    if (!median || !sigma || *sigma > 3) return {};
    return Latency(*median, *sigma);
}

double Latency::sample(Random& random) const {
    if (sigma_ == 0) return median_;
    return median_ * std::exp(sigma_ * random.normal());
}

std::chrono::milliseconds Latency::wait(Random& random) const {
    return std::chrono::milliseconds(std::llround(sample(random)));
}

std::string Latency::text() const {
    std::ostringstream out;
    if (sigma_ == 0)
        out << "constant:" << median_;
    else
        out << "lognormal:" << median_ << ":" << sigma_;
    return out.str();
}

}  // namespace atlas::sandbox
