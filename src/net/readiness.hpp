#pragma once

#include "asio_names.hpp"

#include <boost/asio/posix/basic_stream_descriptor.hpp>

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <sys/epoll.h>
#include <unordered_map>

namespace atlas::net {

// Is told that its socket can be read or written. May do anything then: watch, forget, destroy.
class ReadinessListener {
public:
    // An error or the end of the connection counts as readable: reading tells which.
    virtual void on_ready(bool readable, bool writable) = 0;

protected:
    ~ReadinessListener() = default;
};

// Watches many sockets in one set of the kernel's, for which the loop waits as for a single descriptor. A
// message that comes costs no change of the set, as it does with a wait of Asio's, and messages that came
// meanwhile are found together.
//
// With a `rest` it looks at once when something comes after a silence, and then again every `rest` as long
// as each look finds something: under load the loop wakes up once for all that has come, instead of once
// for each. This costs what is read at most `rest` of delay, so it is for those that do not mind. The looks
// fall on the multiples of `rest`, where other work with the same grid is done, too.
//
// Owned by the loop. A socket is told as long as what was asked for holds (level-triggered), so nothing is
// missed by reading only part of what is there.
class Readiness {
public:
    explicit Readiness(asio::io_context& context, Duration rest = Duration::zero());
    ~Readiness();
    Readiness(const Readiness&) = delete;
    Readiness& operator=(const Readiness&) = delete;

    // Watches for reading. Holds on to the listener until forget(). Fails when the kernel has no room.
    ErrorCode watch(int socket, std::shared_ptr<ReadinessListener> listener);
    // What is watched for from now on. Neither: only errors are told.
    void ask_for(int socket, bool reading, bool writing);
    // Before the socket is closed. Its listener hears nothing more.
    void forget(int socket);

    std::size_t watched() const { return entries_.size(); }

private:
    using Listener = std::shared_ptr<ReadinessListener>;
    using Door = asio::posix::basic_stream_descriptor<Executor>;
    enum class State { idle, waiting, looking, resting };

    void wait();
    void look();
    void go_on();
    void rest();
    void leave_door();

    asio::io_context& context_;
    Duration rest_;
    LoopTimer timer_;
    int set_;
    std::unordered_map<int, Listener> entries_;  // by socket; the set points to them
    std::optional<Door> door_;                   // the loop's wait for the set
    State state_ = State::idle;
    std::uint64_t waits_ = 0;  // counts them: what was queued for an older one is stale

    std::array<epoll_event, 16> found_{};  // of the look under way
    int count_ = 0;
    bool found_any_ = false;  // since the last rest
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace atlas::net
