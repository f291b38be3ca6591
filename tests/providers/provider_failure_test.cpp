#include "atlas/providers/provider_failure.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace atlas::providers {
namespace {

TEST(ProviderFailure, EveryReasonHasANameOfItsOwn) {
    std::set<std::string> names;
    const int count = static_cast<int>(FailureReason::disconnected) + 1;
    for (int reason = 0; reason < count; ++reason) names.emplace(name(static_cast<FailureReason>(reason)));
    EXPECT_EQ(names.size(), static_cast<std::size_t>(count));
    EXPECT_FALSE(names.contains("unknown"));
    EXPECT_EQ(name(FailureReason::rate_limited), "rate_limited");
}

}  // namespace
}  // namespace atlas::providers
