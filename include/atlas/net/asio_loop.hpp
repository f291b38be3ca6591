#pragma once

#include "atlas/net/loop.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

namespace boost::asio {
class io_context;
}

namespace atlas::net {

class Readiness;

// How late the loop ran its own tick, over the last minute: what every call on this thread feels.
struct LoopLag {
    Duration last{};
    Duration max{};
    Duration p99{};
};

// The real loop: one thread, one io_context. Created first and destroyed last; everything that holds a
// reference to it must be gone, and run() must have returned, before it is destroyed.
class AsioLoop final : public Loop {
public:
    AsioLoop();
    ~AsioLoop() override;
    AsioLoop(const AsioLoop&) = delete;
    AsioLoop& operator=(const AsioLoop&) = delete;

    TimePoint now() const override { return Clock::now(); }
    void post(std::function<void()> work) override;
    std::unique_ptr<Timer> make_timer(std::function<void()> on_expiry) override;

    // Returns when nothing is left: no socket, no armed timer, no signal handler, no lag probe.
    void run();
    // Runs at most one piece of work, waiting for it no longer than `budget`; false when none came.
    bool run_one_for(Duration budget);

    // Calls `callback` with the number of each of these signals, every time, until ignore_signals().
    // Replaces an earlier callback. While it waits, run() does not end.
    void on_signal(const std::vector<int>& signals, std::function<void(int)> callback);
    void ignore_signals();

    // Measures every 100 ms, and tells each time how late the loop was. While it measures, run() does not
    // end.
    void start_lag_probe(std::function<void(Duration)> on_measured = {});
    void stop_lag_probe();
    LoopLag lag() const;

    // For net's own .cpp files.
    boost::asio::io_context& context();
    Readiness& readiness();
    Readiness& patient_readiness();  // what comes may wait for a moment, see WebsocketOptions::may_wait

private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace atlas::net
