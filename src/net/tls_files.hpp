#pragma once

#include <string>

namespace atlas::net {

// One line that names what the file is for, the file and the reason, as std::runtime_error.
[[noreturn]] void refuse_file(const std::string& what, const std::string& file, const std::string& reason);
void require_readable(const std::string& what, const std::string& file);

}  // namespace atlas::net
