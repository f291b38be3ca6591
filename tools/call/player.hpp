#pragma once

#include "atlas/audio/sample_ring.hpp"
#include "atlas/net/loop.hpp"
#include "atlas/protocol/client_messages.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <span>
#include <vector>

namespace atlas::caller {

struct PlayerSettings {
    int rate = 24000;                                // Hz of all sound
    std::chrono::milliseconds report_interval{300};  // client-protocol.md §7: every 250–500 ms while playing
    std::chrono::milliseconds room{10'000};          // received and not yet played; more is dropped
};

// Something to tell the server about a turn's sound, and why.
struct PlaybackNote {
    enum class Kind {
        started,   // its first sound is heard
        progress,  // the interval has passed
        ran_dry,   // all that came was played, and more is expected
        resumed,   // it came
        finished,  // the last sound was heard
        flushed,   // stopped, as the server asked
    };
    Kind kind = Kind::progress;
    protocol::Playback report;
    net::TimePoint at{};  // when that happened; not later than the poll that tells it
};

// What became of one message of sound.
enum class Received {
    played,    // or queued to be played
    ignored,   // its turn was flushed or is over
    gap,       // sound is missing before it: filled up with silence
    repeated,  // it begins before the end of what came already: the repetition was cut off
    no_room,   // more than there is room for: the end was dropped
};

// What the caller hears. Plays each turn's sound at the speed of the clock, the first sample when it arrives;
// obeys audio.flush; words the playback reports. Turns are heard one after the other, in the order in which
// their sound began to come. Pure: time is an argument, and the loudspeaker is a function.
//
// receive() and poll() allocate only when a turn begins.
class Player {
public:
    // Gets every sample when it is heard, from the first sound of the call on, in real time: where nothing
    // was played, silence. Without it no sound is kept at all.
    using Loudspeaker = std::function<void(std::span<const std::int16_t>)>;

    explicit Player(const PlayerSettings& settings, Loudspeaker loudspeaker = {});

    // `timestamp` as on the wire: samples since the start of the turn.
    Received receive(std::uint32_t turn, std::uint32_t timestamp, bool last,
                     std::span<const std::int16_t> samples, net::TimePoint now);
    // audio.flush: plays up to keep_ms, if that was not reached yet, and no further. Of an unknown turn: a
    // turn none of whose sound came.
    void flush(std::uint32_t turn, std::int64_t keep_ms, net::TimePoint now);
    // turn.end: no more will come; what came is still played.
    void end_turn(std::uint32_t turn, net::TimePoint now);

    // Plays up to `now`, and appends what there is to tell. Call it after each of the above and at
    // next_due().
    void poll(net::TimePoint now, std::vector<PlaybackNote>& notes);
    std::optional<net::TimePoint> next_due() const;

    bool playing() const { return !turns_.empty(); }  // or waiting for more of a turn
    std::int64_t received_samples() const { return received_; }
    std::int64_t heard_samples() const { return heard_; }

private:
    struct Turn {
        Turn(std::uint32_t its_number, std::size_t ring, net::TimePoint now)
            : number(its_number), sound(ring), came_at(now) {}
        std::uint32_t number;
        audio::SampleRing sound;    // received and not yet played
        net::TimePoint came_at;     // its first sound
        std::int64_t received = 0;  // where the next message should begin
        std::int64_t end = 0;       // play no further: `received`, or where it was flushed
        std::int64_t played = 0;
        std::uint64_t underruns = 0;
        bool complete = false;  // no more will come
        bool flushed = false;
        bool started = false;
        bool dry = false;
        // Since it plays: `clock_played` had been played at `clock_at`.
        net::TimePoint clock_at{};
        std::int64_t clock_played = 0;
        net::TimePoint report_at{};
    };

    Turn* find(std::uint32_t number);
    Turn* open(std::uint32_t number, net::TimePoint now);
    Received append(Turn& turn, std::uint32_t timestamp, std::span<const std::int16_t> samples);
    void keep(Turn& turn, std::span<const std::int16_t> samples);
    void keep_silence(Turn& turn, std::int64_t count);
    std::int64_t room_left(const Turn& turn) const { return room_ - (turn.received - turn.played); }

    void play(net::TimePoint now);
    bool play_turn(Turn& turn, net::TimePoint now);
    void play_to(Turn& turn, std::int64_t position);
    void run_clock(Turn& turn, net::TimePoint from);
    net::TimePoint time_of(const Turn& turn, std::int64_t position) const;
    void tell(PlaybackNote::Kind kind, const Turn& turn, net::TimePoint at);
    void play_silence(net::TimePoint until);

    PlayerSettings settings_;
    Loudspeaker loudspeaker_;
    std::int64_t room_;                      // samples
    std::deque<Turn> turns_;                 // the front one is heard, the others wait
    std::uint32_t done_up_to_ = 0;           // turns up to this number that are not in turns_ are over
    net::TimePoint free_at_{};               // when the turn before the front one was through
    std::vector<PlaybackNote> notes_;        // until the next poll
    std::vector<std::int16_t> scratch_;      // on its way to the loudspeaker
    std::optional<net::TimePoint> line_at_;  // up to where the loudspeaker got something
    std::int64_t received_ = 0;
    std::int64_t heard_ = 0;
};

}  // namespace atlas::caller
