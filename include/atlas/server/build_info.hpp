#pragma once

namespace atlas::server {

const char* build_version();  // such as "0.1.0"

}  // namespace atlas::server
