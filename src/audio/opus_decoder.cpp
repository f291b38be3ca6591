#include "atlas/audio/opus_decoder.hpp"

#include "atlas/audio/audio_format.hpp"

#include <opus/opus.h>

#include <new>
#include <stdexcept>

namespace atlas::audio {

namespace {

const unsigned char* octets(std::span<const std::byte> packet) {
    return reinterpret_cast<const unsigned char*>(packet.data());
}

}  // namespace

struct OpusDecoder::State {
    explicit State(::OpusDecoder* created) : codec(created) {
        if (!codec) throw std::bad_alloc();  // its arguments are checked before
    }
    ~State() { opus_decoder_destroy(codec); }
    State(const State&) = delete;
    State& operator=(const State&) = delete;

    ::OpusDecoder* codec;
};

void OpusDecoder::Destroy::operator()(State* state) const { delete state; }

OpusDecoder::OpusDecoder(int rate) : rate_(rate) {
    const auto problem = audio::find_problem(AudioFormat{Codec::opus, rate, 20});
    if (problem) throw std::invalid_argument(problem->message);
    int error = OPUS_OK;
    state_.reset(new State(opus_decoder_create(rate, 1, &error)));
    samples_.resize(
        static_cast<std::size_t>(samples_in(std::chrono::milliseconds(max_opus_packet_ms), rate)));
}

DecodedAudio OpusDecoder::decode(std::span<const std::byte> packet) {
    if (auto problem = find_problem(packet); !problem.empty()) return {{}, std::move(problem)};
    const int count = opus_decode(state_->codec, octets(packet), static_cast<opus_int32>(packet.size()),
                                  samples_.data(), static_cast<int>(samples_.size()), 0);
    if (count < 0)
        return {{},
                "an Opus packet of " + std::to_string(packet.size()) +
                    " bytes cannot be decoded: " + opus_strerror(count)};
    return {std::span(samples_).first(static_cast<std::size_t>(count)), {}};
}

void OpusDecoder::reset() { opus_decoder_ctl(state_->codec, OPUS_RESET_STATE); }

// Without this an empty packet would be taken for a lost one, and answered with invented sound.
std::string OpusDecoder::find_problem(std::span<const std::byte> packet) const {
    if (packet.empty()) return "an Opus packet must not be empty";
    if (packet.size() > max_opus_packet_bytes)
        return "an Opus packet must not be longer than " + std::to_string(max_opus_packet_bytes) +
               " bytes, got " + std::to_string(packet.size());
    const int frames = opus_packet_get_nb_frames(octets(packet), static_cast<opus_int32>(packet.size()));
    if (frames < 0) return std::string("an Opus packet has no valid header: ") + opus_strerror(frames);
    const int ms = frames * opus_packet_get_samples_per_frame(octets(packet), rate_) * 1000 / rate_;
    if (ms > max_opus_packet_ms)
        return "an Opus packet must not hold more than " + std::to_string(max_opus_packet_ms) + " ms, got " +
               std::to_string(ms);
    return {};
}

}  // namespace atlas::audio
