#pragma once

#include "conversation/fuzz_case.hpp"

#include <functional>

namespace atlas::conversation {

// The shortest and simplest story found that still fails: leaves out chunks of events, then single ones, then
// settings, texts and pauses. `fails` is asked at most `attempts` times, and says true of `story`.
FuzzCase shrink(FuzzCase story, const std::function<bool(const FuzzCase&)>& fails, int attempts = 20'000);

}  // namespace atlas::conversation
