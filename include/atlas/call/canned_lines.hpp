#pragma once

#include "atlas/conversation/commands.hpp"
#include "atlas/net/loop.hpp"
#include "atlas/providers/speech_synthesizer.hpp"

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace atlas::call {

// The few sentences that must be sayable when no synthesiser answers, kept as audio. Spoken once after the
// start and tried again every minute until it worked. Shared by all calls; lives as long as the loop.
class CannedLines {
public:
    struct Texts {
        std::string trouble;
        std::string cannot_hear;
        std::string one_moment{};  // empty: is not kept
    };
    CannedLines(net::Loop& loop, providers::SpeechSynthesizer& synthesizer, Texts texts);

    void prepare();  // starts what is still missing
    void stop();     // at shutdown: no further attempt

    // Samples at synthesis_sample_rate; empty while the line could not be spoken yet.
    std::span<const std::int16_t> audio(conversation::CannedLine line) const;

private:
    struct Line {
        std::string text;
        std::vector<std::int16_t> audio;
        bool complete = false;
        std::unique_ptr<providers::Synthesis> synthesis;
    };
    void speak(Line& line);
    void on_event(Line& line, const providers::SynthesisEvent& event);

    providers::SpeechSynthesizer& synthesizer_;
    std::array<Line, 3> lines_;
    std::unique_ptr<net::Timer> retry_;
};

}  // namespace atlas::call
