#pragma once

#include "atlas/net/websocket.hpp"

#include <optional>
#include <string>

namespace atlas::net {

// Every wait of one WebSocket has a deadline; this counts them. Told what happens, it says when to look
// again, when a ping is due and when waiting makes no sense any more. Pure.
class WebsocketWatch {
public:
    WebsocketWatch(const WebsocketOptions& options, TimePoint now);

    void heard(TimePoint now) { heard_at_ = now; }
    void pinged(TimePoint now);
    void write_began(TimePoint now) { write_began_ = now; }
    void write_ended() { write_began_.reset(); }
    bool writing() const { return write_began_.has_value(); }
    // We or the peer began to close, or the connection failed: what is left must end soon.
    void close_began(TimePoint now);

    bool ping_due(TimePoint now) const;
    // Why the connection has to be given up; empty while there is hope.
    std::string failure(TimePoint now) const;
    // When the next of these may change; nothing earlier needs a look.
    std::optional<TimePoint> next() const;

private:
    std::optional<TimePoint> pong_due() const;

    Duration ping_interval_;
    Duration pong_timeout_;
    Duration write_timeout_;
    Duration close_timeout_;
    TimePoint heard_at_;
    TimePoint next_ping_;
    std::optional<TimePoint> pinged_at_;
    std::optional<TimePoint> write_began_;
    std::optional<TimePoint> close_began_;
};

}  // namespace atlas::net
