#pragma once

#include "atlas/providers/speech_synthesizer.hpp"
#include "simulator/agenda.hpp"
#include "simulator/word_sounds.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace atlas::sim {

// A voice whose every word can be told in the sound. Faults are named by the number of the request, from 1;
// the lines that are kept as audio do not count.
class SimulatedSynthesizer final : public providers::SpeechSynthesizer {
public:
    SimulatedSynthesizer(Agenda& agenda, WordSounds& sounds, Random& random)
        : agenda_(agenda), sounds_(sounds), random_(random) {}

    Voice voice;
    Duration first_audio = 200ms;
    Duration jitter{};  // up to so much more
    double speed = 4;   // times as fast as it is spoken

    void fails(int request, Duration after_audio = {}) { faults_[request] = {.fails_after = after_audio}; }
    void fails_before_end(int request, Duration missing) { faults_[request] = {.fails_before_end = missing}; }
    void rests(int request, Duration after_audio, Duration length) {
        faults_[request] = {.rests_after = after_audio, .rest = length};
    }
    void stalls(int request, Duration after_audio) { faults_[request] = {.stalls_after = after_audio}; }
    void is_slow(int request, Duration latency) { faults_[request] = {.latency = latency}; }
    void is_silent(int request) { faults_[request] = {.silent = true}; }
    void is_gone(bool gone = true) { gone_ = gone; }  // every request fails

    struct Request {
        std::string text;
        TimePoint at;
    };
    std::vector<Request> requests;

    std::unique_ptr<providers::Synthesis> synthesize(
        providers::SynthesisRequest request,
        std::function<void(const providers::SynthesisEvent&)> on_event) override;
    void warm_up() override {}

private:
    struct Fault {
        std::optional<Duration> fails_after{};
        std::optional<Duration> fails_before_end{};
        std::optional<Duration> rests_after{};
        Duration rest{};
        std::optional<Duration> stalls_after{};
        std::optional<Duration> latency{};
        bool silent = false;
    };
    class Speaking;

    Agenda& agenda_;
    WordSounds& sounds_;
    Random& random_;
    std::map<int, Fault> faults_;
    bool gone_ = false;
};

}  // namespace atlas::sim
