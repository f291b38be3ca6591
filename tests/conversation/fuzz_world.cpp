#include "conversation/fuzz_world.hpp"

#include <algorithm>

namespace atlas::conversation {
namespace {

template <class... F>
struct Overloaded : F... {
    using F::operator()...;
};
template <class... F>
Overloaded(F...) -> Overloaded<F...>;

}  // namespace

AudioTime FuzzWorld::sound() const {
    AudioTime sum{};
    for (const Clip& clip : clips) sum += clip.length;
    return sum;
}

const FuzzWorld::Clip* FuzzWorld::front() const {
    const auto found =
        std::find_if(clips.begin(), clips.end(), [](const Clip& clip) { return !clip.settled; });
    return found == clips.end() ? nullptr : &*found;
}

FuzzWorld::Clip* FuzzWorld::find(ClipId id) {
    const auto found =
        std::find_if(clips.begin(), clips.end(), [id](const Clip& clip) { return clip.id == id; });
    return found == clips.end() ? nullptr : &*found;
}

void FuzzWorld::begin(ReplyId id) {
    if (id == reply) return;
    reply = id;
    live = true;
    speculative = model_asked = accepted = paused = audible = finished = false;
    played = {};
    clips.clear();
}

void FuzzWorld::note(const Event& event) {
    const auto clip_of = [this](const auto& fact) { return fact.reply == reply ? find(fact.clip) : nullptr; };
    std::visit(Overloaded{
                   [&](const CallerTranscriptUpdated& update) { caller = update.text; },
                   [&](const CallerMayBeDone& done) { caller = done.text, may_be_done = true; },
                   [&](const CallerResumed&) { may_be_done = false; },
                   [&](const CallerTurnEnded&) { caller.clear(), may_be_done = settling = false; },
                   [&](const ReplyAccepted& fact) { accepted = accepted || fact.reply == reply; },
                   [&](const ReplyTextEnded& fact) { model_asked = model_asked && fact.reply != reply; },
                   [&](const ReplyTextFailed& fact) { model_asked = model_asked && fact.reply != reply; },
                   [&](const ToolAnswered& answer) {
                       for (Call& call : calls) call.answered = call.answered || call.id == answer.call;
                   },
                   [&](const SummaryMade&) { summary_asked = false; },
                   [&](const ClipStarted& fact) {
                       if (Clip* clip = clip_of(fact)) clip->started = true;
                   },
                   [&](const ClipGrew& fact) {
                       if (Clip* clip = clip_of(fact); clip && !clip->settled) clip->length = fact.length;
                   },
                   [&](const ClipSynthesized& fact) {
                       if (Clip* clip = clip_of(fact)) clip->settled = true, clip->length = fact.length;
                   },
                   [&](const ClipFailed& fact) {
                       if (Clip* clip = clip_of(fact)) clip->settled = true, clip->length = fact.length;
                   },
                   [&](const ClipPlayed& fact) {
                       if (Clip* clip = clip_of(fact)) clip->played = true;
                   },
                   [&](const ReplyAudible& fact) { audible = audible || fact.reply == reply; },
                   [&](const ReplyPlayed& fact) {
                       if (fact.reply == reply) played = fact.position;
                   },
                   [](const auto&) {},
               },
               event);
}

void FuzzWorld::note(std::span<const Command> commands) {
    for (const Command& command : commands) {
        std::visit(Overloaded{
                       [&](const AskModel& ask) { begin(ask.reply), model_asked = true; },
                       [&](const AbandonModel&) { model_asked = false; },
                       [&](const CallTool& call) { calls.push_back({call.call.id}); },
                       [&](const CancelTool& cancel) {
                           std::erase_if(calls, [&](const Call& call) { return call.id == cancel.call; });
                       },
                       [&](const Summarize&) { summary_asked = true; },
                       [&](const SynthesizeClip& clip) {
                           begin(clip.reply);
                           clips.push_back({clip.clip, clip.speech});
                       },
                       [&](const PlayCannedLine& line) {
                           begin(line.reply);
                           if (line.instead)
                               std::erase_if(clips, [](const Clip& clip) { return !clip.settled; });
                           const auto unheard = std::find_if(clips.begin(), clips.end(),
                                                             [](const Clip& clip) { return !clip.started; });
                           clips.insert(unheard, {line.clip, "a kept line"});
                       },
                       [&](const PauseReply& pause) {
                           speculative = speculative || pause.reply != reply;
                           const bool fresh = pause.reply != reply;
                           begin(pause.reply);
                           speculative = fresh;
                           paused = true;
                       },
                       [&](const ResumeReply&) { paused = speculative = false; },
                       [&](const FinishReply&) { finished = true, model_asked = false; },
                       [&](const StopReply&) { live = false; },
                       [&](const DiscardReply&) { live = false; },
                       [&](const RecordTurn&) { live = false; },
                       [&](const EndCallerTurn&) { settling = true; },
                       [&](const EndCall&) { ended = true; },
                       [](const auto&) {},
                   },
                   command);
    }
}

}  // namespace atlas::conversation
