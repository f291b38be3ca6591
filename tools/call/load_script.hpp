#pragma once

#include "atlas/net/loop.hpp"

#include <cstdint>
#include <random>

namespace atlas::caller {

// How a load caller behaves.
struct LoadPace {
    net::Duration interrupt_after = std::chrono::milliseconds(1200);
    int interrupt_every = 4;                                     // replies; 0: none
    net::Duration least_pause = std::chrono::milliseconds(300);  // between a reply and the next words
    net::Duration longest_pause = std::chrono::milliseconds(900);
    net::Duration reply_limit = std::chrono::seconds(20);   // from the last word to the first sound
    net::Duration listen_limit = std::chrono::seconds(60);  // of one reply
    net::Duration flush_limit = std::chrono::seconds(5);    // from the first word into the reply to its flush
};

// What one load caller does next: talks, waits for the reply, listens, pauses; talks into one reply in
// `interrupt_every`. Every state has a deadline; what did not come by then is counted and the caller goes on.
// Pure: time is an argument.
class LoadScript {
public:
    // `number` is the caller's: callers do not interrupt in step.
    LoadScript(const LoadPace& pace, std::uint64_t seed, int number);

    void ready(net::TimePoint now);  // the call has begun
    // True when the caller begins to talk now; then talk_ended() has to follow.
    bool talks(net::TimePoint now);

    void talk_ended(net::TimePoint now);
    void reply_began(net::TimePoint now);  // its first sound
    void reply_ended(net::TimePoint now);  // it was heard to its end, or is over for another reason
    void reply_flushed(net::TimePoint now);

    int missing_replies() const { return missing_replies_; }
    int missing_flushes() const { return missing_flushes_; }

private:
    enum class State { waiting, pausing, talking, expecting, listening, interrupting };
    void pause(net::TimePoint now);
    void expect(net::TimePoint now);
    bool late(net::TimePoint now) const { return now >= deadline_; }

    LoadPace pace_;
    std::mt19937_64 random_;
    std::uint64_t replies_;  // begun; starts at the caller's number
    State state_ = State::waiting;
    bool talking_ = false;  // the microphone has not said everything yet
    bool interrupts_ = false;
    net::TimePoint interrupt_at_{};
    net::TimePoint deadline_{};
    int missing_replies_ = 0;
    int missing_flushes_ = 0;
};

}  // namespace atlas::caller
