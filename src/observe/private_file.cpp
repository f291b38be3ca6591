#include "atlas/observe/private_file.hpp"

#include <cerrno>
#include <fcntl.h>
#include <system_error>
#include <unistd.h>

namespace atlas::observe {

std::unique_ptr<PrivateFile> PrivateFile::create(const std::filesystem::path& path, std::string& problem) {
    const int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW;
    const int descriptor = ::open(path.c_str(), flags, S_IRUSR | S_IWUSR);
    if (descriptor >= 0) return std::unique_ptr<PrivateFile>(new PrivateFile(descriptor));
    problem = path.string() + ": " + std::generic_category().message(errno);
    return nullptr;
}

PrivateFile::~PrivateFile() { ::close(descriptor_); }

bool PrivateFile::write(std::string_view bytes) {
    while (!bytes.empty()) {
        const auto written = ::write(descriptor_, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

}  // namespace atlas::observe
