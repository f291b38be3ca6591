// What the services send: server-sent events, Claude's answer, Deepgram's two languages, the voice's audio.

#include "atlas/net/sse_parser.hpp"
#include "atlas/providers/anthropic/messages.hpp"
#include "atlas/providers/deepgram/listen_v1.hpp"
#include "atlas/providers/deepgram/listen_v2.hpp"
#include "atlas/providers/openai/pcm_assembler.hpp"
#include "atlas/providers/openai/realtime_speech.hpp"
#include "samples.hpp"

#include <benchmark/benchmark.h>

namespace atlas::bench {
namespace {

using namespace providers;

constexpr std::size_t tcp_piece = 1400;  // bytes: how a stream arrives

template <class Take>
std::int64_t feed(net::SseParser& parser, const std::string& stream, Take take) {
    std::int64_t events = 0;
    for (std::size_t at = 0; at < stream.size(); at += tcp_piece) {
        parser.feed(std::string_view(stream).substr(at, tcp_piece));
        while (const auto event = parser.next()) {
            take(*event);
            ++events;
        }
    }
    return events;
}

void sse_parse(benchmark::State& state) {  // items: events
    const std::string stream = claude_stream();
    std::int64_t events = 0;
    net::SseParser parser;
    for (auto _ : state)
        events += feed(parser, stream, [](const net::SseEvent& event) { benchmark::DoNotOptimize(event); });
    state.SetItemsProcessed(events);
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(stream.size()));
}
BENCHMARK(sse_parse);

void claude_answer(benchmark::State& state) {  // SSE and JSON; items: events
    const std::string stream = claude_stream();
    std::int64_t events = 0;
    for (auto _ : state) {
        net::SseParser parser;
        anthropic::MessageStream messages;
        events += feed(parser, stream, [&](const net::SseEvent& event) {
            benchmark::DoNotOptimize(messages.handle(event.data));
        });
    }
    state.SetItemsProcessed(events);
}
BENCHMARK(claude_answer);

// Interim results as they follow each other; argument: words in each.
template <class Protocol, class Message>
void listen(benchmark::State& state, Message message) {
    deepgram::DeepgramSettings settings;
    deepgram::StreamClock clock(16000);
    clock.sent_audio(0, 16000UL * 3600);
    net::TimePoint now{std::chrono::hours(1)};
    Protocol protocol(settings, RecognizerRequest{}, clock);
    protocol.connection_began(now, AudioPosition(0));
    const auto first = message(5.0, static_cast<int>(state.range(0)));
    const auto second = message(5.25, static_cast<int>(state.range(0)) + 1);
    deepgram::ListenFacts facts;
    bool odd = false;
    for (auto _ : state) {
        facts.clear();
        protocol.receive((odd = !odd) ? first : second, now, facts);
        benchmark::DoNotOptimize(facts.data());
    }
    if (protocol.counters().malformed_messages + protocol.counters().unknown_messages > 0)
        state.SkipWithError("the message is not what the service sends");
}

void flux_turn_info(benchmark::State& state) {
    listen<deepgram::ListenV2>(state, [](double at, int words) { return flux_update(0, at, words); });
}
BENCHMARK(flux_turn_info)->ArgName("words")->Arg(0)->Arg(10);

void nova_result(benchmark::State& state) {
    listen<deepgram::ListenV1>(state, [](double at, int words) { return nova_results(0, at, words); });
}
BENCHMARK(nova_result)->ArgName("words")->Arg(0)->Arg(10);

// Argument: ms of sound in a message; the service sends some 100 to 400.
void realtime_audio_delta(benchmark::State& state) {  // find the base64 in the JSON, and decode it
    const std::string message = realtime_audio("resp_1", voice(24000, static_cast<int>(state.range(0))));
    openai::PcmAssembler assembler;
    for (auto _ : state) {
        const auto audio = openai::read_realtime_audio(message);
        benchmark::DoNotOptimize(assembler.add_base64(audio->base64));
    }
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(message.size()));
}
BENCHMARK(realtime_audio_delta)->ArgName("ms")->Arg(20)->Arg(200);

void realtime_find_audio(benchmark::State& state) {  // the same without decoding
    const std::string message = realtime_audio("resp_1", voice(24000, 200));
    for (auto _ : state) benchmark::DoNotOptimize(openai::read_realtime_audio(message));
}
BENCHMARK(realtime_find_audio);

}  // namespace
}  // namespace atlas::bench
