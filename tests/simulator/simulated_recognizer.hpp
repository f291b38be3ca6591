#pragma once

#include "atlas/providers/speech_recognizer.hpp"
#include "simulator/agenda.hpp"
#include "simulator/word_sounds.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace atlas::sim {

// A recogniser that hears exactly the words that arrive, and no others: what is lost or doubled on the way
// shows. It works on the clock of the audio, and tells what it heard a little later. Turns count from 1.
class SimulatedRecognizer final : public providers::SpeechRecognizerService {
public:
    SimulatedRecognizer(Agenda& agenda, WordSounds& sounds) : agenda_(agenda), sounds_(sounds) {}

    std::chrono::milliseconds start_after{80};     // of sound: "the caller started speaking"
    std::chrono::milliseconds latency{120};        // of every report, behind the audio
    std::chrono::milliseconds end_silence{600};    // ends a turn
    bool follows_patience = false;                 // the end silence is what set_patience() says
    std::chrono::milliseconds eager_silence{240};  // makes it think that the turn may be over
    bool eager = true;
    double eager_confidence = 0.6;
    bool starts_at_noise = true;
    bool ends_noise = true;  // with a turn without words
    bool sends_updates = true;

    std::set<int> forgets_end_of;                       // turns whose end it never reports
    std::map<std::string, std::string> mishears;        // plain words
    std::function<std::string(std::string)> ends_with;  // what it makes of a turn's words at its end
    std::set<int> misfires_after_word;        // counted over the call: seems to be the end, and is not
    std::optional<int> goes_deaf_after_word;  // hears nothing more until it is restarted
    std::optional<int> goes_deaf_after_turn;  // the same, in the silence behind it
    std::set<int> breaks_after_word;          // its connection: it hears the open turn again when it is back
    std::chrono::milliseconds outage{800};    // until then
    std::optional<int> dies_after_word;
    int repeats_start = 1;  // so many reports for each start of speech

    // What it was asked.
    std::vector<std::chrono::milliseconds> patience;
    int asked_to_end_turn = 0;
    int restarts = 0;
    int started = 0;
    std::vector<TimePoint> ends_told;  // when each end of a turn was reported

    struct HeardWord {
        int code = 0;
        int blocks = 0;
    };
    std::vector<HeardWord> heard;  // all words whose sound arrived, in the order of arriving

    std::unique_ptr<providers::SpeechRecognizer> start(
        providers::RecognizerRequest request,
        std::function<void(providers::RecognizerEvent)> on_event) override;

private:
    class Listening;

    Agenda& agenda_;
    WordSounds& sounds_;
};

}  // namespace atlas::sim
