#pragma once

#include "atlas/providers/deepgram/deepgram_recognizer.hpp"
#include "providers/deepgram_hearing_service.hpp"
#include "simulator/agenda.hpp"
#include "simulator/recognizer_kinds.hpp"
#include "simulator/word_sounds.hpp"

#include <memory>

namespace atlas::sim {

// Deepgram's own client in a simulated call, and behind it connections each of which hears the words whose
// sound it got, and no others: what the client repeats, cuts or leaves out when it changes from one to
// another shows in the words of the call.
class SimulatedDeepgram {
public:
    SimulatedDeepgram(test::ManualLoop& loop, const WordSounds& sounds, RecognizerKind kind);

    // ---- to be changed before the call
    providers::deepgram::DeepgramSettings settings;
    test::FakeWebsocketConnector connector;
    test::HearingService hearing;

    providers::SpeechRecognizerService& service();

    // ---- meanwhile
    void loses_connection() { connector.last().lose(); }
    void is_closed_by_the_service() { connector.last().close(1011, "See https://dpgr.am/net0000"); }
    void falls_silent() { hearing.last().stalled = true; }  // takes everything and answers nothing

    const providers::deepgram::DeepgramCounters& counters() const { return service_->counters(); }
    bool flux() const { return kind_ == RecognizerKind::flux; }

private:
    test::ManualLoop& loop_;
    RecognizerKind kind_;
    std::unique_ptr<providers::deepgram::DeepgramRecognizerService> service_;
};

}  // namespace atlas::sim
