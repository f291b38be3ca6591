#include "sandbox/speech/engine.hpp"
#include "sandbox/speech/flite_voice.hpp"
#include "sandbox/speech/live_recognizer.hpp"
#include "sandbox/speech/rule_responder.hpp"

#include <chrono>
#include <ctime>
#include <filesystem>
#include <stdexcept>

namespace atlas::sandbox {

namespace {

std::tm local_time() {
    const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
    std::tm local{};
    localtime_r(&now, &local);
    return local;
}

void check_models(const std::filesystem::path& folder) {
    for (const char* file :
         {"libonnxruntime.so", "silero_vad.onnx", "tokens.txt", "moonshine-tiny/encoder_model.onnx",
          "moonshine-tiny/decoder_model_merged.onnx"}) {
        if (std::filesystem::exists(folder / file)) continue;
        throw std::runtime_error("the speech models are not complete: " + (folder / file).string() +
                                 " is missing. script/models fetches them; --mode scripted works without.");
    }
}

}  // namespace

Engines make_live_engines(const LiveSettings& settings, Post post) {
    check_models(settings.models_directory);
    Engines engines;
    engines.recognizer =
        std::make_unique<speech::LiveRecognizer>(settings.models_directory, settings.threads, post);
    engines.voice = std::make_unique<speech::FliteVoice>(post);
    engines.responder = std::make_unique<speech::RuleResponder>(settings.seed, local_time);
    return engines;
}

}  // namespace atlas::sandbox
