// The client protocol: JSON messages and the headers of audio.

#include "atlas/protocol/native_codec.hpp"
#include "samples.hpp"

#include <benchmark/benchmark.h>

namespace atlas::bench {
namespace {

using namespace protocol;

void decode_text(benchmark::State& state, const char* text) {
    const NativeCodec codec;
    if (std::holds_alternative<ProtocolError>(codec.decode_text(text))) state.SkipWithError("refused");
    for (auto _ : state) benchmark::DoNotOptimize(codec.decode_text(text));
}
BENCHMARK_CAPTURE(decode_text, playback,
                  R"({"t":"playback","turn":2,"played_ms":1240,"buffered_ms":560,"underruns":0})");
BENCHMARK_CAPTURE(decode_text, input_text,
                  R"({"t":"input.text","s":7,"text":"Two nights in Vienna, please."})");
BENCHMARK_CAPTURE(decode_text, hello,
                  R"({"t":"hello","s":1,"proto":"atlas.v1","features":["pause"],)"
                  R"("audio":{"in":[{"codec":"pcm16","rate":16000,"frame_ms":20}],)"
                  R"("out":[{"codec":"opus","rate":24000,"frame_ms":40}]}})");

void encode(benchmark::State& state, const ServerMessage& message) {
    const NativeCodec codec;
    std::uint64_t seq = 0;
    for (auto _ : state) benchmark::DoNotOptimize(codec.encode(message, ++seq));
}
BENCHMARK_CAPTURE(encode, state, protocol::State{CallState::thinking, 2});
BENCHMARK_CAPTURE(encode, user_transcript,
                  UserTranscript{2, 3, "I would like to move my appointment", 21, false, 0.94, false});
BENCHMARK_CAPTURE(encode, agent_text, AgentText{2, 0, reply_text().substr(0, 90), 1480});
BENCHMARK_CAPTURE(encode, turn_end,
                  TurnEnd{2,
                          TurnStatus::completed,
                          "",
                          "I would like to move my appointment from next week to the morning after.",
                          reply_text(),
                          reply_text(),
                          {{"end_of_turn", 260}, {"asked", 0}, {"first_text", 410}, {"first_sound", 820}},
                          {120, 1840, 96, 31},
                          0.0021});

void decode_audio_header(benchmark::State& state) {
    const NativeCodec codec;
    const std::string message = pcm_message(16000, 20);
    const auto bytes = std::as_bytes(std::span(message));
    const audio::AudioFormat format{audio::Codec::pcm16, 16000, 20};
    for (auto _ : state) benchmark::DoNotOptimize(codec.decode_audio(bytes, format));
}
BENCHMARK(decode_audio_header);

}  // namespace
}  // namespace atlas::bench
