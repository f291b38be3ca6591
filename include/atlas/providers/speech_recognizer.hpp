#pragma once

#include "atlas/providers/provider_failure.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <variant>

namespace atlas::providers {

// Times are positions in the caller's audio, in ms since the first sample given to the recogniser; they
// stay on that one clock when the recogniser replaces its connection.
using AudioPosition = std::chrono::milliseconds;

// Facts, in the same words for every provider (deepgram.md §1.5, §2.3).
struct RecognizerReady {  // connected; audio kept until now is on its way
    std::string request_id;
};
struct CallerStartedSpeaking {  // may be noise: no word is certain yet
    AudioPosition at{};
};
struct TranscriptUpdated {  // the whole of the current turn so far; replaces the last one
    std::string text;
    double confidence = 0;  // 0..1 of the words; 0 when unknown
};
struct TurnMayHaveEnded {  // eager end of turn
    std::string text;
    double confidence = 0;
};
struct TurnResumed {};  // only after TurnMayHaveEnded: the caller goes on
struct TurnEnded {      // text may be empty: speech without words
    std::string text;
    AudioPosition at{};   // where in the audio the last word ended (or the turn, when unknown)
    std::string trigger;  // "model", "timeout", "manual", "speech_final", "utterance_end", "timer", …
};
struct RecognizerReconnecting {  // the connection broke; audio is kept and will be replayed
    ProviderFailure failure;
    int attempt = 1;
    AudioPosition replay{};  // how much audio will be heard once more, as far as is known now
};
struct RecognizerFailed {  // given up; last event
    ProviderFailure failure;
};

using RecognizerEvent =
    std::variant<RecognizerReady, CallerStartedSpeaking, TranscriptUpdated, TurnMayHaveEnded, TurnResumed,
                 TurnEnded, RecognizerReconnecting, RecognizerFailed>;

struct RecognizerRequest {
    std::string call_id;      // for the log
    int sample_rate = 16000;  // Hz of what send_audio will get: 16000, 24000 or 48000, mono
    std::string language = "en";
};

// When a pause ends the caller's turn.
struct Patience {
    std::chrono::milliseconds pause{};  // silence that ends a turn whose end is not obvious from its words
    double factor = 1;  // the same, against what is usual: for a provider with a measure of its own
};

// Listens to one caller. Owned by the Call; destroying it says goodbye to the provider and stops all
// events at once.
class SpeechRecognizer {
public:
    virtual ~SpeechRecognizer() = default;
    // 16-bit mono samples, any number; copied before return, never blocks. Before the connection is open
    // they are kept (bounded), so that the first words are not lost.
    virtual void send_audio(std::span<const std::int16_t> samples) = 0;
    // End the current turn now on what was heard so far (push-to-talk, text turn). A TurnEnded follows,
    // unless no turn was open.
    virtual void end_turn() = 0;
    // How patient to be with this caller from now on; applied as soon as the provider allows. A provider that
    // cannot change it in a running stream keeps the time itself, or ignores it.
    virtual void set_patience(Patience patience) = 0;
    // Something is wrong although the connection looks well (the caller is loud and no word comes): replace
    // it. What was not recognised yet is heard again.
    virtual void restart(std::string reason) = 0;
};

// Makes recognisers; one per provider and model, shared by all calls.
class SpeechRecognizerService {
public:
    virtual ~SpeechRecognizerService() = default;
    // Events come from the loop, never inside start() or send_audio(); a handler may destroy the recogniser.
    virtual std::unique_ptr<SpeechRecognizer> start(RecognizerRequest request,
                                                    std::function<void(RecognizerEvent)> on_event) = 0;
};

}  // namespace atlas::providers
