#pragma once

#include <cstddef>
#include <vector>

namespace atlas::caller {

// Values of one kind, kept as they are: percentiles come from the sorted values themselves, not from buckets.
class Samples {
public:
    void add(double value) { values_.push_back(value); }
    std::size_t count() const { return values_.size(); }
    bool empty() const { return values_.empty(); }
    // The smallest value that at least this share (0 to 1) of all values does not exceed; 0 when there is
    // none.
    double percentile(double share) const;
    double max() const { return percentile(1); }
    double mean() const;

private:
    std::vector<double> values_;
    mutable std::vector<double> sorted_;  // of values_, as long as it is as long
};

}  // namespace atlas::caller
