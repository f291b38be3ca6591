#pragma once

#include "simulator/simulated_recognizer.hpp"

#include <ostream>

namespace atlas::sim {

// The ways in which Deepgram's recognisers differ for those behind them. What each of their own messages and
// missing flags leads to is tested with the providers; here they are as their clients report them.
enum class RecognizerKind {
    flux,          // by meaning: reports no noise, guesses early that a turn may be over
    nova,          // by silence: reports every sound, guesses nothing, ends a turn as patience says
    nova_forgets,  // the same, and the end of its first turn is never reported
    only_ends,     // no words before the turn is over
};

inline void PrintTo(RecognizerKind kind, std::ostream* out) {
    switch (kind) {
        case RecognizerKind::flux:
            *out << "flux";
            return;
        case RecognizerKind::nova:
            *out << "nova";
            return;
        case RecognizerKind::nova_forgets:
            *out << "nova_forgets";
            return;
        case RecognizerKind::only_ends:
            *out << "only_ends";
            return;
    }
}

inline void become(SimulatedRecognizer& recognizer, RecognizerKind kind) {
    recognizer.eager = recognizer.sends_updates = recognizer.follows_patience = true;
    recognizer.starts_at_noise = recognizer.ends_noise = kind != RecognizerKind::flux;
    if (kind == RecognizerKind::flux) {
        recognizer.follows_patience = false;
        recognizer.end_silence = std::chrono::milliseconds(700);
        return;
    }
    recognizer.eager = false;
    if (kind == RecognizerKind::nova_forgets) recognizer.forgets_end_of = {1};
    if (kind == RecognizerKind::only_ends) recognizer.sends_updates = false;
}

}  // namespace atlas::sim
