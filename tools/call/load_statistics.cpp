#include "call/load_statistics.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace atlas::caller {

double Samples::percentile(double share) const {
    if (values_.empty()) return 0;
    if (sorted_.size() != values_.size()) {
        sorted_ = values_;
        std::sort(sorted_.begin(), sorted_.end());
    }
    const double rank = std::ceil(std::clamp(share, 0.0, 1.0) * static_cast<double>(sorted_.size()));
    return sorted_[static_cast<std::size_t>(std::max(rank, 1.0)) - 1];
}

double Samples::mean() const {
    if (values_.empty()) return 0;
    return std::accumulate(values_.begin(), values_.end(), 0.0) / static_cast<double>(values_.size());
}

}  // namespace atlas::caller
