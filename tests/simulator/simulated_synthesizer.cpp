#include "simulator/simulated_synthesizer.hpp"

#include <utility>

namespace atlas::sim {
namespace {

constexpr int rate = providers::synthesis_sample_rate;
constexpr std::size_t portion = rate / 5;  // samples delivered at once

providers::SynthesisFailed failed(providers::FailureReason reason) {
    providers::ProviderFailure failure;
    failure.reason = reason;
    failure.message = "as the scenario wanted it";
    return {failure, {}};
}

Duration time_of(std::size_t samples) {
    return std::chrono::duration_cast<Duration>(std::chrono::microseconds(samples * 1'000'000 / rate));
}

}  // namespace

class SimulatedSynthesizer::Speaking final : public providers::Synthesis {
public:
    Speaking(Agenda& agenda, std::function<void(const providers::SynthesisEvent&)> on_event)
        : reports(agenda, std::move(on_event)) {}
    ~Speaking() override { reports.let_go(); }
    Reports<providers::SynthesisEvent> reports;
};

std::unique_ptr<providers::Synthesis> SimulatedSynthesizer::synthesize(
    providers::SynthesisRequest request, std::function<void(const providers::SynthesisEvent&)> on_event) {
    auto speaking = std::make_unique<Speaking>(agenda_, std::move(on_event));
    Fault fault;
    if (request.call_id != "canned") {
        requests.push_back({request.text, agenda_.now()});
        if (const auto found = faults_.find(static_cast<int>(requests.size())); found != faults_.end())
            fault = found->second;
    }
    auto& reports = speaking->reports;
    Duration delay = fault.latency.value_or(first_audio);
    if (jitter > Duration::zero())
        delay += Duration(std::uniform_int_distribution<Duration::rep>(0, jitter.count())(random_));
    if (gone_ && request.call_id != "canned") {
        reports.send(delay, failed(providers::FailureReason::unreachable));
        return speaking;
    }
    std::vector<std::int16_t> sound;
    if (!fault.silent)
        for (const auto& piece : sounds_.speak(request.text, voice, random_))
            WordSounds::append(sound, piece, rate);
    if (fault.fails_before_end)
        fault.fails_after = std::max(
            Duration::zero(), time_of(sound.size()) - std::exchange(fault.fails_before_end, {}).value());
    const auto cut = fault.fails_after ? fault.fails_after : fault.stalls_after;
    if (cut) {
        const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(*cut).count();
        sound.resize(std::min(sound.size(), static_cast<std::size_t>(ms / 10 * rate / blocks_per_second)));
    }
    for (std::size_t from = 0; from < sound.size(); from += portion) {
        const auto to = std::min(sound.size(), from + portion);
        if (fault.rests_after && time_of(from) >= *fault.rests_after) {
            delay += fault.rest;
            fault.rests_after.reset();
        }
        std::vector<std::int16_t> part(sound.begin() + static_cast<std::ptrdiff_t>(from),
                                       sound.begin() + static_cast<std::ptrdiff_t>(to));
        reports.send_then(
            delay + std::chrono::duration_cast<Duration>(time_of(from) / speed),
            [part = std::move(part)](const auto& to_owner) { to_owner(providers::SynthesisAudio{part}); });
    }
    const auto end = delay + std::chrono::duration_cast<Duration>(time_of(sound.size()) / speed);
    if (fault.fails_after) {
        reports.send(end, failed(providers::FailureReason::disconnected));
    } else if (!fault.stalls_after) {
        reports.send(end, providers::SynthesisCompleted{});
    }
    return speaking;
}

}  // namespace atlas::sim
