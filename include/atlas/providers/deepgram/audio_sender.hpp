#pragma once

#include "atlas/net/websocket.hpp"
#include "atlas/providers/deepgram/deepgram_settings.hpp"
#include "atlas/providers/deepgram/listen_protocol.hpp"
#include "atlas/providers/deepgram/stream_clock.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace atlas::providers::deepgram {

struct AudioCounters {
    std::uint64_t dropped_samples = 0;   // the caller's, that waited too long to be sent
    std::uint64_t replayed_samples = 0;  // sent once more on a new connection
    std::uint64_t silence_samples = 0;   // put in by us
    std::uint64_t cut_samples = 0;       // of silence, left out of a replay that was late
};

// The caller's audio on its way to the service: groups it into messages of one size, keeps what may have
// to be sent again, and sends a backlog in order, no faster than the service takes it. Allocates nothing
// once warm. Owned by one recogniser.
class AudioSender {
public:
    AudioSender(const DeepgramSettings& settings, int sample_rate, AudioBlockPool& pool,
                AudioCounters& counters);

    // Keeps the samples; when too much is waiting, the oldest of it is dropped.
    void append(std::span<const std::int16_t> samples);

    // A new connection takes audio from now on; older audio than `max_replay` is dropped. While more waits
    // than may be sent at once, silence is cut to `longest_silence`; zero: it is not.
    void begin_stream(net::TimePoint now, double replay_speed, AudioPosition max_replay,
                      AudioPosition longest_silence = {});
    // Right after it: audio before this position is known already, and need not be sent.
    void begin_later(SamplePosition position);
    // The connection is lost: everything from `position` on will be sent again, as far as it is kept.
    void end_stream(SamplePosition position);

    enum class Outcome {
        caught_up,  // less than one message is waiting
        paced,      // more may be sent at paced_until()
        refused,    // the peer does not take it
    };
    // Sends whole messages of what was said before `limit`.
    Outcome send(net::Websocket& websocket, net::TimePoint now, SamplePosition limit);
    // Sends what is left before `limit` when it is less than one message, filled up with silence. This and
    // the next: false when the peer does not take it.
    bool send_rest(net::Websocket& websocket, SamplePosition limit);
    bool send_silence(net::Websocket& websocket);  // one message

    net::TimePoint paced_until() const { return paced_until_; }
    // Of the messages sent on this connection, what was loud (settings: loud_level); and when the last one
    // was sent on any.
    SamplePosition loud_samples() const { return loud_samples_; }
    net::TimePoint last_loud_at() const { return last_loud_at_; }
    SamplePosition end() const { return backlog_.end(); }
    AudioPosition waiting() const { return clock_.to_time(backlog_.end() - next_); }
    bool less_than_a_message_before(SamplePosition limit) const {
        return limit - next_ < static_cast<SamplePosition>(chunk_);
    }

    void forget_before(SamplePosition position);
    const StreamClock& clock() const { return clock_; }

private:
    void limit_backlog(SamplePosition samples);
    void earn(net::TimePoint now);
    void weigh(const AudioBacklog::Stretch& piece, net::TimePoint now);
    bool is_late(SamplePosition limit) const;
    bool is_silent(SamplePosition from, SamplePosition samples) const;
    bool may_cut() const;

    AudioCounters& counters_;
    StreamClock clock_;
    AudioBacklog backlog_;
    const std::size_t chunk_;  // samples in one message
    const SamplePosition max_waiting_;
    const SamplePosition onset_;         // that long before a sound nothing is cut
    const std::int64_t loud_sum_;        // of the absolute values in one message
    std::vector<std::int16_t> message_;  // for silence and for a filled-up rest
    SamplePosition next_ = 0;            // the first sample not sent on this connection
    SamplePosition longest_silence_ = 0;
    SamplePosition silence_sent_ = 0;  // at the end of what was sent, as far as it was looked at
    double speed_ = 1;
    double allowed_ = 0;  // samples that may be sent now
    net::TimePoint earned_at_{};
    net::TimePoint paced_until_{};
    SamplePosition loud_samples_ = 0;
    net::TimePoint last_loud_at_{};
};

}  // namespace atlas::providers::deepgram
