#include "atlas/net/websocket_watch.hpp"

namespace atlas::net {
namespace {

constexpr Duration off = Duration::zero();

std::string seconds(Duration time) {
    const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(time).count();
    return std::to_string(milliseconds) + " ms";
}

}  // namespace

WebsocketWatch::WebsocketWatch(const WebsocketOptions& options, TimePoint now)
    : ping_interval_(options.ping_interval),
      pong_timeout_(options.pong_timeout),
      write_timeout_(options.write_timeout),
      close_timeout_(options.close_timeout),
      heard_at_(now),
      next_ping_(now + options.ping_interval) {}

// A ping that is still unanswered keeps its deadline; a later one does not move it.
void WebsocketWatch::pinged(TimePoint now) {
    if (!pong_due()) pinged_at_ = now;
    next_ping_ = now + ping_interval_;
}

void WebsocketWatch::close_began(TimePoint now) {
    if (!close_began_) close_began_ = now;
}

bool WebsocketWatch::ping_due(TimePoint now) const {
    return ping_interval_ > off && !close_began_ && now >= next_ping_;
}

std::string WebsocketWatch::failure(TimePoint now) const {
    if (close_began_ && close_timeout_ > off && now >= *close_began_ + close_timeout_) {
        return "the peer did not finish the close within " + seconds(close_timeout_);
    }
    if (write_began_ && write_timeout_ > off && now >= *write_began_ + write_timeout_) {
        return "the peer did not take a message within " + seconds(write_timeout_);
    }
    const auto pong = pong_due();
    if (pong && now >= *pong) return "nothing heard for " + seconds(pong_timeout_) + " after a ping";
    return {};
}

std::optional<TimePoint> WebsocketWatch::next() const {
    std::optional<TimePoint> earliest;
    const auto consider = [&](TimePoint when) {
        if (!earliest || when < *earliest) earliest = when;
    };
    if (close_began_ && close_timeout_ > off) consider(*close_began_ + close_timeout_);
    if (write_began_ && write_timeout_ > off) consider(*write_began_ + write_timeout_);
    if (ping_interval_ > off && !close_began_) consider(next_ping_);
    if (const auto pong = pong_due()) consider(*pong);
    return earliest;
}

std::optional<TimePoint> WebsocketWatch::pong_due() const {
    if (!pinged_at_ || pong_timeout_ == off || heard_at_ > *pinged_at_) return std::nullopt;
    return *pinged_at_ + pong_timeout_;
}

}  // namespace atlas::net
