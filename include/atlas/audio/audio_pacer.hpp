#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace atlas::audio {

struct PacerSettings {
    int rate = 24000;                     // Hz of the samples pushed and given out
    int frame_ms = 40;                    // the sound in one frame
    std::chrono::milliseconds lead{600};  // how far ahead of the listener we send, at most
    std::chrono::milliseconds group{0};   // sound that is given out together, see below
    std::chrono::seconds capacity{60};    // sound queued at most
};

// One frame to send. `samples` are the pacer's own, valid until its next call.
struct PacedFrame {
    std::span<const std::int16_t> samples;  // a whole frame; only the last of a reply may be shorter
    std::int64_t position = 0;              // of its first sample, since the start of the reply
    bool first = false;
    bool last = false;  // nothing comes after it; false on all frames when finish() came only later
};

// How far a reply got, in samples since its start. played <= sent.
struct PacerPositions {
    std::int64_t sent = 0;
    std::int64_t played = 0;
};

struct PacerStats {                          // of the current reply, or of the last one after clear()
    int underruns = 0;                       // times the listener ran out of sound in mid-reply
    std::chrono::nanoseconds longest_gap{};  // of silence heard because of that
};

// Gives out a reply's speech frame by frame, so that the listener never waits and never holds more than
// `lead` of sound that a barge-in would have to throw away. Pure: time is an argument. A value of the
// connection that sends.
//
// It follows the listener's player with a clock: from the first frame, or from the last playback report,
// the played position advances with time and stops at what was sent. A frame is due as soon as its end is
// no more than `lead` ahead of that; so the first frames go out at once, and later ones on the schedule of
// the clock, not of the timer that happened to fire. After an underrun the clock starts again with the next
// frame, and again the first frames go out at once.
//
// Frames that leave together cost the sender little more than one. So with a `group` none is due until the
// listener is that much short of `lead`; then all that are missing are due at once.
//
// Bounded: push() takes what fits in `capacity`. Memory comes in blocks of about 0.2 s as sound is queued,
// goes when it has been sent, and is gone after clear(); giving out a frame never allocates.
class AudioPacer {
public:
    using TimePoint = std::chrono::steady_clock::time_point;

    // Throws std::invalid_argument for a rate or frame_ms that no AudioFormat may have.
    explicit AudioPacer(const PacerSettings& settings);

    // A new reply starts at position 0; what was left of another is forgotten.
    void begin(std::uint64_t reply);
    // Queues speech; returns how many samples fitted. 0 when no reply was begun, or after finish().
    std::size_t push(std::span<const std::int16_t> samples);
    // No more speech will come for this reply: a last frame may be short.
    void finish();

    // The frame due at `now`, if any: call until it returns none, then again at next_due().
    std::optional<PacedFrame> next_frame(TimePoint now);
    // When the next frame is due, `now` at the earliest; nothing while there is none to give (queue empty or
    // less than a frame before finish(), paused, no reply): ask again after push, finish, resume,
    // report_played.
    std::optional<TimePoint> next_due(TimePoint now) const;

    // The client's word about its player: corrects the clock, in either direction. Ignored before the first
    // frame; limited to what was sent.
    void report_played(std::int64_t samples, TimePoint now);
    std::int64_t played_estimate(TimePoint now) const;

    // Stops giving frames, and gives them again where it stopped. What was sent already plays on, unless the
    // listener's player stops as well and plays on at resume().
    void pause(TimePoint now, bool listener_stops = false);
    void resume(TimePoint now);
    bool paused() const { return paused_; }
    // The listener has heard all there is so far, and more is to come.
    bool starved(TimePoint now) const { return ran_dry(now) && !finished_ && !paused_; }

    // The reply ends here: forgets it and all that is queued. Returns how far it got.
    PacerPositions clear(TimePoint now);

    // Finished, and the listener has heard all of it. Of an empty reply: as soon as finish() was called.
    bool finished_playing(TimePoint now) const;
    // When that will be, once everything was sent; nothing before.
    std::optional<TimePoint> playing_ends(TimePoint now) const;

    std::optional<std::uint64_t> reply() const { return reply_; }
    std::int64_t sent() const { return sent_; }
    std::int64_t pushed() const { return pushed_; }  // where the next clip will begin
    std::size_t queued() const { return static_cast<std::size_t>(pushed_ - sent_); }
    std::size_t room() const { return capacity_ - queued(); }
    const PacerStats& stats() const { return stats_; }
    std::size_t memory_bytes() const;  // held for queued sound, spare blocks included

private:
    using Block = std::unique_ptr<std::int16_t[]>;

    bool started() const { return sent_ > 0; }
    bool ran_dry(TimePoint now) const { return started() && !frozen_ && runs_dry_at() <= now; }
    TimePoint runs_dry_at() const;  // when the listener will have played all that was sent
    TimePoint due_at(TimePoint now) const;
    std::size_t next_size() const;  // of the frame that could be given out; 0: none
    void note_gap(TimePoint now);
    void release_sent_blocks();
    void forget_reply();

    // Settings, in samples.
    int rate_;
    std::size_t frame_;
    std::int64_t lead_;
    std::int64_t group_;
    std::size_t capacity_;
    std::size_t block_;  // a multiple of frame_: no frame lies across two blocks

    std::vector<Block> blocks_;  // those in use, in order, then a spare one
    std::int64_t base_ = 0;      // position of the first block's first sample

    std::optional<std::uint64_t> reply_;
    std::int64_t pushed_ = 0;
    std::int64_t sent_ = 0;
    bool finished_ = false;
    bool paused_ = false;
    bool frozen_ = false;       // the listener's clock stands still
    bool gap_excused_ = false;  // the silence was asked for: a pause
    bool filling_ = false;      // a group is being given out

    // The listener's clock: `clock_played_` samples had been played at `clock_at_`.
    TimePoint clock_at_{};
    std::int64_t clock_played_ = 0;
    PacerStats stats_;
};

}  // namespace atlas::audio
