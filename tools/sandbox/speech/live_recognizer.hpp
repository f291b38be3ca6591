#pragma once

#include "sandbox/speech/engine.hpp"
#include "sandbox/speech/moonshine.hpp"
#include "sandbox/speech/worker_pool.hpp"

#include <filesystem>
#include <memory>
#include <string>

namespace atlas::sandbox::speech {

// Really recognises English speech, with Silero's voice detector and a Moonshine model. All sessions share
// the models and the pool; each session's audio is worked on by one worker at a time.
class LiveRecognizer final : public RecognizerEngine {
public:
    // `models` is the folder filled by script/models, `model` the one in it to recognise with. Throws
    // std::runtime_error.
    LiveRecognizer(const std::filesystem::path& models, const std::string& model, int threads, Post post);
    ~LiveRecognizer() override;

    // Throws std::invalid_argument for a sample rate outside 8000 … 48000 Hz.
    std::unique_ptr<RecognizerSession> start(const RecognizerRequest& request,
                                             std::function<void(RecognizerEvent)> on_event) override;

private:
    OnnxRuntime runtime_;
    Moonshine moonshine_;
    Ort::Session vad_;
    Post post_;
    WorkerPool pool_;  // last: its workers stop before the models go
};

}  // namespace atlas::sandbox::speech
