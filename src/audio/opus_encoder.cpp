#include "atlas/audio/opus_encoder.hpp"

#include "atlas/audio/audio_format.hpp"

#include <opus/opus.h>

#include <algorithm>
#include <new>
#include <stdexcept>

namespace atlas::audio {

namespace {

void check(const OpusEncoderSettings& settings) {
    const auto problem = find_problem(AudioFormat{Codec::opus, settings.rate, settings.frame_ms});
    if (problem) throw std::invalid_argument(problem->message);
    if (settings.bitrate < 6000 || settings.bitrate > 128000)
        throw std::invalid_argument("bitrate must be 6000..128000 bit/s, got " +
                                    std::to_string(settings.bitrate));
    if (settings.complexity < 0 || settings.complexity > 10)
        throw std::invalid_argument("complexity must be 0..10, got " + std::to_string(settings.complexity));
}

}  // namespace

struct OpusEncoder::State {
    explicit State(::OpusEncoder* created) : codec(created) {
        if (!codec) throw std::bad_alloc();  // its arguments are checked before
    }
    ~State() { opus_encoder_destroy(codec); }
    State(const State&) = delete;
    State& operator=(const State&) = delete;

    ::OpusEncoder* codec;
};

void OpusEncoder::Destroy::operator()(State* state) const { delete state; }

OpusEncoder::OpusEncoder(const OpusEncoderSettings& settings) {
    check(settings);
    int error = OPUS_OK;
    state_.reset(
        new State(opus_encoder_create(settings.rate, 1, OPUS_APPLICATION_RESTRICTED_LOWDELAY, &error)));
    opus_encoder_ctl(state_->codec, OPUS_SET_BITRATE(settings.bitrate));
    opus_encoder_ctl(state_->codec, OPUS_SET_COMPLEXITY(settings.complexity));
    opus_encoder_ctl(state_->codec, OPUS_SET_SIGNAL(OPUS_SIGNAL_VOICE));
    frame_.resize(samples_per_frame(AudioFormat{Codec::opus, settings.rate, settings.frame_ms}));
}

EncodedAudio OpusEncoder::encode(std::span<const std::int16_t> frame, std::span<std::byte> out) {
    if (frame.empty() || frame.size() > frame_.size())
        return {0, "a frame must have 1.." + std::to_string(frame_.size()) + " samples, got " +
                       std::to_string(frame.size())};
    if (frame.size() < frame_.size()) {
        const auto end = std::copy(frame.begin(), frame.end(), frame_.begin());
        std::fill(end, frame_.end(), std::int16_t{0});
        frame = frame_;
    }
    if (out.empty()) return {0, "there is no room for a packet: 0 bytes"};
    const int size =
        opus_encode(state_->codec, frame.data(), static_cast<int>(frame.size()),
                    reinterpret_cast<unsigned char*>(out.data()), static_cast<opus_int32>(out.size()));
    if (size < 0)
        return {0, "a frame cannot be encoded into " + std::to_string(out.size()) +
                       " bytes: " + opus_strerror(size)};
    return {static_cast<std::size_t>(size), {}};
}

void OpusEncoder::reset() { opus_encoder_ctl(state_->codec, OPUS_RESET_STATE); }

}  // namespace atlas::audio
