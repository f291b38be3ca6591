#include "sandbox/world.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

namespace atlas::sandbox {

struct Timer::State {
    explicit State(boost::asio::io_context& loop) : timer(loop) {}
    boost::asio::steady_timer timer;
    std::uint64_t turn = 0;  // an expiry of an earlier turn is void, even when it is already queued
};

Timer::Timer(boost::asio::io_context& loop) : state_(std::make_shared<State>(loop)) {}
Timer::~Timer() { cancel(); }

void Timer::start(std::chrono::milliseconds delay, std::function<void()> on_expiry) {
    const std::uint64_t turn = ++state_->turn;
    state_->timer.expires_after(delay);
    state_->timer.async_wait(
        [state = state_, turn, on_expiry = std::move(on_expiry)](boost::system::error_code error) {
            if (!error && state->turn == turn) on_expiry();
        });
}

void Timer::cancel() {
    ++state_->turn;
    state_->timer.cancel();
}

}  // namespace atlas::sandbox
