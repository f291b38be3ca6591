#pragma once

#include "atlas/net/loop.hpp"
#include "call/recording.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace atlas::caller {

// One thing the caller says: a recording, or typed text.
struct Utterance {
    std::shared_ptr<const Recording> recording;  // none: `text` is typed
    std::string text;
    bool interrupts = false;  // said into the reply to the one before it
};

struct ScriptTimes {
    std::chrono::milliseconds pause{300};           // of quiet, before the next utterance or the goodbye
    std::chrono::milliseconds greeting_grace{700};  // for a greeting to begin, after ready
    std::chrono::milliseconds interrupt_after{};    // the reply became audible
};

// What to do now.
struct Step {
    enum class Kind { wait, say, hang_up };
    Kind kind = Kind::wait;
    std::size_t utterance = 0;                // to be said
    std::optional<std::uint32_t> interrupts;  // into this turn; none for an utterance that was to interrupt:
                                              // the reply was over before its time came
};

// Decides when a caller says the next thing and when it hangs up: it waits for its turn as a person does, or
// interrupts where it was told to. Told the facts of the call, it answers next(). Pure.
//
// An utterance is answered when a turn that began after it has ended; what the server makes two turns of
// (a pause inside a recording) is waited for as well, because then the agent is not listening.
class CallScript {
public:
    CallScript(std::vector<Utterance> utterances, const ScriptTimes& times)
        : utterances_(std::move(utterances)), times_(times) {}

    // Facts. Each may change next() and deadline().
    void call_ready(net::TimePoint now);
    void state_changed(std::string_view state, net::TimePoint now);
    void turn_started(std::uint32_t turn, std::string_view reason, net::TimePoint now);
    void turn_audible(std::uint32_t turn, net::TimePoint now);
    void turn_flushed(std::uint32_t turn, net::TimePoint now);
    void turn_ended(std::uint32_t turn, net::TimePoint now);
    void speaking_changed(bool speaking, net::TimePoint now);  // ourselves
    void playing_changed(bool playing, net::TimePoint now);    // the agent's sound

    // A step that is not wait is taken: it is not given again.
    Step next(net::TimePoint now);
    std::optional<net::TimePoint> deadline() const;

    const std::vector<Utterance>& utterances() const { return utterances_; }
    std::size_t said() const { return said_; }
    bool everything_answered() const { return said_ == utterances_.size() && answered_; }

private:
    bool quiet() const;
    void look(net::TimePoint now);
    const Utterance* upcoming() const { return said_ < utterances_.size() ? &utterances_[said_] : nullptr; }
    std::optional<net::TimePoint> quiet_until() const;
    Step say(std::optional<std::uint32_t> interrupts);

    std::vector<Utterance> utterances_;
    ScriptTimes times_;

    bool ready_ = false;
    bool greeted_ = false;  // a greeting began
    bool hung_up_ = false;
    std::size_t said_ = 0;  // utterances begun
    bool answered_ = true;  // the latest of them
    bool agent_listens_ = true;
    bool speaking_ = false;
    bool playing_ = false;
    std::optional<std::uint32_t> turn_;  // begun, not ended
    bool turn_answers_ = false;          // it began after the latest utterance, because of it
    std::optional<net::TimePoint> quiet_since_;
    std::optional<net::TimePoint> interrupt_at_;
};

}  // namespace atlas::caller
