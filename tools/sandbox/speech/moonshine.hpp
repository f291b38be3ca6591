#pragma once

#include "sandbox/speech/onnx_runtime.hpp"

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace atlas::sandbox::speech {

inline constexpr int model_sample_rate = 16000;  // Hz, of every model here

struct Transcript {
    std::string text;       // cased and punctuated; empty when no word was found
    double confidence = 0;  // 0..1, the mean probability of its tokens
};

// The Moonshine English recogniser. Shared by all sessions: transcribe() may run on many threads at once.
class Moonshine {
public:
    // `folder` holds encoder_model.onnx and decoder_model_merged.onnx; throws std::runtime_error.
    Moonshine(const OnnxRuntime& runtime, const std::filesystem::path& folder,
              const std::filesystem::path& tokens);

    // Mono samples in [-1, 1]. Audio over 15 s, where the model breaks down, is cut at its pauses.
    // `sure_of_speech`: an empty answer is not taken at once. Of a short word the model often says that it
    // is nothing: then it must name the likeliest one, and is believed when it is not too unlikely. Longer
    // speech is read once more with silence around it. Throws Ort::Exception.
    Transcript transcribe(std::span<const float> samples, bool sure_of_speech = false);

private:
    // What a decoder input is fed with.
    enum class Feed { token, encoding, cache_switch, past };
    struct Input {
        std::string name;
        Feed feed;
    };
    struct Output {
        std::string name;
        std::size_t past = 0;     // the input that takes it in the next step
        bool every_step = false;  // the encoder's part is the same in all steps
    };
    struct Decoding;

    void read_decoder();
    void read_tokens(const std::filesystem::path& file);
    Transcript decode(std::span<const float> samples, bool may_be_nothing);
    Ort::Value encode(std::span<const float> samples);
    std::string text_of(const std::vector<std::int64_t>& tokens) const;

    Ort::Session encoder_{nullptr};
    Ort::Session decoder_{nullptr};
    std::string encoder_input_;
    std::string encoder_output_;
    std::vector<Input> inputs_;
    std::vector<Output> outputs_;  // the first is the logits
    std::vector<const char*> input_names_;
    std::vector<const char*> output_names_;
    std::int64_t heads_ = 0;
    std::int64_t head_size_ = 0;
    std::vector<std::string> tokens_;  // text by id
};

}  // namespace atlas::sandbox::speech
