#pragma once

#include "atlas/net/loop.hpp"
#include "provider_health.hpp"

#include <array>
#include <cstddef>
#include <memory>
#include <optional>

namespace atlas::providers {

// Decides for one request who is asked when: the first provider whose breaker lets it pass, a second time
// when it is slow, the next provider when it fails or nothing can be hoped for. The first lane that answers
// wins and the others are stopped. One lane is one request to one provider. Attempts: at most 2 in the first
// lane (the client's own retry) and 1 in each other one; at most 3 at one provider.
//
// The Runner makes the requests, owns them and the Race, and tells it what comes back.
class Race {
public:
    static constexpr std::size_t max_lanes = 3;

    class Runner {
    public:
        virtual void run(std::size_t lane, std::size_t provider, bool hedge) = 0;
        virtual void stop(std::size_t lane) = 0;
        virtual void give_up(ProviderFailure failure) = 0;  // last; may destroy the Race

    protected:
        ~Runner() = default;
    };

    // `later`: how many times later than usual to hedge.
    Race(net::Loop& loop, ProviderLine& line, Runner& runner, double later);
    ~Race();
    Race(const Race&) = delete;
    Race& operator=(const Race&) = delete;

    void begin();

    // The lane has its first piece, or a further one.
    void answered(std::size_t lane);
    void completed(std::size_t lane, const RequestStory& story);
    // What the owner is to be told; empty while another lane goes on, or a new one has begun.
    std::optional<ProviderFailure> failed(std::size_t lane, ProviderFailure failure);

    RequestStory story() const;

private:
    struct Lane {
        ProviderHealth* health = nullptr;
        std::size_t provider = 0;
        net::TimePoint started;
        net::Duration slow{};  // longer than this is
        int attempts = 1;
        bool running = false;
        bool probe = false;      // its breaker waits for what becomes of it
        bool was_probe = false;  // it is given all the time it takes
        bool late = false;       // and its breaker knows
    };

    bool start_next(bool hedge);
    void start(std::size_t provider, Breaker::Admission admission, bool hedge);
    void hedge(net::TimePoint now);
    void on_timer();
    void look_again(net::TimePoint now);
    void reject(net::TimePoint now);
    void mark_late(net::TimePoint now);
    bool hopeless(net::TimePoint now) const;
    void stop_hopeless(net::TimePoint now);
    void begin_fail_over(net::TimePoint now);
    void leave(Lane& lane, net::TimePoint now);
    void blame(Lane& lane, const ProviderFailure& failure, net::TimePoint now);
    std::size_t running() const;
    ProviderFailure with_story(ProviderFailure failure) const;
    void report(ProviderOutcome::Kind kind, std::optional<FailureReason> reason);

    net::Loop& loop_;
    ProviderLine& line_;
    Runner& runner_;
    double later_;
    std::array<Lane, max_lanes> lanes_{};
    std::size_t lanes_used_ = 0;
    std::size_t next_provider_ = 0;
    Lane* winner_ = nullptr;
    bool reported_ = false;
    net::TimePoint begun_;
    net::TimePoint hedge_at_;
    net::TimePoint give_up_from_;  // the beginning, or that of the fail-over
    bool failed_over_ = false;
    std::optional<FailureReason> earlier_failure_;
    std::optional<net::Duration> time_to_first_;
    RequestStory story_{};
    std::unique_ptr<net::Timer> timer_;
};

}  // namespace atlas::providers
