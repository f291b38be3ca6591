#include "readiness.hpp"

#include "atlas/net/grid.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace atlas::net {
namespace {

int new_set() {
    const int set = ::epoll_create1(EPOLL_CLOEXEC);
    if (set < 0) throw std::system_error(errno, std::generic_category(), "epoll_create1");
    return set;
}

// Calls it at the end of the scope, also when an exception passes.
template <class Action>
class Finally {
public:
    explicit Finally(Action action) : action_(std::move(action)) {}
    ~Finally() { action_(); }
    Finally(const Finally&) = delete;
    Finally& operator=(const Finally&) = delete;

private:
    Action action_;
};

}  // namespace

Readiness::Readiness(asio::io_context& context, Duration rest)
    : context_(context), rest_(rest), timer_(context), set_(new_set()) {}

Readiness::~Readiness() {
    *alive_ = false;
    leave_door();
    ::close(set_);
}

ErrorCode Readiness::watch(int socket, std::shared_ptr<ReadinessListener> listener) {
    Listener& entry = entries_[socket];
    entry = std::move(listener);
    epoll_event wanted{};
    wanted.events = EPOLLIN;
    wanted.data.ptr = &entry;
    if (::epoll_ctl(set_, EPOLL_CTL_ADD, socket, &wanted) != 0) {
        const ErrorCode failure(errno, boost::system::system_category());
        entries_.erase(socket);
        return failure;
    }
    if (state_ == State::idle) wait();
    return {};
}

void Readiness::ask_for(int socket, bool reading, bool writing) {
    const auto found = entries_.find(socket);
    if (found == entries_.end()) return;
    epoll_event wanted{};
    if (reading) wanted.events |= EPOLLIN;
    if (writing) wanted.events |= EPOLLOUT;
    wanted.data.ptr = &found->second;
    ::epoll_ctl(set_, EPOLL_CTL_MOD, socket, &wanted);  // fails only for a socket that is not in the set
}

void Readiness::forget(int socket) {
    const auto found = entries_.find(socket);
    if (found == entries_.end()) return;
    ::epoll_ctl(set_, EPOLL_CTL_DEL, socket, nullptr);
    for (int i = 0; i < count_; ++i) {
        auto& event = found_[static_cast<std::size_t>(i)];
        if (event.data.ptr == &found->second) event.data.ptr = nullptr;
    }
    const Listener forgotten = std::move(found->second);  // its end may forget others
    entries_.erase(found);
    if (entries_.empty() && state_ != State::looking) {
        // Nothing keeps the loop from ending.
        ++waits_;
        timer_.cancel();
        leave_door();
        state_ = State::idle;
    }
}

// For the first that comes.
void Readiness::wait() {
    state_ = State::waiting;
    if (!door_) door_.emplace(context_, set_);
    door_->async_wait(Door::wait_read, [this, alive = alive_, mine = ++waits_](ErrorCode failure) {
        if (*alive && !failure && mine == waits_) look();
    });
}

// Without registration, what comes meanwhile does not wake the loop.
void Readiness::leave_door() {
    if (!door_) return;
    door_->release();  // the set is ours, not Asio's
    door_.reset();
}

void Readiness::look() {
    state_ = State::looking;
    const Finally then([this, alive = alive_] {
        if (*alive) go_on();
    });
    count_ = std::max(0, ::epoll_wait(set_, found_.data(), static_cast<int>(found_.size()), 0));
    if (count_ > 0) found_any_ = true;
    const auto alive = alive_;
    for (int i = 0; *alive && i < count_; ++i) {
        const epoll_event event = found_[static_cast<std::size_t>(i)];
        const auto* entry = static_cast<const Listener*>(event.data.ptr);
        if (entry == nullptr) continue;  // forgotten since
        const Listener listener = *entry;
        listener->on_ready((event.events & ~EPOLLOUT) != 0, (event.events & (EPOLLOUT | EPOLLERR)) != 0);
    }
}

void Readiness::go_on() {
    const bool full = count_ == static_cast<int>(found_.size());
    count_ = 0;
    if (entries_.empty()) {
        leave_door();
        state_ = State::idle;
    } else if (full) {
        // Whatever else is due on the loop has its turn in between.
        asio::post(context_, [this, alive = alive_, mine = ++waits_] {
            if (*alive && mine == waits_) look();
        });
    } else if (rest_ > Duration::zero() && std::exchange(found_any_, false)) {
        rest();
    } else {
        wait();
    }
}

void Readiness::rest() {
    state_ = State::resting;
    leave_door();
    timer_.expires_at(on_grid(Clock::now(), rest_));
    timer_.async_wait([this, alive = alive_, mine = ++waits_](ErrorCode failure) {
        if (*alive && !failure && mine == waits_) look();
    });
}

}  // namespace atlas::net
