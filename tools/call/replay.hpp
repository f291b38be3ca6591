#pragma once

#include <ostream>
#include <string>
#include <vector>

namespace atlas::caller {

// `atlas-call replay FILE…`: repeats recorded calls (ATLAS_EVENT_LOG_DIR) and says of each whether its
// conversation does what it did then. 0: all are identical; 1: one is not; 2: one cannot be read to its end.
int replay_files(const std::vector<std::string>& files, std::ostream& out, std::ostream& err);

}  // namespace atlas::caller
