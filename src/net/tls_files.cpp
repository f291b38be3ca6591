#include "tls_files.hpp"

#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace atlas::net {

void refuse_file(const std::string& what, const std::string& file, const std::string& reason) {
    throw std::runtime_error(what + " \"" + file + "\" cannot be used: " + reason);
}

void require_readable(const std::string& what, const std::string& file) {
    std::error_code ignored;
    if (!std::filesystem::is_regular_file(file, ignored)) refuse_file(what, file, "there is no such file");
    if (!std::ifstream(file)) refuse_file(what, file, "it may not be read");
}

}  // namespace atlas::net
