// The pure core: text to sentences, what was heard, and the decisions of a turn.

#include "atlas/conversation/conversation.hpp"
#include "atlas/conversation/sentence_chunker.hpp"
#include "atlas/conversation/speakable.hpp"
#include "atlas/conversation/spoken_ledger.hpp"
#include "samples.hpp"

#include <benchmark/benchmark.h>

namespace atlas::bench {
namespace {

using namespace conversation;
using namespace std::chrono_literals;

void sentence_chunker(benchmark::State& state) {  // items: pieces of the model's text
    const auto pieces = reply_pieces();
    for (auto _ : state) {
        SentenceChunker chunker;
        for (const auto& piece : pieces) {
            chunker.add(piece);
            while (auto chunk = chunker.next()) benchmark::DoNotOptimize(chunk->data());
        }
        chunker.finish();
        while (auto chunk = chunker.next()) benchmark::DoNotOptimize(chunk->data());
    }
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(pieces.size()));
}
BENCHMARK(sentence_chunker);

void speakable_text(benchmark::State& state) {
    for (auto _ : state) benchmark::DoNotOptimize(speakable(reply_text(), "en"));
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(reply_text().size()));
}
BENCHMARK(speakable_text);

void ledger_cut(benchmark::State& state) {  // the second of two clips is interrupted in its middle
    SpokenLedger ledger;
    for (int clip = 0; clip < 2; ++clip) {
        ledger.add_clip(reply_text().substr(static_cast<std::size_t>(clip) * 140, 140));
        ledger.set_length(static_cast<ClipId>(clip), 8s,
                          {{100ms, 2400ms}, {2900ms, 5200ms}, {5600ms, 7900ms}});
    }
    const std::string heard = ledger.heard_until(11s);
    if (heard.size() < 150 || heard.size() > 250) state.SkipWithError("the cut is not in the second clip");
    for (auto _ : state) benchmark::DoNotOptimize(ledger.heard_until(11s));
}
BENCHMARK(ledger_cut);

// A call that goes through one turn after the other, with what its providers and its player report.
class TalkingCall {
public:
    TalkingCall() { happens(CallStarted{}); }

    void turn(bool interrupted) {
        const ReplyId reply = caller_speaks();
        ClipId asked = 0;
        happens(ReplyAccepted{reply, {}});
        for (const auto& piece : pieces_) happens(ReplyText{reply, piece});
        happens(ReplyTextEnded{reply, "end_turn", {}});
        happens(ClipStarted{reply, 0});
        happens(ReplyAudible{reply});
        for (ClipId clip = 0; (asked = clips()) > clip; ++clip) {
            if (clip > 0) happens(ClipStarted{reply, clip});
            happens(ClipGrew{reply, clip, 500ms, {{50ms, 500ms}}});
            happens(ClipSynthesized{reply, clip, 2s, {{50ms, 900ms}, {1100ms, 1950ms}}, {}});
            for (int second = 0; second < 2; ++second) played(reply, clip, second);
            if (interrupted && clip == 1) return;
            happens(ClipPlayed{reply, clip});
        }
        happens(ReplyPlayedOut{reply});
    }
    std::int64_t events() const { return events_; }
    State state() const { return conversation_.state(); }

private:
    ReplyId caller_speaks() {
        happens(CallerStartedSpeaking{});
        for (std::size_t end = words_.find(' ', 8); end != std::string::npos; end = words_.find(' ', end + 8))
            happens(CallerTranscriptUpdated{words_.substr(0, end), 0.9});
        happens(CallerTurnEnded{words_, "model", 300ms});
        for (auto command = commands_.rbegin(); command != commands_.rend(); ++command)
            if (const auto* ask = std::get_if<AskModel>(&*command)) return ask->reply;
        return 0;
    }
    ClipId clips() const {
        ClipId count = 0;
        for (const auto& command : commands_)
            count += std::holds_alternative<SynthesizeClip>(command) ? 1 : 0;
        return count;
    }
    void played(ReplyId reply, ClipId clip, int second) {
        now_ += 1s;
        happens(ReplyPlayed{reply, 2s * clip + 1s * second});
    }
    void happens(const Event& event) {
        if (std::holds_alternative<CallerStartedSpeaking>(event)) commands_.clear();
        now_ += 20ms;
        conversation_.handle(event, now_, commands_);
        ++events_;
    }

    Conversation conversation_{ConversationSettings{}};
    const std::vector<std::string> pieces_ = reply_pieces();
    const std::string words_ = "I would like to move my appointment from next week to the morning after that";
    std::vector<Command> commands_;
    TimePoint now_{1h};
    std::int64_t events_ = 0;
};

// Items: events. A new call every eight turns, as in life; its making is in the figure.
void conversation_handle(benchmark::State& state) {
    const bool interrupted = state.range(0) != 0;
    std::int64_t events = 0;
    int turns = 0;
    for (auto _ : state) {
        TalkingCall call;
        for (int turn = 0; turn < 8; ++turn) call.turn(interrupted);
        turns += 8;
        events += call.events();
        if (call.state() != (interrupted ? State::speaking : State::listening))
            state.SkipWithError("the call did not go as a turn goes");
    }
    state.SetItemsProcessed(events);
    state.counters["per_turn"] =
        benchmark::Counter(turns, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}
BENCHMARK(conversation_handle)->ArgName("interrupted")->Arg(0)->Arg(1);

}  // namespace
}  // namespace atlas::bench
