#pragma once

#include "atlas/net/loop.hpp"

#include <cstdint>

namespace atlas::caller {

// One reply as a client that buffers `buffer` hears it, without its sound: where playing is, which frames
// came too late for it, which are missing. Playing begins `buffer` after the first frame; a late frame is one
// that arrives when everything before it was played, and playing goes on from there, so that one stall is one
// late frame. Pure.
class ReplyWatch {
public:
    static constexpr net::Duration buffer = std::chrono::milliseconds(200);

    ReplyWatch(std::uint32_t turn, int rate) : turn_(turn), rate_(rate) {}

    struct Arrival {
        bool first = false;
        bool gap = false;          // samples before it are missing, or came twice
        net::Duration late_by{0};  // 0: in time
    };
    Arrival frame(std::uint32_t timestamp, std::int64_t samples, bool last, net::TimePoint now);
    void held() { held_ = true; }  // the server holds its voice: what comes next is not late
    void flushed(std::int64_t keep_ms, net::TimePoint now);

    std::uint32_t turn() const { return turn_; }
    bool began() const { return began_; }
    bool complete() const { return last_; }
    bool cut() const { return cut_; }
    std::int64_t received_ms() const { return ms(received_); }
    std::int64_t played_ms(net::TimePoint now) const;
    bool heard_all(net::TimePoint now) const { return last_ && played_ms(now) >= received_ms(); }

private:
    std::int64_t ms(std::int64_t samples) const { return samples * 1000 / rate_; }

    std::uint32_t turn_;
    int rate_;
    bool began_ = false;
    bool last_ = false;
    bool held_ = false;
    bool cut_ = false;
    std::int64_t received_ = 0;  // samples
    net::TimePoint plays_from_{};
};

}  // namespace atlas::caller
