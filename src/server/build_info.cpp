#include "atlas/server/build_info.hpp"

namespace atlas::server {

const char* build_version() { return ATLAS_VERSION; }

}  // namespace atlas::server
