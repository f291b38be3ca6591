#include "sandbox/services/paced_voice.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <bit>
#include <cmath>

namespace atlas::sandbox {

static_assert(std::endian::native == std::endian::little, "PCM goes out as it lies in memory");

PacedVoice::PacedVoice(World& world, const SpeechRequest& request, Pace pace,
                       std::function<void(std::span<const std::int16_t>)> on_audio,
                       std::function<void(std::string)> on_done)
    : on_audio_(std::move(on_audio)),
      on_done_(std::move(on_done)),
      pace_(pace),
      sample_rate_(request.sample_rate),
      timer_(world.loop) {
    timer_.start(pace_.first_byte, [this] {
        waiting_ = false;
        pump();
    });
    SpeechHandlers handlers;
    handlers.on_chunk = [this](std::span<const std::int16_t> samples) {
        made_.insert(made_.end(), samples.begin(), samples.end());
        if (!waiting_) pump();
    };
    handlers.on_done = [this](std::string error) {
        made_all_ = true;
        error_ = std::move(error);
        if (!waiting_) pump();
    };
    speaking_ = world.engines.voice->start(request, std::move(handlers));
}

// One piece, then the wait for the next; a handler may destroy this object, so it is called last.
void PacedVoice::pump() {
    const std::size_t piece = static_cast<std::size_t>(sample_rate_ / 10);
    const std::size_t ready = made_.size() - given_;
    if (ready == 0 && made_all_) {
        const auto on_done = on_done_;
        return on_done(error_);
    }
    if (ready == 0 || (ready < piece && !made_all_)) return;  // the engine will call
    const std::size_t size = std::min(ready, piece);
    const std::span<const std::int16_t> samples(made_.data() + given_, size);
    given_ += size;
    const double ms = static_cast<double>(size) * 1000.0 / sample_rate_;
    spoken_ms_ += ms;
    waiting_ = true;
    const auto pause = std::chrono::milliseconds(pace_.speed > 0 ? std::llround(ms / pace_.speed) : 0);
    timer_.start(pause, [this] {
        waiting_ = false;
        pump();
    });
    on_audio_(samples);
}

std::string base64(std::string_view bytes) {
    std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
    const int size =
        EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                        reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
    text.resize(static_cast<std::size_t>(size));
    return text;
}

std::optional<std::string> from_base64(std::string_view text) {
    if (text.size() % 4 != 0) return {};
    if (text.empty()) return std::string();
    std::string bytes(text.size() / 4 * 3 + 1, '\0');
    const int size =
        EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                        reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
    if (size < 0) return {};
    const std::size_t padding = text.ends_with("==") ? 2u : text.ends_with("=") ? 1u : 0u;
    bytes.resize(static_cast<std::size_t>(size) - padding);
    return bytes;
}

std::string_view as_bytes(std::span<const std::int16_t> samples) {
    return {reinterpret_cast<const char*>(samples.data()), samples.size_bytes()};
}

}  // namespace atlas::sandbox
