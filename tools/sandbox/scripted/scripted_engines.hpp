#pragma once

#include "sandbox/script.hpp"
#include "sandbox/speech/engine.hpp"

namespace atlas::sandbox {

// Engines that hear loudness and say tones: the n-th stretch of sound gets the script's n-th transcript.
// Fast, exact and seeded, for tests. The script outlives them.
Engines make_scripted_engines(Script& script, Post post);

}  // namespace atlas::sandbox
