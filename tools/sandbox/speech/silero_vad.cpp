#include "sandbox/speech/silero_vad.hpp"

#include <algorithm>

namespace atlas::sandbox::speech {

float SileroVad::voice_probability(std::span<const float, frame_size> frame) {
    std::copy(input_.end() - context_size, input_.end(), input_.begin());
    std::copy(frame.begin(), frame.end(), input_.begin() + context_size);

    const Ort::MemoryInfo memory = Ort::MemoryInfo::CreateCpu(OrtArenaAllocator, OrtMemTypeDefault);
    std::int64_t sample_rate = 16000;
    const std::array<std::int64_t, 2> input_shape{1, std::int64_t{context_size + frame_size}};
    const std::array<std::int64_t, 3> state_shape{2, 1, 128};
    const std::array inputs{Ort::Value::CreateTensor(memory, input_.data(), input_.size(), input_shape.data(),
                                                     input_shape.size()),
                            Ort::Value::CreateTensor(memory, state_.data(), state_.size(), state_shape.data(),
                                                     state_shape.size()),
                            Ort::Value::CreateTensor(memory, &sample_rate, 1, nullptr, 0)};
    static constexpr std::array input_names{"input", "state", "sr"};
    static constexpr std::array output_names{"output", "stateN"};
    const auto outputs = model_.Run(Ort::RunOptions{}, input_names.data(), inputs.data(), inputs.size(),
                                    output_names.data(), output_names.size());
    std::copy_n(outputs[1].GetTensorData<float>(), state_.size(), state_.begin());
    return *outputs[0].GetTensorData<float>();
}

}  // namespace atlas::sandbox::speech
