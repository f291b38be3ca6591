#pragma once

#include "sandbox/speech/engine.hpp"
#include "sandbox/speech/worker_pool.hpp"

#include <atomic>
#include <cstddef>
#include <memory>

namespace atlas::sandbox::speech {

// Really speaks English, with flite's voice "slt"; the voice asked for is ignored, since there is one. Its
// own worker takes the texts that are being spoken sentence by sentence in turn, so that a long one does
// not keep a short one waiting.
class FliteVoice final : public VoiceEngine {
public:
    // More texts at once are refused: on_done says so.
    static constexpr int most_at_once = 64;

    explicit FliteVoice(Post post);

    // Throws std::invalid_argument when the request is outside the limits of SpeechRequest.
    std::unique_ptr<Speaking> start(const SpeechRequest& request, SpeechHandlers handlers) override;

private:
    Post post_;
    std::shared_ptr<std::atomic<int>> speaking_ = std::make_shared<std::atomic<int>>(0);
    WorkerPool pool_{1};
};

}  // namespace atlas::sandbox::speech
