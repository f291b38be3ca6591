#pragma once

#include "support/manual_loop.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <utility>

namespace atlas::sim {

using namespace std::chrono_literals;
using net::Duration;
using net::TimePoint;

// What will happen in a simulated world, in the order of time; what is due at one moment happens in the order
// of asking.
class Agenda {
public:
    explicit Agenda(test::ManualLoop& loop) : loop_(loop), timer_(loop.make_timer([this] { happen(); })) {}

    TimePoint now() const { return loop_.now(); }
    void at(TimePoint when, std::function<void()> work) {
        due_.emplace(std::max(when, now()), std::move(work));
        timer_->expire_at(due_.begin()->first);
    }
    void after(Duration delay, std::function<void()> work) { at(now() + delay, std::move(work)); }

private:
    void happen() {
        while (!due_.empty() && due_.begin()->first <= now()) {
            const auto work = std::move(due_.begin()->second);
            due_.erase(due_.begin());
            work();
        }
        if (!due_.empty()) timer_->expire_at(due_.begin()->first);
    }

    test::ManualLoop& loop_;
    std::unique_ptr<net::Timer> timer_;
    std::multimap<TimePoint, std::function<void()>> due_;
};

// A service's reports to the owner of one request: in order, late as they may be, and none after the owner
// let go.
template <typename Event>
class Reports {
public:
    using Handler = std::function<void(const Event&)>;
    Reports(Agenda& agenda, Handler handler)
        : agenda_(agenda), handler_(std::make_shared<Handler>(std::move(handler))) {}

    void send(Duration after, Event event) {
        send_then(after, [event = std::move(event)](const Handler& to) { to(event); });
    }
    void send_then(Duration after, std::function<void(const Handler&)> work) {
        if (!handler_) return;
        last_ = std::max(last_, agenda_.now() + after);
        agenda_.at(last_, [weak = std::weak_ptr<Handler>(handler_), work = std::move(work)] {
            if (const auto handler = weak.lock()) work(*handler);
        });
    }
    void let_go() { handler_.reset(); }
    bool abandoned() const { return !handler_; }

private:
    Agenda& agenda_;
    std::shared_ptr<Handler> handler_;
    TimePoint last_{};
};

// The loop as a call sees it. Remembers when the first timer that was made is due: a call's own, which wakes
// its conversation at the deadline.
class WatchedLoop final : public net::Loop {
public:
    explicit WatchedLoop(test::ManualLoop& loop) : loop_(loop) {}

    TimePoint now() const override { return loop_.now(); }
    void post(std::function<void()> work) override {
        loop_.post([counts = counts_, work = std::move(work)] {
            ++counts->turns;
            work();
        });
    }
    std::unique_ptr<net::Timer> make_timer(std::function<void()> on_expiry) override {
        auto timer = std::make_unique<Watched>(loop_, counts_, std::move(on_expiry));
        if (!first_) first_ = timer->due;
        return timer;
    }
    std::optional<TimePoint> first_timer_due() const { return first_ ? *first_ : std::nullopt; }
    int timers() const { return counts_->timers; }  // that were made and not destroyed
    int turns() const { return counts_->turns; }    // how often the call was called

private:
    using Due = std::optional<TimePoint>;  // empty: not armed
    struct Counts {
        int timers = 0, turns = 0;
    };
    struct Watched final : net::Timer {
        Watched(test::ManualLoop& loop, std::shared_ptr<Counts> all, std::function<void()> on_expiry)
            : counts(std::move(all)),
              watched(loop),
              inner(loop.make_timer([due = due, counts = counts, work = std::move(on_expiry)] {
                  due->reset();
                  ++counts->turns;
                  work();
              })) {
            ++counts->timers;
        }
        ~Watched() override { --counts->timers; }
        void expire_at(TimePoint when) override { *due = when, inner->expire_at(when); }
        void expire_after(Duration delay) override {
            *due = watched.now() + delay;
            inner->expire_after(delay);
        }
        void cancel() override { due->reset(), inner->cancel(); }

        std::shared_ptr<Due> due = std::make_shared<Due>();
        std::shared_ptr<Counts> counts;
        test::ManualLoop& watched;
        std::unique_ptr<net::Timer> inner;
    };

    test::ManualLoop& loop_;
    std::shared_ptr<Counts> counts_ = std::make_shared<Counts>();
    std::shared_ptr<Due> first_;
};

}  // namespace atlas::sim
