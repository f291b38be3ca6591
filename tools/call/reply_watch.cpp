#include "call/reply_watch.hpp"

#include <algorithm>
#include <utility>

namespace atlas::caller {

ReplyWatch::Arrival ReplyWatch::frame(std::uint32_t timestamp, std::int64_t samples, bool last,
                                      net::TimePoint now) {
    Arrival arrival;
    arrival.first = !std::exchange(began_, true);
    if (arrival.first) plays_from_ = now + buffer;
    arrival.gap = timestamp != static_cast<std::uint32_t>(received_);
    const auto due = plays_from_ + std::chrono::milliseconds(ms(timestamp));
    if (now > due) {
        if (!held_) arrival.late_by = now - due;
        plays_from_ += now - due;
    }
    held_ = false;
    received_ = static_cast<std::int64_t>(timestamp) + samples;
    last_ = last_ || last;
    return arrival;
}

void ReplyWatch::flushed(std::int64_t keep_ms, net::TimePoint now) {
    const std::int64_t stopped = std::max(std::min(played_ms(now), keep_ms), std::int64_t{0});
    received_ = stopped * rate_ / 1000;
    cut_ = true;
}

std::int64_t ReplyWatch::played_ms(net::TimePoint now) const {
    if (!began_ || now <= plays_from_) return 0;
    const auto since = std::chrono::duration_cast<std::chrono::milliseconds>(now - plays_from_).count();
    return std::min<std::int64_t>(since, received_ms());
}

}  // namespace atlas::caller
