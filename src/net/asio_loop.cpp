#include "atlas/net/asio_loop.hpp"

#include "asio_names.hpp"
#include "readiness.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>

#include <algorithm>
#include <array>
#include <csignal>
#include <optional>

namespace atlas::net {
namespace {

// What a Timer and its pending wait share: the wait may outlive the Timer, and the callback may destroy it.
struct TimerState {
    explicit TimerState(asio::io_context& context) : timer(context) {}
    LoopTimer timer;
    std::function<void()> on_expiry;
    std::uint64_t armed = 0;  // counts deadlines: a wait that was queued for an older one is stale
};

class AsioTimer final : public Timer {
public:
    AsioTimer(asio::io_context& context, std::function<void()> on_expiry)
        : state_(std::make_shared<TimerState>(context)) {
        state_->on_expiry = std::move(on_expiry);
    }
    ~AsioTimer() override { AsioTimer::cancel(); }

    void expire_at(TimePoint when) override {
        state_->timer.expires_at(when);
        state_->timer.async_wait(
            [state = state_, armed = ++state_->armed](boost::system::error_code failure) {
                if (!failure && state->armed == armed) state->on_expiry();
            });
    }
    void expire_after(Duration delay) override { expire_at(Clock::now() + delay); }
    void cancel() override {
        ++state_->armed;
        state_->timer.cancel();
    }

private:
    std::shared_ptr<TimerState> state_;
};

// The latest minute of ticks.
class LagWindow {
public:
    void add(Duration lag) {
        last_ = lag;
        ticks_[next_] = lag;
        next_ = (next_ + 1) % ticks_.size();
        count_ = std::min(count_ + 1, ticks_.size());
    }
    LoopLag summary() const {
        if (count_ == 0) return {};
        auto sorted = ticks_;
        const auto end = sorted.begin() + static_cast<std::ptrdiff_t>(count_);
        std::sort(sorted.begin(), end);
        return LoopLag{last_, sorted[count_ - 1], sorted[(count_ - 1) * 99 / 100]};
    }

private:
    std::array<Duration, 600> ticks_{};
    std::size_t next_ = 0;
    std::size_t count_ = 0;
    Duration last_{};
};

constexpr Duration lag_tick = std::chrono::milliseconds(100);
constexpr Duration patience = std::chrono::milliseconds(10);

}  // namespace

struct AsioLoop::Parts {
    asio::io_context context{1};  // one thread runs it
    Readiness readiness{context};
    Readiness patient_readiness{context, patience};
    std::optional<asio::signal_set> signals;
    std::shared_ptr<std::function<void(int)>> on_signal;
    std::unique_ptr<Timer> lag_timer;
    std::function<void(Duration)> on_lag;
    TimePoint lag_due;
    LagWindow lag;

    void wait_for_signal() {
        signals->async_wait([this, callback = on_signal](boost::system::error_code failure, int number) {
            if (failure || callback != on_signal) return;
            wait_for_signal();
            (*callback)(number);
        });
    }

    void tick() {
        const TimePoint now = Clock::now();
        const Duration late = std::max(now - lag_due, Duration::zero());
        lag.add(late);
        if (on_lag) on_lag(late);
        lag_due = std::max(lag_due + lag_tick, now);
        lag_timer->expire_at(lag_due);
    }
};

AsioLoop::AsioLoop() : parts_(std::make_unique<Parts>()) {
    // A peer that is gone is an error of the write, not the end of the process. libcurl's TLS relies on it.
    std::signal(SIGPIPE, SIG_IGN);
}

AsioLoop::~AsioLoop() {
    stop_lag_probe();
    ignore_signals();
}

void AsioLoop::post(std::function<void()> work) { asio::post(parts_->context, std::move(work)); }

std::unique_ptr<Timer> AsioLoop::make_timer(std::function<void()> on_expiry) {
    return std::make_unique<AsioTimer>(parts_->context, std::move(on_expiry));
}

void AsioLoop::run() {
    parts_->context.restart();
    parts_->context.run();
}

bool AsioLoop::run_one_for(Duration budget) {
    parts_->context.restart();
    return parts_->context.run_one_for(budget) > 0;
}

void AsioLoop::on_signal(const std::vector<int>& signals, std::function<void(int)> callback) {
    ignore_signals();
    parts_->signals.emplace(parts_->context);
    for (const int number : signals) parts_->signals->add(number);
    parts_->on_signal = std::make_shared<std::function<void(int)>>(std::move(callback));
    parts_->wait_for_signal();
}

void AsioLoop::ignore_signals() {
    parts_->on_signal.reset();
    parts_->signals.reset();
}

void AsioLoop::start_lag_probe(std::function<void(Duration)> on_measured) {
    if (parts_->lag_timer) return;
    parts_->on_lag = std::move(on_measured);
    parts_->lag_timer = make_timer([parts = parts_.get()] { parts->tick(); });
    parts_->lag_due = Clock::now() + lag_tick;
    parts_->lag_timer->expire_at(parts_->lag_due);
}

void AsioLoop::stop_lag_probe() { parts_->lag_timer.reset(); }

LoopLag AsioLoop::lag() const { return parts_->lag.summary(); }

asio::io_context& AsioLoop::context() { return parts_->context; }

Readiness& AsioLoop::readiness() { return parts_->readiness; }

Readiness& AsioLoop::patient_readiness() { return parts_->patient_readiness; }

}  // namespace atlas::net
