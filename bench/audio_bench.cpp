// Sound as data: codecs, resampler, pacer, levels.

#include "atlas/audio/audio_pacer.hpp"
#include "atlas/audio/level.hpp"
#include "atlas/audio/opus_decoder.hpp"
#include "atlas/audio/opus_encoder.hpp"
#include "atlas/audio/resampler.hpp"
#include "atlas/audio/speech_spans.hpp"
#include "samples.hpp"

#include <array>
#include <benchmark/benchmark.h>

namespace atlas::bench {
namespace {

using namespace audio;

// A second of voice in frames, so that no two frames in a row are the same.
struct Frames {
    Frames(int rate, int frame_ms)
        : sound(voice(rate, 1200)), size(static_cast<std::size_t>(rate / 1000 * frame_ms)) {}
    std::span<const std::int16_t> next() {
        const auto frame = std::span<const std::int16_t>(sound).subspan(at, size);
        at += size;
        if (at + size > sound.size()) at = 0;
        return frame;
    }
    std::vector<std::int16_t> sound;
    std::size_t size;
    std::size_t at = 0;
};

void opus_encode(benchmark::State& state) {
    const int rate = static_cast<int>(state.range(0));
    const int frame_ms = static_cast<int>(state.range(1));
    OpusEncoder encoder({.rate = rate, .frame_ms = frame_ms, .complexity = static_cast<int>(state.range(2))});
    Frames frames(rate, frame_ms);
    std::array<std::byte, max_opus_packet_bytes> packet{};
    for (auto _ : state) benchmark::DoNotOptimize(encoder.encode(frames.next(), packet).size);
}
BENCHMARK(opus_encode)
    ->ArgNames({"rate", "ms", "complexity"})
    ->ArgsProduct({{16000, 24000, 48000}, {20, 40, 60}, {2}})
    ->ArgsProduct({{24000}, {20}, {0, 5, 10}});

void opus_decode(benchmark::State& state) {  // `to`: whatever the sender's rate, a decoder gives any
    const int rate = static_cast<int>(state.range(0));
    const int frame_ms = static_cast<int>(state.range(2));
    OpusEncoder encoder({.rate = rate, .frame_ms = frame_ms});
    Frames frames(rate, frame_ms);
    std::vector<std::vector<std::byte>> packets(20, std::vector<std::byte>(max_opus_packet_bytes));
    for (auto& packet : packets) packet.resize(encoder.encode(frames.next(), packet).size);
    OpusDecoder decoder(static_cast<int>(state.range(1)));
    std::size_t next = 0;
    for (auto _ : state) {
        benchmark::DoNotOptimize(decoder.decode(packets[next]).samples.data());
        next = (next + 1) % packets.size();
    }
}
BENCHMARK(opus_decode)
    ->ArgNames({"from", "to", "ms"})
    ->ArgsProduct({{16000}, {16000}, {20, 40, 60}})
    ->ArgsProduct({{24000}, {24000}, {20, 40, 60}})
    ->ArgsProduct({{48000}, {48000}, {20, 40, 60}})
    ->ArgsProduct({{48000}, {16000}, {20}});

void resample(benchmark::State& state) {
    const int from = static_cast<int>(state.range(0));
    Resampler resampler(from, static_cast<int>(state.range(1)));
    Frames frames(from, 20);
    std::vector<std::int16_t> out;
    for (auto _ : state) {
        out.clear();
        resampler.process(frames.next(), out);
        benchmark::DoNotOptimize(out.data());
    }
}
// 8 kHz is what a telephone has.
BENCHMARK(resample)
    ->ArgNames({"from", "to"})
    ->Args({24000, 16000})
    ->Args({24000, 48000})
    ->Args({24000, 8000})
    ->Args({8000, 16000})
    ->Args({24000, 24000});

void pacer_tick(benchmark::State& state) {  // a frame of sound comes, and one goes
    AudioPacer pacer({.rate = 24000, .frame_ms = static_cast<int>(state.range(0))});
    Frames frames(24000, static_cast<int>(state.range(0)));
    AudioPacer::TimePoint now{std::chrono::hours(1)};
    pacer.begin(1);
    for (auto _ : state) {
        pacer.push(frames.next());
        while (auto frame = pacer.next_frame(now)) benchmark::DoNotOptimize(frame->samples.data());
        benchmark::DoNotOptimize(pacer.next_due(now));
        now += std::chrono::milliseconds(state.range(0));
    }
}
BENCHMARK(pacer_tick)->ArgName("ms")->Arg(20)->Arg(40)->Arg(60);

void pacer_idle_tick(benchmark::State& state) {  // a timer that finds nothing due
    AudioPacer pacer({.rate = 24000, .frame_ms = 20});
    AudioPacer::TimePoint now{std::chrono::hours(1)};
    pacer.begin(1);
    pacer.push(voice(24000, 2000));
    while (pacer.next_frame(now)) continue;
    for (auto _ : state) {
        benchmark::DoNotOptimize(pacer.next_frame(now));
        benchmark::DoNotOptimize(pacer.next_due(now));
    }
}
BENCHMARK(pacer_idle_tick);

void level_of_frame(benchmark::State& state) {  // 20 ms of the caller's
    Frames frames(16000, 20);
    for (auto _ : state) benchmark::DoNotOptimize(measure_level(frames.next()));
}
BENCHMARK(level_of_frame);

void speech_spans_add(benchmark::State& state) {  // 20 ms of the voice's
    Frames frames(24000, 20);
    SpeechSpans spans;
    for (auto _ : state) spans.add(frames.next());
}
BENCHMARK(speech_spans_add);

void speech_spans_of_5s(benchmark::State& state) {
    SpeechSpans spans;
    spans.add(voice(24000, 5000));
    for (auto _ : state) benchmark::DoNotOptimize(spans.spans());
}
BENCHMARK(speech_spans_of_5s);

}  // namespace
}  // namespace atlas::bench
