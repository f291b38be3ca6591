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

void check_models(const LiveSettings& settings) {
    const std::filesystem::path folder = settings.models_directory;
    const std::filesystem::path model = folder / settings.recognizer;
    for (const auto& file : {folder / "libonnxruntime.so", folder / "silero_vad.onnx", folder / "tokens.txt",
                             model / "encoder_model.onnx", model / "decoder_model_merged.onnx"}) {
        if (std::filesystem::exists(file)) continue;
        throw std::runtime_error("the speech models are not complete: " + file.string() +
                                 " is missing. script/models fetches them (with --base also moonshine-base); "
                                 "--mode scripted works without.");
    }
}

}  // namespace

Engines make_live_engines(const LiveSettings& settings, Post post) {
    check_models(settings);
    Engines engines;
    engines.recognizer = std::make_unique<speech::LiveRecognizer>(
        settings.models_directory, settings.recognizer, settings.threads, post);
    engines.voice = std::make_unique<speech::FliteVoice>(post);
    engines.responder = std::make_unique<speech::RuleResponder>(settings.seed, local_time);
    return engines;
}

}  // namespace atlas::sandbox
