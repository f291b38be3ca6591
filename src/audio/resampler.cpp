#include "atlas/audio/resampler.hpp"

#include <algorithm>
#include <array>
#include <new>
#include <speex/speex_resampler.h>
#include <stdexcept>
#include <string>

namespace atlas::audio {

namespace {

// Of the 8 kHz that 16 kHz samples can hold it keeps the lower 6 within 1 dB; what they cannot hold stays
// below -60 dB. 3 would cost a third less.
constexpr int quality = 5;

void check_rate(const char* which, int rate) {
    if (rate < 8000 || rate > 48000)
        throw std::invalid_argument(std::string(which) + " must be 8000..48000 Hz, got " +
                                    std::to_string(rate));
}

}  // namespace

void Resampler::Destroy::operator()(SpeexResamplerState_* state) const { speex_resampler_destroy(state); }

Resampler::Resampler(int rate_in, int rate_out) : rate_in_(rate_in), rate_out_(rate_out) {
    check_rate("rate_in", rate_in);
    check_rate("rate_out", rate_out);
    if (rate_in == rate_out) return;
    int error = RESAMPLER_ERR_SUCCESS;
    state_.reset(speex_resampler_init(1, static_cast<spx_uint32_t>(rate_in),
                                      static_cast<spx_uint32_t>(rate_out), quality, &error));
    if (!state_) throw std::bad_alloc();  // the arguments are checked above
    reset();
}

void Resampler::process(std::span<const std::int16_t> samples, std::vector<std::int16_t>& out) {
    if (!state_) {
        out.insert(out.end(), samples.begin(), samples.end());
        return;
    }
    taken_ += static_cast<std::int64_t>(samples.size());
    convert(samples, out);
}

void Resampler::flush(std::vector<std::int16_t>& out) {
    if (!state_) return;
    static constexpr std::array<std::int16_t, 480> silence{};
    const std::int64_t expected = (taken_ * rate_out_ + rate_in_ - 1) / rate_in_;
    while (given_ < expected) convert(silence, out);
    out.resize(out.size() - static_cast<std::size_t>(given_ - expected));
    reset();
}

void Resampler::reset() {
    taken_ = 0;
    given_ = 0;
    if (!state_) return;
    speex_resampler_reset_mem(state_.get());
    speex_resampler_skip_zeros(state_.get());  // the first sample out is the first sample in
}

void Resampler::convert(std::span<const std::int16_t> samples, std::vector<std::int16_t>& out) {
    constexpr std::size_t piece = 4800;  // keeps the library's 32-bit arithmetic far from its limits
    while (!samples.empty()) {
        const std::size_t count = std::min(samples.size(), piece);
        const std::size_t before = out.size();
        const std::size_t room =
            count * static_cast<std::size_t>(rate_out_) / static_cast<std::size_t>(rate_in_) + 16;
        out.resize(before + room);
        auto taken = static_cast<spx_uint32_t>(count);
        auto given = static_cast<spx_uint32_t>(room);
        speex_resampler_process_int(state_.get(), 0, samples.data(), &taken, out.data() + before, &given);
        out.resize(before + given);
        given_ += given;
        samples = samples.subspan(taken);
    }
}

}  // namespace atlas::audio
