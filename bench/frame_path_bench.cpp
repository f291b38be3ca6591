// The whole way of a frame, in and out, one iteration a frame.

#include "frame_path.hpp"
#include "samples.hpp"

#include <benchmark/benchmark.h>

namespace atlas::bench {
namespace {

using audio::Codec;

// Arguments: codec, rate, milliseconds of a frame.
audio::AudioFormat format_of(const benchmark::State& state) {
    return {static_cast<Codec>(state.range(0)), static_cast<int>(state.range(1)),
            static_cast<int>(state.range(2))};
}

void label(benchmark::State& state, const audio::AudioFormat& format, const FramePath& path) {
    state.SetLabel(audio::describe(format));
    state.SetItemsProcessed(state.iterations());
    if (path.errors() > 0) state.SkipWithError("the path is broken: this measures nothing");
}

void frame_in(benchmark::State& state) {
    const auto format = format_of(state);
    const std::chrono::milliseconds length(format.frame_ms);
    FramePath path({format, {Codec::pcm16, 24000, 40}});
    const std::string message = format.codec == Codec::opus ? opus_message(format.rate, format.frame_ms)
                                                            : pcm_message(format.rate, format.frame_ms);
    int frame = 0;
    for (auto _ : state) {
        if (++frame % (60000 / format.frame_ms) == 0) {
            state.PauseTiming();
            path.recognizer_reports();
            state.ResumeTiming();
        }
        path.hear(message);
        path.pass(length);
    }
    label(state, format, path);
}

void frame_out(benchmark::State& state) {
    const auto format = format_of(state);
    const std::chrono::milliseconds length(format.frame_ms);
    FramePath path({{Codec::pcm16, 16000, 20}, format});
    const auto sound = voice(24000, format.frame_ms);
    path.begin_reply();
    const int frames_in_turn = 6000 / format.frame_ms;
    std::string message = realtime_audio(std::string(path.response()), sound);
    int frame = 0;
    for (auto _ : state) {
        if (++frame % frames_in_turn == 0) {
            state.PauseTiming();
            path.begin_reply();
            message = realtime_audio(std::string(path.response()), sound);
            state.ResumeTiming();
        }
        path.speak(message);
        path.pass(length);
    }
    label(state, format, path);
}

void formats_in(benchmark::internal::Benchmark* bench) {
    for (const int ms : {20, 40, 60}) bench->Args({static_cast<int>(Codec::pcm16), 16000, ms});
    for (const int ms : {20, 60}) bench->Args({static_cast<int>(Codec::opus), 16000, ms});
    bench->Args({static_cast<int>(Codec::opus), 48000, 20});
}

void formats_out(benchmark::internal::Benchmark* bench) {
    for (const int ms : {20, 40, 60}) bench->Args({static_cast<int>(Codec::pcm16), 24000, ms});
    bench->Args({static_cast<int>(Codec::pcm16), 16000, 20});
    for (const int ms : {20, 60}) bench->Args({static_cast<int>(Codec::opus), 24000, ms});
}

BENCHMARK(frame_in)->Apply(formats_in);
BENCHMARK(frame_out)->Apply(formats_out);

}  // namespace
}  // namespace atlas::bench
