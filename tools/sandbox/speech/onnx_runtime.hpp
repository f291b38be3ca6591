#pragma once

#ifndef ORT_API_MANUAL_INIT
#define ORT_API_MANUAL_INIT  // the library is opened at run time: see OnnxRuntime
#endif
#include <filesystem>
#include <onnxruntime_cxx_api.h>
#include <string>

namespace atlas::sandbox::speech {

// The ONNX Runtime library, opened by path. Linking it would pin one release by its symbol version; opened
// like this, any release from 1.28 on will do, and a sandbox without it still starts (offline_speech.md
// §2.4). The library stays open until the process ends.
class OnnxRuntime {
public:
    explicit OnnxRuntime(const std::filesystem::path& library);  // throws std::runtime_error, naming the file

    // One model on one thread of the caller's; the session may be run by many threads at once.
    Ort::Session open(const std::filesystem::path& model) const;
    const std::string& version() const { return version_; }

private:
    std::string version_;
    Ort::Env env_;  // after the library was loaded: not even an empty one may exist before
};

}  // namespace atlas::sandbox::speech
