#include "sandbox/speech/onnx_runtime.hpp"

#include <algorithm>
#include <charconv>
#include <dlfcn.h>
#include <stdexcept>

namespace atlas::sandbox::speech {

namespace {

// "1.28.2" -> 28: the number of the newest interface which that release has; 0 when it is something else.
std::uint32_t minor_version(std::string_view version) {
    std::uint32_t minor = 0;
    if (!version.starts_with("1.")) return 0;
    std::from_chars(version.data() + 2, version.data() + version.size(), minor);
    return minor;
}

const OrtApiBase* open_library(const std::filesystem::path& library) {
    void* handle = dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (handle == nullptr) throw std::runtime_error(std::string("cannot open ONNX Runtime: ") + dlerror());
    const auto get_base = reinterpret_cast<const OrtApiBase* (*)()>(dlsym(handle, "OrtGetApiBase"));
    if (get_base == nullptr) throw std::runtime_error(library.string() + " is not ONNX Runtime");
    return get_base();
}

// Makes the library's interface the one that the Ort classes use, and returns its version.
std::string load(const std::filesystem::path& library) {
    constexpr std::uint32_t oldest = 28;  // the oldest one that was tried
    const OrtApiBase* base = open_library(library);
    std::string version = base->GetVersionString();
    const std::uint32_t known = std::min<std::uint32_t>(minor_version(version), ORT_API_VERSION);
    const OrtApi* api = known < oldest ? nullptr : base->GetApi(known);
    if (api == nullptr) {
        throw std::runtime_error(library.string() + " is ONNX Runtime " + version +
                                 "; 1.28 or later is needed");
    }
    Ort::InitApi(api);
    return version;
}

}  // namespace

OnnxRuntime::OnnxRuntime(const std::filesystem::path& library)
    : version_(load(library)), env_(ORT_LOGGING_LEVEL_ERROR, "atlas-sandbox") {}

Ort::Session OnnxRuntime::open(const std::filesystem::path& model) const {
    // More threads per decode do not help models this small, and a waiting thread must not spin
    // (offline_speech.md §2.3).
    Ort::SessionOptions options;
    options.SetIntraOpNumThreads(1);
    options.SetInterOpNumThreads(1);
    options.SetGraphOptimizationLevel(GraphOptimizationLevel::ORT_ENABLE_ALL);
    options.AddConfigEntry("session.intra_op.allow_spinning", "0");
    try {
        return Ort::Session(env_, model.c_str(), options);
    } catch (const Ort::Exception& failure) {
        throw std::runtime_error("cannot load the model " + model.string() + ": " + failure.what());
    }
}

}  // namespace atlas::sandbox::speech
