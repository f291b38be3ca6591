#pragma once

#include "atlas/net/loop.hpp"

#include <deque>
#include <functional>
#include <map>
#include <memory>

namespace atlas::test {

// A loop in virtual time: work runs in run_ready(), time moves only in advance(), from deadline to
// deadline, so a test of ten minutes takes microseconds and never sleeps.
class ManualLoop final : public net::Loop {
public:
    net::TimePoint now() const override { return now_; }
    void post(std::function<void()> work) override { work_.push_back(std::move(work)); }
    std::unique_ptr<net::Timer> make_timer(std::function<void()> on_expiry) override {
        return std::make_unique<ManualTimer>(*this, std::move(on_expiry));
    }

    // Runs posted work, including what that work posts, until none is left.
    void run_ready() {
        while (!work_.empty()) {
            auto work = std::move(work_.front());
            work_.pop_front();
            work();
        }
    }

    // Lets `time` pass: every deadline inside it expires in order, at its own time.
    void advance(net::Duration time) {
        const net::TimePoint end = now_ + time;
        run_ready();
        while (!deadlines_.empty() && deadlines_.begin()->first <= end) {
            const auto first = deadlines_.begin();
            now_ = std::max(now_, first->first);
            auto expiry = first->second;
            deadlines_.erase(first);
            expiry->armed = false;
            const auto callback = expiry->callback;
            (*callback)();
            run_ready();
        }
        now_ = end;
    }

    bool has_deadline() const { return !deadlines_.empty(); }

private:
    struct Expiry {
        std::shared_ptr<std::function<void()>> callback;
        bool armed = false;
    };
    using Deadlines = std::multimap<net::TimePoint, std::shared_ptr<Expiry>>;

    class ManualTimer final : public net::Timer {
    public:
        ManualTimer(ManualLoop& loop, std::function<void()> on_expiry) : loop_(loop) {
            expiry_->callback = std::make_shared<std::function<void()>>(std::move(on_expiry));
        }
        ~ManualTimer() override { cancel(); }
        void expire_at(net::TimePoint when) override {
            cancel();
            expiry_->armed = true;
            place_ = loop_.deadlines_.emplace(when, expiry_);
        }
        void expire_after(net::Duration delay) override { expire_at(loop_.now_ + delay); }
        void cancel() override {
            if (expiry_->armed) loop_.deadlines_.erase(place_);
            expiry_->armed = false;
        }

    private:
        ManualLoop& loop_;
        std::shared_ptr<Expiry> expiry_ = std::make_shared<Expiry>();
        Deadlines::iterator place_;
    };

    net::TimePoint now_{std::chrono::hours(1)};
    std::deque<std::function<void()>> work_;
    Deadlines deadlines_;
};

}  // namespace atlas::test
