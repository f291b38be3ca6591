#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace atlas::observe {

// A new file that nobody but the user of this process may read, whatever the umask. Written without a buffer
// of its own, so that a crash loses nothing; a write goes to the system's cache and does not wait for a disk.
class PrivateFile {
public:
    // Nothing, and the problem in words, when it exists already or cannot be made.
    static std::unique_ptr<PrivateFile> create(const std::filesystem::path& path, std::string& problem);
    ~PrivateFile();
    PrivateFile(const PrivateFile&) = delete;
    PrivateFile& operator=(const PrivateFile&) = delete;

    bool write(std::string_view bytes);  // false: it could not be written whole

private:
    explicit PrivateFile(int descriptor) : descriptor_(descriptor) {}

    int descriptor_;
};

}  // namespace atlas::observe
