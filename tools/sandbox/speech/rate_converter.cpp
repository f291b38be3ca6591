#include "sandbox/speech/rate_converter.hpp"

#include <speex/speex_resampler.h>
#include <stdexcept>
#include <string>

namespace atlas::sandbox::speech {

void RateConverter::Destroy::operator()(SpeexResamplerState_* state) const { speex_resampler_destroy(state); }

RateConverter::RateConverter(int from_rate, int to_rate) : from_rate_(from_rate), to_rate_(to_rate) {
    if (from_rate <= 0 || to_rate <= 0) throw std::runtime_error("a sample rate must be above 0 Hz");
    if (from_rate == to_rate) return;
    constexpr int quality = 5;  // of 10: good enough for recognition and for a synthetic voice
    int error = RESAMPLER_ERR_SUCCESS;
    state_.reset(speex_resampler_init(1, static_cast<spx_uint32_t>(from_rate),
                                      static_cast<spx_uint32_t>(to_rate), quality, &error));
    if (state_ == nullptr) {
        throw std::runtime_error("cannot convert " + std::to_string(from_rate) + " Hz to " +
                                 std::to_string(to_rate) + " Hz: " + speex_resampler_strerror(error));
    }
    speex_resampler_skip_zeros(state_.get());
}

std::span<const std::int16_t> RateConverter::convert(std::span<const std::int16_t> samples) {
    if (state_ == nullptr || samples.empty()) return samples;
    constexpr std::size_t slack = 64;
    const std::size_t most =
        samples.size() * static_cast<std::size_t>(to_rate_) / static_cast<std::size_t>(from_rate_) + slack;
    if (output_.size() < most) output_.resize(most);
    auto read = static_cast<spx_uint32_t>(samples.size());
    auto written = static_cast<spx_uint32_t>(output_.size());
    speex_resampler_process_int(state_.get(), 0, samples.data(), &read, output_.data(), &written);
    return std::span(output_).first(written);
}

std::span<const std::int16_t> RateConverter::finish() {
    if (state_ == nullptr) return {};
    const std::vector<std::int16_t> silence(
        static_cast<std::size_t>(speex_resampler_get_input_latency(state_.get())));
    return convert(silence);
}

}  // namespace atlas::sandbox::speech
