#pragma once

#include <chrono>
#include <functional>
#include <memory>

namespace atlas::net {

using Clock = std::chrono::steady_clock;
using TimePoint = Clock::time_point;
using Duration = Clock::duration;

// One deadline that can be moved. Owned by whoever waits for it; destroying it cancels it, and the
// callback is never called afterwards. The callback runs on the loop with an otherwise empty stack and
// may destroy the timer.
class Timer {
public:
    virtual ~Timer() = default;
    virtual void expire_at(TimePoint when) = 0;     // replaces an earlier deadline
    virtual void expire_after(Duration delay) = 0;  // the same, counted from now
    virtual void cancel() = 0;
};

// The event loop as everything above the sockets sees it: a clock, a queue and timers. One thread runs
// it; nothing here may be called from another. AsioLoop is the real one; tests use ManualLoop, whose
// time moves only when the test says so. Lives longer than everything that holds a reference to it.
class Loop {
public:
    virtual ~Loop() = default;
    virtual TimePoint now() const = 0;
    virtual void post(std::function<void()> work) = 0;  // runs later, in order, never inside this call
    virtual std::unique_ptr<Timer> make_timer(std::function<void()> on_expiry) = 0;
};

}  // namespace atlas::net
